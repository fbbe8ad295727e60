//! Removes lines from the file: those that are too old, the oldest ones of a file that is too large, and the lines of people who
//! are to be forgotten. All of it in small transactions, between which lines are written.

use std::ops::RangeInclusive;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, Transaction, TransactionBehavior, params};

use super::{clock, reindex};
use crate::chat::NameKey;

/// How many lines one transaction removes.
const LINES_AT_ONCE: usize = 500;

/// How many free pages are given back to the system at once.
const PAGES_AT_ONCE: u32 = 1_000;

/// How many pages of the index are merged at once, so that it gives up the words of removed lines.
const MERGED_PAGES: u32 = 64;

/// How far the clock may leap, in milliseconds, and how long its time must last after a longer leap.
const PROOF_TIME: i64 = 24 * NOTE_EVERY;

/// How often the time is noted, in milliseconds.
const NOTE_EVERY: i64 = 60 * 60 * 1_000;

/// How much is kept, and for how long.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    pub days: Option<u32>,
    pub bytes: u64,
}

impl Bounds {
    /// The time before which lines are too old, in milliseconds since 1970.
    pub fn since(&self, now: Timestamp) -> i64 {
        self.days.map_or(i64::MIN, |days| {
            let age = SignedDuration::from_hours(24 * i64::from(days));
            now.checked_sub(age).map_or(i64::MIN, |since| since.as_millisecond())
        })
    }
}

/// Removes some lines if there are too many, and does some of what a new version of the server has to do for old lines. Returns
/// whether there may be more to do.
///
/// # Errors
/// Those of SQLite.
pub fn step(connection: &mut Connection, bounds: Bounds, now: Timestamp) -> rusqlite::Result<bool> {
    Ok(remove_some(connection, bounds, now)? || reindex::step(connection)?)
}

fn remove_some(
    connection: &mut Connection,
    bounds: Bounds,
    now: Timestamp,
) -> rusqlite::Result<bool> {
    if clock::is_behind(connection)? {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let more = clock::note(&transaction)?;
        transaction.commit()?;
        if more {
            return Ok(true);
        }
    }
    let is_too_large = used_bytes(connection)? > bounds.bytes;
    let lines = match bounds.since(now) {
        _ if is_too_large => oldest(connection, 0..=i64::MAX, i64::MAX)?,
        _ if bounds.days.is_none() || !is_plausible(connection, now)? => return Ok(false),
        since => expired(connection, since)?,
    };
    if lines.is_empty() {
        return Ok(false);
    }
    let (lines, rooms): (Vec<i64>, Vec<i64>) = lines.into_iter().unzip();
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    remove(&transaction, &lines)?;
    clock::drop_empty(&transaction)?;
    // A gap before the first line of a room tells nobody anything.
    for room in unique(rooms) {
        transaction.execute(
            "DELETE FROM gaps WHERE room = ?1 AND last_id < coalesce(
                 (SELECT min(message_id) FROM lines WHERE room = ?1), 0)",
            [room],
        )?;
    }
    transaction.commit()?;
    merge(connection, MERGED_PAGES)?;
    give_back(connection)?;
    Ok(lines.len() == LINES_AT_ONCE)
}

