//! The state of features beyond the classic chat.

use core::net::IpAddr;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::super::ban::{Ban, Network};
use super::super::client::ClientId;
use super::super::message::Message;
use super::super::name::NameKey;
use super::super::time::{Now, Time};
use super::bans::Bans;
use super::folded::Folded;
use super::ignores::Ignores;
use super::lookups::Lookups;
use super::password_attempts::PasswordAttempts;
use super::reclaims::Reclaims;
use super::sorted;
use crate::config::limits::{MUTED_MAX, SHUTDOWN_REMINDERS};

/// The parts of this state. Those that are public guard their own fields.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Extras {
    pub bans: Bans,
    /// By name, so that coming back under the same name changes nothing.
    #[serde(with = "sorted::set")]
    muted: HashSet<NameKey>,
    pub ignores: Ignores,
    pub password_attempts: PasswordAttempts,
    pub reclaims: Reclaims,
    pub lookups: Lookups,
    pub folded: Folded,
    planned_shutdown: Option<PlannedShutdown>,
    /// The name of the node of each start, in a chat on several.
    #[serde(rename = "machines")]
    starts: BTreeMap<u64, Arc<str>>,
}

impl Extras {
    pub fn new(bans: Vec<Ban>) -> Self {
        Self { bans: Bans::new(bans), ..Self::default() }
    }

    /// Resets everything that depends on the people who are here. Bans and mutes stay.
    pub fn forget_people(&mut self) {
        let (bans, muted) = (std::mem::take(&mut self.bans), std::mem::take(&mut self.muted));
        *self = Self { bans, muted, ..Self::default() };
    }

    /// When one of these features next has something to do.
    pub fn deadline(&self) -> Option<Time> {
        let shutdown = self.planned_shutdown().map(PlannedShutdown::next);
        [self.folded.due(), shutdown, self.reclaims.due()].into_iter().flatten().min()
    }

    pub fn is_muted(&self, key: &NameKey) -> bool {
        self.muted.contains(key)
    }

    /// Mutes a name, and returns whether it is muted now: there may be too many.
    pub fn mute(&mut self, key: NameKey) -> bool {
        if self.muted.len() < MUTED_MAX {
            self.muted.insert(key);
            return true;
        }
        self.muted.contains(&key)
    }

    pub fn unmute(&mut self, key: &NameKey) {
        self.muted.remove(key);
    }

    pub fn add_start(&mut self, start: u64, name: Arc<str>) {
        self.starts.insert(start, name);
    }

    pub fn remove_starts(&mut self, starts: &[u64]) {
        self.starts.retain(|start, _| !starts.contains(start));
    }

    /// The name of the node to which a client is connected, if there are several.
    pub fn node_of(&self, client: ClientId) -> Option<&Arc<str>> {
        self.starts.get(&client.start())
    }

    pub fn planned_shutdown(&self) -> Option<&PlannedShutdown> {
        self.planned_shutdown.as_ref()
    }

    pub fn planned_shutdown_mut(&mut self) -> Option<&mut PlannedShutdown> {
        self.planned_shutdown.as_mut()
    }

    /// Plans a shutdown, instead of one that was planned before.
    pub fn plan_shutdown(&mut self, planned: PlannedShutdown) {
        self.planned_shutdown = Some(planned);
    }

    /// Cancels a planned shutdown, and returns whether there was one.
    pub fn cancel_shutdown(&mut self) -> bool {
        self.planned_shutdown.take().is_some()
    }

    /// The notice for a client from this address, if the address is banned.
    pub fn ban_notice(&self, address: IpAddr, now: Now) -> Option<Message> {
        let ban = self.bans.of_network(Network::of(address), now.wall)?;
        Some(ban_notice(ban, now))
    }
}

/// The notice for a banned client.
pub fn ban_notice(ban: &Ban, now: Now) -> Message {
    let remaining = ban.until.map(|until| now.wall.duration_until(until).unsigned_abs());
    Message::Banned { reason: ban.reason.clone(), remaining }
}

/// A shutdown that an operator has scheduled.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PlannedShutdown {
    at: Time,
    reason: Option<Arc<str>>,
    by: Arc<str>,
    /// The times of the reminders that are left, the next one last.
    reminders: Vec<Time>,
}

impl PlannedShutdown {
    pub fn new(at: Time, reason: Option<Arc<str>>, by: Arc<str>, now: Time) -> Self {
        let reminders = SHUTDOWN_REMINDERS.into_iter().rev();
        let reminders = reminders.filter_map(|before| at.checked_sub(before));
        Self { reminders: reminders.filter(|&reminder| reminder > now).collect(), at, reason, by }
    }

    /// When the next reminder or the shutdown itself is due.
    pub fn next(&self) -> Time {
        self.reminders.last().copied().unwrap_or(self.at)
    }

    pub fn is_due(&self, now: Time) -> bool {
        self.at <= now
    }

    pub fn by(&self) -> &Arc<str> {
        &self.by
    }

    /// A reminder, if one is due.
    pub fn take_reminder(&mut self, now: Time) -> Option<Message> {
        (self.next() <= now).then(|| {
            self.reminders.retain(|&reminder| reminder > now);
            self.message(now)
        })
    }

    pub fn message(&self, now: Time) -> Message {
        Message::ShutdownPlanned {
            left: self.at.saturating_sub(now),
            reason: self.reason.clone(),
            by: self.by.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_muted_names_is_limited() {
        let mut extras = Extras::default();
        let key = |number: usize| NameKey::of(&format!("n{number}"));
        assert!((0..MUTED_MAX).all(|number| extras.mute(key(number))));
        assert!(!extras.mute(key(MUTED_MAX)) && !extras.is_muted(&key(MUTED_MAX)));
        assert!(extras.mute(key(5)), "it is muted already");
        extras.unmute(&key(5));
        assert!(!extras.is_muted(&key(5)) && extras.mute(key(MUTED_MAX)));
    }
}
