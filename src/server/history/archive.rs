//! The `archive` thread: it writes what people say, removes what is too old or too much, and repairs what it can.
//!
//! Lines are written in transactions: a quarter of a second after the first of them at the latest, and as soon as a batch is
//! full or somebody asks for something. A line that cannot be written is lost for the file but not for the chat. The next
//! line of its room that can be written has a larger id than expected, so the archive notes the gap.
//!
//! A full batch means that the chat is busy. It goes to the backlog, and so does all that comes behind it, until the archive
//! has filed the backlog.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use rustix::process::{getpriority_process, setpriority_process};

use super::file::{HistoryFile, is_damage};
use super::queue::{Gauge, Job, Question};
use super::rows::{Filing, LineRow};
use super::{backlog, retention};
use crate::chat::{Audience, Event, KeptLine, LookupError, Loss, NameKey};
use crate::config::limits;
use crate::server::{Activity, Row};

/// How many rooms the archive remembers. It looks up the others in the file.
const ROOMS_REMEMBERED_MAX: usize = 20_000;

/// How often it looks for work that nobody reports: lines that are too old, and people to be forgotten.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How often the log says that lines are not kept.
const COMPLAIN_EVERY: Duration = Duration::from_secs(60);

/// The weakest priority that Linux knows.
const NICE_MAX: i32 = 19;

/// How a thread of the history reports to the Hub.
pub type Report = Arc<dyn Fn(Event) + Send + Sync>;

/// Something to be written.
#[derive(Debug)]
pub enum Write {
    Line(KeptLine),
    Topic { epoch: u64, room: Arc<str>, topic: Option<Arc<str>> },
}

/// A row of the table of rooms.
#[derive(Debug, Clone, Copy)]
struct RoomRow {
    id: i64,
    last_id: u64,
    spoken_at: i64,
    is_changed: bool,
}

/// The writer of the file.
pub struct Archive {
    file: HistoryFile,
    /// `None` after the file was found damaged and could not be replaced.
    connection: Option<Connection>,
    /// The id of the next line in the table.
    next_line: i64,
    /// How many lines are in the backlog.
    backlog: usize,
    /// The last batch was full.
    is_busy: bool,
    /// By epoch.
    rooms: HashMap<u64, RoomRow>,
    /// The file was set aside while the chat went on: rooms may begin with any id.
    has_replaced: bool,
    bounds: retention::Bounds,
    jobs: Receiver<Job>,
    gauge: Arc<Gauge>,
    searches: Sender<Question>,
    search_ended: Receiver<()>,
    /// Grows when the file is another one.
    generation: Arc<AtomicU64>,
    report: Report,
    batch: Vec<Write>,
    questions: Vec<Question>,
    /// When the first of these questions came.
    asked_at: Instant,
    /// The events that the log has not mentioned yet.
    trouble: Option<String>,
    complain_at: Instant,
    look_at: Instant,
    /// After an error, the archive files nothing until then.
    file_at: Instant,
}

/// The state that the archive shares with other threads.
pub struct Links {
    pub jobs: Receiver<Job>,
    pub gauge: Arc<Gauge>,
    pub searches: Sender<Question>,
    /// Closes when the search thread has ended.
    pub search_ended: Receiver<()>,
    pub generation: Arc<AtomicU64>,
    pub report: Report,
}

