//! Repair of a store that has lost entries: the node that knows most writes the log again.
//!
//! Each append says how far its author has come, so the store knows within a second of a loss how much it lacks. Then
//!
//! 1. the node that has seen everything writes a snapshot, the last entries and the head, and nothing is lost;
//! 2. if nobody has done so for [`RESEED_WITH_LOSS_AFTER`](limits::RESEED_WITH_LOSS_AFTER), the node that has come farthest of those
//!    that are still there does, and tells everybody that lines may be missing.

use std::time::Instant;

use crossbeam_channel::bounded;
use redis::RedisResult;

use super::entry::RawEntry;
use super::ordered::Ordered;
use super::recall::Recall;
use super::replica::Replica;
use super::store::Store;
use crate::config::limits;
use crate::server::inbox::{Inbound, Inbox};

/// The log as one node writes it again.
pub struct Seed {
    /// The state at some position, and the entries up to the last one that this node has read.
    replica: Replica,
    entries: Vec<RawEntry>,
}

impl Seed {
    /// The state alone, where all entries are in it.
    pub fn of(replica: Replica) -> Self {
        Self { replica, entries: Vec::new() }
    }

    /// Asks the dispatcher for its state. `None` if it has no time, or has read more than it can still tell.
    pub fn ask(inbox: &Inbox<'_>, recall: &Recall) -> Option<Self> {
        let (sender, answer) = bounded(1);
        inbox.send(Inbound::Ordered(Ordered::StateWanted(sender))).ok()?;
        let replica = *answer.recv_timeout(limits::STORE_WAIT_MAX).ok()?;
        let entries = recall.all();
        // The entries behind the state must be complete.
        let first = entries.first().map_or(replica.position(), |entry| entry.position);
        let last = entries.last().map_or(replica.position(), |entry| entry.position);
        let fits = first <= replica.position() + 1 && last >= replica.position();
        fits.then_some(Self { replica, entries })
    }

    /// The position and the fingerprint of the last entry.
    pub fn end(&self) -> (u64, String) {
        match self.entries.last() {
            Some(entry) => (entry.position, entry.fingerprint()),
            None => (self.replica.position(), self.replica.last().to_owned()),
        }
    }

    /// Writes the log. `with_loss` says that a node has seen more, which nobody has any more. Returns whether the log is whole
    /// now, maybe by another node.
    ///
    /// # Errors
    /// As [`Store::append`].
    pub fn write(&self, store: &mut Store, with_loss: bool) -> RedisResult<bool> {
        let (position, last) = self.end();
        let state = (self.replica.position(), &*self.replica.encode());
        store.reseed(position, &last, state, &self.entries, with_loss)
    }
}

/// A loss of the store, as the log-writer sees it.
pub struct Loss {
    since: Instant,
}

/// The log-writer's answer to a loss.
#[derive(Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Nothing yet.
    Waits,
    /// The log is whole.
    Whole,
    /// The log goes on without what nobody has any more.
    WithLoss,
}

impl Loss {
    /// A loss that was noticed now.
    pub fn new() -> Self {
        Self { since: Instant::now() }
    }

    /// Looks whether it is up to this node to write the log again, and does so.
    ///
    /// # Errors
    /// As [`Store::append`].
    pub fn remedy(
        &self,
        (seen, best): (u64, u64),
        store: &mut Store,
        inbox: &Inbox<'_>,
        recall: &Recall,
    ) -> RedisResult<Remedy> {
        let age = self.since.elapsed();
        let is_late = age >= limits::RESEED_WITH_LOSS_AFTER;
        if age < limits::RESEED_AFTER {
            return Ok(Remedy::Waits);
        }
        let Some(seed) = Seed::ask(inbox, recall) else {
            return Ok(Remedy::Waits);
        };
        let (position, _) = seed.end();
        let knows_all = position >= seen;
        let is_next_best = is_late && position >= best;
        if !(knows_all || is_next_best) {
            return Ok(Remedy::Waits);
        }
        let is_whole = seed.write(store, !knows_all)?;
        Ok(match (is_whole, knows_all) {
            (false, _) => Remedy::Waits,
            (true, true) => Remedy::Whole,
            (true, false) => Remedy::WithLoss,
        })
    }
}
