//! The loss of a machine, in a chat on several.

use super::super::client::{ClientId, DisconnectReason};
use super::super::event::Reaction;
use super::super::hub::Hub;

impl Hub {
    /// Lets the clients of a lost machine leave. However few they are, one line sums them up. Their names are free at once: the
    /// machine was silent for long enough.
    pub(in crate::chat) fn node_gone(&mut self, clients: Vec<ClientId>, out: &mut Reaction) {
        out.fold_announcements();
        for client in clients {
            self.forget(client, DisconnectReason::NodeGone, None, out);
        }
    }
}
