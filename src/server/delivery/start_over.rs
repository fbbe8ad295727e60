//! Clients arrive again, after the other machines of the chat had given up this one, or had lost them.

use std::sync::Arc;

use super::{Delivery, Writers};
use crate::chat::{ClientId, Event, Protocol};

impl<W: Writers> Delivery<'_, W> {
    /// The chat has forgotten these clients, and how they wanted to see lines. Returns the arrivals of those on plain text, oldest
    /// first: they are asked for their names again. Programs and browsers come back by themselves when their connections end.
    pub fn start_over(&mut self, is_forgotten: impl Fn(ClientId) -> bool) -> Vec<Event> {
        let open = self.peers.values_mut().filter(|peer| peer.is_open());
        let open = open.filter(|peer| is_forgotten(peer.connection.id));
        let mut open: Vec<_> = open
            .map(|peer| {
                let protocol: Protocol = peer.view.into();
                if !mutant!(ViewIsKept) {
                    peer.view = protocol.into();
                }
                (Arc::clone(&peer.connection), protocol)
            })
            .collect();
        open.sort_unstable_by_key(|(connection, _)| connection.id);
        let mut arrivals = Vec::new();
        for (connection, protocol) in open {
            if protocol == Protocol::Plain {
                arrivals.push(connection.arrival(protocol));
            } else {
                self.end_after_flush(connection.id);
            }
        }
        arrivals
    }
}
