//! How large the batches are: what the dispatcher takes together, and writes together.

use std::sync::atomic::{AtomicU64, Ordering};

/// Since the process began.
static BATCHES: AtomicU64 = AtomicU64::new(0);
static LINES: AtomicU64 = AtomicU64::new(0);

/// One more batch, with so many lines that somebody has typed.
pub fn batch(lines: usize) {
    BATCHES.fetch_add(1, Ordering::Relaxed);
    LINES.fetch_add(lines as u64, Ordering::Relaxed);
}

/// What was counted, in one line; nothing where there was no batch.
pub fn batches() -> Option<String> {
    let [batches, lines] = [&BATCHES, &LINES].map(|count| count.load(Ordering::Relaxed));
    (batches > 0).then(|| format!("batches: {batches} with {lines} lines"))
}
