//! The thread that stores the state of the chat, so that the log can be trimmed and a start need not read all of it.
//!
//! At every [`SNAPSHOT_ENTRIES`](crate::config::limits::SNAPSHOT_ENTRIES)th entry or after
//! [`SNAPSHOT_LOG_BYTES`](crate::config::limits::SNAPSHOT_LOG_BYTES), the node whose turn it is copies its state and passes the copy
//! to this thread. The texts in it are shared, so a copy is quick; encoding takes ten times as long. A turn that fails is
//! left to the next node.

use crossbeam_channel::Receiver;

use super::replica::Replica;
use super::store_address::StoreAddress;
use crate::server::ops::threads::{Activity, Row};

/// Stores snapshots until the dispatcher drops its end of the queue.
pub struct SnapshotKeeper {
    address: StoreAddress,
    copies: Receiver<Replica>,
}

impl SnapshotKeeper {
    /// A keeper of the copies that come from this queue.
    pub fn new(address: StoreAddress, copies: Receiver<Replica>) -> Self {
        Self { address, copies }
    }

    /// Runs until the queue is closed.
    pub fn run(self, row: &Row) {
        row.doing(Activity::WaitingForWork);
        for copy in &self.copies {
            row.doing(Activity::Writing);
            let state = copy.encode();
            let (position, bytes) = (copy.position(), state.len());
            let stored = self
                .address
                .open()
                .and_then(|mut store| store.keep_snapshot(position, copy.last(), &state));
            match stored {
                Ok(true) => tracing::info!(position, bytes, "stored a snapshot of the chat"),
                Ok(false) => tracing::debug!(position, "a later snapshot of the chat is stored"),
                Err(error) => tracing::warn!(
                    "a snapshot of the chat cannot be stored, and the log grows until the next one: {error}"
                ),
            }
            row.doing(Activity::WaitingForWork);
        }
    }
}
