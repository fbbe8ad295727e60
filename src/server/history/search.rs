//! The `search` thread: it answers what the Hub asks, one question at a time, over a connection that only reads.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use crossbeam_channel::{Receiver, Sender};
use jiff::tz::TimeZone;
use rusqlite::{Connection, ErrorCode, OptionalExtension, params};

use super::archive::Report;
use super::queue::{Gauge, Question};
use super::{clock, file, rows, words};
use crate::chat::{
    Event, Fetch, Found, Gap, KeptLine, LookupError, Loss, Moment, NameKey, Range, Search,
};
use crate::config::limits;
use crate::server::{Activity, Row};

/// No message has a larger id: SQLite has no larger integers.
const ID_MAX: u64 = i64::MAX as u64 - 1;

/// How many instructions of its virtual machine SQLite executes between two looks at the clock: some microseconds.
const LOOK_EVERY_INSTRUCTIONS: i32 = 1_000;

/// The reader of the file.
pub struct Searcher {
    path: PathBuf,
    /// With the generation of the file.
    connection: Option<(u64, Connection)>,
    /// Tells the zone of dates.
    zone: TimeZone,
    /// Dropped with this thread's connection, and after it.
    links: Links,
}

/// The state that the search thread shares with other threads.
pub struct Links {
    pub questions: Receiver<Question>,
    pub gauge: Arc<Gauge>,
    /// Grows when the file is another one.
    pub generation: Arc<AtomicU64>,
    /// The chat has ended: nobody waits for an answer.
    pub is_over: Arc<AtomicBool>,
    pub report: Report,
    /// Tells the archive, by its end, that this thread has closed its connection.
    pub _ended: Sender<()>,
}

impl Searcher {
    /// A thread's body for the file at this path.
    pub fn new(path: PathBuf, zone: TimeZone, links: Links) -> Self {
        Self { path, connection: None, zone, links }
    }

    /// Answers until the archive is gone.
    pub fn run(mut self, row: &Row) {
        row.doing(Activity::WaitingForWork);
        let mut waiting = VecDeque::new();
        while let Some(question) = self.next(&mut waiting) {
            row.doing(Activity::Searching);
            let ticket = question.ticket();
            // A client whose question gets no answer could not ask for anything more, so a panic is an answer too.
            let found = catch_unwind(AssertUnwindSafe(|| {
                self.answer(&question).map_err(|error| self.refusal(&error))
            }));
            let found = found.unwrap_or(Err(LookupError::Failed));
            self.links.gauge.question_done();
            (self.links.report)(Event::Found { ticket, found });
            row.doing(Activity::WaitingForWork);
        }
    }

    /// Waits for a question. A page is found at once, and a search may take its time, so pages come before searches. Each client
    /// has one question at a time, so all clients take turns.
    fn next(&self, waiting: &mut VecDeque<Question>) -> Option<Question> {
        if waiting.is_empty() {
            waiting.push_back(self.links.questions.recv().ok()?);
        }
        waiting.extend(self.links.questions.try_iter());
        let page = waiting.iter().position(|question| matches!(question, Question::Fetch(_)));
        waiting.remove(page.unwrap_or(0))
    }

    fn answer(&mut self, question: &Question) -> rusqlite::Result<Found> {
        let generation = self.links.generation.load(Ordering::Acquire);
        if self.connection.as_ref().is_some_and(|(of, _)| *of != generation) {
            self.connection = None;
        }
        let (_, connection) = match &mut self.connection {
            Some(open) => open,
            none => none.insert((generation, file::connect_to_read(&self.path)?)),
        };
        // In this thread, so no other one has to keep the time and interrupt it.
        let end = Instant::now() + limits::SEARCH_TIME_MAX;
        let is_over = Arc::clone(&self.links.is_over);
        let is_late = move || Instant::now() >= end || is_over.load(Ordering::Relaxed);
        connection.progress_handler(LOOK_EVERY_INSTRUCTIONS, Some(is_late))?;
        match question {
            Question::Fetch(question) => fetch(connection, &self.zone, question),
            Question::Search(question) => search(connection, &self.zone, question),
        }
    }

    fn refusal(&mut self, error: &rusqlite::Error) -> LookupError {
        if error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted) {
            return LookupError::TooSlow;
        }
        // The next question tries a new connection.
        let generation = self.connection.take().map(|(generation, _)| generation);
        if file::is_damage(error) {
            let generation =
                generation.unwrap_or_else(|| self.links.generation.load(Ordering::Acquire));
            self.links.gauge.report_damage(generation, error.to_string());
        }
        tracing::error!("{}: cannot be read: {error}", self.path.display());
        LookupError::Failed
    }
}

