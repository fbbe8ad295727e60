//! The `archive` thread: it writes what people say, removes lines that are too old or too many, and repairs what it can.
//!
//! Lines are written in transactions: a quarter of a second after the first of them at the latest, and as soon as a batch is
//! full or somebody asks for something. A line that cannot be written is lost for the file but not for the chat. The next
//! line of its room that can be written has a larger id than expected, so the archive notes the gap.
//!
//! A large batch means that the chat is busy. It goes to the backlog, and so does all that comes behind it, until the archive
//! has emptied the backlog.

use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use jiff::Timestamp;
use rusqlite::{Connection, ErrorCode, Transaction, TransactionBehavior, params};
use rustix::process::{getpriority_process, setpriority_process};

use super::fault::Fault;
use super::file::{End, HistoryFile, is_damage, mark_running};
use super::queue::{Gauge, Job, Question};
use super::room_rows::RoomRows;
use super::rows::{Indexing, LineRow};
use super::traces::Traces;
use super::{backlog, catch_up, clock, counted, retention};
use crate::chat::{Audience, Event, KeptLine, LookupError, Loss, NameKey, Past};
use crate::config::limits;
use crate::server::{Activity, Row};

/// How often it looks for lines that are too old, for people to be forgotten, whom another process reports in the file, for
/// the file itself, and for damage that the search thread has met.
const REMOVE_EVERY: Duration = Duration::from_secs(1);

/// How often the log says that lines are not kept.
const LOG_LOSSES_EVERY: Duration = Duration::from_secs(60);

/// How often it tries to replace a damaged file if that failed.
const REPLACE_EVERY: Duration = Duration::from_secs(60);

/// How long a statement waits for another process that writes. Lines are tried again, but questions wait, and so does the end.
const BUSY_TIME: Duration = Duration::from_secs(2);

/// The same at the end of the server. Several statements may wait one after the other, and systemd waits for 15 seconds.
const BUSY_TIME_AT_END: Duration = Duration::from_secs(1);

/// How long a line may be on its way from the dispatcher's clock to the queue.
const ON_ITS_WAY_MAX: Duration = Duration::from_secs(10);

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