impl Archive {
    /// An archive for a file that has been opened.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn new(
        file: HistoryFile,
        connection: Connection,
        bounds: retention::Bounds,
        links: Links,
    ) -> rusqlite::Result<Self> {
        let Links { jobs, gauge, searches, search_ended, generation, report } = links;
        let now = Instant::now();
        Ok(Self {
            next_line: next_line(&connection)?,
            backlog: backlog::count(&connection)?,
            is_busy: false,
            file,
            connection: Some(connection),
            rooms: HashMap::new(),
            has_replaced: false,
            bounds,
            jobs,
            gauge,
            searches,
            search_ended,
            generation,
            report,
            batch: Vec::new(),
            questions: Vec::new(),
            asked_at: now,
            trouble: None,
            complain_at: now,
            look_at: now,
            file_at: now,
        })
    }

    /// Works until the dispatcher is gone and its last lines are written.
    pub fn run(mut self, row: &Row) {
        give_way();
        let mut rest = LOOK_EVERY;
        loop {
            row.doing(Activity::WaitingForWork);
            match self.jobs.recv_timeout(rest) {
                Ok(job) => self.take(job),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            self.gather();
            row.doing(Activity::Writing);
            self.write();
            if self.may_file() {
                self.file();
            }
            self.pass_on();
            // While there is more to do, lines that wait come first, and nothing else delays it.
            let is_done = !self.look() && !self.may_file();
            rest = if is_done { LOOK_EVERY } else { Duration::ZERO };
        }
        row.doing(Activity::Writing);
        self.write();
        self.complain(true);
        self.end();
    }

    /// Takes jobs until it is time to write.
    fn gather(&mut self) {
        let write_at = Instant::now() + limits::HISTORY_COMMIT_EVERY;
        loop {
            while self.batch.len() < limits::HISTORY_BATCH_LINES
                && let Ok(job) = self.jobs.try_recv()
            {
                self.take(job);
            }
            let left = write_at.saturating_duration_since(Instant::now());
            let is_idle = self.batch.is_empty();
            let is_full = self.batch.len() >= limits::HISTORY_BATCH_LINES;
            if is_idle || is_full || !self.questions.is_empty() || left.is_zero() {
                return;
            }
            if self.may_file() {
                self.file();
                continue;
            }
            // Not in `recv`: the dispatcher would have to wake this thread for each line. It does so for a full batch and
            // for a question.
            thread::park_timeout(left);
        }
    }

    fn take(&mut self, job: Job) {
        match job {
            Job::Lines(lines) => self.batch.extend(lines.into_iter().map(Write::Line)),
            Job::Topic { epoch, room, topic } => {
                self.batch.push(Write::Topic { epoch, room, topic });
            }
            Job::LookUp(question) => {
                if self.questions.is_empty() {
                    self.asked_at = Instant::now();
                }
                self.questions.push(question);
            }
        }
    }

    /// Writes the batch in one transaction. If that fails, its lines are not kept.
    fn write(&mut self) {
        let batch = std::mem::take(&mut self.batch);
        self.is_busy = batch.len() >= limits::HISTORY_BUSY_LINES;
        if !batch.is_empty() {
            let now = Timestamp::now().as_millisecond();
            if let Err(error) = self.write_batch(&batch, now) {
                self.rooms.clear();
                let is_line = |write: &&Write| matches!(write, Write::Line(_));
                self.gauge.count_lost(batch.iter().filter(is_line).count());
                self.failed(&error);
            }
            self.gauge.lines_done(batch.len());
        }
        self.complain(false);
    }

    /// Writes a batch: to the backlog if the chat is busy, or if there is one.
    pub fn write_batch(&mut self, batch: &[Write], now: i64) -> rusqlite::Result<()> {
        let Some(connection) = &mut self.connection else {
            return Err(rusqlite::Error::InvalidQuery);
        };
        if self.rooms.len() > ROOMS_REMEMBERED_MAX {
            self.rooms.clear();
        }
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut lines = Vec::with_capacity(batch.len());
        {
            for write in batch {
                match write {
                    Write::Topic { epoch, room, topic } => {
                        let row = room_row(&transaction, &mut self.rooms, *epoch, room, 0, now)?;
                        transaction.execute(
                            "UPDATE rooms SET topic = ?1 WHERE id = ?2",
                            params![topic.as_deref(), row.id],
                        )?;
                    }
                    Write::Line(KeptLine { epoch, message }) => {
                        let Audience::Room { room, message_id } = &message.to else {
                            debug_assert!(false, "a private message is never kept: {message:?}");
                            continue;
                        };
                        let before = if self.has_replaced { message_id - 1 } else { 0 };
                        let row =
                            room_row(&transaction, &mut self.rooms, *epoch, room, before, now)?;
                        if *message_id > row.last_id + 1 {
                            transaction.execute(
                                "INSERT OR REPLACE INTO gaps VALUES (?1, ?2, ?3, ?4)",
                                params![
                                    row.id,
                                    row.last_id + 1,
                                    message_id - 1,
                                    Loss::Full.as_str()
                                ],
                            )?;
                        }
                        lines.push(LineRow::new(row.id, *message_id, message));
                        row.last_id = row.last_id.max(*message_id);
                        (row.spoken_at, row.is_changed) = (now, true);
                    }
                }
            }
        }
        for row in self.rooms.values_mut().filter(|row| row.is_changed) {
            let mut update = transaction
                .prepare_cached("UPDATE rooms SET last_id = ?1, spoken_at = ?2 WHERE id = ?3")?;
            update.execute(params![row.last_id, row.spoken_at, row.id])?;
            row.is_changed = false;
        }
        let is_put_off = !lines.is_empty() && (self.is_busy || self.backlog > 0);
        if is_put_off {
            backlog::append(&transaction, self.next_line, &lines)?;
        } else {
            let mut filing = Filing::new(&transaction)?;
            for (id, line) in (self.next_line..).zip(&lines) {
                filing.add(id, line)?;
            }
        }
        transaction.execute("UPDATE state SET committed_at = ?1", [now])?;
        transaction.commit()?;
        self.next_line += lines.len() as i64;
        self.backlog += if is_put_off { lines.len() } else { 0 };
        Ok(())
    }

    /// Whether a batch of the backlog may be filed now: not while the chat is busy, unless somebody asks or it is too much.
    fn may_file(&self) -> bool {
        let is_urgent =
            !self.questions.is_empty() || self.backlog >= limits::HISTORY_BACKLOG_LINES_MAX;
        self.backlog > 0 && (!self.is_busy || is_urgent) && Instant::now() >= self.file_at
    }

    /// Files the oldest batch of the backlog.
    pub fn file(&mut self) {
        let Some(connection) = &mut self.connection else {
            return;
        };
        match backlog::file_oldest(connection) {
            Ok(Some(filed)) => {
                self.backlog = self.backlog.saturating_sub(filed.lines);
                if filed.is_unreadable {
                    self.gauge.count_lost(filed.lines);
                    self.trouble.get_or_insert_with(|| "a part of the backlog is damaged".into());
                }
            }
            // `chatserv forget` has filed it.
            Ok(None) => self.backlog = 0,
            Err(error) => {
                self.file_at = Instant::now() + LOOK_EVERY;
                self.failed(&error);
            }
        }
    }

    /// Passes the questions on as soon as everything that was said before can be found. Refuses them if that takes too long.
    fn pass_on(&mut self) {
        let is_late = self.asked_at.elapsed() >= limits::SEARCH_TIME_MAX;
        if self.backlog > 0 && !is_late {
            return;
        }
        for question in self.questions.drain(..) {
            if self.backlog == 0 {
                // The search thread ends only after this one.
                let _ = self.searches.send(question);
            } else {
                self.gauge.question_done();
                let (ticket, found) = (question.ticket(), Err(LookupError::Behind));
                (self.report)(Event::Found { ticket, found });
            }
        }
    }

    /// Removes what has to go, step by step. Returns whether there is more.
    fn look(&mut self) -> bool {
        if Instant::now() < self.look_at {
            return false;
        }
        let Some(connection) = &mut self.connection else {
            return false;
        };
        let now = Timestamp::now();
        let looked = retention::forget_again(connection, self.backlog > 0).and_then(|forgotten| {
            for (key, before) in forgotten {
                (self.report)(Event::Forgotten { sender: key, before });
            }
            retention::step(connection, self.bounds, now)
        });
        match looked {
            Ok(true) => true,
            Ok(false) => {
                self.look_at = Instant::now() + LOOK_EVERY;
                false
            }
            Err(error) => {
                self.look_at = Instant::now() + LOOK_EVERY;
                self.failed(&error);
                false
            }
        }
    }

    /// Notes an error for the log. A damaged file is replaced by an empty one.
    fn failed(&mut self, error: &rusqlite::Error) {
        if !is_damage(error) {
            self.trouble.get_or_insert_with(|| error.to_string());
            return;
        }
        // SQLite renames nothing that is open.
        self.connection = None;
        self.rooms.clear();
        let replaced = self.file.set_aside(&error.to_string());
        let opened = replaced.and_then(|()| self.file.open_or_replace());
        let opened = opened.and_then(|connection| {
            let next = next_line(&connection).map_err(|error| error.to_string())?;
            Ok((connection, next))
        });
        match opened {
            Ok((connection, next)) => {
                self.has_replaced = true;
                self.backlog = 0;
                (self.connection, self.next_line) = (Some(connection), next);
                self.generation.fetch_add(1, Ordering::Release);
            }
            Err(what) => {
                tracing::error!("{}: {what}: nothing is kept any more", self.file.path().display());
            }
        }
    }

    /// Says in the log how many lines were not kept, once a minute.
    fn complain(&mut self, is_last: bool) {
        let now = Instant::now();
        if now < self.complain_at && !is_last {
            return;
        }
        let lost = self.gauge.take_lost();
        let trouble = self.trouble.take();
        let path = self.file.path().display();
        match (lost, trouble) {
            (0, None) => return,
            (0, Some(trouble)) => tracing::error!("{path}: {trouble}"),
            (lost, Some(trouble)) => {
                tracing::error!("{path}: {lost} lines are not kept: {trouble}");
            }
            (lost, None) => {
                tracing::error!("{path}: {lost} lines are not kept: the disk is too slow for them");
            }
        }
        self.complain_at = now + COMPLAIN_EVERY;
    }

    /// Notes that the ids can go on without a gap, and leaves one file without companions.
    pub fn end(self) {
        let Some(connection) = self.connection else {
            return;
        };
        // The last connection to a file removes the companions, and must be one that may write.
        drop(self.searches);
        let _ = self.search_ended.recv();
        // If lines were not kept, the last ones of a room may be among them, and their ids must not be given again either.
        let is_clean = !self.gauge.has_lost();
        let ended = connection
            .execute("UPDATE state SET clean = ?1", [is_clean])
            .and_then(|_| connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())));
        if let Err(error) = ended {
            tracing::error!("{}: cannot be finished: {error}", self.file.path().display());
        }
    }
}

