//! An object from the server, as a value.
//!
//! A server may be newer than the client: fields that are not known are ignored, and an action that is not known is
//! [`Heard::Other`]. Times stay text here, since a client that cannot read one shows the rest all the same.

use serde::Deserialize;

/// Something that the server has said. The fields are those of the JSON lines in the README.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "action", rename_all = "lowercase")]
pub enum Heard {
    /// One is in the chat.
    Connect {
        /// By this name.
        from: String,
    },
    /// Somebody is in a room now; if it is oneself, with what is known of the room.
    JoinRoom(Joined),
    /// Somebody is in a room no more.
    LeaveRoom {
        /// Which.
        room: String,
        /// Who.
        from: String,
        /// `kicked` or `banned`, where they did not want it.
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

/// Somebody is in a room now.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Joined {
    /// Which.
    pub room: String,
    /// Who.
    pub from: String,
    /// Who is in it, at most 500 of them; none where it is somebody else who joined.
    pub members: Option<Vec<String>>,
    /// How many are in it.
    pub total: Option<usize>,
    /// What it is about.
    pub topic: Option<String>,
    /// Which beginning its ids count from.
    pub epoch: Option<u64>,
    /// The id of what was said last.
    pub last_message_id: Option<u64>,
}

/// What somebody has said.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Said {
    /// Who.
    pub from: String,
    /// What.
    pub message: String,
    /// In which room, where it went to a room.
    pub room: Option<String>,
    /// Which one in that room.
    pub message_id: Option<u64>,
    /// To whom, where it went to people.
    #[serde(default)]
    pub to: Vec<String>,
    /// When, by the sender's clock (RFC 3339), where their program told.
    pub sent_at: Option<String>,
    /// When, by the server's clock (RFC 3339).
    pub received_at: String,
}

/// Somebody in a list.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Client {
    /// Who.
    pub username: String,
    /// Where.
    #[serde(default)]
    pub rooms: Vec<String>,
    /// For how many seconds they have said nothing.
    #[serde(default)]
    pub idle_seconds: u64,
    /// Whether they said that they are away.
    #[serde(default)]
    pub away: bool,
}

/// A room in a list.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RoomShown {
    /// Its name.
    pub room: String,
    /// How many are in it.
    pub members: usize,
    /// What it is about.
    pub topic: Option<String>,
}

/// What is known of somebody.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Whois {
    /// What is in every list.
    #[serde(flatten)]
    pub client: Client,
    /// Why they are away.
    pub away_message: Option<String>,
    /// For how many seconds they have been here.
    #[serde(default)]
    pub connected_seconds: u64,
    /// `plain` or `json`.
    pub protocol: Option<String>,
    /// Whether they are an operator.
    #[serde(default)]
    pub operator: bool,
    /// Where they come from; for operators only.
    pub address: Option<String>,
    /// Whether nobody hears them; for operators only.
    #[serde(default)]
    pub muted: bool,
}

/// A command of the server.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct CommandShown {
    /// Its word, without the slash.
    pub command: String,
    /// What may stand behind it.
    #[serde(default)]
    pub arguments: String,
    /// What it does.
    #[serde(default)]
    pub description: String,
}

/// Somebody who is kept out.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Ban {
    /// By this name.
    pub username: Option<String>,
    /// From these addresses.
    pub address: Option<String>,
    /// Until then (RFC 3339); without it, for good.
    pub until: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// Who said so.
    pub by: String,
}

/// A thread of the server.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ThreadShown {
    /// Its name.
    pub name: String,
    /// What it is there for.
    pub role: String,
    /// What it does just now.
    pub doing: String,
    /// How many bytes it has read.
    #[serde(default)]
    pub bytes_in: u64,
    /// How many bytes it has written.
    #[serde(default)]
    pub bytes_out: u64,
}

/// Reads one line of the server: what it says, and which request it answers. The client's own ids are numbers.
///
/// # Errors
///
/// The line is not an object that the server could have sent; here is why.
pub fn read(line: &str) -> Result<(Heard, Option<u64>), serde_json::Error> {
    #[derive(Deserialize)]
    struct Answer {
        #[serde(default)]
        id: serde_json::Value,
    }
    let heard = serde_json::from_str(line)?;
    let Answer { id } = serde_json::from_str(line)?;
    Ok((heard, id.as_u64()))
}
