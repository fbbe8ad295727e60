//! `chatserv export`: the lines of a history, oldest first, for other programs and for people.

use std::io::{self, Write};

use jiff::tz::TimeZone;
use rusqlite::params;

use super::{file, rows};
use crate::chat::{Message, Moment, NameKey, Timestamps, View};
use crate::config::{ConfigError, ExportFormat, ExportOptions, in_file};
use crate::protocol;

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
    let mut write = || -> rusqlite::Result<io::Result<()>> {
        let mut select = connection.prepare(&format!(
            "SELECT {} FROM lines JOIN rooms ON rooms.id = lines.room
             WHERE lines.received_at >= ?1 AND (?2 IS NULL OR rooms.key = ?2) ORDER BY lines.id",
            rows::COLUMNS
        ))?;
        let mut found = select.query(params![since, room.as_ref().map(NameKey::as_str)])?;
        let mut bytes = Vec::new();
        while let Some(row) = found.next()? {
            let line = rows::line(row)?;
            let message = Message::Chat(line.message);
            match options.format {
                ExportFormat::Json => {
                    protocol::encode(&message, None, View::Json, &zone, &mut bytes)
                }
                ExportFormat::Text => {
                    let view = View::Plain(Timestamps::Date);
                    protocol::encode(&message, None, view, &zone, &mut bytes);
                    let room: String = row.get(7)?;
                    in_room(&room, &mut bytes);
                }
            }
            if let Err(error) = out.write_all(&bytes) {
                return Ok(Err(error));
            }
            bytes.clear();
        }
        Ok(out.flush())
    };
    match write() {
        Ok(Ok(())) => Ok(()),
        // The reader of a pipe has read enough.
        Ok(Err(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Ok(Err(error)) => Err(ConfigError::new(format!("cannot write the lines: {error}"))),
        Err(error) => Err(in_file(path, &format!("cannot be read: {error}"))),
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
