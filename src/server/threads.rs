//! How every thread of the server starts, and the table of those that live.
//!
//! A thread gets a name, a stated stack size and a row in the table, and is joined by the scope it was spawned in: there
//! is no other way to start one here. `SIGUSR1` writes the table to the log.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::thread::{Builder, Scope, Thread};
use std::time::Instant;

use parking_lot::Mutex;

/// What a thread is doing now. A reader of the table sees at once where each thread blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
#[expect(missing_docs, reason = "each is told in words by `as_str`")]
pub enum Activity {
    Starting,
    Accepting,
    BackingOff,
    WaitingForTurn,
    Reading,
    SendingToInbox,
    HeldBack,
    ThrowingAway,
    WaitingForEvents,
    Dispatching,
    WaitingForWork,
    Writing,
    WaitingForSignals,
}

impl Activity {
    const ALL: [Self; 13] = [
        Self::Starting,
        Self::Accepting,
        Self::BackingOff,
        Self::WaitingForTurn,
        Self::Reading,
        Self::SendingToInbox,
        Self::HeldBack,
        Self::ThrowingAway,
        Self::WaitingForEvents,
        Self::Dispatching,
        Self::WaitingForWork,
        Self::Writing,
        Self::WaitingForSignals,
    ];

    /// In words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Accepting => "in accept",
            Self::BackingOff => "waiting before the next accept",
            Self::WaitingForTurn => "waiting for its turn",
            Self::Reading => "in read",
            Self::SendingToInbox => "sending to the inbox",
            Self::HeldBack => "held back by flood control",
            Self::ThrowingAway => "reading to throw away",
            Self::WaitingForEvents => "waiting for events",
            Self::Dispatching => "dispatching",
            Self::WaitingForWork => "waiting for work",
            Self::Writing => "in write",
            Self::WaitingForSignals => "waiting for signals",
        }
    }
}

/// One live thread. All that changes is atomic: whoever looks never stops whoever works.
#[derive(Debug)]
pub struct Row {
    name: String,
    role: &'static str,
    since: Instant,
    activity: AtomicU8,
    bytes_in: AtomicU64,
    bytes_out: AtomicU64,
}

impl Row {
    /// Notes what the thread does now.
    pub fn doing(&self, activity: Activity) {
        self.activity.store(activity as u8, Ordering::Relaxed);
    }

    /// Counts bytes that came from the client.
    pub fn count_in(&self, bytes: usize) {
        self.bytes_in.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Counts bytes that the kernel has taken for the client.
    pub fn count_out(&self, bytes: usize) {
        self.bytes_out.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// All bytes that the kernel has taken for the client so far.
    pub fn bytes_out(&self) -> u64 {
        self.bytes_out.load(Ordering::Relaxed)
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let activity = Activity::ALL[usize::from(self.activity.load(Ordering::Relaxed))];
        write!(
            f,
            "{} ({}) for {} s, {}, {} bytes in, {} bytes out",
            self.name,
            self.role,
            self.since.elapsed().as_secs(),
            activity.as_str(),
            self.bytes_in.load(Ordering::Relaxed),
            self.bytes_out(),
        )
    }
}

/// The table of live threads.
#[derive(Debug, Default)]
pub struct ThreadTable {
    /// Locked only when a thread starts or ends, and by whoever wants to look.
    rows: Mutex<BTreeMap<u64, Arc<Row>>>,
    next: AtomicU64,
}

impl ThreadTable {
    /// A row for a thread that is about to start.
    pub fn row(&self, role: &'static str, name: String) -> Arc<Row> {
        Arc::new(Row {
            name,
            role,
            since: Instant::now(),
            activity: AtomicU8::new(Activity::Starting as u8),
            bytes_in: AtomicU64::new(0),
            bytes_out: AtomicU64::new(0),
        })
    }

    /// Starts a thread that the scope joins. The row is in the table for as long as the thread lives.
    ///
    /// A panic ends this thread and no other: what a thread owes to others is said by a guard of its own, whose drop
    /// runs while the panic unwinds. (`Scope::spawn` would panic where no thread can be had, and that is just the way in
    /// which a server with a thread for each connection meets its limit; `Builder` returns the error.)
    ///
    /// # Errors
    /// What the kernel says when it has no thread left: `EAGAIN` for the limits on threads, `ENOMEM` for memory.
    pub fn spawn<'scope, 'env>(
        self: &Arc<Self>,
        scope: &'scope Scope<'scope, 'env>,
        row: Arc<Row>,
        stack_bytes: usize,
        body: impl FnOnce(&Row) + Send + 'scope,
    ) -> io::Result<Thread> {
        let table = Arc::clone(self);
        let handle = Builder::new()
            .name(row.name.clone())
            .stack_size(stack_bytes)
            .spawn_scoped(scope, move || {
                let _listed = table.list(&row);
                tracing::debug!(thread = row.name, "started");
                // The hook in `log` has reported it by the time this returns.
                let _ = catch_unwind(AssertUnwindSafe(|| body(&row)));
                tracing::debug!(%row, "ended");
            })?;
        Ok(handle.thread().clone())
    }

    /// Puts a row in the table until the returned guard is dropped: for threads that are not spawned by [`Self::spawn`].
    pub fn list(self: &Arc<Self>, row: &Arc<Row>) -> Listed {
        let key = self.next.fetch_add(1, Ordering::Relaxed);
        self.rows.lock().insert(key, Arc::clone(row));
        Listed {
            table: Arc::clone(self),
            key,
        }
    }

    /// All live threads, oldest first.
    pub fn snapshot(&self) -> Vec<Arc<Row>> {
        self.rows.lock().values().cloned().collect()
    }

    /// Writes the table to the log, a line for each thread.
    pub fn log(&self) {
        let rows = self.snapshot();
        tracing::info!("{} threads live, besides main, log and ctrl-c", rows.len());
        for row in rows {
            tracing::info!("thread {row}");
        }
    }
}

/// Takes a row out of the table when the thread ends, also by a panic.
pub struct Listed {
    table: Arc<ThreadTable>,
    key: u64,
}

impl Drop for Listed {
    fn drop(&mut self) {
        self.table.rows.lock().remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    #[test]
    fn a_thread_is_listed_while_it_lives_and_a_panic_ends_only_it() {
        let table = Arc::new(ThreadTable::default());
        let (go, wait) = crossbeam_channel::bounded::<()>(0);
        let (listed, is_listed) = crossbeam_channel::bounded(1);
        thread::scope(|scope| {
            let row = table.row("reader", "reader-7".into());
            let body = move |row: &Row| {
                row.doing(Activity::Reading);
                listed.send(()).unwrap();
                // Until the sender is gone.
                let _ = wait.recv();
                panic!("as the test wants it");
            };
            table.spawn(scope, row, 256 * 1024, body).unwrap();
            is_listed.recv().unwrap();
            let rows = table.snapshot();
            assert_eq!(rows.len(), 1);
            let text = rows[0].to_string();
            assert!(
                text.starts_with("reader-7 (reader) for 0 s, in read, 0 bytes in"),
                "{text}"
            );
            drop(go);
        });
        // The scope did not panic, and the row is gone.
        assert!(table.snapshot().is_empty());
    }

    #[test]
    fn every_activity_has_its_number() {
        for (number, activity) in Activity::ALL.into_iter().enumerate() {
            assert_eq!(activity as usize, number);
        }
    }
}
