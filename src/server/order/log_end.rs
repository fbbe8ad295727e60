use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;

use super::author::Author;

/// This node's knowledge of the end of the log, shared by the log's two threads, the dispatcher and the metrics.
#[derive(Debug, Default)]
pub struct LogEnd {
    /// The last entry that this node has appended or read.
    newest: AtomicU64,
    /// How many events are in the entry that is being appended.
    in_flight: AtomicU64,
    /// The incarnation and the sequence of the last entry of this node that it has applied.
    own: Mutex<(u64, u64)>,
}

impl LogEnd {
    /// The log has this entry.
    pub fn advance_to(&self, position: u64) {
        self.newest.fetch_max(position, Ordering::Relaxed);
    }

    /// The log is another one, of which this node has read up to this entry.
    pub fn reset_to(&self, position: u64) {
        self.newest.store(position, Ordering::Relaxed);
    }

    /// This entry of this node is applied.
    pub fn record_applied(&self, own: &Author) {
        *self.own.lock() = (own.incarnation, own.sequence);
    }

    /// Whether this entry of this node, or a later one, is applied.
    pub fn has_applied(&self, own: &Author) -> bool {
        *self.own.lock() >= (own.incarnation, own.sequence)
    }

    /// Entries up to the newest that are not applied, if `applied` is the last one that is, and events that are being appended.
    pub fn distance(&self, applied: u64) -> u64 {
        let newest = self.newest.load(Ordering::Relaxed);
        newest.saturating_sub(applied) + self.in_flight.load(Ordering::Relaxed)
    }

    /// An entry with so many events is being appended; 0 when the log has it.
    pub fn set_in_flight(&self, events: u64) {
        self.in_flight.store(events, Ordering::Relaxed);
    }
}
