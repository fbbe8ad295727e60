//! `--history FILE`: what people say in rooms, on disk. Only the Cargo feature `history` compiles it.
//!
//! ```text
//! dispatcher ═ Keep, KeepTopic, CatchUp, Fetch, Search ═▶ queue ─▶ archive ─▶ the file
//!      ▲                                                 (bounded)    │         │
//!      │                                                              ▼         ▼
//!      └────────────────────── Found, Forgotten ◀───────────────── search ◀─────┘
//! ```
//!
//! The dispatcher never waits: it puts lines and questions into the queue, and a line for which there is no room is not kept.
//! The archive writes and indexes all lines before a question, then forwards the question. So a search finds every line that
//! its sender has received.
//!
//! | file | what it holds |
//! |---|---|
//! | `queue` | from the dispatcher to the archive |
//! | `archive`, `backlog` | the thread that writes; what it puts off while the chat is busy |
//! | `retention`, `traces` | the lines that it removes; the traces that they leave |
//! | `catch_up` | the lines that this machine of several has missed |
//! | `clock` | the place of a date among the lines, even if the clock was wrong |
//! | `search`, `words`, `reindex` | the thread that reads; how the index is filled and asked; lines that other rules have indexed |
//! | `load` | what a new server takes over |
//! | `fault` | why a file is set aside |
//! | `file`, `schema`, `rows`, `room_rows` | opening, locking and repairing the file; its tables; a row as a message, or as a room |
//! | `export`, `forget` | `chatserv export`, `chatserv forget` |

mod archive;
mod backlog;
mod catch_up;
mod clock;
mod export;
mod fault;
mod file;
mod forget;
mod load;
mod queue;
mod reindex;
mod retention;
mod room_rows;
mod rows;
mod schema;
mod search;
#[cfg(test)]
mod tests;
mod traces;
mod words;

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::Scope;

use jiff::tz::TimeZone;
use rusqlite::Connection;

use super::ops::threads::ThreadTable;
use crate::chat::{Effect, Event, LookupError, Past};
use crate::config::{Config, ConfigError, in_file, limits};
use archive::{Archive, Report};
pub use export::export;
use fault::Fault;
use file::HistoryFile;
pub use forget::forget;
pub use queue::Gauge;
use queue::{Question, Queue};
use retention::Bounds;
use search::Searcher;

/// A number of things, with the words for one and for several of them.
fn counted(count: usize, one: &str, several: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {several}") }
}

/// The file, opened, for a server that is about to run.
pub struct Opened {
    file: HistoryFile,
    connection: Connection,
    bounds: Bounds,
    /// The server is one of several for a chat, and their log gives the message ids.
    is_shared: bool,
}

impl Opened {
    /// Opens the file.
    ///
    /// # Errors
    /// The file cannot be used: the error says why.
    pub fn open(path: &Path, config: &Config) -> Result<Self, ConfigError> {
        let (file, connection) = HistoryFile::open(path)?;
        let bytes = config.history_size as u64;
        let bounds = Bounds { days: config.history_days, bytes };
        Ok(Self { file, connection, bounds, is_shared: config.cluster.is_some() })
    }

    /// Reads what the last run has left, for a chat that goes on from there.
    ///
    /// # Errors
    /// The file cannot be used: the error says why.
    pub fn past(&mut self) -> Result<Past, ConfigError> {
        let now = jiff::Timestamp::now();
        let loaded = if self.is_shared {
            // The log of the others has the rooms, too, so none is removed.
            load::load_to_bring(&self.connection, now.as_millisecond())
        } else {
            retention::remove_rooms(&mut self.connection, self.bounds, now)
                .and_then(|()| file::recover(&mut self.connection, now.as_millisecond()))
                .and_then(|()| load::load(&self.connection, limits::HISTORY_LOADED_LINES_MAX))
        };
        self.unless_damaged(loaded)
    }

    /// Whether the file has lines that are missing in this past of a chat on several machines: their log has lost them.
    ///
    /// # Errors
    /// The file cannot be read: the error says why.
    #[cfg(feature = "cluster")]
    pub fn knows_more(&mut self, past: &Past) -> Result<bool, ConfigError> {
        let knows_more = catch_up::knows_more(&self.connection, past);
        self.unless_damaged(knows_more)
    }

