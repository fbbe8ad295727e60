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

use super::activity::Activity;
use super::trace::{Trace, Track};
use crate::chat::{Message, Queue, ThreadListing};
use crate::config::limits;

/// One live thread. All that changes is atomic: whoever looks never stops whoever works.
#[derive(Debug)]
pub struct Row {
    name: String,
    role: &'static str,
    since: Instant,
    activity: AtomicU8,
    bytes_in: AtomicU64,
    bytes_out: AtomicU64,
    /// What waited for it when the dispatcher looked last.
    queue: AtomicU64,
    /// Its row in the trace, where there is one.
    track: Option<Track>,
}

impl Row {
    /// Notes what the thread does now. Only the thread itself says so; its row in the trace may be ended by another.
    pub fn doing(&self, activity: Activity) {
        if let Some(track) = &self.track {
            let before = self.activity();
            if before != activity {
                track.did(before);
            }
        }
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

    /// Notes what waits for the thread: for its client, in bytes, or in its inbox, in events. Only the dispatcher knows, and
    /// only when somebody asks does it look.
    pub fn set_queue(&self, count: u64) {
        self.queue.store(count, Ordering::Relaxed);
    }

    fn activity(&self) -> Activity {
        Activity::numbered(self.activity.load(Ordering::Relaxed))
    }

    /// Notes in the trace what the thread has done last: nothing more comes of it.
    fn end_track(&self) {
        if let Some(track) = &self.track {
            track.did(self.activity());
        }
    }

    /// The row for people in the chat.
    fn shown(&self) -> ThreadListing {
        let queue = self.queue.load(Ordering::Relaxed);
        ThreadListing {
            name: self.name.clone(),
            role: self.role,
            doing: self.activity().as_str(),
            alive: self.since.elapsed(),
            queue: match self.role {
                "reader" => Some(Queue::Bytes(queue)),
                "dispatcher" => Some(Queue::Events(queue)),
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
    /// Locked only when a thread starts or ends, and by whoever wants to look.
    rows: Mutex<BTreeMap<u64, Arc<Row>>>,
    next: AtomicU64,
    trace: Option<Arc<Trace>>,
}

impl ThreadTable {
    /// No thread yet. What they do is noted in the trace, where there is one.
    pub fn new(trace: Option<Arc<Trace>>) -> Self {
        Self {
            trace,
            ..Self::default()
        }
    }

    /// A row for a thread that is about to start.
    pub fn row(&self, role: &'static str, name: String) -> Arc<Row> {
        // The trace's own thread would have something to write whenever it has written.
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
        if let Some(track) = &row.track {
            track.started(&row.name);
        }
        self.rows.lock().insert(key, Arc::clone(row));
        Listed {
            table: Arc::clone(self),
            key,
        }
    }

    /// Ends the trace with what those do who still live. What they do from then on is not in it.
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

    /// The table for people in the chat: the beginning, with the threads of which there are many at the end.
    pub fn message(&self) -> Message {
        let mut rows = self.snapshot();
        let total = rows.len();
        // The dispatcher, those that serve everybody, those that serve one; in each of these, oldest first.
        rows.sort_by_key(|row| match row.role {
            "dispatcher" => 0,
            "reader" | "writer" => 2,
            _ => 1,
        });
        rows.truncate(limits::LIST_ENTRIES_MAX);
        Message::Threads {
            rows: rows.iter().map(|row| row.shown()).collect(),
            total,
        }
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
        let row = self.table.rows.lock().remove(&self.key);
        if let Some(row) = row {
            row.end_track();
        }
    }
}

#[cfg(test)]
mod tests;
