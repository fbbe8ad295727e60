//! Loading the chat: the last snapshot, and the entries after it.

use std::fmt;

use redis::RedisError;

use super::entry::{Entry, Place};
use super::poison::{PoisonWatch, try_poison};
use super::replica::{Broken, Opened, Replica};
use super::store::Store;
use super::store_address::StoreAddress;

/// How often a snapshot may be replaced, and its entries trimmed, while somebody loads it.
const TRIES: u32 = 5;

/// Why the chat cannot be loaded.
#[derive(Debug)]
pub enum LoadError {
    /// The store does not answer.
    Store(RedisError),
    /// The entry at this position does not follow the one before, or is missing.
    Gap(u64),
    /// The snapshot is not one of this program.
    Snapshot(serde_json::Error),
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Store(error) => write!(
                f,
                "the log cannot be used: {error}. Start Redis, or correct --cluster and --cluster-password-file"
            ),
            Self::Gap(position) => write!(
                f,
                "the log has a gap before entry {position}. Restore Redis from its files, or stop all machines and delete the \
                 keys of the chat"
            ),
            Self::Snapshot(error) => write!(
                f,
                "the snapshot of the chat is not one of this program: {error}. Run the same version on every machine, or stop \
                 all and delete the keys of the chat"
            ),
        }
    }
}

impl From<RedisError> for LoadError {
    fn from(error: RedisError) -> Self {
        Self::Store(error)
    }
}

/// Applies entries before anybody is connected, so without effects.
pub struct Loader {
    pub replica: Replica,
    watch: PoisonWatch,
    poison: Vec<Place>,
}

impl Loader {
    /// Loads the chat as it is now.
    ///
    /// # Errors
    /// The store does not answer, or the log has a gap.
    pub fn load(address: &StoreAddress, store: &mut Store) -> Result<Self, LoadError> {
        let mut tries = 0;
        loop {
            tries += 1;
            let replica = match store.snapshot()? {
                Some(bytes) => Replica::restore(&bytes).map_err(LoadError::Snapshot)?,
                None => Replica::default(),
            };
            let (watch, poison) = (PoisonWatch::new(address.clone()), store.poison()?);
            let mut loader = Self { replica, watch, poison };
            match loader.read_to_the_end(store, |_, _| {}) {
                Err(LoadError::Gap(_)) if tries < TRIES => {}
                other => return other.map(|()| loader),
            }
        }
    }

    /// Applies what the log holds. `seen` is shown the author's node of each entry and what the entry brought about.
    ///
    /// # Errors
    /// The store does not answer, or the log has a gap.
    pub fn read_to_the_end(
        &mut self,
        store: &mut Store,
        mut seen: impl FnMut(&str, &Opened),
    ) -> Result<(), LoadError> {
        loop {
            let entries = store.read(self.replica.position(), None)?;
            if entries.is_empty() {
                return Ok(());
            }
            for raw in entries {
                let entry = raw.read().ok_or(LoadError::Gap(raw.position))?;
                let node = entry.author.node.clone();
                let opened = self.take(entry).map_err(|broken| LoadError::Gap(broken.position))?;
                seen(&node, &opened);
            }
        }
    }

    /// Applies an entry.
    pub fn take(&mut self, entry: Entry) -> Result<Opened, Broken> {
        let mut opened = self.replica.open(entry)?;
        let (position, mut effects) = (self.replica.position(), Vec::new());
        for (number, event) in std::mem::take(&mut opened.events).into_iter().enumerate() {
            if self.poison.contains(&(position, number)) {
                try_poison(&mut self.replica, opened.now, event, &mut effects);
            } else {
                let replica = &mut self.replica;
                self.watch.apply(replica, number, opened.now, event, &mut effects);
            }
            effects.clear();
        }
        Ok(opened)
    }
}
