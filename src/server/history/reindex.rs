//! Indexes the words of old lines anew, after a new version has changed how words are indexed. The newest lines come first, in small
//! transactions, between which lines are written.

use rusqlite::{Connection, TransactionBehavior, params};

use super::words;
use crate::chat::NameKey;

/// How many lines one transaction looks at.
const LINES_AT_ONCE: usize = 1_000;

/// Goes on with it. Returns whether there is more to do.
///
/// # Errors
/// Those of SQLite.
pub fn step(connection: &mut Connection) -> rusqlite::Result<bool> {
    let last: i64 = connection
        .prepare_cached("SELECT old_words FROM state")?
        .query_row([], |row| row.get(0))?;
    if last == 0 {
        return Ok(false);
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let (mut next, mut count) = (last, 0);
    {
        let mut select = transaction.prepare_cached(
            "SELECT lines.id, lines.text, rooms.name, lines.sender FROM lines JOIN rooms ON rooms.id = lines.room
             WHERE lines.id <= ?1 ORDER BY lines.id DESC LIMIT ?2",
        )?;
        let mut insert = transaction.prepare_cached(
            "INSERT OR REPLACE INTO words (rowid, text, room, sender) VALUES (?1, ?2, ?3, ?4)",
        )?;
        let mut lines = select.query(params![last, LINES_AT_ONCE])?;
        while let Some(line) = lines.next()? {
            let (id, text): (i64, String) = (line.get(0)?, line.get(1)?);
            (next, count) = (id - 1, count + 1);
            // For these, the rules have not changed.
            if !text.is_ascii() {
                let token = |name: String| words::token(&NameKey::of(&name));
                let (room, sender) = (token(line.get(2)?), token(line.get(3)?));
                insert.execute(params![id, words::spaced(&text), room, sender])?;
            }
        }
    }
    let more = count == LINES_AT_ONCE;
    transaction.execute("UPDATE state SET old_words = ?1", [if more { next } else { 0 }])?;
    transaction.commit()?;
    Ok(more)
}
