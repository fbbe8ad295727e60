//! An entry of the log.

use serde::{Deserialize, Serialize};

use super::author::Author;
use super::node_up::NodeUp;
use crate::chat::Event;

/// The position of an entry, and the number of one of its events.
pub type Place = (u64, usize);

/// An entry of the log, as every node reads it.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its place in the log: 1 for the first entry, and no number is left out.
    pub position: u64,
    /// The [fingerprint] of the entry before it; empty for the first.
    pub before: String,
    pub author: Author,
    /// The clock of the store when it appended the entry, in milliseconds since 1970.
    pub milliseconds: u64,
    /// How long its content is as JSON.
    pub bytes: usize,
    pub content: Content,
}

/// An entry of the log as the store has it.
#[derive(Debug, Clone)]
pub struct RawEntry {
    pub position: u64,
    pub before: String,
    pub by: String,
    pub milliseconds: u64,
    pub json: String,
}

/// Tells an entry from one that another past of the log has at the same position. The author alone does not: an entry that was
/// sent twice may be at the same position in both.
pub fn fingerprint(author: &str, milliseconds: u64) -> String {
    format!("{author}@{milliseconds}")
}

impl RawEntry {
    /// Its [fingerprint].
    pub fn fingerprint(&self) -> String {
        fingerprint(&self.by, self.milliseconds)
    }

    /// The entry, unless it is not one that a node has appended.
    pub fn read(&self) -> Option<Entry> {
        Some(Entry {
            position: self.position,
            before: self.before.clone(),
            author: self.by.parse().ok()?,
            milliseconds: self.milliseconds,
            bytes: self.json.len(),
            content: Content::of_json(&self.json),
        })
    }
}

/// The content of an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Content {
    /// A node is there, and takes part from now on. It is the first entry of its author.
    Up(Box<NodeUp>),
    /// Events of one node, in their order. Without any, the entry says that the node is alive.
    Events(Vec<Event>),
    /// The node leaves.
    Left,
    /// All events of this node up to this number are in the log or lost. The node has loaded the state of the chat before.
    #[serde(rename = "Mark")]
    Barrier(u64),
    /// The log has lost entries that somebody has seen.
    Rewound,
    /// An entry that this node cannot read. It has no effect.
    #[serde(skip)]
    Unreadable,
}

impl Content {
    /// The content as a person can read it in the store.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("events and settings can always be written as JSON")
    }

    /// The beginning of [`Content::Events`] in JSON, to which events are added one by one as they come.
    pub fn opening() -> String {
        r#"{"Events":["#.to_owned()
    }

    /// Adds an event.
    pub fn push_event(json: &mut String, event: &Event) {
        if !json.ends_with('[') {
            json.push(',');
        }
        let event = serde_json::to_string(event);
        json.push_str(&event.expect("every event can be written as JSON"));
    }

    /// The complete text.
    pub fn closed(mut json: String) -> String {
        json.push_str("]}");
        json
    }

    /// The JSON that [`Content::to_json`] has written.
    pub fn of_json(json: &str) -> Self {
        serde_json::from_str(json).unwrap_or_else(|error| {
            tracing::error!("an entry of the log cannot be read, and has no effect: {error}");
            Self::Unreadable
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::{ClientId, DisconnectReason};

    #[test]
    fn events_that_are_added_one_by_one_are_read_together() {
        let event = |number| Event::Disconnected {
            client: ClientId(number),
            reason: DisconnectReason::EndOfInput,
        };
        for count in 0..3 {
            let events: Vec<Event> = (0..count).map(event).collect();
            let mut json = Content::opening();
            events.iter().for_each(|event| Content::push_event(&mut json, event));
            let json = Content::closed(json);
            let content = Content::Events(events);
            assert_eq!(Content::of_json(&json), content);
            assert_eq!(content.to_json(), json);
        }
        assert_eq!(Content::of_json("[]"), Content::Unreadable);
    }
}
