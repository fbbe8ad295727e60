//! The objects that the server sends, as values.
//!
//! A server may be newer than the client: unknown fields are ignored, and an unknown action becomes [`Heard::Other`].
//! Timestamps stay text here, so that a client that cannot parse one still shows the rest.

mod parts;

use serde::Deserialize;
use serde_json::{Map, Value};

pub use parts::{Ban, Client, CommandShown, Joined, RoomShown, Said, ThreadShown, Whois};

/// An object that the server sends. `src/guide/json.md` describes the fields.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "action", rename_all = "lowercase")]
pub enum Heard {
    /// The server has accepted the user.
    Connect {
        /// The user's name.
        from: String,
        /// The word by which to reclaim it. An older server sends none.
        reclaim: Option<String>,
        /// The user has reclaimed the name, and has the same settings as before.
        #[serde(default)]
        reclaimed: bool,
    },
    /// The word by which to reclaim the name.
    Reclaim {
        /// The same as in [`Heard::Connect`].
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
        /// The operator who removed the person.
        by: Option<String>,
        /// The operator's explanation.
        message: Option<String>,
    },
    /// A message.
    Chat(Said),
    /// An action, from `/me`.
    Me(Said),
    /// A private message.
    Msg(Said),
    /// The server has accepted a message.
    Ack {
        /// The time of acceptance by the server's clock.
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
        /// The epoch of the message ids.
        epoch: u64,
        /// Whether the history has more messages in the requested direction.
        #[serde(default)]
        more: bool,
    },
    /// The people in the chat.
    Who {
        /// The room that the list is limited to.
        room: Option<String>,
        clients: Vec<Client>,
        /// The number of people, which may exceed the list.
        total: usize,
    },
    /// The rooms of the server.
    Rooms {
        rooms: Vec<RoomShown>,
        /// The number of rooms, which may exceed the list.
        total: usize,
    },
    /// Details of a person.
    Whois(Whois),
    /// The server's commands.
    Help {
        /// All commands, or the one that the user asked about.
        commands: Vec<CommandShown>,
    },
    /// The topic of a room.
    Topic {
        room: String,
        topic: Option<String>,
        /// The person who has just set the topic.
        from: Option<String>,
    },
    /// A person has changed their name.
    Nick {
        /// The old name.
        from: String,
        /// The new name.
        username: String,
    },
    /// The user is marked as away.
    Away { message: Option<String> },
    /// The user is no longer marked as away.
    Back {},
    /// The people whom the user ignores.
    Ignore {
        /// A person whom the user ignores from now on.
        username: Option<String>,
        /// The whole list.
        #[serde(default)]
        usernames: Vec<String>,
    },
    /// The user no longer ignores a person.
    Unignore { username: String },
    /// Whether the server hides joins and leaves from the user.
    Quiet { on: bool },
    /// The message of the day.
    Motd {
        /// The text, which may have several lines.
        message: Option<String>,
    },
    /// The user is an operator now.
    Op {},
    /// The user, an operator, has removed a person.
    Kick { username: String },
    /// The user, an operator, has muted a person.
    Mute { username: String },
    /// The user, an operator, has unmuted a person.
    Unmute { username: String },
    /// A ban has been set.
    Ban(Ban),
    /// A ban has been lifted.
    Unban(Ban),
    /// The bans of the server.
    Bans {
        bans: Vec<Ban>,
        /// The number of bans, which may exceed the list.
        total: usize,
    },
    /// The state of each thread of the server.
    Threads {
        threads: Vec<ThreadShown>,
        /// The number of threads, which may exceed the list.
        total: usize,
    },
    /// The answer to a ping.
    Pong {},
    /// A notice of the server.
    Notice {
        /// The kind of notice.
        code: Option<String>,
        /// The text for people.
        message: String,
    },
    /// The server has refused a request.
    Error {
        /// The reason, for programs.
        code: String,
        /// The reason, for people.
        message: String,
    },
    /// The server closes this connection.
    Bye {
        /// The reason, for programs.
        reason: String,
        /// The reason, for people.
        message: String,
    },
    /// The server shuts down.
    Shutdown {
        /// The text for people.
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
