//! Starting threads, and the table of live ones.
//!
//! [`ThreadTable::spawn`] is the only way to start a thread of the chat: it has a name, a stack size and a row in the
//! table, and its scope joins it. `SIGUSR1` writes the table to the log.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::thread::{Builder, Scope, Thread};
use std::time::Instant;

use parking_lot::Mutex;

use super::memory::MemoryGuard;
use super::trace::{Trace, Track};
use crate::chat::{Message, Queue, ThreadListing};
use crate::config::limits;

/// Declares [`Activity`] with the words for each variant, so that no list can get out of step with another.
macro_rules! activities {
    ($($variant:ident = $words:literal,)*) => {
        /// What a thread is doing now, which says where it blocks.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[expect(missing_docs, reason = "each variant has its words")]
        pub enum Activity {
            $($variant,)*
        }

        impl Activity {
            const ALL: &[(Self, &'static str)] = &[$((Self::$variant, $words),)*];
        }
    };
}

// At most 21 characters, or the table is too wide for a terminal.
activities! {
    Starting = "starting",
    Accepting = "in accept",
    BackingOff = "pausing before accept",
    WaitingForTurn = "waiting for its turn",
    Reading = "in read",
    SendingToInbox = "sending to the inbox",
    HeldBack = "held back for a flood",
    ThrowingAway = "reading to throw away",
    WaitingForEvents = "waiting for events",
    Dispatching = "dispatching",
    Sending = "sending to sockets",
    WaitingForWork = "waiting for work",
    Searching = "searching",
    Writing = "in write",
    WaitingForSignals = "waiting for signals",
    ReadingSettings = "reading settings",
}

impl Activity {
    fn from_number(number: u8) -> Self {
        Self::ALL[usize::from(number)].0
    }

    fn as_str(self) -> &'static str {
        Self::ALL[self as usize].1
    }
}

/// A row of the table: one live thread. What changes is atomic, so a reader of the table never blocks the thread.
#[derive(Debug)]
pub struct Row {
    name: String,
    role: &'static str,
    since: Instant,
    activity: AtomicU8,
    bytes_in: AtomicU64,
    bytes_out: AtomicU64,
    /// Its backlog when the dispatcher last looked: bytes for a client, events in the inbox, lines for the disk.
    queue: AtomicU64,
    track: Option<Track>,
}

impl Row {
    /// Records what the thread does now. Only the thread itself calls this.
    pub fn doing(&self, activity: Activity) {
        if let Some(track) = &self.track {
            let before = self.activity();
            if before != activity {
                track.did(before.as_str());
            }
        }
        self.activity.store(activity as u8, Ordering::Relaxed);
    }

    /// Counts bytes received from the client.
    pub fn count_in(&self, bytes: usize) {
        self.bytes_in.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Counts bytes that the kernel has accepted for the client.
    pub fn count_out(&self, bytes: usize) {
        self.bytes_out.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// How many bytes the kernel has accepted for the client so far.
    pub fn bytes_out(&self) -> u64 {
        self.bytes_out.load(Ordering::Relaxed)
    }

    /// Records the thread's backlog: bytes for its client, events in its inbox, or lines for the disk. Only the dispatcher knows it, and looks
    /// when somebody asks.
    pub fn set_queue(&self, count: u64) {
        self.queue.store(count, Ordering::Relaxed);
    }

    fn activity(&self) -> Activity {
        Activity::from_number(self.activity.load(Ordering::Relaxed))
    }

    /// Records the last activity in the trace.
    fn end_track(&self) {
        if let Some(track) = &self.track {
            track.did(self.activity().as_str());
        }
    }

    fn listing(&self) -> ThreadListing {
        let queue = self.queue.load(Ordering::Relaxed);
        ThreadListing {
            name: self.name.clone(),
            role: self.role,
            doing: self.activity().as_str(),
            alive: self.since.elapsed(),
            queue: match self.role {
                "reader" => Some(Queue::Bytes(queue)),
                "dispatcher" => Some(Queue::Events(queue)),
                "archive" => Some(Queue::Lines(queue)),
                _ => None,
            },
            bytes_in: self.bytes_in.load(Ordering::Relaxed),
            bytes_out: self.bytes_out(),
        }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} ({}) for {} s, {}, {} bytes in, {} bytes out",
            self.name,
            self.role,
            self.since.elapsed().as_secs(),
            self.activity().as_str(),
            self.bytes_in.load(Ordering::Relaxed),
            self.bytes_out(),
        )
    }
}

/// The table of live threads.
#[derive(Debug, Default)]
pub struct ThreadTable {
    /// Locked only when a thread starts or ends, and by readers of the table.
    rows: Mutex<BTreeMap<u64, Arc<Row>>>,
    next: AtomicU64,
    trace: Option<Arc<Trace>>,
    guard: MemoryGuard,
}

impl ThreadTable {
    /// An empty table, whose threads record what they do in the trace if there is one, and start only if the guard finds enough
    /// memory.
    pub fn new(trace: Option<Arc<Trace>>, guard: MemoryGuard) -> Self {
        Self { trace, guard, ..Self::default() }
    }

    /// A row for a thread that is about to start.
    pub fn row(&self, role: &'static str, name: String) -> Arc<Row> {
        // Otherwise each write of the trace thread would cause the next.
        let traced = self.trace.as_ref().filter(|_| role != "trace");
        Arc::new(Row {
            name,
            role,
            since: Instant::now(),
            activity: AtomicU8::new(Activity::Starting as u8),
            bytes_in: AtomicU64::new(0),
            bytes_out: AtomicU64::new(0),
            queue: AtomicU64::new(0),
            track: traced.map(Trace::track),
        })
    }

    /// Starts a thread that the scope joins. The row is in the table for as long as the thread lives.
    ///
    /// A panic ends this thread and no other: a thread that owes others a report has a guard, whose drop sends it while the
    /// panic unwinds. (`Scope::spawn` would panic at the limit on threads, which a server with a thread for each connection
    /// does reach; `Builder` returns an error.)
    ///
    /// # Errors
    /// Little memory is left, or the kernel refuses the thread: `EAGAIN` for a limit on threads, `ENOMEM` for memory.
    pub fn spawn<'scope, 'env>(
        self: &Arc<Self>,
        scope: &'scope Scope<'scope, 'env>,
        row: Arc<Row>,
        stack_bytes: usize,
        body: impl FnOnce(&Row) + Send + 'scope,
    ) -> io::Result<Thread> {
        self.guard.check(stack_bytes, row.role == "reader")?;
        let table = Arc::clone(self);
        let handle = Builder::new().name(row.name.clone()).stack_size(stack_bytes).spawn_scoped(
            scope,
            move || {
                let _listed = table.list(&row);
                tracing::debug!(thread = row.name, "started");
                // The panic hook of `log` reports a panic.
                let _ = catch_unwind(AssertUnwindSafe(|| body(&row)));
                tracing::debug!(%row, "ended");
            },
        )?;
        Ok(handle.thread().clone())
    }

    /// Lists a row until the guard is dropped, also for threads that [`Self::spawn`] does not start.
    pub fn list(self: &Arc<Self>, row: &Arc<Row>) -> Listed {
        let key = self.next.fetch_add(1, Ordering::Relaxed);
        if let Some(track) = &row.track {
            track.started(&row.name);
        }
        self.rows.lock().insert(key, Arc::clone(row));
        Listed { table: Arc::clone(self), key }
    }

    /// Ends the trace with the current activity of each live thread.
    pub fn end_trace(&self) {
        if let Some(trace) = &self.trace {
            self.snapshot().iter().for_each(|row| row.end_track());
            trace.end();
        }
    }

    /// All live threads, oldest first.
    pub fn snapshot(&self) -> Vec<Arc<Row>> {
        self.rows.lock().values().cloned().collect()
    }

    /// The table for people in the chat, shortened to what a list may hold.
    pub fn message(&self) -> Message {
        let mut rows = self.snapshot();
        let total = rows.len();
        // First the dispatcher, then threads that serve everybody, last those that serve one client. Within each group
        // the sort keeps the oldest first.
        rows.sort_by_key(|row| match row.role {
            "dispatcher" => 0,
            "reader" | "writer" => 2,
            _ => 1,
        });
        rows.truncate(limits::LIST_ENTRIES_MAX);
        Message::Threads { rows: rows.iter().map(|row| row.listing()).collect(), total }
    }

    /// Logs the table, one line for each thread.
    pub fn log(&self) {
        let rows = self.snapshot();
        tracing::info!("{} threads live, besides main, log and ctrl-c", rows.len());
        for row in rows {
            tracing::info!("thread {row}");
        }
    }
}

/// Removes a row from the table when the thread ends, by a panic too.
pub struct Listed {
    table: Arc<ThreadTable>,
    key: u64,
}

impl Drop for Listed {
    fn drop(&mut self) {
        let row = self.table.rows.lock().remove(&self.key);
        if let Some(row) = row {
            row.end_track();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

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
                panic!("on purpose");
            };
            table.spawn(scope, row, 256 * 1024, body).unwrap();
            is_listed.recv().unwrap();
            let rows = table.snapshot();
            assert_eq!(rows.len(), 1);
            let text = rows[0].to_string();
            assert!(text.starts_with("reader-7 (reader) for 0 s, in read, 0 bytes in"), "{text}");
            drop(go);
        });
        assert!(table.snapshot().is_empty());
    }

    #[test]
    fn a_long_table_is_shortened_and_lists_service_threads_first() {
        let table = Arc::new(ThreadTable::default());
        let reader = |number| table.row("reader", format!("reader-{number}"));
        let mut rows: Vec<_> = (0..limits::LIST_ENTRIES_MAX).map(reader).collect();
        rows.push(table.row("writer", "writer-1".into()));
        rows.push(table.row("bans", "bans".into()));
        rows.push(table.row("dispatcher", "dispatcher".into()));
        rows[0].doing(Activity::Reading);
        rows[0].count_in(7);
        rows[0].set_queue(8);
        rows[502].set_queue(9);
        let listed: Vec<_> = rows.iter().map(|row| table.list(row)).collect();
        let Message::Threads { rows, total } = table.message() else {
            panic!("another message");
        };
        assert_eq!((rows.len(), total), (limits::LIST_ENTRIES_MAX, listed.len()));
        let names: Vec<&str> = rows.iter().map(|row| &row.name[..]).collect();
        assert_eq!(names[..4], ["dispatcher", "bans", "reader-0", "reader-1"]);
        assert_eq!((rows[2].doing, rows[2].bytes_in), ("in read", 7));
        let queues: Vec<Option<Queue>> = rows[..3].iter().map(|row| row.queue).collect();
        assert_eq!(queues, [Some(Queue::Events(9)), None, Some(Queue::Bytes(8))]);
    }
}
