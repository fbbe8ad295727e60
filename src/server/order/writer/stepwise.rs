//! The log-writer one entry at a time, for the simulation, which carries the entries to its own store.

use crossbeam_channel::{RecvTimeoutError, TryRecvError};

use super::LogWriter;
use crate::server::order::author::Author;

impl LogWriter {
    /// The next entry, if there is one: what has gathered, or a beat if `is_silent` says that nothing has come for long enough.
    pub fn next_entry(&mut self, is_silent: bool) -> Option<(Author, String)> {
        let first = match self.next.take() {
            Some(work) => Ok(work),
            None => match self.queue.try_recv() {
                Ok(work) => Ok(work),
                Err(TryRecvError::Disconnected) => Err(RecvTimeoutError::Disconnected),
                Err(TryRecvError::Empty) if is_silent => Err(RecvTimeoutError::Timeout),
                Err(TryRecvError::Empty) => return None,
            },
        };
        let content = self.compose(first)?;
        Some((self.author.clone(), content))
    }

    /// Whether something has gathered.
    pub fn has_work(&self) -> bool {
        self.next.is_some() || !self.queue.is_empty()
    }
}
