//! The backlog: lines that are on disk, but not yet in the table of lines and in the index of words.
//!
//! A line in the table and the index takes thirty times as long to write as a line in the backlog, where a whole batch is one
//! value. So a chat that is busy fills the backlog, and the archive moves its lines to the table and the index when the chat
//! is calm again or somebody asks. The ids of the lines are given when they enter the backlog, so a move changes neither an id
//! nor the order.

use std::collections::HashMap;
use std::sync::Arc;

use rusqlite::types::Value;
use rusqlite::{
    CachedStatement, Connection, OptionalExtension, Row, Transaction, TransactionBehavior, params,
};

use super::rows::{Indexing, LineRow};
use super::{clock, retention};
use crate::chat::KeptLine;

/// Appends a batch. Its lines get the ids from `first_line` on.
///
/// # Errors
/// Those of SQLite.
pub fn append(
    transaction: &Transaction<'_>,
    first_line: i64,
    lines: &[LineRow<'_>],
) -> rusqlite::Result<()> {
    let bytes = lines.iter().map(LineRow::bytes_about).sum();
    let bytes = postcard::to_extend(lines, Vec::with_capacity(bytes))
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
    let mut insert = transaction.prepare_cached("INSERT INTO backlog VALUES (?1, ?2, ?3)")?;
    insert.execute(params![first_line, lines.len(), bytes]).map(drop)
}

/// How many lines are in the backlog.
///
/// # Errors
/// Those of SQLite.
pub fn count(connection: &Connection) -> rusqlite::Result<usize> {
    connection.query_row("SELECT coalesce(sum(count), 0) FROM backlog", [], |row| row.get(0))
}

/// A batch that has left the backlog.
pub struct Indexed {
    /// The number of its lines.
    pub lines: usize,
    /// Not one of them could be read.
    pub is_unreadable: bool,
}

/// Moves the oldest batch to the table and the index. Returns `None` if there is none. Another process may do the same at the
/// same time.
///
/// # Errors
/// Those of SQLite. The batch is where it was.
pub fn index_oldest(connection: &mut Connection) -> rusqlite::Result<Option<Indexed>> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let oldest = transaction
        .prepare_cached("SELECT first_line, count, lines FROM backlog ORDER BY first_line LIMIT 1")?
        .query_row([], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, usize>(1)?, row.get::<_, Value>(2)?))
        })
        .optional()?;
    let Some((first_line, count, lines)) = oldest else {
        return Ok(None);
    };
    let lines = parse(&lines);
    if let Some(lines) = &lines {
        let mut indexing = Indexing::new(&transaction)?;
        for (id, line) in (first_line..).zip(lines) {
            indexing.add(id, line)?;
        }
        clock::note(&transaction)?;
    }
    delete(&transaction, first_line)?;
    transaction.commit()?;
    Ok(Some(Indexed { lines: count, is_unreadable: lines.is_none() }))
}

/// Deletes a batch from the backlog. A person who is forgotten later must not be found in the free pages of the file.
fn delete(connection: &Connection, first_line: i64) -> rusqlite::Result<()> {
    let mut delete = connection.prepare_cached("DELETE FROM backlog WHERE first_line = ?1")?;
    retention::securely(connection, || delete.execute([first_line])).map(drop)
}

/// The lines of a batch; `None` if it is damaged.
fn parse(lines: &Value) -> Option<Vec<LineRow<'_>>> {
    match lines {
        Value::Blob(bytes) => {
            let (lines, rest) = postcard::take_from_bytes(bytes).ok()?;
            rest.is_empty().then_some(lines)
        }
        // Of an older version.
        Value::Text(text) => serde_json::from_str(text).ok(),
        Value::Null | Value::Integer(_) | Value::Real(_) => None,
    }
}

/// The last lines in the backlog.
pub struct Newest {
    /// Newest first, each with the id of its room's row.
    pub lines: Vec<(i64, KeptLine)>,
    /// These are not all.
    pub more: bool,
}

/// Reads the last batches of the backlog, until there are so many lines.
///
/// # Errors
/// Those of SQLite.
pub fn newest(connection: &Connection, lines_max: usize) -> rusqlite::Result<Newest> {
    let mut select = connection.prepare("SELECT lines FROM backlog ORDER BY first_line DESC")?;
    let mut batches = select.query([])?;
    let (mut newest, mut rooms) = (Vec::new(), Rooms::new(connection)?);
    while let Some(batch) = batches.next()? {
        if newest.len() >= lines_max {
            return Ok(Newest { lines: newest, more: true });
        }
        let lines: Value = batch.get(0)?;
        for line in parse(&lines).unwrap_or_default().into_iter().rev() {
            let room = line.room();
            newest.extend(rooms.kept(line)?.map(|line| (room, line)));
        }
    }
    Ok(Newest { lines: newest, more: false })
}

/// The lines behind the one with the id `last`, of the first batch that has any.
pub struct Behind {
    pub lines: Vec<KeptLine>,
    /// The id of the last line of the batch, and how many lines are in the batch, whether they can be read or not.
    pub last: i64,
    pub count: usize,
}

/// Reads on behind the line with the id `last`. Returns `None` if there is nothing.
///
/// # Errors
/// Those of SQLite.
pub fn behind(connection: &Connection, last: i64) -> rusqlite::Result<Option<Behind>> {
    let batch = connection
        .prepare_cached(
            "SELECT first_line, count, lines FROM backlog WHERE first_line + count > ?1 + 1
             ORDER BY first_line LIMIT 1",
        )?
        .query_row([last], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, usize>(1)?, row.get::<_, Value>(2)?))
        })
        .optional()?;
    let Some((first_line, count, lines)) = batch else {
        return Ok(None);
    };
    let mut rooms = Rooms::new(connection)?;
    let lines = (first_line..).zip(parse(&lines).unwrap_or_default());
    let lines =
        lines.filter(|&(id, _)| id > last).filter_map(|(_, line)| rooms.kept(line).transpose());
    let lines = lines.collect::<rusqlite::Result<_>>()?;
    Ok(Some(Behind { lines, last: first_line + count as i64 - 1, count }))
}

/// The rooms of lines in the backlog.
struct Rooms<'c> {
    select: CachedStatement<'c>,
    known: HashMap<i64, (u64, Arc<str>)>,
}

impl<'c> Rooms<'c> {
    fn new(connection: &'c Connection) -> rusqlite::Result<Self> {
        let select = connection.prepare_cached("SELECT epoch, name FROM rooms WHERE id = ?1")?;
        Ok(Self { select, known: HashMap::new() })
    }

    /// The message of a line. Returns `None` for a room that is not there, which only a damaged line has.
    fn kept(&mut self, line: LineRow<'_>) -> rusqlite::Result<Option<KeptLine>> {
        use std::collections::hash_map::Entry;
        let (epoch, name) = match self.known.entry(line.room()) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => {
                let read = |row: &Row<'_>| Ok((row.get(0)?, row.get::<_, String>(1)?.into()));
                match self.select.query_row([line.room()], read).optional()? {
                    Some(room) => unknown.insert(room),
                    None => return Ok(None),
                }
            }
        };
        Ok(Some(line.into_kept(*epoch, name.clone())))
    }
}
