//! State shared by the listeners and the dispatcher.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use parking_lot::RwLock;

use super::admission::Admission;
use super::clock::Clock;
#[cfg(feature = "history")]
use super::history::History;
use super::ops::bans_file::BansSlot;
use super::ops::capacity::Capacity;
use super::ops::metrics::Counters;
use super::ops::threads::ThreadTable;
use crate::config::Config;

pub struct Shared<'env> {
    /// The settings for new connections, which keep them. Only the dispatcher changes them.
    pub settings: RwLock<Arc<Config>>,
    /// The largest values that the settings may have.
    pub capacity: Capacity,
    pub admission: &'env Admission,
    /// Ids are never reused.
    pub next_id: &'env AtomicU64,
    pub threads: Arc<ThreadTable>,
    pub clock: Clock,
    /// The counters of the metrics.
    pub counters: Arc<Counters>,
    /// The port for telnet, which the page tells.
    #[cfg(feature = "web")]
    pub telnet_port: u16,
    /// Stores the bans, if there is a directory for them.
    pub bans_slot: Option<BansSlot>,
    /// Keeps what people say, if there is a file for it.
    #[cfg(feature = "history")]
    pub history: Option<History>,
}

impl Shared<'_> {
    /// Records how many lines wait for the disk in the table of threads.
    pub fn count_queue(&self) {
        #[cfg(feature = "history")]
        if let Some(history) = &self.history {
            history.count_queue();
        }
    }
}