/// Lets the threads of the chat go first where they need all processors.
fn give_way() {
    // To Linux, the calling process is the calling thread. A sandbox may forbid it, which is no harm.
    let nice = getpriority_process(None).unwrap_or(0);
    let _ = setpriority_process(None, nice.saturating_add(limits::HISTORY_NICE).min(NICE_MAX));
}

fn next_line(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row(
        "SELECT 1 + max((SELECT coalesce(max(id), 0) FROM lines),
                        (SELECT coalesce(max(first_line + count - 1), 0) FROM backlog))",
        [],
        |row| row.get(0),
    )
}

/// The row of a room, which is made if there is none. `last_id` is for a new one.
fn room_row<'r>(
    connection: &Connection,
    rooms: &'r mut HashMap<u64, RoomRow>,
    epoch: u64,
    name: &str,
    last_id: u64,
    now: i64,
) -> rusqlite::Result<&'r mut RoomRow> {
    use std::collections::hash_map::Entry;
    match rooms.entry(epoch) {
        Entry::Occupied(known) => Ok(known.into_mut()),
        Entry::Vacant(unknown) => {
            let found = connection
                .query_row(
                    "SELECT id, last_id, spoken_at FROM rooms WHERE epoch = ?1",
                    [epoch],
                    |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
                )
                .optional()?;
            let (id, last_id, spoken_at) = match found {
                Some(found) => found,
                None => {
                    let key = NameKey::of(name);
                    connection.execute(
                        "INSERT INTO rooms (epoch, key, name, last_id, spoken_at) VALUES (?1, ?2, ?3, ?4, ?5)",
                        params![epoch, key.as_str(), name, last_id, now],
                    )?;
                    (connection.last_insert_rowid(), last_id, now)
                }
            };
            Ok(unknown.insert(RoomRow { id, last_id, spoken_at, is_changed: false }))
        }
    }
}

#[cfg(test)]
impl Archive {
    pub fn connection(&self) -> &Connection {
        self.connection.as_ref().expect("no test loses its file")
    }

    pub fn connection_mut(&mut self) -> &mut Connection {
        self.connection.as_mut().expect("no test loses its file")
    }

    pub fn set_busy(&mut self, is_busy: bool) {
        self.is_busy = is_busy;
    }

    pub fn set_report(&mut self, report: Report) {
        self.report = report;
    }

    pub fn lost(&self) -> u64 {
        self.gauge.take_lost()
    }

    /// As if this question had come so long ago.
    pub fn ask(&mut self, question: Question, ago: Duration) {
        self.questions.push(question);
        self.asked_at = Instant::now() - ago;
        self.pass_on();
    }

    /// Moves what the log has into the file.
    pub fn checkpoint(&self) {
        let done = self.connection().query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        done.expect("nobody else has the file");
    }
}
