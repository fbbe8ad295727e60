//! How the server ends a connection: after its last line, or by cutting it.
//!
//! The order is always the same. The client leaves the chat and frees its place; its last lines are sent; the sending side
//! is shut; the reader discards further input, for a second and 64 KiB at most; the socket closes.

use std::collections::hash_map::Entry;

use super::{Delivery, Ending, Peer, WriteOwner, Writers};
use crate::chat::{ClientId, Time, View};
use crate::config::limits;
use crate::server::inbox::InputEnd;
use crate::server::socket::Socket;

impl<W: Writers> Delivery<'_, W> {
    /// A reader has ended.
    pub fn reader_ended(&mut self, client: ClientId, end: InputEnd) {
        if let Some(peer) = self.peers.get_mut(&client) {
            peer.reader_ended = Some(end);
            peer.touch(&mut self.touched);
        }
    }

    /// Ends a connection once everything appended so far has been sent. Nothing more is appended.
    pub fn end_after_flush(&mut self, client: ClientId) {
        if let Some(peer) = self.peers.get_mut(&client).filter(|peer| peer.ending == Ending::Open) {
            peer.ending = Ending::AfterFlush;
            peer.touch(&mut self.touched);
            self.free_place(client);
        }
    }

    /// The client has left the chat.
    fn free_place(&mut self, client: ClientId) {
        if let Some(peer) = self.peers.get_mut(&client) {
            if !mutant!(PlaceIsKept) {
                peer.place = None;
            }
            self.leaving.push_back(client);
        }
        while self.leaving.front().is_some_and(|client| !self.peers.contains_key(client)) {
            self.leaving.pop_front();
        }
    }

    /// Shuts down the connection that has been without a place for the longest time, if there are too many. Places do not
    /// bound them: a client that reads nothing may leave with a full socket, come again, and leave again.
    pub(super) fn limit_leaving(&mut self, now: Time) {
        while self.peers.len() > self.connections_max
            && !mutant!(LeaversAreUnlimited)
            && let Some(client) = self.leaving.pop_front()
        {
            if let Some(peer) = self.peers.get_mut(&client) {
                // Its unsent bytes fail at the next flush, or in the writer.
                peer.touch(&mut self.touched);
                self.end_lingering(client, now);
                return;
            }
        }
    }

    /// Cuts a client that does not read, and tells it why as far as that is possible without waiting: unsent lines are
    /// dropped, a line that has begun is finished, and the last words follow. There are none if that line may end elsewhere:
    /// behind a part of a frame, they would be taken for the rest of it.
    pub fn cut(
        &mut self,
        client: ClientId,
        last_words: impl FnOnce(View, &mut Vec<u8>),
        now: Time,
    ) {
        let Some(peer) = self.peers.get_mut(&client).filter(|peer| peer.ending < Ending::Cut)
        else {
            return;
        };
        tracing::info!(%client, pending_bytes = peer.pending(), "cut: does not read what is sent");
        let mut words = Vec::new();
        let has_lines = peer.outbox.has_lines(peer.connection.row.bytes_out());
        if has_lines && !mutant!(CutSaysNothing) {
            last_words(peer.view, &mut words);
        }
        match peer.write_owner {
            WriteOwner::Dispatcher => {
                peer.outbox.replace_unsent(&words, &mut self.buffers);
                peer.connection.make_room();
                let _ = peer.send(&self.tape, &mut self.buffers);
            }
            WriteOwner::Writer => peer.connection.cut(&words),
        }
        peer.outbox.clear(&mut self.buffers);
        let had_place = std::mem::replace(&mut peer.ending, Ending::Cut) == Ending::Open;
        if had_place {
            self.free_place(client);
        }
        self.linger(client, now);
        self.settle(client, now);
    }

    /// Sends no more to a broken socket. It may still hold input, so the reader reads to its end, and the others learn of
    /// the loss after the client's last line.
    pub(super) fn abandon(&mut self, client: ClientId, now: Time) {
        if let Some(peer) = self.peers.get_mut(&client) {
            peer.broken = true;
            peer.outbox.clear(&mut self.buffers);
            // In case the end never comes by itself.
            self.linger(client, now);
        }
        self.settle(client, now);
    }

    /// Takes an ending connection as many stages further as it can go now: when everything is sent, the sending side is shut
    /// and the reader told; when the reader has ended as well, the socket closes.
    pub(super) fn settle(&mut self, client: ClientId, now: Time) {
        let Some(peer) = self.peers.get_mut(&client) else {
            return;
        };
        let is_writing = peer.write_owner == WriteOwner::Writer && !mutant!(ShutsTooEarly);
        if peer.ending == Ending::Open || is_writing {
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

    /// Drops a connection whose two sides have ended, which closes its socket.
    fn close_if_over(&mut self, client: ClientId) {
        let Entry::Occupied(entry) = self.peers.entry(client) else {
            return;
        };
        let peer = entry.get();
        // With unread input, closing sends a reset. It waits until the last lines have arrived.
        let may_close = match peer.reader_ended {
            None => mutant!(ClosesUnread),
            Some(InputEnd::LeftUnread) => peer.lingered,
            Some(InputEnd::Closed | InputEnd::Failed | InputEnd::Panicked) => true,
        };
        if peer.ending == Ending::Shut && may_close {
            entry.remove();
        }
    }

    /// Gives an ending connection its last second.
    fn linger(&mut self, client: ClientId, now: Time) {
        self.lingering.push_back((now + limits::LINGER_TIME, client));
    }

    fn end_lingering(&mut self, client: ClientId, now: Time) {
        let peer = self.peers.get_mut(&client);
        if let Some(peer) = peer.filter(|_| !mutant!(LingersForEver)) {
            peer.connection.shut_down();
            peer.lingered = true;
            self.settle(client, now);
        }
    }

    /// When [`Delivery::end_lingering_due`] and a flush are due, even if nothing happens.
    pub fn deadline(&self) -> Option<Time> {
        let linger = self.lingering.front().map(|&(time, _)| time);
        [linger, self.next_check].into_iter().flatten().min()
    }

    /// The clients whose connections are not about to end, in the order in which they came.
    pub fn open_clients(&self) -> Vec<ClientId> {
        let mut clients: Vec<ClientId> = self.open().collect();
        clients.sort_unstable();
        clients
    }

    /// Whether there is such a client.
    pub fn has_open_clients(&self) -> bool {
        self.open().next().is_some()
    }

    fn open(&self) -> impl Iterator<Item = ClientId> {
        let open = self.peers.iter().filter(|(_, peer)| peer.is_open());
        open.map(|(&client, _)| client)
    }

    /// Shuts down the connections whose last second is over. Must be called at the deadline, and a flush after it.
    pub fn end_lingering_due(&mut self, now: Time) {
        while let Some(&(time, client)) = self.lingering.front()
            && time <= now
        {
            self.lingering.pop_front();
            self.end_lingering(client, now);
        }
    }

    /// The clients that are not cut or closed yet, for the end of the grace time.
    pub fn unfinished(&self) -> Vec<ClientId> {
        self.peers
            .iter()
            .filter(|(_, peer)| peer.ending < Ending::Cut)
            .map(|(&client, _)| client)
            .collect()
    }
}

impl<S: Socket> Peer<'_, S> {
    /// Whether the connection is not about to end.
    pub(super) fn is_open(&self) -> bool {
        self.ending == Ending::Open && !self.broken
    }
}