/// Collects lines until one of the limits is reached.
struct Page<'q> {
    lines: Vec<KeptLine>,
    more: bool,
    limit: usize,
    bytes_left: usize,
    hidden: &'q [NameKey],
}

impl<'q> Page<'q> {
    fn new(limit: usize, bytes_left: usize, hidden: &'q [NameKey]) -> Self {
        Self { lines: Vec::new(), more: false, limit, bytes_left, hidden }
    }

    /// Adds a line, unless it is hidden. Returns `false` if there was no room for it.
    fn push(&mut self, line: KeptLine) -> bool {
        if !self.hidden.is_empty() && self.hidden.contains(&NameKey::of(&line.message.from)) {
            return true;
        }
        let bytes = line.message.bytes_in_answer();
        if self.lines.len() == self.limit || bytes > self.bytes_left {
            self.more = true;
            return false;
        }
        self.bytes_left -= bytes;
        self.lines.push(line);
        true
    }
}

/// A part of the history of one room.
pub fn fetch(connection: &Connection, zone: &TimeZone, asked: &Fetch) -> rusqlite::Result<Found> {
    let mut page = Page::new(asked.limit, asked.bytes_max, &asked.hidden);
    let room: Option<(i64, u64)> = connection
        .prepare_cached("SELECT id, last_id FROM rooms WHERE epoch = ?1")?
        .query_row([asked.epoch], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    if asked.limit == 0 {
        return Ok(Found::default());
    }
    let below = asked.below.min(ID_MAX);
    let (above, mut below) = match asked.range {
        Range::Last | Range::Until(_) => (0, below),
        Range::Before(end) => (0, below.min(end)),
        Range::After(start) => (start.min(below), below),
    };
    let Some((room, last_id)) = room else {
        let gap = unwritten(0, asked, above + 1, below.saturating_sub(1));
        return Ok(Found { gaps: Vec::from_iter(gap), ..Found::default() });
    };
    let mut before = i64::MAX;
    let parts = match asked.range {
        Range::Until(moment) => {
            before = millisecond(moment, zone);
            let ids = |lines: std::ops::Range<i64>| -> rusqlite::Result<(u64, u64)> {
                let id_at = |line| id_at(connection, room, line);
                Ok((id_at(lines.start)?.saturating_sub(1), id_at(lines.end)?.min(below)))
            };
            clock::before(connection, before)?.into_iter().map(ids).collect::<Result<_, _>>()?
        }
        _ => vec![(above, below)],
    };
    let is_forward = matches!(asked.range, Range::After(_));
    let order = if is_forward { "ASC" } else { "DESC" };
    let mut select = connection.prepare_cached(&format!(
        "SELECT {} FROM lines JOIN rooms ON rooms.id = lines.room
         WHERE lines.room = ?1 AND lines.message_id > ?2 AND lines.message_id < ?3 AND lines.received_at < ?4
         ORDER BY lines.message_id {order}",
        rows::COLUMNS
    ))?;
    let mut newest = 0;
    for (above, below) in parts {
        let mut found = select.query(params![room, above, below, before])?;
        while !page.more
            && let Some(row) = found.next()?
        {
            let line = rows::line(row)?;
            newest = newest.max(id_of(&line));
            page.push(line);
        }
    }
    if before < i64::MAX && newest < last_message_id(connection, room)?.unsigned_abs() {
        // Lines behind this one are not from before the moment, and neither are their gaps.
        below = newest + 1;
    }
    let Page { mut lines, more, .. } = page;
    if !is_forward {
        lines.reverse();
    }
    // The next page has the gaps beyond this one.
    let cut = if is_forward { lines.last() } else { lines.first() };
    let cut = cut.filter(|_| more).map(id_of);
    let (from, to) = match (cut, is_forward) {
        (None, _) => (above + 1, below.saturating_sub(1)),
        (Some(last), true) => (above + 1, last),
        (Some(first), false) => (first, below.saturating_sub(1)),
    };
    let mut gaps = gaps(connection, room, from, to)?;
    gaps.extend(unwritten(last_id, asked, from, to));
    Ok(Found { lines, more, gaps, cursor: None })
}

/// The gap behind the last line of a room that was written, up to the lines in memory, as far as it lies within these ids. The
/// archive notes it in the table with the next line of the room that it can write. Everything that was said before the question
/// is written or lost by now.
fn unwritten(last_id: u64, asked: &Fetch, from: u64, to: u64) -> Option<Gap> {
    if asked.below > ID_MAX {
        // Not a question about what is before the lines in memory.
        return None;
    }
    let (first, last) = ((last_id + 1).max(from), to);
    (first <= last).then_some(Gap { first, last, cause: Loss::Full })
}

fn id_of(line: &KeptLine) -> u64 {
    match line.message.to {
        crate::chat::Audience::Room { message_id, .. } => message_id,
        crate::chat::Audience::People(_) => 0,
    }
}

/// The gaps of a room that touch these ids, cut to end with the last of them.
pub fn gaps(connection: &Connection, room: i64, from: u64, to: u64) -> rusqlite::Result<Vec<Gap>> {
    let mut select = connection.prepare_cached(
        "SELECT first_id, last_id, cause FROM gaps
         WHERE room = ?1 AND first_id <= ?3 AND last_id >= ?2 ORDER BY first_id DESC LIMIT ?4",
    )?;
    let found = select.query_map(params![room, from, to, limits::LIST_ENTRIES_MAX], |row| {
        let cause: String = row.get(2)?;
        let cause = Loss::parse(&cause).unwrap_or(Loss::Crash);
        Ok(Gap { first: row.get(0)?, last: row.get::<_, u64>(1)?.min(to), cause })
    })?;
    let mut gaps = found.collect::<rusqlite::Result<Vec<Gap>>>()?;
    gaps.reverse();
    Ok(gaps)
}

/// The newest lines with some words.
pub fn search(connection: &Connection, zone: &TimeZone, asked: &Search) -> rusqlite::Result<Found> {
    let mut page = Page::new(asked.limit, asked.bytes_max, &asked.hidden);
    let before = asked.before.map_or(i64::MAX, |moment| millisecond(moment, zone));
    let all = 0..i64::MAX;
    let parts = match asked.before {
        Some(_) => clock::before(connection, before)?,
        None => vec![all],
    };
    let below = asked.cursor.map_or(i64::MAX, |cursor| cursor.min(i64::MAX as u64) as i64);
    let mut select = connection.prepare_cached(&format!(
        "SELECT {}, lines.id, rooms.key FROM words
         CROSS JOIN lines ON lines.id = words.rowid CROSS JOIN rooms ON rooms.id = lines.room
         WHERE words MATCH ?1 AND words.rowid >= ?2 AND words.rowid < ?3 ORDER BY words.rowid DESC",
        rows::COLUMNS
    ))?;
    let query = words::query(&asked.words, asked.sender.as_ref(), &asked.rooms);
    let mut cursor = None;
    for part in parts.into_iter().filter(|part| part.start < below) {
        let mut found = select.query(params![query, part.start, part.end.min(below)])?;
        while !page.more
            && let Some(row) = found.next()?
        {
            let line = rows::line(row)?;
            // Different names may have the same token, and times are in order only roughly.
            let key: String = row.get(rows::COLUMN_COUNT + 1)?;
            let is_meant = asked.rooms.iter().any(|room| room.as_str() == key)
                && asked.sender.as_ref().is_none_or(|it| *it == NameKey::of(&line.message.from))
                && line.message.received_at.as_millisecond() < before;
            let id: u64 = row.get(rows::COLUMN_COUNT)?;
            if is_meant {
                let is_in = page.push(line);
                cursor = if is_in { Some(id) } else { cursor.or(Some(id + 1)) };
            }
        }
    }
    let Page { lines, more, .. } = page;
    Ok(Found { lines, more, gaps: Vec::new(), cursor: cursor.filter(|_| more) })
}

/// A moment in milliseconds since 1970. A local one that does not exist, or exists twice, is the one that most people mean.
pub fn millisecond(moment: Moment, zone: &TimeZone) -> i64 {
    match moment {
        Moment::Exact(moment) => moment.as_millisecond(),
        Moment::Local(local) => zone
            .to_ambiguous_zoned(local)
            .compatible()
            .map_or(i64::MAX, |zoned| zoned.timestamp().as_millisecond()),
    }
}

/// The first message id of a room from which on its lines have at least this id in the table.
fn id_at(connection: &Connection, room: i64, line: i64) -> rusqlite::Result<u64> {
    let mut at = connection.prepare_cached(
        "SELECT message_id, id FROM lines WHERE room = ?2 AND message_id >= ?1 ORDER BY message_id LIMIT 1",
    )?;
    let end = last_message_id(connection, room)?.saturating_add(1);
    let id = clock::first_at(0..end, line, |id| {
        at.query_row([id, room], |row| Ok((row.get(0)?, row.get(1)?))).optional()
    })?;
    Ok(id.unsigned_abs())
}

/// 0 if there is no line of the room.
fn last_message_id(connection: &Connection, room: i64) -> rusqlite::Result<i64> {
    connection
        .prepare_cached("SELECT coalesce(max(message_id), 0) FROM lines WHERE room = ?1")?
        .query_row([room], |row| row.get(0))
}
