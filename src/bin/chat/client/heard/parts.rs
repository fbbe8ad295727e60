//! The larger parts of [`Heard`](super::Heard), and the entries of its lists.

use serde::Deserialize;

/// A person has joined a room.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Joined {
    pub room: String,
    pub from: String,
    /// The people in the room, at most 500. `None` if somebody else joined.
    pub members: Option<Vec<String>>,
    pub total: Option<usize>,
    pub topic: Option<String>,
    pub epoch: Option<u64>,
    pub last_message_id: Option<u64>,
}

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

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Client {
    pub username: String,
    #[serde(default)]
    pub rooms: Vec<String>,
    #[serde(default)]
    pub idle_seconds: u64,
    #[serde(default)]
    pub away: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RoomShown {
    pub room: String,
    pub members: usize,
    pub topic: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Whois {
    /// The fields that every list has.
    #[serde(flatten)]
    pub client: Client,
    pub away_message: Option<String>,
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

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct CommandShown {
    pub command: String,
    #[serde(default)]
    pub arguments: String,
    #[serde(default)]
    pub description: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Ban {
    pub username: Option<String>,
    pub address: Option<String>,
    /// The end of the ban (RFC 3339). A ban without it is permanent.
    pub until: Option<String>,
    pub reason: Option<String>,
    pub by: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ThreadShown {
    pub name: String,
    pub doing: String,
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
