//! Something that somebody has said: the one kind of message that is kept, and that carries times.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::Offset;

/// What somebody has said, as all who hear it share it and as a room's history keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatMessage {
    /// Who.
    pub from: Arc<str>,
    /// To whom.
    pub to: Audience,
    /// How.
    pub manner: Manner,
    /// What, clean.
    pub text: String,
    /// When, by the sender's clock, where their program told.
    pub sent_at: Option<SentAt>,
    /// When the server received it.
    pub received_at: Timestamp,
}

/// Who gets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Audience {
    /// Everybody in a room.
    Room {
        /// Its name.
        room: Arc<str>,
        /// The message's id, which grows by one with each message in that room.
        message_id: u64,
    },
    /// These people, wherever they are.
    People(Vec<Arc<str>>),
}

/// How it was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// As a line, to a room or to those whom it mentions.
    Chat,
    /// As something that its sender does: `/me`.
    Me,
    /// In private: `/msg`.
    Private,
}

/// A moment by a sender's own clock and zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentAt {
    /// As the sender wrote it (RFC 3339): it is passed on like this.
    pub written: Box<str>,
    /// The moment it names; the last one that there is, where that is later.
    pub at: Timestamp,
    /// The zone it is written in.
    pub zone: Offset,
}
