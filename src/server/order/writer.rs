//! The thread that appends what happens on this node.

#[cfg(all(any(test, feature = "simulation"), not(loom)))]
mod stepwise;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::thread;

use crossbeam_channel::{Receiver, RecvTimeoutError};
use redis::RedisResult;

use super::author::Author;
use super::backoff::Backoff;
use super::entry::Content;
use super::log_end::LogEnd;
use super::node_up::NodeUp;
use super::recall::Recall;
use super::reseed::{Loss, Remedy};
use super::store::{Appended, Store};
use super::store_address::StoreAddress;
use crate::chat::Event;
use crate::config::limits;
use crate::server::inbox::Inbox;
use crate::server::ops::threads::{Activity, Row};

/// The events that the dispatcher wants to append.
pub enum Work {
    /// An event of this node.
    Event(Event),
    /// The node starts again, as this incarnation.
    Up(u64, Box<NodeUp>),
    /// The node leaves.
    Left,
    /// As [`Content::Barrier`].
    Barrier(u64),
    /// As [`Content::Rewound`].
    Rewound,
}

/// Appends entries until the dispatcher drops its end of the queue. What gathers while one entry is on its way is the next.
pub struct LogWriter {
    address: StoreAddress,
    queue: Receiver<Work>,
    author: Author,
    /// The position that the dispatcher has applied; gone when it has ended.
    applied: Weak<AtomicU64>,
    end: Arc<LogEnd>,
    store: Option<Store>,
    backoff: Backoff,
    /// The store has lost entries.
    loss: Option<Loss>,
    recall: Arc<Recall>,
    /// Taken from the queue, but not fit for the entry before.
    next: Option<Work>,
    /// The entries that the store has taken, but that this node has not applied: a store that loses them before anybody has read
    /// them gets them again.
    unread: VecDeque<(Author, String)>,
    /// The store may have lost some of them.
    is_doubtful: bool,
}

impl LogWriter {
    /// A writer that goes on after the entry of `author`.
    pub fn new(
        address: StoreAddress,
        queue: Receiver<Work>,
        author: Author,
        recall: Arc<Recall>,
        applied: Weak<AtomicU64>,
        end: Arc<LogEnd>,
    ) -> Self {
        let (store, backoff) = (None, Backoff::default());
        Self {
            address,
            queue,
            author,
            applied,
            end,
            store,
            backoff,
            loss: None,
            recall,
            next: None,
            unread: VecDeque::new(),
            is_doubtful: false,
        }
    }

    /// Runs until the queue is closed.
    pub fn run(mut self, inbox: &Inbox<'_>, row: &Row) {
        loop {
            row.doing(Activity::WaitingForWork);
            let first = match self.next.take() {
                Some(work) => Ok(work),
                None => self.queue.recv_timeout(limits::BEAT_EVERY),
            };
            row.doing(Activity::Writing);
            let Some(json) = self.compose(first) else { return };
            self.append(json, inbox);
        }
    }

    /// The next entry, whose author it becomes: this work, and what has gathered behind it. Nothing for long enough is a beat.
    fn compose(&mut self, first: Result<Work, RecvTimeoutError>) -> Option<String> {
        let json = match first {
            Ok(Work::Event(event)) => self.gather(event),
            Ok(Work::Up(incarnation, up)) => {
                (self.author.incarnation, self.author.sequence) = (incarnation, 0);
                self.unread.clear();
                Content::Up(up).to_json()
            }
            Ok(Work::Left) => Content::Left.to_json(),
            Ok(Work::Barrier(number)) => Content::Barrier(number).to_json(),
            Ok(Work::Rewound) => Content::Rewound.to_json(),
            Err(RecvTimeoutError::Timeout) => Content::Events(Vec::new()).to_json(),
            Err(RecvTimeoutError::Disconnected) => return None,
        };
        self.author.sequence += 1;
        Some(json)
    }

    /// The events that have gathered, as many as one entry takes, as [`Content::Events`] in JSON.
    fn gather(&mut self, first: Event) -> String {
        let mut json = Content::opening();
        Content::push_event(&mut json, &first);
        let mut count = 1;
        self.end.set_in_flight(count);
        while json.len() < limits::LOG_ENTRY_BYTES_MAX {
            match self.queue.try_recv() {
                Ok(Work::Event(event)) => {
                    Content::push_event(&mut json, &event);
                    count += 1;
                }
                Ok(other) => {
                    self.next = Some(other);
                    break;
                }
                Err(_) => break,
            }
        }
        self.end.set_in_flight(count);
        Content::closed(json)
    }

    /// Appends one entry, and tries until it has succeeded or the dispatcher is gone. An entry whose reply was lost is in the
    /// log twice; nobody applies the second.
    fn append(&mut self, content: String, inbox: &Inbox<'_>) {
        let mut is_rewound = false;
        // Without a dispatcher, nobody waits for this entry.
        while let Some(applied) = self.applied.upgrade().map(|it| it.load(Ordering::Relaxed)) {
            match self.try_append(applied, &content, inbox) {
                Ok(Some(remedy)) => {
                    is_rewound |= remedy == Remedy::WithLoss;
                    thread::sleep(limits::RESEED_LOOK_EVERY);
                }
                Ok(None) => {
                    self.end.set_in_flight(0);
                    if self.loss.take().is_some() {
                        tracing::info!("the store of the log is whole again");
                    }
                    self.backoff = Backoff::default();
                    self.unread.push_back((self.author.clone(), content));
                    break;
                }
                Err(error) => {
                    self.store = None;
                    self.is_doubtful = true;
                    self.backoff.warn_once(&error);
                    self.backoff.pause(&self.applied);
                }
            }
        }
        if is_rewound {
            self.author.sequence += 1;
            self.append(Content::Rewound.to_json(), inbox);
        }
    }

    /// Appends an entry, and before it those that the store may have lost. If the store lacks entries that somebody has read, it
    /// looks what to do about it instead.
    fn try_append(
        &mut self,
        applied: u64,
        content: &str,
        inbox: &Inbox<'_>,
    ) -> RedisResult<Option<Remedy>> {
        let store = match &mut self.store {
            Some(store) => store,
            None => self.store.insert(self.address.open()?),
        };
        self.unread.retain(|(author, _)| !self.end.has_applied(author));
        let unread = self.unread.iter().filter(|_| self.is_doubtful);
        let unread = unread.map(|(author, content)| (author, &**content));
        let mut behind = None;
        // Whoever has read one of them already does nothing when it comes again.
        for (author, content) in unread.chain([(&self.author, content)]) {
            match store.append(author, applied, content)? {
                Appended::At(position) => self.end.advance_to(position),
                Appended::Behind { has, seen, best } => {
                    behind = Some((has, seen, best));
                    break;
                }
            }
        }
        self.is_doubtful = behind.is_some();
        let Some((has, seen, best)) = behind else {
            return Ok(None);
        };
        let loss = self.loss.get_or_insert_with(|| {
            tracing::error!(
                "the store of the log has lost entries: it has {has} of {seen}. The chat waits until a machine has written \
                 them again"
            );
            Loss::new()
        });
        let remedy = loss.remedy((seen, best), store, inbox, &self.recall)?;
        match remedy {
            Remedy::Waits => {}
            Remedy::Whole => tracing::info!("the log is whole again"),
            Remedy::WithLoss => tracing::error!(
                "nobody has the entries that the store has lost: the log goes on without them"
            ),
        }
        Ok(Some(remedy))
    }
}
