//! `chatserv export`: the lines of a history, oldest first, for other programs and for people.

use std::io::{self, Write};

use jiff::tz::TimeZone;
use rusqlite::{Connection, params};

use super::{backlog, file, rows};
use crate::chat::{Audience, KeptLine, Message, Moment, NameKey, Timestamps, View};
use crate::config::{ConfigError, ExportFormat, ExportOptions, in_file};
use crate::protocol;

/// How many lines are read at once.
const LINES_AT_ONCE: usize = 1_000;

/// Writes the lines to `out`. Works beside a running server, and sees what that has written to the disk.
///
/// # Errors
/// The file is no history, or cannot be read; or `since` is no date.
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
    let room = options.room.as_deref().map(|room| NameKey::of(room.trim_start_matches('#')));
    let room = room.as_ref().map(NameKey::as_str);
    let mut last = 0;
    loop {
        let (bytes, next) = some(&connection, last, since, room, options.format, &zone)
            .map_err(|error| in_file(path, &format!("cannot be read: {error}")))?;
        match out.write_all(&bytes) {
            // The reader of a pipe has read enough.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
            written => written.map_err(unwritable)?,
        }
        match next {
            Some(next) => last = next,
            None => break,
        }
    }
    match out.flush() {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        flushed => flushed.map_err(unwritable),
    }
}

fn unwritable(error: io::Error) -> ConfigError {
    ConfigError::new(format!("cannot write the lines: {error}"))
}

/// Some lines behind the one with this id, and the id of the last of them. The read ends before anything is written: while
/// it lasts, the log of a running server only grows, and a pipe may be read slowly.
fn some(
    connection: &Connection,
    last: i64,
    since: i64,
    room: Option<&str>,
    format: ExportFormat,
    zone: &TimeZone,
) -> rusqlite::Result<(Vec<u8>, Option<i64>)> {
    // A running server may file the backlog meanwhile.
    let moment = connection.unchecked_transaction()?;
    let mut found = filed(&moment, last, since, room)?;
    let mut next = found.last().map(|&(id, _)| id);
    if next.is_none() {
        found = backlog::behind(&moment, last)?;
        next = found.last().map(|&(id, _)| id);
        found.retain(|(_, line)| {
            line.message.received_at.as_millisecond() >= since
                && room.is_none_or(|room| NameKey::of(room_of(line)).as_str() == room)
        });
    }
    let mut all = Vec::new();
    for (_, line) in found {
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
    Ok((all, next))
}

/// Lines of the table, with their ids.
fn filed(
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
