//! The way from other threads to a running server.

use std::sync::Arc;

use crossbeam_channel::Sender;
use jiff::Timestamp;

use super::ops::bans_file::BansFile;
use super::ops::loaded::{Loaded, Reload};
use super::ops::threads::ThreadTable;
use super::wake::Control;
use crate::chat::ShutdownCause;
use crate::config::{Config, ConfigError};

/// Steers a running server from another thread.
#[derive(Debug, Clone)]
pub struct Remote {
    pub(super) control: Sender<Control>,
    pub(super) threads: Arc<ThreadTable>,
    pub(super) bans_file: Option<Arc<BansFile>>,
}

impl Remote {
    /// Asks for the end of the chat. Never blocks; asking twice is asking once.
    pub fn shut_down(&self, cause: ShutdownCause) {
        // Without a dispatcher the chat has ended already.
        let _ = self.control.send(Control::ShutDown(cause));
    }

    /// Has the server go on by these settings, as far as they can change while it runs, and reads the files they name.
    /// Waits for the disk, and not for the dispatcher.
    ///
    /// # Errors
    /// One of the files cannot be read, or holds what it cannot hold. Then nothing changes.
    pub fn reload(&self, config: Config) -> Result<(), ConfigError> {
        let loaded = Loaded::read(config)?;
        // Last, since a change of this file is news once only.
        let bans = match &self.bans_file {
            Some(file) => file.changed(Timestamp::now())?,
            None => None,
        };
        let _ = self
            .control
            .send(Control::Reload(Box::new(Reload { loaded, bans })));
        Ok(())
    }

    /// The table of live threads.
    pub fn threads(&self) -> &Arc<ThreadTable> {
        &self.threads
    }
}
