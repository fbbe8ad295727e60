//! `chatserv forget`: removes everything that a person has said.

use jiff::Timestamp;
use rusqlite::Connection;

use super::{backlog, file, retention};
use crate::chat::NameKey;
use crate::config::{ConfigError, ForgetOptions, in_file};

/// How many pages of the index one step rewrites: some tenths of a second, in which a server waits to write.
const PAGES_AT_ONCE: i32 = 500;

/// Removes the lines of a person, and returns how many there were. Works beside a running server, which then forgets the lines
/// that it has in memory.
///
/// # Errors
/// The file is no history, or cannot be changed.
pub fn forget(options: &ForgetOptions) -> Result<usize, ConfigError> {
    let path = &options.history;
    let mut connection = file::open_to_change(path)?;
    let removed = remove(&mut connection, &options.from);
    removed.map_err(|error| in_file(path, &format!("cannot be changed: {error}")))
}

fn remove(connection: &mut Connection, name: &str) -> rusqlite::Result<usize> {
    // Removed lines must not be found in the bytes of the file.
    connection.pragma_update(None, "secure_delete", "ON")?;
    let (key, now) = (NameKey::of(name), Timestamp::now().as_millisecond());
    // For a server that runs: it may still have some of these lines in its queue.
    connection.execute("INSERT OR REPLACE INTO forgotten VALUES (?1, ?2)", (name, now))?;
    while backlog::index_oldest(connection)?.is_some() {}
    let mut total = 0;
    loop {
        // All that are there, whatever their clock said.
        let count = retention::forget_some(connection, &key, i64::MAX)?;
        if count == 0 {
            break;
        }
        total += count;
    }
    if total > 0 {
        // The index keeps the words of removed lines until it is merged. A negative number begins with all of it.
        retention::merge(connection, -PAGES_AT_ONCE)?;
        loop {
            let before = connection.total_changes();
            retention::merge(connection, PAGES_AT_ONCE)?;
            // So FTS5 says that nothing is left to do.
            if connection.total_changes() - before < 2 {
                break;
            }
        }
    }
    // The file now has the content of the write-ahead log, which is empty. A server that writes meanwhile does this later.
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    Ok(total)
}
