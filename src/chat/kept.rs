//! The interface between the core and a history on disk: what is kept, what is asked for, and what is found.
//!
//! The core asks by effects, each with a ticket, and an event with the same ticket brings what was found. It never waits:
//! other events may come in between.

#![allow(missing_docs, reason = "most fields and variants are self-explanatory")]

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::error::ChatError;
use super::message::{ChatMessage, Gap, KeptLine};
use super::name::NameKey;
use super::request::{Moment, Range};

/// The rooms and lines that the last run of the server has left on disk, or that memory has.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Past {
    /// No room had a later epoch.
    pub last_epoch: u64,
    /// No two have the same name. The room that was silent for longest comes first.
    pub rooms: Vec<PastRoom>,
}

/// A room of the past.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastRoom {
    pub name: Arc<str>,
    pub epoch: u64,
    pub topic: Option<Arc<str>>,
    /// The highest id that a message may have had.
    pub last_id: u64,
    /// The last messages, oldest first.
    pub lines: Vec<Arc<ChatMessage>>,
    /// The gaps among their ids, and behind them.
    pub gaps: Vec<Gap>,
}

/// Asks for messages of one room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fetch {
    pub ticket: u64,
    pub room: Arc<str>,
    pub epoch: u64,
    pub range: Range,
    /// Only messages with smaller ids: the core has the others.
    pub below: u64,
    pub limit: usize,
    /// The size of the answer, as [`ChatMessage::bytes_in_answer`] counts.
    pub bytes_max: usize,
    /// Messages of these people are left out.
    pub hidden: Vec<NameKey>,
}

/// Asks for the newest messages that contain all of some words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Search {
    pub ticket: u64,
    /// As typed. May be empty if there is a sender.
    pub words: String,
    pub sender: Option<NameKey>,
    /// In any of these rooms.
    pub rooms: Vec<NameKey>,
    pub before: Option<Moment>,
    /// Continues where the answer with this cursor ended.
    pub cursor: Option<u64>,
    pub limit: usize,
    pub bytes_max: usize,
    pub hidden: Vec<NameKey>,
}

/// A question to the history on disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Question {
    Fetch(Fetch),
    Search(Search),
}

impl Question {
    pub fn ticket(&self) -> u64 {
        match self {
            Self::Fetch(fetch) => fetch.ticket,
            Self::Search(search) => search.ticket,
        }
    }
}

/// The lines that were found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// For a [`Fetch`] the oldest first, for a [`Search`] the newest first.
    pub lines: Vec<KeptLine>,
    /// Whether there is more than the limits allow.
    pub more: bool,
    /// The gaps among and beside these lines of a [`Fetch`].
    pub gaps: Vec<Gap>,
    /// The place at which a [`Search`] can continue if there is more.
    pub cursor: Option<u64>,
}

/// Why nothing was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum LookupError {
    /// As many lookups of all clients are under way as may be.
    Busy,
    TooSlow,
    /// The chat is so busy that the last lines cannot be looked up yet.
    Behind,
    /// The history on disk cannot be read.
    Failed,
}

impl From<LookupError> for ChatError {
    fn from(error: LookupError) -> Self {
        match error {
            LookupError::Busy => Self::SearchesBusy,
            LookupError::TooSlow => Self::SearchTooSlow,
            LookupError::Behind => Self::HistoryBehind,
            LookupError::Failed => Self::HistoryFailed,
        }
    }
}
