//! All clients arrive again, after the other machines of the chat had given up this one.

use std::sync::Arc;

use super::{Delivery, Ending, Peer, Writers};
use crate::chat::{Event, Protocol};

impl<W: Writers> Delivery<'_, W> {
    /// The chat has forgotten all clients. Returns the arrivals of those on plain text, oldest first: they are asked for their
    /// names again. Programs and browsers come back by themselves when their connections end.
    pub fn start_over(&mut self) -> Vec<Event> {
        let is_open = |peer: &&Peer<'_, W::Socket>| peer.ending == Ending::Open && !peer.broken;
        let open = self.peers.values().filter(is_open);
        let mut open: Vec<_> =
            open.map(|it| (Arc::clone(&it.connection), it.view.into())).collect();
        open.sort_unstable_by_key(|(connection, _)| connection.id);
        let mut arrivals = Vec::new();
        for (connection, protocol) in open {
            let (client, address, word) = (connection.id, connection.address, connection.word);
            if protocol == Protocol::Plain {
                arrivals.push(Event::Connected { client, address, protocol, word });
            } else {
                self.end_after_flush(client);
            }
        }
        arrivals
    }
}