/// The writer of the file.
pub struct Archive {
    file: HistoryFile,
    /// `None` after the file was found damaged and could not be replaced. It is tried again.
    connection: Option<Connection>,
    replace_at: Instant,
    /// The fault for which the file is still to be set aside.
    fault: Option<Fault>,
    /// The device and the number of the file that is open; `None` if nothing is known of it.
    identity: Option<(u64, u64)>,
    /// The id of the next line in the table.
    next_line: i64,
    /// How many lines are in the backlog.
    backlog: usize,
    /// The last batch had [`limits::HISTORY_BUSY_LINES`] or more.
    is_busy: bool,
    /// The last batch could not be written, since another process has locked the file. So the queue is emptied into it: each
    /// try takes seconds, and neither questions nor the end of the server may wait for one try after the other.
    is_locked: bool,
    rooms: RoomRows,
    /// The file was set aside while the chat went on, so rooms may begin with any id.
    has_replaced: bool,
    /// The deletions of which the Hub knows: a name, and the moment up to which its messages are forgotten.
    forgotten: Vec<(String, i64)>,
    /// The places in the file that may still hold their lines, which the archive has removed.
    traces: Traces,
    /// When the newest line that is written was received, in milliseconds since 1970.
    written_until: i64,
    bounds: retention::Bounds,
    is_shared: bool,
    jobs: Receiver<Job>,
    gauge: Arc<Gauge>,
    searches: Sender<Question>,
    search_ended: Receiver<()>,
    /// Grows when the file is another one.
    generation: Arc<AtomicU64>,
    report: Report,
    batch: Vec<Write>,
    /// With the time at which each came.
    questions: Vec<(Instant, Question)>,
    /// The first error that the log has not mentioned yet.
    trouble: Option<String>,
    log_at: Instant,
    remove_at: Instant,
    /// After an error, the archive files nothing until then.
    index_at: Instant,
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
    /// The server is one of several machines.
    pub is_shared: bool,
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
        let Links { jobs, gauge, searches, search_ended, generation, report, is_shared } = links;
        let now = Instant::now();
        let (next_line, backlog) = take_over(&connection)?;
        Ok(Self {
            next_line,
            backlog,
            is_busy: false,
            is_locked: false,
            identity: file.identity().ok().flatten(),
            file,
            connection: Some(connection),
            replace_at: now,
            fault: None,
            rooms: RoomRows::default(),
            has_replaced: false,
            forgotten: Vec::new(),
            // The last server may have ended before it had cleared them.
            traces: Traces::Index,
            written_until: i64::MIN,
            bounds,
            is_shared,
            jobs,
            gauge,
            searches,
            search_ended,
            generation,
            report,
            batch: Vec::new(),
            questions: Vec::new(),
            trouble: None,
            log_at: now,
            remove_at: now,
            index_at: now,
        })
    }

    /// Works until the dispatcher is gone and its last lines are written.
    pub fn run(mut self, row: &Row) {
        lower_priority();
        let mut rest = REMOVE_EVERY;
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
            if self.may_index() {
                self.index_backlog();
            }
            self.forward_questions();
            // While there is more to do, lines that wait come first, and nothing else delays it.
            // If another process has locked the file, only the first statement of a round waits for it.
            let is_done = self.batch.is_empty() && !self.remove_expired() && !self.may_index();
            rest = if is_done { REMOVE_EVERY } else { Duration::ZERO };
        }
        row.doing(Activity::Writing);
        if let Some(connection) = &self.connection {
            // It cannot fail: it is a number in memory.
            let _ = connection.busy_timeout(BUSY_TIME_AT_END);
        }
        self.write();
        let batch = mem::take(&mut self.batch);
        self.give_up(batch);
        self.log_losses(true);
        self.end();
    }

    /// Takes jobs until it is time to write.
    fn gather(&mut self) {
        let write_at = Instant::now() + limits::HISTORY_COMMIT_EVERY;
        loop {
            while (self.batch.len() < limits::HISTORY_BATCH_LINES || self.is_locked)
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
            if self.may_index() {
                self.index_backlog();
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
            Job::CatchUp(past) => {
                self.write();
                self.catch_up(&past);
            }
            Job::LookUp(question) => {
                self.questions.push((Instant::now(), question));
            }
        }
    }

    /// Writes the batch in one transaction. If that fails, its lines are not kept, except in two cases: another process has
    /// locked the file, which passes, or the file is damaged, and an empty one takes its place.
    fn write(&mut self) {
        let batch = mem::take(&mut self.batch);
        self.is_busy = batch.len() >= limits::HISTORY_BUSY_LINES;
        if !batch.is_empty() {
            let now = Timestamp::now().as_millisecond();
            let mut written = self.write_batch(&batch, now);
            if let Err(error) = &written {
                self.rooms.clear();
                self.handle_error(error);
                if is_damage(error) && self.connection.is_some() {
                    written = self.write_batch(&batch, now);
                }
            }
            self.is_locked = written.as_ref().is_err_and(is_busy);
            match written {
                Ok(()) => self.gauge.lines_done(batch.len()),
                Err(_) if self.is_locked => self.batch = batch,
                Err(_) => self.give_up(batch),
            }
        }
        self.log_losses(false);
    }

    fn give_up(&mut self, batch: Vec<Write>) {
        let is_line = |write: &&Write| matches!(write, Write::Line(_));
        self.gauge.count_lost(batch.iter().filter(is_line).count());
        self.gauge.lines_done(batch.len());
    }

    /// Writes a batch: to the backlog if the chat is busy, or if there is one.
    pub fn write_batch(&mut self, batch: &[Write], now: i64) -> rusqlite::Result<()> {
        let Some(connection) = &mut self.connection else {
            // The log has said that the file could not be replaced.
            return Err(rusqlite::Error::InvalidQuery);
        };
        self.rooms.limit();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut lines = Vec::with_capacity(batch.len());
        for write in batch {
            match write {
                Write::Topic { epoch, room, topic } => {
                    let row = self.rooms.row(&transaction, *epoch, room, now)?;
                    transaction.execute(
                        "UPDATE rooms SET topic = ?1 WHERE id = ?2",
                        params![topic.as_deref(), row.id],
                    )?;
                    row.note(row.last_id, now);
                }
                Write::Line(KeptLine { epoch, message }) => {
                    let Audience::Room { room, message_id } = &message.to else {
                        debug_assert!(false, "a private message is never kept: {message:?}");
                        continue;
                    };
                    let row = self.rooms.row(&transaction, *epoch, room, now)?;
                    if *message_id > row.last_id + 1 {
                        let is_first = row.last_id == 0 && self.has_replaced;
                        let loss = if is_first { Loss::Damage } else { Loss::Full };
                        transaction.execute(
                            "INSERT OR REPLACE INTO gaps VALUES (?1, ?2, ?3, ?4)",
                            params![row.id, row.last_id + 1, message_id - 1, loss.as_str()],
                        )?;
                    }
                    lines.push(LineRow::new(row.id, *message_id, message));
                    row.note(*message_id, now);
                }
            }
        }
        self.rooms.save(&transaction)?;
        let is_put_off = !lines.is_empty() && (self.is_busy || self.backlog > 0);
        put(&transaction, self.next_line, &lines, is_put_off)?;
        transaction.execute("UPDATE state SET committed_at = ?1", [now])?;
        transaction.commit()?;
        self.next_line += lines.len() as i64;
        self.backlog += if is_put_off { lines.len() } else { 0 };
        self.written_until = lines.last().map_or(self.written_until, LineRow::received_at);
        Ok(())
    }

    /// Writes what the file lacks of this past. If that fails, its lines are not kept: the next line of a room makes the gap known.
    pub fn catch_up(&mut self, past: &Past) {
        if let Err(error) = self.try_catch_up(past, Timestamp::now()) {
            self.rooms.clear();
            self.gauge.count_lost(past.rooms.iter().map(|room| room.lines.len()).sum());
            self.handle_error(&error);
        }
    }

    fn try_catch_up(&mut self, past: &Past, now: Timestamp) -> rusqlite::Result<()> {
        let has_new_epoch = match &self.connection {
            Some(connection) => catch_up::has_new_epoch(connection, past)?,
            None => return Err(rusqlite::Error::InvalidQuery),
        };
        let mut before = usize::MAX;
        while has_new_epoch && (1..before).contains(&self.backlog) {
            before = self.backlog;
            self.index_backlog();
        }
        if has_new_epoch && self.backlog > 0 {
            // Its lines would be taken for those of the new epochs.
            let busy = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY);
            let what = "the backlog cannot be emptied".to_owned();
            return Err(rusqlite::Error::SqliteFailure(busy, Some(what)));
        }
        let Some(connection) = &mut self.connection else {
            return Err(rusqlite::Error::InvalidQuery);
        };
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let times = (self.bounds.since(now), now.as_millisecond());
        let lines = catch_up::lacking(&transaction, &mut self.rooms, past, times)?;
        let is_put_off = self.backlog > 0 || lines.len() >= limits::HISTORY_BUSY_LINES;
        let mut next_line = self.next_line;
        for batch in lines.chunks(limits::HISTORY_BATCH_LINES) {
            put(&transaction, next_line, batch, is_put_off)?;
            next_line += batch.len() as i64;
        }
        transaction.commit()?;
        self.next_line = next_line;
        self.backlog += if is_put_off { lines.len() } else { 0 };
        Ok(())
    }

    /// Whether a batch of the backlog may leave it now: not while the chat is busy, unless somebody asks or it is too much.
    pub(super) fn may_index(&self) -> bool {
        let is_urgent =
            !self.questions.is_empty() || self.backlog >= limits::HISTORY_BACKLOG_LINES_MAX;
        let is_possible = !self.is_locked && Instant::now() >= self.index_at;
        self.backlog > 0 && (!self.is_busy || is_urgent) && is_possible
    }

    /// Moves the oldest batch of the backlog to the table and the index.
    pub fn index_backlog(&mut self) {
        let Some(connection) = &mut self.connection else {
            return;
        };
        match backlog::index_oldest(connection) {
            Ok(Some(indexed)) => {
                self.backlog = self.backlog.saturating_sub(indexed.lines);
                if indexed.unreadable > 0 {
                    self.gauge.count_lost(indexed.unreadable);
                    self.trouble.get_or_insert_with(|| "a part of the backlog is damaged".into());
                }
            }
            // `chatserv forget` has done it.
            Ok(None) => self.backlog = 0,
            Err(error) => {
                self.index_at = Instant::now() + REMOVE_EVERY;
                self.handle_error(&error);
            }
        }
    }

    /// Forwards the questions as soon as everything that was said before can be found. Refuses each for which that takes too
    /// long.
    fn forward_questions(&mut self) {
        let is_ready = self.backlog == 0 && self.batch.is_empty();
        let is_late = |asked_at: &Instant| asked_at.elapsed() >= limits::SEARCH_TIME_MAX;
        for (_, question) in self.questions.extract_if(.., |(at, _)| is_ready || is_late(at)) {
            if is_ready {
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
    pub(super) fn remove_expired(&mut self) -> bool {
        if Instant::now() < self.remove_at {
            return false;
        }
        if self.connection.is_none() {
            self.remove_at = Instant::now() + REMOVE_EVERY;
            if Instant::now() >= self.replace_at {
                self.replace();
            }
            return false;
        }
        if let Some(damage) = self.gauge.take_damage(self.generation.load(Ordering::Acquire)) {
            self.remove_at = Instant::now() + REMOVE_EVERY;
            self.begin_anew(Fault::Damaged(damage));
            return false;
        }
        if self.is_replaced() {
            self.remove_at = Instant::now() + REMOVE_EVERY;
            if let Some(connection) = &self.connection {
                // The file may only have another name now. It gets what the log has, if nobody reads.
                let _ = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
            }
            self.begin_anew(Fault::Replaced);
            return false;
        }
        match self.try_remove(Timestamp::now()) {
            Ok(true) => true,
            Ok(false) => {
                self.remove_at = Instant::now() + REMOVE_EVERY;
                false
            }
            Err(error) => {
                self.remove_at = Instant::now() + REMOVE_EVERY;
                self.handle_error(&error);
                false
            }
        }
    }

    /// Removes lines of people who are to be forgotten, and then lines that are too old or too many: one step of it. Returns
    /// whether there is more.
    pub fn try_remove(&mut self, now: Timestamp) -> rusqlite::Result<bool> {
        let Some(connection) = &mut self.connection else {
            return Ok(false);
        };
        let asked = retention::to_forget(connection)?;
        self.forgotten.retain(|known| asked.contains(known));
        let mut complete = Vec::new();
        for (name, before) in asked {
            let key = NameKey::of(&name);
            let moment = Timestamp::from_millisecond(before).unwrap_or(Timestamp::MAX);
            let known = (name, before);
            if !self.forgotten.contains(&known) {
                (self.report)(Event::Forgotten { sender: key.clone(), before: moment });
                self.forgotten.push(known.clone());
            }
            if retention::forget_some(connection, &key, before)? > 0 {
                self.traces = Traces::Index;
                return Ok(true);
            }
            let age = Duration::try_from(now.duration_since(moment)).unwrap_or_default();
            let is_in_queue = self.gauge.lines() > 0 && self.written_until < before;
            if self.backlog == 0 && !is_in_queue && age >= ON_ITS_WAY_MAX {
                complete.push(known);
            }
        }
        if !complete.is_empty() && self.clear_traces()? {
            return Ok(true);
        }
        let Some(connection) = &mut self.connection else {
            return Ok(false);
        };
        if self.traces == Traces::Nowhere {
            for (name, before) in complete {
                retention::is_forgotten(connection, &name, before)?;
            }
        }
        retention::step(connection, self.bounds, now)
    }

    /// Clears some of what is left of lines of people who are to be forgotten. Returns whether there is more to do at once.
    fn clear_traces(&mut self) -> rusqlite::Result<bool> {
        let (Some(connection), before) = (&self.connection, self.traces) else {
            return Ok(false);
        };
        if before == Traces::Log {
            // A program that reads keeps the log. It must not keep the lines of the chat waiting, too.
            connection.busy_timeout(Duration::ZERO)?;
        }
        let cleared = before.clear_some(connection);
        connection.busy_timeout(BUSY_TIME)?;
        self.traces = cleared?;
        Ok(before != Traces::Log && before != Traces::Nowhere)
    }

    /// Notes an error for the log. A damaged file is replaced by an empty one.
    pub(super) fn handle_error(&mut self, error: &rusqlite::Error) {
        if self.connection.is_none() {
            return;
        }
        if !is_damage(error) {
            self.trouble.get_or_insert_with(|| error.to_string());
            return;
        }
        self.begin_anew(Fault::Damaged(error.to_string()));
    }

    /// Whether the path leads to another file than the one that is open, or to none.
    fn is_replaced(&self) -> bool {
        // Nothing can be said where the directory cannot be read for a while.
        self.identity.is_some() && self.file.identity().is_ok_and(|now| now != self.identity)
    }

    fn begin_anew(&mut self, fault: Fault) {
        // SQLite renames nothing that is open.
        self.connection = None;
        self.rooms.clear();
        self.gauge.count_lost(mem::take(&mut self.backlog));
        self.fault = Some(fault);
        self.replace();
    }

    /// Sets the faulty file aside, and opens an empty one in its place.
    pub(super) fn replace(&mut self) {
        if let Some(fault) = &self.fault {
            match self.file.set_aside(fault) {
                Ok(()) => self.fault = None,
                Err(what) => return self.replace_later(&what),
            }
        }
        let opened = self.file.open_or_replace().and_then(|connection| {
            // Somebody may have put a file there.
            let found = take_over(&connection);
            found.map(|found| (connection, found)).map_err(|error| error.to_string())
        });
        match opened {
            Ok((connection, found)) => {
                self.has_replaced = true;
                self.identity = self.file.identity().ok().flatten();
                (self.next_line, self.backlog) = found;
                self.connection = Some(connection);
            }
            Err(what) => self.replace_later(&what),
        }
        self.generation.fetch_add(1, Ordering::Release);
    }

    fn replace_later(&mut self, what: &str) {
        let (path, seconds) = (self.file.path().display(), REPLACE_EVERY.as_secs());
        tracing::error!("{path}: {what}: nothing is kept, the next try is in {seconds} s");
        self.replace_at = Instant::now() + REPLACE_EVERY;
    }

    /// Says in the log how many lines were not kept, once a minute.
    fn log_losses(&mut self, is_last: bool) {
        let now = Instant::now();
        if now < self.log_at && !is_last {
            return;
        }
        let lost = self.gauge.take_lost();
        let trouble = self.trouble.take();
        let path = self.file.path().display();
        let why = match trouble {
            None if lost == 0 => return,
            Some(trouble) => trouble,
            None if self.connection.is_none() => "there is no file".to_owned(),
            None => "the disk is too slow for them".to_owned(),
        };
        if lost == 0 {
            tracing::error!("{path}: {why}");
        } else {
            let lost = counted(usize::try_from(lost).unwrap_or(usize::MAX), "line is", "lines are");
            tracing::error!("{path}: {lost} not kept: {why}");
        }
        self.log_at = now + LOG_LOSSES_EVERY;
    }

    /// Notes that the ids can go on without a gap, and leaves one file without companions.
    pub fn end(self) {
        let Some(connection) = self.connection else {
            return;
        };
        if self.is_locked {
            // Lines were lost, so the file may say that the server has not ended.
            return;
        }
        // The last connection to a file removes the companions, and must be one that may write.
        drop(self.searches);
        let _ = self.search_ended.recv();
        // If lines were not kept, the last ones of a room may be among them, and their ids must not be given again either.
        let end = match (self.gauge.has_lost(), self.is_shared) {
            (true, _) => End::None,
            (false, false) => End::InOrder,
            (false, true) => End::OneOfSeveral,
        };
        let ended = connection
            .execute("UPDATE state SET clean = ?1", [end as i64])
            .and_then(|_| connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())));
        if let Err(error) = ended {
            tracing::error!("{}: cannot be finished: {error}", self.file.path().display());
        }
    }
}

