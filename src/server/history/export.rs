//! `chatserv export`: the lines of a history, oldest first, for other programs and for people.

use std::io::{self, Write};
use std::path::Path;

use jiff::tz::TimeZone;
use rusqlite::{Connection, params};

use super::{backlog, counted, file, rows};
use crate::chat::{Audience, KeptLine, Message, Moment, NameKey, Timestamps, View};
use crate::config::{ConfigError, ExportFormat, ExportOptions, in_file};
use crate::protocol;

/// How many lines are read at once.
const LINES_AT_ONCE: usize = 1_000;

/// Writes the lines to `out`. Works beside a running server, and sees what that has written to the disk.
///
/// # Errors
/// The file is no history, cannot be read, or has no such room; or `since` is no date.
pub fn export(options: &ExportOptions, out: &mut impl Write) -> Result<(), ConfigError> {
    let path = &options.history;
    let zone = TimeZone::try_system().unwrap_or(TimeZone::UTC);
    let since = match options.since.as_deref() {
        None => i64::MIN,
        Some(text) => match Moment::parse(text) {
            Some(moment) => super::search::millisecond(moment, &zone),
            None => {
                let expected = "expected a date such as 2026-11-20 or 2026-11-20T12:03";
                return Err(ConfigError::new(format!("--since: got {text:?}, {expected}")));
            }
        },
    };
    let connection = file::open_to_read(path)?;
    let mut unreadable = 0;
    let room = options.room.as_deref().map(|room| NameKey::of(room.trim_start_matches('#')));
    let room = room.as_ref().map(NameKey::as_str);
    if let (Some(key), Some(typed)) = (room, &options.room) {
        let select = "SELECT EXISTS (SELECT 1 FROM rooms WHERE key = ?1)";
        let is_known = connection.query_row(select, [key], |row| row.get(0));
        if !is_known.map_err(|error| unreadable_file(path, &error))? {
            return Err(in_file(path, &format!("has no room {typed:?}")));
        }
    }
    let mut last = 0;
    loop {
        let part = part(&connection, last, since, room, options.format, &zone)
            .map_err(|error| unreadable_file(path, &error))?;
        let Some(Part { bytes, last: next, unreadable: lost }) = part else {
            break;
        };
        unreadable += lost;
        match out.write_all(&bytes) {
            // The reader of a pipe has read enough.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
            written => written.map_err(unwritable)?,
        }
        last = next;
    }
    match out.flush() {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
        flushed => flushed.map_err(unwritable)?,
    }
    if unreadable > 0 {
        let damaged = counted(unreadable, "line of the backlog is", "lines of the backlog are");
        let what = format!("{damaged} damaged, all others are exported");
        return Err(in_file(path, &what));
    }
    Ok(())
}

fn unreadable_file(path: &Path, error: &rusqlite::Error) -> ConfigError {
    in_file(path, &format!("cannot be read: {error}"))
}

fn unwritable(error: io::Error) -> ConfigError {
    ConfigError::new(format!("cannot write the lines: {error}"))
}

/// A part of the export.
struct Part {
    bytes: Vec<u8>,
    /// The id of its last line.
    last: i64,
    /// How many lines could not be read.
    unreadable: usize,
}

/// Some lines behind the one with this id; `None` if there are none. The read ends before anything is written: while it lasts,
/// the log of a running server only grows, and a pipe may be read slowly.
fn part(
    connection: &Connection,
    last: i64,
    since: i64,
    room: Option<&str>,
    format: ExportFormat,
    zone: &TimeZone,
) -> rusqlite::Result<Option<Part>> {
    // A running server may empty the backlog meanwhile.
    let moment = connection.unchecked_transaction()?;
    let (mut lines, mut unreadable) = (Vec::new(), 0);
    let mut next = None;
    for (id, line) in in_table(&moment, last, since, room)? {
        next = Some(id);
        lines.push(line);
    }
    if next.is_none() {
        let Some(behind) = backlog::behind(&moment, last)? else {
            return Ok(None);
        };
        next = Some(behind.last);
        lines = behind.lines;
        unreadable = behind.unreadable;
        lines.retain(|line| {
            line.message.received_at.as_millisecond() >= since
                && room.is_none_or(|room| NameKey::of(room_of(line)).as_str() == room)
        });
    }
    let mut all = Vec::new();
    for line in lines {
        let room = room_of(&line).to_owned();
        let message = Message::Chat(line.message);
        match format {
            ExportFormat::Json => protocol::encode(&message, None, View::Json, zone, &mut all),
            ExportFormat::Text => {
                let mut line = Vec::new();
                let view = View::Plain(Timestamps::Date);
                protocol::encode(&message, None, view, zone, &mut line);
                in_room(&room, &mut line);
                all.append(&mut line);
            }
        }
    }
    Ok(next.map(|last| Part { bytes: all, last, unreadable }))
}

/// Lines of the table, with their ids.
fn in_table(
    connection: &Connection,
    last: i64,
    since: i64,
    room: Option<&str>,
) -> rusqlite::Result<Vec<(i64, KeptLine)>> {
    let mut select = connection.prepare_cached(&format!(
        "SELECT {}, lines.id FROM lines JOIN rooms ON rooms.id = lines.room
         WHERE lines.id > ?1 AND lines.received_at >= ?2 AND (?3 IS NULL OR rooms.key = ?3) ORDER BY lines.id LIMIT ?4",
        rows::COLUMNS
    ))?;
    let found = select.query_map(params![last, since, room, LINES_AT_ONCE], |row| {
        Ok((row.get(rows::COLUMN_COUNT)?, rows::line(row)?))
    })?;
    found.collect()
}

fn room_of(line: &KeptLine) -> &str {
    match &line.message.to {
        Audience::Room { room, .. } => room,
        Audience::People(_) => "",
    }
}

/// Puts the room between the time and the name, and ends the line as files do.
fn in_room(room: &str, line: &mut Vec<u8>) {
    line.truncate(line.trim_ascii_end().len());
    line.push(b'\n');
    if let Some(end) = line.iter().position(|&byte| byte == b']') {
        line.splice(end + 1..end + 1, format!(" {room}").into_bytes());
    }
}
