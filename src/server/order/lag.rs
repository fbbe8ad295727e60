//! How far this node is behind the log.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};

use crossbeam_channel::Receiver;

use super::log_end::LogEnd;
use super::writer::Work;

/// The distance between the end of the log, as far as this node knows it, and what it has applied. For the metrics.
#[derive(Clone)]
pub struct Lag {
    end: Arc<LogEnd>,
    applied: Weak<AtomicU64>,
    queue: Receiver<Work>,
}

impl Lag {
    /// `applied` is the last entry that this node has applied, and in `queue` are the events that are in no entry yet.
    pub fn new(end: Arc<LogEnd>, applied: Weak<AtomicU64>, queue: Receiver<Work>) -> Self {
        Self { end, applied, queue }
    }

    /// Entries to apply, and events to append; 0 once the dispatcher has ended.
    pub fn entries(&self) -> u64 {
        let Some(applied) = self.applied.upgrade() else {
            return 0;
        };
        self.end.distance(applied.load(Ordering::Relaxed)) + self.queue.len() as u64
    }
}
