//! Loads the rooms, and the last lines of each, when a server starts.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use rusqlite::{Connection, params};

use super::file::Skip;
use super::{backlog, rows, search};
use crate::chat::{Audience, ChatMessage, Gap, KeptLine, NameKey, Past, PastRoom};
use crate::config::limits;

/// A row of the table of rooms.
struct RoomRow {
    id: i64,
    epoch: u64,
    name: String,
    topic: Option<String>,
    last_id: u64,
}

/// Reads the rooms in which somebody has spoken last, with at most so many of their last lines.
///
/// # Errors
/// Those of SQLite.
pub fn load(connection: &Connection, lines_max: usize) -> rusqlite::Result<Past> {
    let last_epoch =
        connection.query_row("SELECT coalesce(max(epoch), 0) FROM rooms", [], |row| row.get(0))?;
    let mut select = connection.prepare(
        "SELECT id, epoch, name, topic, last_id FROM rooms ORDER BY spoken_at DESC, id DESC LIMIT ?1",
    )?;
    let rows = select.query_map([limits::ROOMS_MAX], |row| {
        Ok(RoomRow {
            id: row.get(0)?,
            epoch: row.get(1)?,
            name: row.get(2)?,
            topic: row.get(3)?,
            last_id: row.get(4)?,
        })
    })?;
    let mut backlog: HashMap<i64, Vec<KeptLine>> = HashMap::new();
    let newest = backlog::newest(connection, lines_max)?;
    for (room, line) in newest.lines {
        backlog.entry(room).or_default().push(line);
    }
    let mut seen = HashSet::new();
    let mut left = lines_max;
    let mut rooms = Vec::new();
    for row in rows {
        let row = row?;
        // A room that was forgotten and opened again has two rows.
        if seen.insert(NameKey::of(&row.name)) {
            let lines = backlog.remove(&row.id).unwrap_or_default();
            // The memory of a room must have no hole. Older lines of the backlog would lie between these and the table.
            let has_older = !newest.more;
            let most = left.min(limits::HISTORY_LINES_MAX);
            let room = room(connection, row, lines, has_older, most)?;
            left -= room.lines.len();
            rooms.push(room);
        }
    }
    rooms.reverse();
    Ok(Past { last_epoch, rooms })
}

/// As [`load`], for a chat on several machines that begins with this. The lines are a part of one entry of the log, which bounds
/// them in bytes, too.
///
/// # Errors
/// Those of SQLite.
pub fn load_to_bring(connection: &Connection, now: i64) -> rusqlite::Result<Past> {
    let mut past = load(connection, limits::HISTORY_BROUGHT_LINES_MAX)?;
    let skip = Skip::at(connection, now)?;
    let mut bytes = 0;
    for room in past.rooms.iter_mut().rev() {
        bytes += room.lines.iter().map(|line| line.bytes_in_answer()).sum::<usize>();
        if bytes > limits::HISTORY_BROUGHT_BYTES_MAX {
            room.lines.clear();
        }
        if let Some(Skip { ids, cause }) = skip {
            let (first, last) = (room.last_id + 1, room.last_id + ids);
            room.gaps.push(Gap { first, last, cause });
            room.last_id = last;
        }
    }
    Ok(past)
}

/// A room whose newest lines, newest first, are not in the table yet. If `has_older`, the table has the lines before them.
fn room(
    connection: &Connection,
    row: RoomRow,
    newest: Vec<KeptLine>,
    has_older: bool,
    lines_max: usize,
) -> rusqlite::Result<PastRoom> {
    let RoomRow { id, epoch, name, topic, last_id } = row;
    let mut select = connection.prepare_cached(&format!(
        "SELECT {} FROM lines JOIN rooms ON rooms.id = lines.room
         WHERE lines.room = ?1 ORDER BY lines.message_id DESC LIMIT ?2",
        rows::COLUMNS
    ))?;
    let older_max = if has_older { lines_max } else { 0 };
    let older = select.query_map(params![id, older_max], rows::line)?;
    let mut lines: Vec<Arc<ChatMessage>> = Vec::new();
    let mut bytes = 0;
    for line in newest.into_iter().map(Ok).chain(older).take(lines_max) {
        let message = line?.message;
        bytes += message.text.len();
        if bytes > limits::HISTORY_ROOM_BYTES_MAX {
            break;
        }
        lines.push(message);
    }
    lines.reverse();
    let first = lines.first().map_or(last_id + 1, |message| match message.to {
        Audience::Room { message_id, .. } => message_id,
        Audience::People(_) => 0,
    });
    let gaps = search::gaps(connection, id, first, last_id)?;
    let topic = topic.map(Arc::from);
    Ok(PastRoom { name: name.into(), epoch, topic, last_id, lines, gaps })
}
