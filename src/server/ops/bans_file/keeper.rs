//! The thread that writes the file of bans.
//!
//! A disk can take as long as it likes, so the dispatcher never waits for one. It puts the list of all bans into a
//! slot and goes on. A list that is still in the slot when the next one comes is replaced: only the newest counts.

use crossbeam_channel::{Receiver, Sender, TrySendError};

use super::BansFile;
use crate::chat::Ban;
use crate::server::ops::activity::Activity;
use crate::server::ops::threads::Row;

/// The dispatcher's end of the slot. Dropping it ends the thread, once that has written what is in the slot.
pub struct Keeper {
    slot: Sender<Vec<Ban>>,
    /// To take out what the thread has not taken yet.
    untaken: Receiver<Vec<Ban>>,
}

/// The slot: the dispatcher's end, and the thread's.
pub fn slot() -> (Keeper, Receiver<Vec<Ban>>) {
    let (slot, lists) = crossbeam_channel::bounded(1);
    let untaken = lists.clone();
    (Keeper { slot, untaken }, lists)
}

impl Keeper {
    /// Has this list written, instead of one that waits. Never blocks: nobody else puts anything into the slot, so it is
    /// empty once the old list was taken out, by whomever.
    pub fn keep(&self, bans: Vec<Ban>) {
        if let Err(TrySendError::Full(bans)) = self.slot.try_send(bans) {
            let _ = self.untaken.try_recv();
            let _ = self.slot.try_send(bans);
        }
    }
}

/// Writes each list that it finds in the slot, and ends when the dispatcher is gone. Its last act is to write what was
/// put there last.
pub fn run(file: &BansFile, lists: &Receiver<Vec<Ban>>, row: &Row) {
    row.doing(Activity::WaitingForWork);
    for bans in lists {
        row.doing(Activity::Writing);
        match file.write(&bans) {
            Ok(()) => tracing::debug!(bans = bans.len(), "kept"),
            Err(error) => tracing::error!(
                "{}: cannot be written, so a restart forgets what has changed: {error}",
                file.path().display()
            ),
        }
        row.doing(Activity::WaitingForWork);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::thread;

    use super::super::disk::tests::Directory;
    use super::super::tests::{banned, open};
    use super::*;
    use crate::server::ops::threads::ThreadTable;

    #[test]
    fn the_newest_list_is_written_before_the_end() {
        let directory = Directory::new("newest");
        let (file, _) = open(&directory).unwrap();
        let (keeper, lists) = slot();
        for name in ["one", "two", "three"] {
            keeper.keep(banned(name));
        }
        drop(keeper);
        let row = Arc::new(ThreadTable::default()).row("bans", "bans".into());
        thread::scope(|scope| scope.spawn(|| run(&file, &lists, &row)).join().unwrap());
        assert_eq!(open(&directory).unwrap().1, banned("three"));
        assert!(lists.is_empty(), "the first two were replaced");
    }
}
