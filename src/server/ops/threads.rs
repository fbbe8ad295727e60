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
use std::time::Instant;

use parking_lot::Mutex;
use rustc_hash::FxHashMap;

use super::glass::{Glass, Look};
use super::log::PanicEndsProcess;
use super::memory::MemoryGuard;
use super::trace::{Trace, Track};
use crate::chat::{ClientId, GlassView, InboxView, Message, Queue, ReaderView, ThreadListing};
use crate::config::limits;
use crate::server::sync::thread::{Builder, Scope, Thread};

/// Declares [`Activity`] with the words for each variant, so that no list can get out of step with another.
macro_rules! activities {
    ($($variant:ident = $words:literal,)*) => {
        /// The activity of a thread, which says where it blocks.
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
    /// The client that it serves, if there is one.
    client: Option<ClientId>,
    since: Instant,
    activity: AtomicU8,
    bytes_in: AtomicU64,
    bytes_out: AtomicU64,
    /// The lines that wait for the disk, in the row of the archive.
    queued_lines: AtomicU64,
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

    fn bytes_in(&self) -> u64 {
        self.bytes_in.load(Ordering::Relaxed)
    }

    /// Records how many lines wait for the disk.
    pub fn set_queued_lines(&self, count: u64) {
        self.queued_lines.store(count, Ordering::Relaxed);
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

    fn listing(&self, inbox_events: usize, unsent: &Unsent) -> ThreadListing {
        ThreadListing {
            name: self.name.clone(),
            role: self.role,
            doing: self.activity().as_str(),
            alive: self.since.elapsed(),
            queue: match (self.role, self.client) {
                ("reader", Some(client)) => {
                    Some(Queue::Bytes(unsent.get(&client).copied().unwrap_or(0)))
                }
                ("dispatcher", _) => Some(Queue::Events(inbox_events as u64)),
                ("archive", _) => Some(Queue::Lines(self.queued_lines.load(Ordering::Relaxed))),
                _ => None,
            },
            bytes_in: self.bytes_in(),
            bytes_out: self.bytes_out(),
        }
    }

    fn add_to(&self, look: &mut Look<'_>) {
        let (activity, bytes) = (self.activity(), (self.bytes_in(), self.bytes_out()));
        let Some(client) = self.client else {
            return;
        };
        if self.role == "writer" {
            return look.writer(client, activity.as_str());
        }
        let reader = || ReaderView {
            client,
            is_own: false,
            name: None,
            address: None,
            doing: activity.as_str(),
            alive: self.since.elapsed(),
            bytes_in: bytes.0,
            bytes_out: bytes.1,
            unsent_bytes: 0,
            writer: None,
        };
        look.reader(activity as usize, reader, client, bytes);
    }
}

/// The bytes that wait for clients whose socket is full.
pub type Unsent = FxHashMap<ClientId, u64>;

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} ({}) for {} s, {}, {} bytes in, {} bytes out",
            self.name,
            self.role,
            self.since.elapsed().as_secs(),
            self.activity().as_str(),
            self.bytes_in(),
            self.bytes_out(),
        )
    }
}

/// The table of live threads.
#[derive(Debug)]
pub struct ThreadTable {
    /// Locked only when a thread starts or ends, and by readers of the table.
    rows: Mutex<BTreeMap<u64, Arc<Row>>>,
    next: AtomicU64,
    trace: Option<Arc<Trace>>,
    guard: MemoryGuard,
    /// Locked by the dispatcher only.
    glass: Mutex<Glass>,
}

impl Default for ThreadTable {
    fn default() -> Self {
        Self::new(None, MemoryGuard::default())
    }
}

impl ThreadTable {
    /// An empty table, whose threads record what they do in the trace if there is one, and start only if the guard finds enough
    /// memory.
    pub fn new(trace: Option<Arc<Trace>>, guard: MemoryGuard) -> Self {
        let (rows, next) = (Mutex::default(), AtomicU64::new(0));
        Self { rows, next, trace, guard, glass: Mutex::new(Glass::new()) }
    }

    /// A row for a thread that is about to start.
    pub fn row(&self, role: &'static str, name: String) -> Arc<Row> {
        self.new_row(role, name, None)
    }

