//! The backlog: lines that are on disk, but not yet in the table of lines and in the index of words.
//!
//! A line in the table and the index takes more than ten times as long to write as a line in the backlog, where a whole batch
//! is one value. So a chat that is busy fills the backlog, and the archive moves its lines to the table and the index when the
//! chat is calm again or somebody asks. The ids of the lines are given when they enter the backlog, so a move changes neither
//! an id nor the order.

use std::collections::HashMap;
use std::sync::Arc;

use rusqlite::types::ValueRef;
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
    /// How many of them were damaged.
    pub unreadable: usize,
}

/// Moves the oldest batch to the table and the index. Returns `None` if there is none. Another process may do the same at the
/// same time.
///
/// # Errors
/// Those of SQLite. The batch is where it was.
pub fn index_oldest(connection: &mut Connection) -> rusqlite::Result<Option<Indexed>> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let oldest = transaction
        .prepare_cached(&format!("SELECT {COLUMNS} FROM backlog ORDER BY first_line LIMIT 1"))?
        .query_row([], Batch::of)
        .optional()?;
    let Some(batch) = oldest else {
        return Ok(None);
    };
    let mut unreadable = batch.count;
    if let Some(lines) = batch.lines() {
        let mut indexing = Indexing::new(&transaction)?;
        for (id, line) in (batch.first_line..).zip(&lines) {
            unreadable -= usize::from(indexing.add(id, line)?);
        }
        clock::note(&transaction)?;
    }
    delete(&transaction, batch.first_line)?;
    transaction.commit()?;
    Ok(Some(Indexed { lines: batch.count, unreadable }))
}

/// Deletes a batch from the backlog. A person who is forgotten later must not be found in the free pages of the file.
fn delete(connection: &Connection, first_line: i64) -> rusqlite::Result<()> {
    let mut delete = connection.prepare_cached("DELETE FROM backlog WHERE first_line = ?1")?;
    retention::securely(connection, || delete.execute([first_line])).map(drop)
}

/// The columns that [`Batch::of`] reads.
const COLUMNS: &str = "first_line, count, lines";

/// A row of the backlog.
struct Batch {
    first_line: i64,
    count: usize,
    content: Vec<u8>,
    /// An older version has written it.
    is_json: bool,
}

impl Batch {
    fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        let (content, is_json) = match row.get_ref(2)? {
            ValueRef::Text(content) => (content, true),
            ValueRef::Blob(content) => (content, false),
            ValueRef::Null | ValueRef::Integer(_) | ValueRef::Real(_) => (&[][..], false),
        };
        let content = content.to_vec();
        Ok(Self { first_line: row.get(0)?, count: row.get(1)?, content, is_json })
    }

    /// Its lines; `None` if it is damaged.
    fn lines(&self) -> Option<Vec<LineRow<'_>>> {
        let lines: Vec<LineRow<'_>> = if self.is_json {
            serde_json::from_slice(&self.content).ok()?
        } else {
            let (lines, rest) = postcard::take_from_bytes(&self.content).ok()?;
            rest.is_empty().then_some(lines)?
        };
        let is_whole = lines.len() == self.count && lines.iter().all(LineRow::is_possible);
        is_whole.then_some(lines)
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
    let select = format!("SELECT {COLUMNS} FROM backlog ORDER BY first_line DESC");
    let mut select = connection.prepare(&select)?;
    let (mut newest, mut rooms) = (Vec::new(), Rooms::new(connection)?);
    for batch in select.query_map([], Batch::of)? {
        if newest.len() >= lines_max {
            return Ok(Newest { lines: newest, more: true });
        }
        for line in batch?.lines().unwrap_or_default().into_iter().rev() {
            let room = line.room();
            newest.extend(rooms.kept(line)?.map(|line| (room, line)));
        }
    }
    Ok(Newest { lines: newest, more: false })
}

/// The lines behind the one with the id `last`, of the first batch that has any.
pub struct Behind {
    pub lines: Vec<KeptLine>,
    /// The id of the last line of the batch.
    pub last: i64,
    /// How many of its lines are damaged.
    pub unreadable: usize,
}

/// Reads on behind the line with the id `last`. Returns `None` if there is nothing.
///
/// # Errors
/// Those of SQLite.
pub fn behind(connection: &Connection, last: i64) -> rusqlite::Result<Option<Behind>> {
    let select = format!(
        "SELECT {COLUMNS} FROM backlog WHERE first_line + count > ?1 + 1 ORDER BY first_line LIMIT 1"
    );
    let batch = connection.prepare_cached(&select)?.query_row([last], Batch::of).optional()?;
    let Some(batch) = batch else {
        return Ok(None);
    };
    let (mut lines, mut unreadable) = (Vec::new(), batch.count);
    let mut rooms = Rooms::new(connection)?;
    for (id, line) in (batch.first_line..).zip(batch.lines().unwrap_or_default()) {
        if let Some(line) = rooms.kept(line)? {
            unreadable -= 1;
            lines.extend((id > last).then_some(line));
        }
    }
    Ok(Some(Behind { lines, last: batch.first_line + batch.count as i64 - 1, unreadable }))
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
