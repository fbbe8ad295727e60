//! An object from the server, as a value.
//!
//! A server may be newer than the client: fields that are not known are ignored, and an action that is not known is
//! [`Heard::Other`]. Times stay text here, since a client that cannot read one shows the rest all the same.

mod parts;

use serde::Deserialize;
use serde_json::{Map, Value};

pub use parts::{Ban, Client, CommandShown, Joined, RoomShown, Said, ThreadShown, Whois};

/// An object that the server sends. `src/guide/json.md` describes the fields.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "action", rename_all = "lowercase")]
pub enum Heard {
    /// One is in the chat.
    Connect {
        /// By this name.
        from: String,
        /// The word by which to take it back. An older server gives none.
        reclaim: Option<String>,
        /// One has taken it back, and with it all that one had asked for.
        #[serde(default)]
        reclaimed: bool,
    },
    /// The word by which to take one's name back.
    Reclaim {
        /// The same as in [`Heard::Connect`].
        reclaim: String,
    },
    /// Somebody is in a room now; if it is oneself, with what is known of the room.
    JoinRoom(Joined),
    /// Somebody is in a room no more.
    LeaveRoom {
        /// Which.
        room: String,
        /// Who.
        from: String,
        /// Where they did not want it: `kicked` or `banned`.
        reason: Option<String>,
        /// Who wanted it.
        by: Option<String>,
        /// Why they wanted it.
        message: Option<String>,
    },
    /// Somebody has said something.
    Chat(Said),
    /// Somebody does something.
    Me(Said),
    /// Somebody has said something in private.
    Msg(Said),
    /// What was asked to be said has been said.
    Ack {
        /// When, by the server's clock.
        received_at: String,
        /// Its id, where it went to a room.
        message_id: Option<u64>,
        /// Whom it reached, where it went to people.
        #[serde(default)]
        to: Vec<String>,
        /// Whom it should have reached.
        #[serde(default)]
        absent: Vec<String>,
    },
    /// What was said in a room.
    History {
        /// In which.
        room: String,
        /// [`Heard::Chat`] and [`Heard::Me`], in order.
        messages: Vec<Heard>,
        /// Which beginning the ids count from.
        epoch: u64,
        /// Whether there is more on the side that was asked for.
        #[serde(default)]
        more: bool,
    },
    /// Who is here.
    Who {
        /// In this room only.
        room: Option<String>,
        /// Those who are.
        clients: Vec<Client>,
        /// How many they are.
        total: usize,
    },
    /// Which rooms there are.
    Rooms {
        /// Those there are.
        rooms: Vec<RoomShown>,
        /// How many they are.
        total: usize,
    },
    /// What is known of somebody.
    Whois(Whois),
    /// The commands there are.
    Help {
        /// All of them, or the one that was asked about.
        commands: Vec<CommandShown>,
    },
    /// What a room is about.
    Topic {
        /// Which room.
        room: String,
        /// What it is about.
        topic: Option<String>,
        /// Who has just said so.
        from: Option<String>,
    },
    /// Somebody has another name now.
    Nick {
        /// Who.
        from: String,
        /// Their new name.
        username: String,
    },
    /// One is marked as away.
    Away {
        /// Why.
        message: Option<String>,
    },
    /// One is not any more.
    Back {},
    /// Whom one ignores.
    Ignore {
        /// From now on.
        username: Option<String>,
        /// All of them.
        #[serde(default)]
        usernames: Vec<String>,
    },
    /// Whom one ignores no more.
    Unignore {
        /// Who.
        username: String,
    },
    /// Whether one is told who comes and goes.
    Quiet {
        /// Whether not.
        on: bool,
    },
    /// The message of the day.
    Motd {
        /// Its lines.
        message: Option<String>,
    },
    /// One is an operator now.
    Op {},
    /// Somebody was thrown out, as one wished.
    Kick {
        /// Who.
        username: String,
    },
    /// Nobody hears them any more.
    Mute {
        /// Whom.
        username: String,
    },
    /// They are heard again.
    Unmute {
        /// Who.
        username: String,
    },
    /// Somebody is kept out.
    Ban(Ban),
    /// They are not kept out any more.
    Unban(Ban),
    /// Who is kept out.
    Bans {
        /// Those who are.
        bans: Vec<Ban>,
        /// How many they are.
        total: usize,
    },
    /// What each thread of the server does.
    Threads {
        /// Each of them.
        threads: Vec<ThreadShown>,
        /// How many they are.
        total: usize,
    },
    /// The answer to a sign of life.
    Pong {},
    /// Something that one should know.
    Notice {
        /// What kind of thing.
        code: Option<String>,
        /// A sentence.
        message: String,
    },
    /// What was asked for cannot be done.
    Error {
        /// Why, for programs.
        code: String,
        /// Why, for people.
        message: String,
    },
    /// The server closes this connection.
    Bye {
        /// Why, for programs.
        reason: String,
        /// Why, for people.
        message: String,
    },
    /// The chat ends for everybody.
    Shutdown {
        /// A sentence.
        message: String,
    },
    /// Something that this client does not know.
    #[serde(other)]
    Other,
}

/// Which request a line of the server answers, even if the rest of it cannot be read.
pub fn id(line: &str) -> Option<u64> {
    let object: serde_json::Value = serde_json::from_str(line).ok()?;
    object.get("id")?.as_u64()
}

/// Reads one line of the server: what it says, and which request it answers. The client's own ids are numbers.
///
/// # Errors
///
/// The line is not an object that the server could have sent; here is why.
pub fn read(line: &str) -> Result<(Heard, Option<u64>), serde_json::Error> {
    // Fields first: a list, from which a value could be read as well, is no object.
    let mut fields: Map<String, Value> = serde_json::from_str(line)?;
    let id = fields.remove("id").and_then(|id| id.as_u64());
    Ok((Heard::deserialize(Value::Object(fields))?, id))
}

#[cfg(test)]
mod tests;
