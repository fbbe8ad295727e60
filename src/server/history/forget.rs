//! `chatserv forget`: removes everything that a person has said.

use jiff::Timestamp;
use rusqlite::Connection;

use super::traces::Traces;
use super::{backlog, file, retention};
use crate::chat::NameKey;
use crate::config::{ConfigError, ForgetOptions, in_file};

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
    // Even if nothing is left of them: a server may have removed lines that were still in its queue.
    let mut traces = Traces::Index;
    while traces != Traces::Log {
        traces = traces.clear_some(connection)?;
    }
    // A server that writes meanwhile does this later.
    traces.clear_some(connection)?;
    Ok(total)
}