    /// The value that was read. If the file turns out to be damaged, an empty file takes its place, and the value is empty, too.
    fn unless_damaged<T: Default>(&mut self, read: rusqlite::Result<T>) -> Result<T, ConfigError> {
        let wrong = |what: String| in_file(self.file.path(), &what);
        match read {
            Err(error) if file::is_damage(&error) => {
                // SQLite renames nothing that is open.
                self.connection =
                    Connection::open_in_memory().map_err(|error| wrong(file::complaint(&error)))?;
                self.file.set_aside(&Fault::Damaged(error.to_string())).map_err(wrong)?;
                self.connection = self.file.open_or_replace().map_err(wrong)?;
                Ok(T::default())
            }
            read => read.map_err(|error| wrong(file::complaint(&error))),
        }
    }

    /// Checks what [`Opened::open`] checks, as far as possible without writing.
    ///
    /// # Errors
    /// The same.
    pub fn check(path: &Path) -> Result<(), ConfigError> {
        HistoryFile::check(path)
    }

    /// Starts the two threads. `report` passes events to the Hub and never blocks.
    ///
    /// # Errors
    /// A thread cannot be started, or the file cannot be read.
    pub fn start<'scope>(
        self,
        scope: &'scope Scope<'scope, '_>,
        threads: &Arc<ThreadTable>,
        zone: TimeZone,
        report: impl Fn(Event) + Send + Sync + 'static,
    ) -> io::Result<History> {
        let report: Report = Arc::new(report);
        let (sender, jobs, gauge) = Queue::channel();
        let (searches, questions) = crossbeam_channel::unbounded();
        let (ended, search_ended) = crossbeam_channel::bounded(0);
        let (generation, is_over) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let links = search::Links {
            questions,
            gauge: Arc::clone(&gauge),
            generation: Arc::clone(&generation),
            is_over: Arc::clone(&is_over),
            report: Arc::clone(&report),
            _ended: ended,
        };
        let searcher = Searcher::new(self.file.path().to_owned(), zone, links);
        let links = archive::Links {
            jobs,
            gauge: Arc::clone(&gauge),
            searches,
            search_ended,
            generation,
            report: Arc::clone(&report),
            is_shared: self.is_shared,
        };
        let archive = Archive::new(self.file, self.connection, self.bounds, links)
            .map_err(io::Error::other)?;
        let stack = limits::HISTORY_STACK_BYTES;
        let row = threads.row("search", "search".into());
        threads.spawn(scope, row, stack, move |row| searcher.run(row))?;
        let row = threads.row("archive", "archive".into());
        let thread = threads.spawn(scope, Arc::clone(&row), stack, move |row| archive.run(row))?;
        Ok(History { queue: Queue::new(sender, gauge, thread), is_over, report, row })
    }
}

/// The dispatcher's end of a running history. Dropping it ends the two threads.
pub struct History {
    queue: Queue,
    is_over: Arc<AtomicBool>,
    report: Report,
    /// The archive's row in the table of threads.
    row: Arc<super::Row>,
}

impl History {
    /// Carries out an effect that concerns the history. Never blocks.
    pub fn carry_out(&self, effect: &Effect) {
        let question = match effect {
            Effect::Keep(lines) => return self.queue.keep(lines),
            Effect::KeepTopic { epoch, room, topic } => {
                return self.queue.keep_topic(*epoch, room.clone(), topic.clone());
            }
            Effect::Fetch(fetch) => Question::Fetch(fetch.clone()),
            Effect::Search(search) => Question::Search(search.clone()),
            Effect::CatchUp(past) => return self.catch_up(past.clone()),
            _ => return debug_assert!(false, "the history has nothing to do with {effect:?}"),
        };
        let ticket = question.ticket();
        if !self.queue.look_up(question) {
            (self.report)(Event::Found { ticket, found: Err(LookupError::Busy) });
        }
    }

    /// Queues the lines of this for writing that the file is missing. Never blocks.
    pub fn catch_up(&self, past: Past) {
        self.queue.catch_up(past);
    }

    /// How many lines wait for the disk, for a thread that does not know the history.
    pub fn gauge(&self) -> Arc<Gauge> {
        self.queue.shared_gauge()
    }

    /// Records how many lines wait for the disk in the table of threads.
    pub fn count_queue(&self) {
        self.row.set_queued_lines(self.queue.gauge().lines() as u64);
    }
}

impl Drop for History {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
    }
}
