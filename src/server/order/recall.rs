//! The last entries of the log, as this node has read them: what a store that has lost them needs from it.

use std::collections::VecDeque;

use parking_lot::Mutex;

use super::entry::RawEntry;
use crate::config::limits;

/// The last entries. The log-reader adds what it reads, and the log-writer takes it if the store has lost entries.
#[derive(Default)]
pub struct Recall(Mutex<Recalled>);

#[derive(Default)]
struct Recalled {
    entries: VecDeque<RawEntry>,
    bytes: usize,
}

impl Recall {
    /// Adds the next entry.
    pub fn push(&self, entry: RawEntry) {
        let mut recalled = self.0.lock();
        recalled.bytes += entry.json.len();
        recalled.entries.push_back(entry);
        while recalled.entries.len() > limits::ENTRIES_RECALLED_MAX
            || recalled.bytes > limits::BYTES_RECALLED_MAX && recalled.entries.len() > 1
        {
            let oldest = recalled.entries.pop_front();
            recalled.bytes -= oldest.map_or(0, |entry| entry.json.len());
        }
    }

    /// Forgets everything: what follows is not the next entry.
    pub fn clear(&self) {
        *self.0.lock() = Recalled::default();
    }

    /// All of them, oldest first.
    pub fn all(&self) -> Vec<RawEntry> {
        self.0.lock().entries.iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(position: u64, bytes: usize) -> RawEntry {
        let (before, by, json) = (String::new(), "a:1:1".to_owned(), "x".repeat(bytes));
        RawEntry { position, before, by, milliseconds: 0, json }
    }

    #[test]
    fn the_last_entries_are_recalled_within_both_limits() {
        let recall = Recall::default();
        let positions = || recall.all().iter().map(|it| it.position).collect::<Vec<u64>>();
        (1..=300).for_each(|position| recall.push(entry(position, 10)));
        assert_eq!(positions(), (45..=300).collect::<Vec<u64>>());
        recall.push(entry(301, limits::BYTES_RECALLED_MAX - 10));
        assert_eq!(positions(), [300, 301]);
        recall.push(entry(302, 2 * limits::BYTES_RECALLED_MAX));
        assert_eq!(positions(), [302]);
        recall.clear();
        recall.push(entry(9, 1));
        assert_eq!(positions(), [9]);
    }
}
