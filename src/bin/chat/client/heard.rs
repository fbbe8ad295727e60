//! The objects that the server sends, as values.
//!
//! A server may be newer than the client: unknown fields are ignored, and an unknown action becomes [`Heard::Other`].
//! Timestamps stay text here, so that a client that cannot parse one still shows the rest.

mod parts;

use serde::Deserialize;
use serde_json::{Map, Value};

pub use parts::{Ban, Client, CommandShown, Gap, Joined, RoomShown, Said, ThreadShown, Whois};

/// An object that the server sends. `src/guide/json.md` describes the fields.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "action", rename_all = "lowercase")]
pub enum Heard {
    /// The server has accepted the user.
    Connect {
        from: String,
        /// The word by which to reclaim it. An older server sends none.
        reclaim: Option<String>,
        /// The user has reclaimed the name, and has the same settings as before.
        #[serde(default)]
        reclaimed: bool,
    },
    /// The word by which to reclaim the name.
    Reclaim {
        reclaim: String,
    },
    /// A person has joined a room. If it is the user, the object describes the room.
    JoinRoom(Joined),
    /// A person has left a room.
    LeaveRoom {
        room: String,
        from: String,
        /// `kicked` or `banned` if the person was removed.
        reason: Option<String>,
        by: Option<String>,
        message: Option<String>,
    },
    Chat(Said),
    /// An action, from `/me`.
    Me(Said),
    /// A private message.
    Msg(Said),
    /// The server has accepted a message.
    Ack {
        received_at: String,
        /// The id of a message to a room.
        message_id: Option<u64>,
        /// The people who received a private message.
        #[serde(default)]
        to: Vec<String>,
        /// The people to whom a private message could not be delivered.
        #[serde(default)]
        absent: Vec<String>,
    },
    /// A part of a room's history.
    History {
        room: String,
        /// [`Heard::Chat`] and [`Heard::Me`], in order.
        messages: Vec<Heard>,
        epoch: u64,
        /// Whether the history has more messages in the requested direction.
        #[serde(default)]
        more: bool,
        /// The ids among these messages that the server has lost.
        #[serde(default)]
        gaps: Vec<Gap>,
    },
    /// The result of a search.
    Search {
        /// [`Heard::Chat`] and [`Heard::Me`], the newest first.
        messages: Vec<Heard>,
        /// Whether there is more.
        #[serde(default)]
        more: bool,
    },
    Who {
        /// The room that the list is limited to.
        room: Option<String>,
        clients: Vec<Client>,
        total: usize,
    },
    Rooms {
        rooms: Vec<RoomShown>,
        total: usize,
    },
    Whois(Whois),
    /// The server's commands.
    Help {
        /// All commands, or the one that the user asked about.
        commands: Vec<CommandShown>,
    },
    Topic {
        room: String,
        topic: Option<String>,
        /// The person who has just set the topic.
        from: Option<String>,
    },
    /// A person has changed their name.
    Nick {
        from: String,
        username: String,
    },
    /// The user is marked as away.
    Away {
        message: Option<String>,
    },
    /// The user is no longer marked as away.
    Back {},
    /// The people whom the user ignores.
    Ignore {
        /// A person whom the user ignores from now on.
        username: Option<String>,
        #[serde(default)]
        usernames: Vec<String>,
    },
    /// The user no longer ignores a person.
    Unignore {
        username: String,
    },
    /// Whether the server hides joins and leaves from the user.
    Quiet {
        on: bool,
    },
    /// The message of the day.
    Motd {
        message: Option<String>,
    },
    /// The user is an operator now.
    Op {},
    /// The user, an operator, has removed a person.
    Kick {
        username: String,
    },
    /// The user, an operator, has muted a person.
    Mute {
        username: String,
    },
    /// The user, an operator, has unmuted a person.
    Unmute {
        username: String,
    },
    /// A ban has been set.
    Ban(Ban),
    /// A ban has been lifted.
    Unban(Ban),
    Bans {
        bans: Vec<Ban>,
        total: usize,
    },
    /// The state of each thread of the server.
    Threads {
        threads: Vec<ThreadShown>,
        total: usize,
    },
    Pong {},
    Notice {
        code: Option<String>,
        message: String,
    },
    /// The server has refused a request.
    Error {
        code: String,
        message: String,
    },
    /// The server closes this connection.
    Bye {
        reason: String,
        message: String,
    },
    /// The server shuts down.
    Shutdown {
        message: String,
    },
    /// An action that this client does not know.
    #[serde(other)]
    Other,
}

/// Returns the id of the request that a line of the server answers, even if the rest of the line cannot be parsed.
pub fn id(line: &str) -> Option<u64> {
    let object: serde_json::Value = serde_json::from_str(line).ok()?;
    object.get("id")?.as_u64()
}

/// Parses a line of the server. Returns the object and the id of the request that it answers. The client's own ids are
/// numbers.
///
/// # Errors
///
/// The line is not an object of the server's protocol.
pub fn read(line: &str) -> Result<(Heard, Option<u64>), serde_json::Error> {
    // The fields are parsed first, because serde would also deserialize the value from a list.
    let mut fields: Map<String, Value> = serde_json::from_str(line)?;
    let id = fields.remove("id").and_then(|id| id.as_u64());
    Ok((Heard::deserialize(Value::Object(fields))?, id))
}

#[cfg(test)]
mod tests;
