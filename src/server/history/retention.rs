//! Removes lines from the file: those that are too old, the oldest ones of a file that is too large, and the lines of people who
//! are to be forgotten. All of it in small transactions, between which lines are written.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use crate::chat::NameKey;

/// How many lines one transaction removes.
const LINES_AT_ONCE: usize = 500;

/// How many free pages are given back to the system at once.
const PAGES_AT_ONCE: u32 = 1_000;

/// How many pages of the index are merged at once, so that it gives up the words of removed lines.
const MERGED_PAGES: u32 = 64;

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

/// Removes some lines if there are too many. Returns whether there may be more to remove.
///
/// # Errors
/// Those of SQLite.
pub fn step(connection: &mut Connection, bounds: Bounds, now: Timestamp) -> rusqlite::Result<bool> {
    let is_too_large = used_bytes(connection)? > bounds.bytes;
    let before = if is_too_large { i64::MAX } else { bounds.since(now) };
    let oldest = connection
        .prepare_cached("SELECT received_at FROM lines ORDER BY id LIMIT 1")?
        .query_row([], |row| row.get::<_, i64>(0))
        .optional()?;
    if oldest.is_none_or(|received_at| received_at >= before) {
        return Ok(false);
    }
    let oldest = {
        let mut select = connection
            .prepare_cached("SELECT id, room, received_at FROM lines ORDER BY id LIMIT ?1")?;
        let rows = select.query_map([LINES_AT_ONCE], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?))
        })?;
        let rows: Vec<_> = rows.collect::<rusqlite::Result<_>>()?;
        rows.into_iter().take_while(|&(_, _, received_at)| received_at < before)
    };
    let (lines, rooms): (Vec<i64>, Vec<i64>) = oldest.map(|(id, room, _)| (id, room)).unzip();
    if lines.is_empty() {
        return Ok(false);
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    remove(&transaction, &lines)?;
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

/// Removes rooms of which no line is left, and nothing has happened in them since `before`, in milliseconds since 1970. Their
/// topics go with them. Only before a chat begins: the ids of a room that is open, or may be opened again, go on.
///
/// # Errors
/// Those of SQLite.
pub fn remove_rooms(connection: &mut Connection, before: i64) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute(
        "DELETE FROM rooms WHERE spoken_at < ?1 AND NOT EXISTS (SELECT 1 FROM backlog)
            AND NOT EXISTS (SELECT 1 FROM lines WHERE lines.room = rooms.id)",
        [before],
    )?;
    transaction.execute("DELETE FROM gaps WHERE room NOT IN (SELECT id FROM rooms)", [])?;
    transaction.commit()
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
