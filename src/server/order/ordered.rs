//! The messages of the log's threads to the dispatcher.

use crossbeam_channel::Sender;

use super::entry::Entry;
use super::replica::Replica;

/// A message from the log-reader or the log-writer.
pub enum Ordered {
    /// The next entry of the log.
    Entry(Entry),
    /// The state of the chat: the next entry of the log was not to be had.
    State(Box<Loaded>),
    /// The log-writer wants a copy of the state.
    StateWanted(Sender<Box<Replica>>),
}

/// The state of the chat, as it was loaded by a node that takes part.
pub struct Loaded {
    pub replica: Replica,
    /// The log has lost entries that this node has applied.
    pub is_rewound: bool,
}
