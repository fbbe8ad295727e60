//! The connections that a listener has accepted and the dispatcher does not know yet.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::{Condvar, Mutex};

use super::connection::Connection;
use crate::chat::ClientId;

/// The connections of one listener whose request or header is not read yet. Nobody else could end them at a shutdown, since the
/// dispatcher does not know them.
#[derive(Debug, Default)]
pub struct Pending {
    connections: Mutex<HashMap<ClientId, Arc<Connection>>>,
    one_left: Condvar,
}

/// A connection's entry, which its drop removes.
#[derive(Debug)]
pub struct PendingGuard {
    pending: Arc<Pending>,
    client: ClientId,
}

impl Pending {
    /// Adds a connection. Its thread drops the entry after it has reported the arrival, or when it ends.
    pub fn enter(self: &Arc<Self>, connection: &Arc<Connection>) -> PendingGuard {
        let client = connection.id;
        self.connections.lock().insert(client, Arc::clone(connection));
        PendingGuard { pending: Arc::clone(self), client }
    }

    /// Ends all these connections and waits until each has either arrived or ended. The shutdown of its socket wakes a thread
    /// that reads or writes.
    pub fn end_all(&self) {
        let mut connections = self.connections.lock();
        for connection in connections.values() {
            connection.shut_down();
        }
        while !connections.is_empty() {
            self.one_left.wait(&mut connections);
        }
    }
}

impl Drop for PendingGuard {
    fn drop(&mut self) {
        self.pending.connections.lock().remove(&self.client);
        self.pending.one_left.notify_all();
    }
}
