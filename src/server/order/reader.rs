//! The thread that reads the log.

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Weak};

use crossbeam_channel::SendError;
use redis::{RedisError, RedisResult};

use super::backoff::Backoff;
use super::entry::RawEntry;
use super::load::{LoadError, Loader};
use super::log_end::LogEnd;
use super::ordered::{Loaded, Ordered};
use super::recall::Recall;
use super::store::Store;
use super::store_address::StoreAddress;
use crate::config::limits;
use crate::server::inbox::{Inbound, Inbox};
use crate::server::ops::log::end_process;
use crate::server::ops::threads::{Activity, Row};

/// Reads the log from a position on, and passes each entry to the dispatcher. If the next entry is not to be had, it passes
/// the state after a later one.
pub struct LogReader {
    address: StoreAddress,
    /// The last entry that was passed on, and its [fingerprint](super::entry::fingerprint).
    position: u64,
    last: String,
    recall: Arc<Recall>,
    /// Gone when the dispatcher has ended.
    applied: Weak<AtomicU64>,
    end: Arc<LogEnd>,
}

/// Why the reader reads no more on this connection.
enum Stop {
    /// The dispatcher has ended.
    Ended,
    /// The store does not answer.
    Store(RedisError),
}

impl From<RedisError> for Stop {
    fn from(error: RedisError) -> Self {
        Self::Store(error)
    }
}

impl<T> From<SendError<T>> for Stop {
    fn from(_: SendError<T>) -> Self {
        Self::Ended
    }
}

impl LogReader {
    /// A reader of what follows the entry at this position with this fingerprint.
    pub fn new(
        address: StoreAddress,
        (position, last): (u64, String),
        recall: Arc<Recall>,
        applied: Weak<AtomicU64>,
        end: Arc<LogEnd>,
    ) -> Self {
        Self { address, position, last, recall, applied, end }
    }

    /// Runs until the dispatcher has ended.
    pub fn run(mut self, inbox: &Inbox<'_>, row: &Row) {
        let (mut store, mut backoff): (Option<Store>, _) = (None, Backoff::default());
        while self.applied.strong_count() > 0 {
            match self.pass_next_on(&mut store, inbox, row) {
                Ok(()) => backoff = Backoff::default(),
                Err(Stop::Ended) => return,
                Err(Stop::Store(error)) => {
                    store = None;
                    backoff.warn_once(&error);
                    row.doing(Activity::WaitingForWork);
                    backoff.pause(&self.applied);
                }
            }
        }
    }

    /// Waits for the next entries, and passes them to the dispatcher, up to one that does not follow.
    fn pass_next_on(
        &mut self,
        store: &mut Option<Store>,
        inbox: &Inbox<'_>,
        row: &Row,
    ) -> Result<(), Stop> {
        row.doing(Activity::Reading);
        let store = match store {
            Some(store) => store,
            None => store.insert(self.address.open()?),
        };
        let entries = store.read(self.position, Some(limits::LOG_READ_WAIT))?;
        row.doing(Activity::SendingToInbox);
        if let Some(last) = entries.last() {
            self.end.advance_to(last.position);
        }
        for raw in entries {
            if raw.position != self.position + 1 || raw.before != self.last {
                let loaded = self.load(&raw, store)?;
                (self.position, self.last) =
                    (loaded.replica.position(), loaded.replica.last().to_owned());
                self.recall.clear();
                self.end.reset_to(self.position);
                inbox.send(Inbound::Ordered(Ordered::State(Box::new(loaded))))?;
                return Ok(());
            }
            let entry = raw.read().unwrap_or_else(|| {
                end_process(&format!("entry {} of the log is by nobody", raw.position))
            });
            (self.position, self.last) = (raw.position, raw.fingerprint());
            // Before the dispatcher has it, so that whoever asks for the state finds what follows here.
            self.recall.push(raw);
            inbox.send(Inbound::Ordered(Ordered::Entry(entry)))?;
        }
        Ok(())
    }

    /// Loads the chat instead of an entry that does not follow.
    fn load(&self, next: &RawEntry, store: &mut Store) -> RedisResult<Loaded> {
        let follows = next.position == self.position + 1;
        let same_past = store.fingerprint_at(self.position)?.is_none_or(|it| it == self.last);
        let is_rewound = follows || !same_past;
        if is_rewound {
            tracing::error!(
                "the log has lost entries before {}, which this machine has applied: it goes on with those that are there",
                next.position
            );
        } else {
            tracing::warn!(
                "this machine was too slow for the log: it goes on with a snapshot instead of entry {}",
                self.position + 1
            );
        }
        match Loader::load(&self.address, store) {
            Ok(loader) => Ok(Loaded { replica: loader.replica, is_rewound }),
            Err(LoadError::Store(error)) => Err(error),
            Err(error) => end_process(&error.to_string()),
        }
    }
}
