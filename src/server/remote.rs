//! The way from other threads to a running server.

use std::sync::Arc;

use crossbeam_channel::Sender;

use super::ops::reload::Loaded;
use super::ops::threads::ThreadTable;
use super::wake::Control;
use crate::chat::ShutdownCause;
use crate::config::{Config, ConfigError};

/// Steers a running server from another thread.
#[derive(Debug, Clone)]
pub struct Remote {
    pub(super) control: Sender<Control>,
    pub(super) threads: Arc<ThreadTable>,
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
        let _ = self.control.send(Control::Reload(Box::new(loaded)));
        Ok(())
    }

    /// The table of live threads.
    pub fn threads(&self) -> &Arc<ThreadTable> {
        &self.threads
    }
}
