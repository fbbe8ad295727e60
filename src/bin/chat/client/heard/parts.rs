//! What has been heard, where it has many fields or stands in a list.

use serde::Deserialize;

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
    /// How old it is.
    #[serde(default)]
    pub alive_seconds: u64,
    /// For a reader: how many bytes wait for its client.
    pub queued_bytes: Option<u64>,
    /// For the dispatcher: how many events wait in its inbox.
    pub queued_events: Option<u64>,
    /// How many bytes it has read.
    #[serde(default)]
    pub bytes_in: u64,
    /// How many bytes it has written.
    #[serde(default)]
    pub bytes_out: u64,
}
