//! The larger parts of [`Heard`](super::Heard), and the entries of its lists.

use serde::Deserialize;

/// A person has joined a room.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Joined {
    pub room: String,
    pub from: String,
    /// The people in the room, at most 500. `None` if somebody else joined.
    pub members: Option<Vec<String>>,
    /// The number of people in the room.
    pub total: Option<usize>,
    pub topic: Option<String>,
    /// The epoch of the message ids.
    pub epoch: Option<u64>,
    /// The id of the latest message.
    pub last_message_id: Option<u64>,
}

/// A message.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Said {
    pub from: String,
    pub message: String,
    /// The room, for a message to a room.
    pub room: Option<String>,
    /// The id of the message in its room.
    pub message_id: Option<u64>,
    /// The recipients, for a message to people.
    #[serde(default)]
    pub to: Vec<String>,
    /// The time by the sender's clock (RFC 3339), if the sender's program reported it.
    pub sent_at: Option<String>,
    /// The time by the server's clock (RFC 3339).
    pub received_at: String,
}

/// Message ids of a room that the server has lost, `first` and `last` included.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Gap {
    pub first: u64,
    pub last: u64,
    /// `full` if each id was a message, or `crash`.
    pub cause: String,
}

/// A person in a list.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Client {
    pub username: String,
    #[serde(default)]
    pub rooms: Vec<String>,
    /// How long the person has been idle, in seconds.
    #[serde(default)]
    pub idle_seconds: u64,
    #[serde(default)]
    pub away: bool,
}

/// A room in a list.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RoomShown {
    pub room: String,
    /// The number of people in the room.
    pub members: usize,
    pub topic: Option<String>,
}

/// Details of a person.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Whois {
    /// The fields that every list has.
    #[serde(flatten)]
    pub client: Client,
    pub away_message: Option<String>,
    /// How long the person has been connected, in seconds.
    #[serde(default)]
    pub connected_seconds: u64,
    /// `plain` or `json`.
    pub protocol: Option<String>,
    #[serde(default)]
    pub operator: bool,
    /// The IP address. Only operators see it.
    pub address: Option<String>,
    /// Whether the person is muted. Only operators see it.
    #[serde(default)]
    pub muted: bool,
}

/// A command of the server.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct CommandShown {
    /// The command word, without the slash.
    pub command: String,
    /// The syntax of the arguments.
    #[serde(default)]
    pub arguments: String,
    /// A description of the command.
    #[serde(default)]
    pub description: String,
}

/// A ban.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Ban {
    /// The banned name.
    pub username: Option<String>,
    /// The banned addresses.
    pub address: Option<String>,
    /// The end of the ban (RFC 3339). A ban without it is permanent.
    pub until: Option<String>,
    pub reason: Option<String>,
    /// The operator who set the ban.
    pub by: String,
}

/// A thread of the server.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ThreadShown {
    pub name: String,
    /// The purpose of the thread.
    pub role: String,
    /// The current activity of the thread.
    pub doing: String,
    /// The age of the thread in seconds.
    #[serde(default)]
    pub alive_seconds: u64,
    /// For a reader: how many bytes are queued for its client.
    pub queued_bytes: Option<u64>,
    /// For the dispatcher: how many events are queued in its inbox.
    pub queued_events: Option<u64>,
    #[serde(default)]
    pub bytes_in: u64,
    #[serde(default)]
    pub bytes_out: u64,
}