    /// A row for a thread that is about to start and serves this client only.
    pub fn client_row(&self, role: &'static str, client: ClientId) -> Arc<Row> {
        self.new_row(role, format!("{role}-{client}"), Some(client))
    }

    fn new_row(&self, role: &'static str, name: String, client: Option<ClientId>) -> Arc<Row> {
        // Otherwise each write of the trace thread would cause the next.
        let traced = self.trace.as_ref().filter(|_| role != "trace");
        Arc::new(Row {
            name,
            role,
            client,
            since: Instant::now(),
            activity: AtomicU8::new(Activity::Starting as u8),
            bytes_in: AtomicU64::new(0),
            bytes_out: AtomicU64::new(0),
            queued_lines: AtomicU64::new(0),
            track: traced.map(Trace::track),
        })
    }

    /// Starts a thread that the scope joins. The row is in the table for as long as the thread lives.
    ///
    /// A panic in a thread of one client ends this thread and no other: it has a guard, whose drop reports its end while the
    /// panic unwinds. In a thread that serves everybody, a panic ends the process with status 70: without it, the server would
    /// go on and silently do only a part of its work. (`Scope::spawn` would panic at the limit on threads, which a server with a thread for each connection
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
                let _ = catch_unwind(AssertUnwindSafe(|| {
                    let _guard = row.client.is_none().then_some(PanicEndsProcess);
                    body(&row);
                }));
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

    /// The table for people in the chat, shortened to what a list may hold, with the backlogs that the dispatcher knows.
    pub fn message(&self, inbox_events: usize, unsent: &Unsent) -> Message {
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
        Message::Threads {
            rows: rows.iter().map(|row| row.listing(inbox_events, unsent)).collect(),
            total,
        }
    }

