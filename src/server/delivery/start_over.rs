//! Clients arrive again, after the other machines of the chat had given up this one, or had lost them.

use std::sync::Arc;

use super::{Delivery, Ending, Peer};
use crate::chat::{ClientId, Event, Protocol};

fn is_open(peer: &&Peer<'_>) -> bool {
    peer.ending == Ending::Open && !peer.broken
}

impl Delivery<'_, '_> {
    /// The clients whose connections are open, in no order.
    pub fn open_clients(&self) -> Vec<ClientId> {
        self.peers.values().filter(is_open).map(|peer| peer.connection.id).collect()
    }

    /// The chat has forgotten these clients. Returns the arrivals of those on plain text, oldest first: they are asked for
    /// their names again. Programs and browsers come back by themselves when their connections end.
    pub fn start_over(&mut self, is_forgotten: impl Fn(ClientId) -> bool) -> Vec<Event> {
        let open = self.peers.values().filter(is_open);
        let open = open.filter(|peer| is_forgotten(peer.connection.id));
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
