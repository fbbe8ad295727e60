//! How far this node is behind the log.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};

use crossbeam_channel::Receiver;

use super::writer::Work;

/// The distance between the end of the log, as far as this node knows it, and what it has applied. For the metrics.
#[derive(Clone)]
pub struct Lag {
    newest: Arc<AtomicU64>,
    applied: Weak<AtomicU64>,
    queue: Receiver<Work>,
}

impl Lag {
    /// `newest` is the last entry that this node has appended or read, `applied` the last one that it has applied, and in
    /// `queue` are the events that are in no entry yet.
    pub fn new(newest: Arc<AtomicU64>, applied: Weak<AtomicU64>, queue: Receiver<Work>) -> Self {
        Self { newest, applied, queue }
    }

    /// Entries to apply, and events to append; 0 once the dispatcher has ended.
    pub fn entries(&self) -> u64 {
        let Some(applied) = self.applied.upgrade() else {
            return 0;
        };
        let newest = self.newest.load(Ordering::Relaxed);
        newest.saturating_sub(applied.load(Ordering::Relaxed)) + self.queue.len() as u64
    }
}