/// Lets the threads of the chat go first where they need all processors.
fn lower_priority() {
    // To Linux, the calling process is the calling thread. A sandbox may forbid it, which is no harm.
    let nice = getpriority_process(None).unwrap_or(0);
    let _ = setpriority_process(None, nice.saturating_add(limits::HISTORY_NICE).min(NICE_MAX));
}

/// Writes lines, which get the ids from `first_line` on: to the backlog, or to the table and the index.
fn put(
    transaction: &Transaction<'_>,
    first_line: i64,
    lines: &[LineRow<'_>],
    is_put_off: bool,
) -> rusqlite::Result<()> {
    if is_put_off {
        return backlog::append(transaction, first_line, lines);
    }
    let mut indexing = Indexing::new(transaction)?;
    (first_line..).zip(lines).try_for_each(|(id, line)| indexing.add(id, line).map(drop))?;
    clock::note(transaction).map(drop)
}

/// Prepares a connection for the archive. Returns the id of the next line, and how many lines are in the backlog.
fn take_over(connection: &Connection) -> rusqlite::Result<(i64, usize)> {
    connection.busy_timeout(BUSY_TIME)?;
    mark_running(connection)?;
    Ok((next_line(connection)?, backlog::count(connection)?))
}

fn next_line(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row(
        "SELECT 1 + max((SELECT coalesce(max(id), 0) FROM lines),
                        (SELECT coalesce(max(first_line + count - 1), 0) FROM backlog),
                        (SELECT coalesce(max(last_line), 0) FROM runs))",
        [],
        |row| row.get(0),
    )
}

/// Whether another process has locked the file for too long.
fn is_busy(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
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

    pub fn set_bounds(&mut self, bounds: retention::Bounds) {
        self.bounds = bounds;
    }

    pub fn set_report(&mut self, report: Report) {
        self.report = report;
    }

    /// Takes these and writes all that it has.
    pub fn keep(&mut self, batch: Vec<Write>) {
        self.gauge.add_lines(batch.len());
        self.batch.extend(batch);
        // The log would take the number of lost lines.
        self.log_at = Instant::now() + LOG_LOSSES_EVERY;
        self.write();
    }

    /// As if so many lines were in the queue.
    pub fn queue(&self, lines: usize) {
        self.gauge.add_lines(lines);
    }

    pub fn lost(&self) -> u64 {
        self.gauge.take_lost()
    }

    /// As if this question had come so long ago.
    pub fn ask(&mut self, question: Question, ago: Duration) {
        self.questions.push((Instant::now() - ago, question));
        self.forward_questions();
    }

    /// Moves what the log has into the file.
    pub fn checkpoint(&self) {
        let done = self.connection().query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        done.expect("nobody else has the file");
    }
}
