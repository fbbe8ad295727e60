//! An entry of the log.

use serde::{Deserialize, Serialize};

use super::author::Author;
use super::node_up::NodeUp;
use crate::chat::Event;

/// An entry of the log, as every node reads it.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its place in the log: 1 for the first entry, and no number is left out.
    pub position: u64,
    /// The author of the entry before it; empty for the first.
    pub before: String,
    pub author: Author,
    /// The clock of the store when it appended the entry, in milliseconds since 1970.
    pub milliseconds: u64,
    pub content: Content,
}

/// What an entry says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Content {
    /// A node is there, and takes part from now on. It is the first entry of its author.
    Up(Box<NodeUp>),
    /// Events of one node, in their order. Without any, the entry says that the node is alive.
    Events(Vec<Event>),
    /// The node leaves.
    Left,
    /// An entry that this node cannot read. It has no effect.
    #[serde(skip)]
    Unreadable,
}

impl Content {
    /// The content as a person can read it in the store.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("events and settings can always be written as JSON")
    }

    /// What [`Content::to_json`] has written.
    pub fn of_json(json: &str) -> Self {
        serde_json::from_str(json).unwrap_or_else(|error| {
            tracing::error!("an entry of the log cannot be read, and has no effect: {error}");
            Self::Unreadable
        })
    }
}
