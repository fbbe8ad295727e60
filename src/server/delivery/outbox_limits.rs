//! How much may wait for clients, and how long.

use super::{Delivery, Ending, Peer, WriteOwner, Writers};
use crate::chat::{ClientId, Time};
use crate::config::{Config, limits};
use crate::server::socket::Socket;

/// The limits of outboxes.
pub struct OutboxLimits {
    bytes_max: u64,
    age_max: Time,
    /// For all clients together; the largest are cut first.
    total_bytes_max: u64,
    /// For all that is appended before a flush, since full sockets may take none of it.
    pub(super) batch_bytes_max: usize,
}

impl OutboxLimits {
    pub fn of(config: &Config) -> Self {
        Self {
            bytes_max: config.outbox_bytes as u64,
            age_max: config.outbox_age,
            total_bytes_max: config.outbox_total as u64,
            batch_bytes_max: limits::BATCH_TOTAL_BYTES_MAX.min(config.outbox_total / 4),
        }
    }
}

impl<W: Writers> Delivery<'_, W> {
    /// Whether full sockets have to be tried again and checked: now and then, and earlier if much was appended to them.
    pub(super) fn is_check_due(&self, now: Time) -> bool {
        self.next_check.is_some_and(|time| time <= now)
            || self.unchecked_bytes > self.limits.total_bytes_max / limits::STALLED_CHECK_SHARE
    }

    /// Makes the flush that follows try full sockets without a writer again.
    pub(super) fn try_stalled_again(&mut self) {
        for client in &self.stalled {
            let peer = self.peers.get_mut(client);
            if let Some(peer) = peer.filter(|it| it.may_be_cut() && !mutant!(StalledIsForgotten)) {
                peer.touch(&mut self.touched);
            }
        }
    }

    /// Returns the clients that have to be cut: those that are over a limit, and the largest ones if all together are. Contract:
    /// every full socket was tried after [`Delivery::try_stalled_again`], so nobody is cut for bytes that it takes.
    pub(super) fn check_stalled(&mut self, now: Time) -> Vec<ClientId> {
        self.unchecked_bytes = 0;
        let peers = &self.peers;
        self.stalled.retain(|client| peers.get(client).is_some_and(Peer::may_be_cut));
        let stalled: Vec<ClientId> = self.stalled.iter().copied().collect();
        let pending = stalled.iter().filter_map(|client| self.peers.get(client)).map(Peer::pending);
        self.writers.counters().set_outbox_bytes(pending.sum());
        self.next_check = (!stalled.is_empty()).then(|| now + limits::STALLED_CHECK_EVERY);
        let (slow, others): (Vec<_>, Vec<_>) =
            stalled.into_iter().partition(|&client| self.is_over_limit(client, now));
        let largest = self.largest_over_total(&others);
        slow.into_iter().chain(largest).collect()
    }

    /// The largest outboxes, as many as have to go until the others are within the common limit.
    fn largest_over_total(&self, stalled: &[ClientId]) -> Vec<ClientId> {
        let peers = stalled.iter().filter_map(|client| self.peers.get(client));
        let mut by_size: Vec<(u64, ClientId)> =
            peers.map(|peer| (peer.pending(), peer.connection.id)).collect();
        by_size.sort_unstable();
        if mutant!(SmallestAreCut) {
            by_size.reverse();
        }
        let mut total: u64 = by_size.iter().map(|&(bytes, _)| bytes).sum();
        let mut largest = Vec::new();
        while total > self.limits.total_bytes_max
            && !mutant!(TotalIsUnlimited)
            && let Some((bytes, client)) = by_size.pop()
        {
            total -= bytes;
            largest.push(client);
        }
        largest
    }

    /// Whether a client has to be cut for what waits for it.
    pub(super) fn is_over_limit(&mut self, client: ClientId, now: Time) -> bool {
        let Some(peer) = self.peers.get_mut(&client) else {
            return false;
        };
        if !peer.may_be_cut() || mutant!(NobodyIsCut) {
            return false;
        }
        let written = peer.connection.row.bytes_out();
        let too_old = |since: Time| now.saturating_sub(since) > self.limits.age_max;
        peer.pending() > self.limits.bytes_max || peer.outbox.oldest(written).is_some_and(too_old)
    }
}

impl<S: Socket> Peer<'_, S> {
    /// Whether something waits for it, and it may be cut for that.
    fn may_be_cut(&self) -> bool {
        let waits = self.write_owner == WriteOwner::Writer || !self.outbox.is_empty();
        waits && !self.broken && self.ending < Ending::Cut
    }
}
