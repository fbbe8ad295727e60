//! The thread that reads the log.

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Weak};

use super::log_end::LogEnd;
use super::store::{Door, Store};
use super::writer::Backoff;
use crate::config::limits;
use crate::server::inbox::{Inbound, Inbox};
use crate::server::ops::threads::{Activity, Row};

/// Reads the log from a position on, and passes each entry to the dispatcher.
pub struct LogReader {
    door: Door,
    /// The last entry that was passed on.
    position: u64,
    /// Gone when the dispatcher has ended.
    applied: Weak<AtomicU64>,
    /// What this node knows of the end of the log.
    end: Arc<LogEnd>,
}

impl LogReader {
    /// A reader of what follows this position.
    pub fn new(door: Door, position: u64, applied: Weak<AtomicU64>, end: Arc<LogEnd>) -> Self {
        Self { door, position, applied, end }
    }

    /// Runs until the dispatcher has ended.
    pub fn run(mut self, inbox: &Inbox<'_>, row: &Row) {
        let (mut store, mut backoff): (Option<Store>, _) = (None, Backoff::default());
        while self.applied.strong_count() > 0 {
            row.doing(Activity::Reading);
            let wait = Some(limits::LOG_READ_WAIT);
            let read = match &mut store {
                Some(store) => store.read(self.position, wait),
                None => self
                    .door
                    .open()
                    .and_then(|opened| store.insert(opened).read(self.position, wait)),
            };
            match read {
                Ok(entries) => {
                    backoff = Backoff::default();
                    row.doing(Activity::SendingToInbox);
                    if let Some(last) = entries.last() {
                        self.end.has(last.position);
                    }
                    for entry in entries {
                        self.position = entry.position;
                        if inbox.send(Inbound::Ordered(entry)).is_err() {
                            return;
                        }
                    }
                }
                Err(error) => {
                    store = None;
                    backoff.warn_once(&error);
                    row.doing(Activity::WaitingForWork);
                    backoff.pause(&self.applied);
                }
            }
        }
    }
}