/// Removes rooms of which no line is left, and in which nothing has happened for as long as lines are kept. Their topics go
/// with them. Only before a chat begins: the ids of a room that is open, or may be opened again, go on.
///
/// # Errors
/// Those of SQLite.
pub fn remove_rooms(
    connection: &mut Connection,
    bounds: Bounds,
    now: Timestamp,
) -> rusqlite::Result<()> {
    if !is_plausible(connection, now)? {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute(
        "DELETE FROM rooms WHERE spoken_at < ?1 AND NOT EXISTS (SELECT 1 FROM backlog)
            AND NOT EXISTS (SELECT 1 FROM lines WHERE lines.room = rooms.id)",
        [bounds.since(now)],
    )?;
    transaction.execute("DELETE FROM gaps WHERE room NOT IN (SELECT id FROM rooms)", [])?;
    transaction.commit()
}

/// Whether the clock may decide which lines are too old. After a leap of more than a day, it may be wrong, or the server was away:
/// it may decide when its time has lasted for a day.
fn is_plausible(connection: &Connection, now: Timestamp) -> rusqlite::Result<bool> {
    let now = now.as_millisecond();
    let (noted, doubted): (i64, i64) = connection
        .prepare_cached("SELECT noted_at, doubted_at FROM state")?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let is_new = noted == 0;
    let has_leapt = !is_new && now - noted > PROOF_TIME;
    let has_lasted = !(doubted..doubted.saturating_add(PROOF_TIME)).contains(&now);
    let still_doubted = match doubted {
        _ if has_leapt => now,
        _ if has_lasted => 0,
        doubted => doubted,
    };
    if is_new || still_doubted != doubted || (now - noted).abs() >= NOTE_EVERY {
        connection
            .execute("UPDATE state SET noted_at = ?1, doubted_at = ?2", [now, still_doubted])?;
    }
    if has_leapt {
        let (path, hours) = (connection.path().unwrap_or_default(), (now - noted) / NOTE_EVERY);
        tracing::warn!(
            "{path}: the clock is {hours} hours beyond the time that the history knows. If the server was not away so long, set it \
             right: from tomorrow on, lines that are too old by this clock are removed"
        );
    }
    Ok(still_doubted == 0)
}

/// Some of the lines from before this time, each with the row of its room. While the clock was wrong, lines may have got any time,
/// so older ones may be behind them.
fn expired(connection: &Connection, since: i64) -> rusqlite::Result<Vec<(i64, i64)>> {
    let mut lines = Vec::new();
    for run in clock::runs(connection)?.iter().filter(|run| run.earliest < since) {
        lines.append(&mut oldest(connection, run.first..=run.last, since)?);
    }
    lines.truncate(LINES_AT_ONCE);
    Ok(lines)
}

/// The first of the lines with these ids that are from before this time.
fn oldest(
    connection: &Connection,
    ids: RangeInclusive<i64>,
    before: i64,
) -> rusqlite::Result<Vec<(i64, i64)>> {
    let mut select = connection.prepare_cached(
        "SELECT id, room, received_at FROM lines WHERE id BETWEEN ?1 AND ?2 ORDER BY id LIMIT ?3",
    )?;
    let mut rows = select.query(params![ids.start(), ids.end(), LINES_AT_ONCE])?;
    let mut lines = Vec::new();
    while let Some(row) = rows.next()? {
        let received_at: i64 = row.get(2)?;
        if received_at >= before.saturating_add(clock::SLACK) {
            break;
        }
        if received_at < before {
            lines.push((row.get(0)?, row.get(1)?));
        }
    }
    Ok(lines)
}

/// The size of the file in bytes, without the pages that are free.
fn used_bytes(connection: &Connection) -> rusqlite::Result<u64> {
    let number = |pragma| connection.pragma_query_value(None, pragma, |row| row.get::<_, u64>(0));
    let pages = number("page_count")?.saturating_sub(number("freelist_count")?);
    Ok(pages * number("page_size")?)
}

fn unique(mut rooms: Vec<i64>) -> Vec<i64> {
    rooms.sort_unstable();
    rooms.dedup();
    rooms
}

/// Removes lines and their words.
pub fn remove(transaction: &Transaction<'_>, lines: &[i64]) -> rusqlite::Result<()> {
    let mut line = transaction.prepare_cached("DELETE FROM lines WHERE id = ?1")?;
    let mut words = transaction.prepare_cached("DELETE FROM words WHERE rowid = ?1")?;
    for id in lines {
        line.execute([id])?;
        words.execute([id])?;
    }
    Ok(())
}

/// Deletes something so that its bytes are not found in the free pages of the file.
///
/// # Errors
/// Those of SQLite.
pub fn securely<T>(
    connection: &Connection,
    delete: impl FnOnce() -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    const FAST: i32 = 2;
    let before: i32 = connection.pragma_query_value(None, "secure_delete", |row| row.get(0))?;
    connection.pragma_update(None, "secure_delete", "ON")?;
    let deleted = delete();
    // SQLite reads `2` as a yes.
    let before = if before == FAST { "FAST" } else { "ON" };
    connection.pragma_update(None, "secure_delete", before)?;
    deleted
}

/// Merges parts of the index, of at most about this many pages; a negative number begins a merge of the whole index.
pub fn merge(connection: &Connection, pages: impl rusqlite::ToSql) -> rusqlite::Result<()> {
    let mut merge =
        connection.prepare_cached("INSERT INTO words (words, rank) VALUES ('merge', ?1)")?;
    merge.execute([pages]).map(drop)
}

/// Gives free pages back to the system.
///
/// # Errors
/// Those of SQLite.
pub fn give_back(connection: &Connection) -> rusqlite::Result<()> {
    // Each row that the statement returns is a page that has moved.
    let mut vacuum = connection.prepare(&format!("PRAGMA incremental_vacuum({PAGES_AT_ONCE})"))?;
    let mut rows = vacuum.query([])?;
    while rows.next()?.is_some() {}
    Ok(())
}

/// The people whom another process has forgotten, and the moments up to which it has, in milliseconds since 1970. Lines of
/// theirs may come from the queue and from the backlog after that.
///
/// # Errors
/// Those of SQLite.
pub fn to_forget(connection: &Connection) -> rusqlite::Result<Vec<(String, i64)>> {
    let mut select = connection.prepare_cached("SELECT name, before FROM forgotten")?;
    let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect()
}

/// No line of theirs can come any more.
///
/// # Errors
/// Those of SQLite.
pub fn is_forgotten(connection: &Connection, name: &str, before: i64) -> rusqlite::Result<()> {
    let delete = "DELETE FROM forgotten WHERE name = ?1 AND before = ?2";
    connection.execute(delete, params![name, before]).map(drop)
}

/// Removes some of the lines that people with this name sent before a moment, in milliseconds since 1970. Returns how many.
///
/// # Errors
/// Those of SQLite.
pub fn forget_some(
    connection: &mut Connection,
    key: &NameKey,
    before: i64,
) -> rusqlite::Result<usize> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let lines: Vec<i64> = {
        // The index has a word for each sender, which two of them may share.
        let mut select = transaction.prepare_cached(
            "SELECT lines.id, lines.sender, lines.received_at FROM words
             CROSS JOIN lines ON lines.id = words.rowid WHERE words MATCH ?1 ORDER BY words.rowid",
        )?;
        let mut rows = select.query([format!("sender : \"{}\"", super::words::token(key))])?;
        let mut lines = Vec::new();
        while lines.len() < LINES_AT_ONCE
            && let Some(row) = rows.next()?
        {
            let (sender, received_at): (String, i64) = (row.get(1)?, row.get(2)?);
            if received_at < before && NameKey::of(&sender) == *key {
                lines.push(row.get(0)?);
            }
        }
        lines
    };
    securely(&transaction, || remove(&transaction, &lines))?;
    transaction.commit()?;
    Ok(lines.len())
}
