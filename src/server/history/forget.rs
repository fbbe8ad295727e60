//! `chatserv forget`: removes everything that a person has said.

use jiff::Timestamp;
use rusqlite::Connection;

use super::traces::Traces;
use super::{backlog, counted, file, retention};
use crate::chat::{NameKey, without_at};
use crate::config::{ConfigError, ForgetOptions, in_file};

/// Removes the lines of a person, and says how many there were. Works beside a running server, which then forgets the lines
/// that it has in memory.
///
/// # Errors
/// The file is no history, cannot be changed, or has no such line; or its log still has the text.
pub fn forget(options: &ForgetOptions) -> Result<String, ConfigError> {
    let mut connection = file::open_to_change(&options.history)?;
    forget_in(&mut connection, options)
}

/// As [`forget`], in a history that has been opened.
///
/// # Errors
/// The same.
pub fn forget_in(
    connection: &mut Connection,
    options: &ForgetOptions,
) -> Result<String, ConfigError> {
    let (path, name) = (&options.history, without_at(&options.from));
    let (count, left) = remove(connection, name)
        .map_err(|error| in_file(path, &format!("cannot be changed: {error}")))?;
    let one = format!("line of {name} is removed");
    let removed = counted(count, &one, &format!("lines of {name} are removed"));
    match left {
        Traces::Log => {
            let what = "but the log beside it still holds what was removed, since another program reads the history. \
                        End that program, and run the same command again";
            Err(in_file(path, &format!("{removed}, {what}")))
        }
        _ if count == 0 => Err(in_file(path, &format!("holds no line of {name}"))),
        _ => Ok(removed),
    }
}

/// Removes their lines. Returns how many there were, and where something of them is left.
fn remove(connection: &mut Connection, name: &str) -> rusqlite::Result<(usize, Traces)> {
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
    Ok((total, traces.clear_some(connection)?))
}
