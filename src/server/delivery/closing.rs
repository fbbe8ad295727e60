//! How a connection ends from this side: after its last line, or cut. The other half of [`Delivery`].
//!
//! The order is always the same: the client is out of the chat and its place is free; what is owed goes out; the sending
//! side is shut; the reader throws away what still comes, for a second at the most and not without limit; the socket closes.

use std::collections::hash_map::Entry;

use super::peer::{Ending, Right};
use super::{Delivery, touch};
use crate::chat::{ClientId, Time};
use crate::config::limits;
use crate::server::inbox::InputEnd;

impl Delivery<'_, '_> {
    /// A reader has ended.
    pub fn reader_ended(&mut self, client: ClientId, end: InputEnd) {
        if let Some(peer) = self.peers.get_mut(&client) {
            peer.reader_ended = Some(end);
            touch(peer, &mut self.touched);
        }
    }

    /// Ends a connection once all that was appended so far has been sent. Nothing more is appended.
    pub fn end_after_flush(&mut self, client: ClientId) {
        if let Some(peer) = self
            .peers
            .get_mut(&client)
            .filter(|peer| peer.ending == Ending::Open)
        {
            peer.ending = Ending::AfterFlush;
            peer.place = None;
            touch(peer, &mut self.touched);
        }
    }

    /// Cuts a client that does not read, telling it why as well as can be: whole unsent lines are dropped, the begun one
    /// is finished, then come `words`. None of it is waited for.
    pub fn cut(&mut self, client: ClientId, words: &[u8], now: Time) {
        let Some(peer) = self
            .peers
            .get_mut(&client)
            .filter(|peer| peer.ending < Ending::Cut)
        else {
            return;
        };
        peer.place = None;
        match peer.right {
            Right::Here => {
                peer.outbox.replace_unsent(words, &mut self.buffers);
                peer.connection.make_room();
                let _ = peer.send(&self.tape, &mut self.buffers);
            }
            Right::HandedOver => peer.connection.cut(words),
        }
        peer.outbox.clear(&mut self.buffers);
        peer.ending = Ending::Cut;
        self.linger(client, now);
        self.settle(client, now);
    }

    /// Sends no more to a connection whose socket takes none. What its client has said before is still in there, so it is
    /// the reader that finds the end, and the others hear of it after the last line.
    pub(in crate::server) fn abandon(&mut self, client: ClientId, now: Time) {
        if let Some(peer) = self.peers.get_mut(&client) {
            peer.broken = true;
            peer.outbox.clear(&mut self.buffers);
            // Should the end never come by itself.
            self.linger(client, now);
        }
        self.settle(client, now);
    }

    /// Brings an ending connection one step further, as far as it can go now: all sent, then the sending side is
    /// shut and the reader told, then, when the reader has ended too, it is forgotten and its socket closes.
    pub(in crate::server) fn settle(&mut self, client: ClientId, now: Time) {
        let Some(peer) = self.peers.get_mut(&client) else {
            return;
        };
        // Every flush comes by here, and nearly everybody stays.
        if peer.ending == Ending::Open || peer.right == Right::HandedOver {
            return;
        }
        if peer.ending < Ending::Shut && peer.outbox.is_empty() {
            peer.ending = Ending::Shut;
            peer.writer = None;
            peer.connection.finish_sending();
            peer.connection.turn.close();
            self.linger(client, now);
        }
        self.close_if_over(client);
    }

    /// Forgets a connection whose two sides have both ended, and so closes its socket.
    fn close_if_over(&mut self, client: ClientId) {
        let Entry::Occupied(entry) = self.peers.entry(client) else {
            return;
        };
        let peer = entry.get();
        // With unread input it is kept a little longer: its closing will be a reset, and the last lines must have
        // arrived by then.
        let may_close = match peer.reader_ended {
            None => false,
            Some(InputEnd::LeftUnread) => peer.lingered,
            Some(InputEnd::Closed | InputEnd::Failed | InputEnd::Panicked) => true,
        };
        if peer.ending == Ending::Shut && may_close {
            entry.remove();
        }
    }

    /// Gives a connection that is told to end its time for it. Contract: each ends, since everything in the list is
    /// shut down when its time is over, or before, where too many wait: places are given back at once, so places do
    /// not bound these.
    fn linger(&mut self, client: ClientId, now: Time) {
        self.lingering
            .push_back((now + limits::LINGER_TIME, client));
        if self.lingering.len() > limits::LINGERING_MAX {
            self.end_oldest_lingering(now);
        }
    }

    fn end_oldest_lingering(&mut self, now: Time) {
        let Some((_, client)) = self.lingering.pop_front() else {
            return;
        };
        if let Some(peer) = self.peers.get_mut(&client) {
            peer.connection.shut_down();
            peer.lingered = true;
            self.settle(client, now);
        }
    }

    /// When something has to be looked at although nothing happens.
    pub fn deadline(&self) -> Option<Time> {
        let linger = self.lingering.front().map(|&(time, _)| time);
        [linger, self.next_check].into_iter().flatten().min()
    }

    /// Shuts down whatever had its time to end, and returns who has not read for too long, or holds the most where
    /// all together hold too much. To be called when the deadline has come.
    pub fn look_at_stalled(&mut self, now: Time) -> Vec<ClientId> {
        while self.lingering.front().is_some_and(|&(time, _)| time <= now) {
            self.end_oldest_lingering(now);
        }
        if self.next_check.is_none_or(|time| time > now) {
            return Vec::new();
        }
        let stalled: Vec<ClientId> = self.handed_over.iter().copied().collect();
        self.next_check = (!stalled.is_empty()).then(|| now + limits::STALLED_CHECK_EVERY);
        let (slow, others): (Vec<_>, Vec<_>) = stalled
            .into_iter()
            .partition(|&client| self.is_over_limit(client, now));
        let largest = self.largest_over_total(&others);
        slow.into_iter().chain(largest).collect()
    }

    /// Whom to cut, largest first, so that all together are within their limit again.
    fn largest_over_total(&self, stalled: &[ClientId]) -> Vec<ClientId> {
        let peers = stalled.iter().filter_map(|client| self.peers.get(client));
        let mut by_size: Vec<(u64, ClientId)> = peers
            .filter(|peer| peer.ending < Ending::Cut)
            .map(|peer| (peer.pending(), peer.connection.id))
            .collect();
        by_size.sort_unstable();
        let mut total: u64 = by_size.iter().map(|&(bytes, _)| bytes).sum();
        let mut largest = Vec::new();
        while total > self.limits.total_bytes_max
            && let Some((bytes, client)) = by_size.pop()
        {
            total -= bytes;
            largest.push(client);
        }
        largest
    }

    /// Everybody who still has something to get, for the end of the time that a shutdown grants.
    pub fn unfinished(&self) -> Vec<ClientId> {
        self.peers
            .iter()
            .filter(|(_, peer)| peer.ending < Ending::Cut)
            .map(|(&client, _)| client)
            .collect()
    }

    pub(in crate::server) fn is_over_limit(&mut self, client: ClientId, now: Time) -> bool {
        let Some(peer) = self.peers.get_mut(&client) else {
            return false;
        };
        if peer.right == Right::Here || peer.ending >= Ending::Cut {
            return false;
        }
        let written = peer.connection.row.bytes_out();
        let too_old = |since: Time| now.saturating_sub(since) > self.limits.age_max;
        peer.pending() > self.limits.bytes_max || peer.outbox.oldest(written).is_some_and(too_old)
    }
}
