//! The times of the lines. The ids of lines grow, but their times do not always: the clock of a machine may be wrong for a while.
//! The file notes the runs of lines whose times grow, so a date is found by bisection in each of them. (An index over the times
//! would be a fifth of the file.)

use std::ops::Range;

use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

/// How far times may go back within a run, in milliseconds: the clocks of several machines differ, and corrections are small.
pub const SLACK: i64 = 60_000;

/// How many lines are noted at once. A file of an older version has millions of them that are not.
const LINES_AT_ONCE: usize = 5_000;

/// Lines that follow each other, and times between which all of theirs are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    pub first: i64,
    pub last: i64,
    pub earliest: i64,
    pub latest: i64,
}

impl Run {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            first: row.get(0)?,
            last: row.get(1)?,
            earliest: row.get(2)?,
            latest: row.get(3)?,
        })
    }

    fn save(self, transaction: &Transaction<'_>) -> rusqlite::Result<()> {
        let Self { first, last, earliest, latest } = self;
        transaction
            .prepare_cached("INSERT OR REPLACE INTO runs VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![first, last, earliest, latest])
            .map(drop)
    }
}

/// Notes the times of lines that are new in the table. Returns whether there are more of them.
///
/// # Errors
/// Those of SQLite.
pub fn note(transaction: &Transaction<'_>) -> rusqlite::Result<bool> {
    let mut run = newest(transaction)?;
    let mut select = transaction
        .prepare_cached("SELECT id, received_at FROM lines WHERE id > ?1 ORDER BY id LIMIT ?2")?;
    let mut lines = select.query(params![run.map_or(0, |run| run.last), LINES_AT_ONCE])?;
    let mut count = 0;
    while let Some(line) = lines.next()? {
        let (id, at): (i64, i64) = (line.get(0)?, line.get(1)?);
        match &mut run {
            Some(run) if at >= run.latest.saturating_sub(SLACK) => {
                run.last = id;
                run.earliest = run.earliest.min(at);
                run.latest = run.latest.max(at);
            }
            _ => {
                let done = run.replace(Run { first: id, last: id, earliest: at, latest: at });
                done.map_or(Ok(()), |done| done.save(transaction))?;
            }
        }
        count += 1;
    }
    if count > 0 {
        run.map_or(Ok(()), |run| run.save(transaction))?;
    }
    Ok(count == LINES_AT_ONCE)
}

/// Whether there are lines to [`note`].
///
/// # Errors
/// Those of SQLite.
pub fn is_behind(connection: &Connection) -> rusqlite::Result<bool> {
    let last = newest(connection)?.map_or(0, |run| run.last);
    connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM lines WHERE id > ?1)")?
        .query_row([last], |row| row.get(0))
}

fn newest(connection: &Connection) -> rusqlite::Result<Option<Run>> {
    connection
        .prepare_cached(
            "SELECT first_line, last_line, earliest, latest FROM runs ORDER BY first_line DESC LIMIT 1",
        )?
        .query_row([], Run::from_row)
        .optional()
}

/// All runs, oldest first.
///
/// # Errors
/// Those of SQLite.
pub fn runs(connection: &Connection) -> rusqlite::Result<Vec<Run>> {
    connection
        .prepare_cached(
            "SELECT first_line, last_line, earliest, latest FROM runs ORDER BY first_line",
        )?
        .query_map([], Run::from_row)?
        .collect()
}

/// Drops the runs whose lines are gone.
///
/// # Errors
/// Those of SQLite.
pub fn drop_empty(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    let delete = "DELETE FROM runs WHERE NOT EXISTS
                      (SELECT 1 FROM lines WHERE id BETWEEN first_line AND last_line)";
    transaction.execute(delete, []).map(drop)
}

/// The ids among which all lines from before a moment are, the newest first. Some lines among them may be younger.
///
/// # Errors
/// Those of SQLite.
pub fn before(connection: &Connection, moment: i64) -> rusqlite::Result<Vec<Range<i64>>> {
    let mut line = connection
        .prepare_cached("SELECT id, received_at FROM lines WHERE id >= ?1 ORDER BY id LIMIT 1")?;
    let runs = runs(connection)?;
    let mut next = runs.last().map_or(0, |run| run.last + 1);
    let not_noted = next..i64::MAX;
    let mut ranges = vec![not_noted];
    for run in runs.iter().rev() {
        let end = if run.latest < moment {
            next
        } else if run.earliest < moment {
            // Whatever follows a line this late is not from before the moment.
            first_at(run.first..next, moment.saturating_add(SLACK), |id| {
                line.query_row([id], |row| Ok((row.get(0)?, row.get(1)?))).optional()
            })?
        } else {
            run.first
        };
        match ranges.last_mut() {
            Some(newer) if newer.start == end => newer.start = run.first,
            _ => ranges.push(run.first..end),
        }
        next = run.first;
    }
    Ok(ranges)
}

/// Bisects these ids for the first one behind all values below `limit`. `at` returns the first id from this one on, and its value.
pub fn first_at(
    ids: Range<i64>,
    limit: i64,
    mut at: impl FnMut(i64) -> rusqlite::Result<Option<(i64, i64)>>,
) -> rusqlite::Result<i64> {
    let (mut low, mut high) = (ids.start, ids.end);
    while low < high {
        let middle = low + (high - low) / 2;
        match at(middle)? {
            Some((id, value)) if value < limit => low = (id + 1).min(high),
            _ => high = middle,
        }
    }
    Ok(low)
}