    /// A look at all threads for the glass view, maybe that of a moment ago. `waiting` is what waits between them. Contract:
    /// only the dispatcher may call it. It holds the lock of the table for the time of one pass over the rows.
    pub fn look(&self, waiting: impl FnOnce() -> (InboxView, Unsent)) -> GlassView {
        let mut glass = self.glass.lock();
        if let Some(recent) = glass.recent() {
            return recent.clone();
        }
        let (inbox, unsent) = waiting();
        let mut look = Look::new(Activity::ALL.iter().map(|&(_, words)| words), inbox, &unsent);
        self.rows.lock().values().for_each(|row| row.add_to(&mut look));
        glass.keep(look.finish()).clone()
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
#[cfg(not(loom))]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn a_thread_is_listed_while_it_lives_and_a_panic_ends_only_it() {
        let table = Arc::new(ThreadTable::default());
        let (go, wait) = crossbeam_channel::bounded::<()>(0);
        let (listed, is_listed) = crossbeam_channel::bounded(1);
        thread::scope(|scope| {
            let row = table.client_row("reader", ClientId(7));
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
        let mut rows = readers(&table, limits::LIST_ENTRIES_MAX as u64);
        rows.push(table.client_row("writer", ClientId(1)));
        rows.push(table.row("bans", "bans".into()));
        rows.push(table.row("dispatcher", "dispatcher".into()));
        rows[0].doing(Activity::Reading);
        rows[0].count_in(7);
        let listed: Vec<_> = rows.iter().map(|row| table.list(row)).collect();
        let unsent = [(ClientId(0), 8)].into_iter().collect();
        let Message::Threads { rows, total } = table.message(9, &unsent) else {
            panic!("another message");
        };
        assert_eq!((rows.len(), total), (limits::LIST_ENTRIES_MAX, listed.len()));
        let names: Vec<&str> = rows.iter().map(|row| &row.name[..]).collect();
        assert_eq!(names[..4], ["dispatcher", "bans", "reader-0", "reader-1"]);
        assert_eq!((rows[2].doing, rows[2].bytes_in), ("in read", 7));
        let queues: Vec<Option<Queue>> = rows[..3].iter().map(|row| row.queue).collect();
        assert_eq!(queues, [Some(Queue::Events(9)), None, Some(Queue::Bytes(8))]);
    }

    fn readers(table: &ThreadTable, count: u64) -> Vec<Arc<Row>> {
        (0..count).map(|number| table.client_row("reader", ClientId(number))).collect()
    }

    fn nothing_waits() -> (InboxView, Unsent) {
        (InboxView::default(), Unsent::default())
    }

    #[test]
    fn a_look_shows_each_reader_with_its_writer_and_what_waits_for_its_client() {
        let table = Arc::new(ThreadTable::default());
        let mut rows = readers(&table, 3);
        rows.push(table.client_row("writer", ClientId(1)));
        rows.push(table.row("dispatcher", "dispatcher".into()));
        rows[0].doing(Activity::Reading);
        rows[1].doing(Activity::HeldBack);
        rows[2].doing(Activity::Reading);
        rows[3].doing(Activity::Writing);
        rows[1].count_in(5);
        rows[2].count_out(6);
        // The order in which threads start is not that of their clients.
        let _listed: Vec<_> = rows.iter().rev().map(|row| table.list(row)).collect();
        let inbox = InboxView { events: 2, peak: 4, capacity: 9, taken: 12, wakes: 5 };
        let unsent = Unsent::from_iter([(ClientId(1), 70_000)]);
        let view = table.look(|| (inbox, unsent));
        assert_eq!(view.doing, [("in read", 2), ("held back for a flood", 1)]);
        assert_eq!((view.readers_total, view.writers_total, view.is_grouped), (3, 1, false));
        assert_eq!((view.full_sockets, view.unsent_bytes), (1, 70_000));
        assert_eq!((view.bytes_in, view.bytes_out, view.inbox), (5, 6, inbox));
        let clients: Vec<u64> = view.readers.iter().map(|reader| reader.client.0).collect();
        assert_eq!(clients, [0, 1, 2]);
        let second = &view.readers[1];
        assert_eq!((second.doing, second.bytes_in), ("held back for a flood", 5));
        assert_eq!((second.unsent_bytes, second.writer), (70_000, Some("in write")));
        assert_eq!((view.readers[2].unsent_bytes, view.readers[2].writer), (0, None));
        // The table names nobody.
        assert!(view.readers.iter().all(|reader| reader.name.is_none() && !reader.is_own));
    }

    #[test]
    fn more_readers_than_a_list_holds_are_counted_and_only_full_sockets_listed() {
        for (count, grouped) in
            [(limits::LIST_ENTRIES_MAX as u64, false), (501, true), (2_000, true)]
        {
            let table = Arc::new(ThreadTable::default());
            let rows = readers(&table, count);
            let _listed: Vec<_> = rows.iter().map(|row| table.list(row)).collect();
            // One before and one after the list is full.
            let unsent = Unsent::from_iter([(ClientId(7), 1), (ClientId(count - 1), 2)]);
            let view = table.look(|| (InboxView::default(), unsent));
            assert_eq!((view.readers_total as u64, view.is_grouped), (count, grouped));
            assert_eq!(view.doing, [("starting", count as usize)]);
            let clients: Vec<u64> = view.readers.iter().map(|reader| reader.client.0).collect();
            let expected = if grouped { vec![7, count - 1] } else { (0..count).collect() };
            assert_eq!(clients, expected);
        }
    }

    #[test]
    fn people_who_look_at_the_same_time_cost_one_pass_over_the_threads() {
        let table = Arc::new(ThreadTable::default());
        let rows = readers(&table, 10_000);
        let _listed: Vec<_> = rows.iter().map(|row| table.list(row)).collect();
        let first = table.look(nothing_waits);
        // As many as ask within the shared time do not even count what waits.
        let again = table.look(|| panic!("a second look within {:?}", limits::GLASS_LOOK_SHARED));
        assert_eq!(again, first);
        while table.glass.lock().recent().is_some() {
            thread::yield_now();
        }
        rows[0].doing(Activity::Reading);
        let view = table.look(nothing_waits);
        assert_eq!(view.doing, [("starting", 9_999), ("in read", 1)]);
        assert!(view.dispatcher.interval >= limits::GLASS_LOOK_SHARED);
        assert!(view.dispatcher.busy <= view.dispatcher.interval);
    }
}
