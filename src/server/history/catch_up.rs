//! What was said while this machine of several was away: memory has the last lines of each room from the other machines.

use std::sync::Arc;

#[cfg(feature = "cluster")]
use rusqlite::Connection;
use rusqlite::{Transaction, params};

use super::room_rows::RoomRows;
use super::rows::LineRow;
use crate::chat::{Audience, ChatMessage, Gap, Loss, NameKey, Past, PastRoom};

/// Whether the file has lines of one of these rooms that come after the last one which this past knows.
///
/// # Errors
/// Those of SQLite.
#[cfg(feature = "cluster")]
pub fn knows_more(connection: &Connection, past: &Past) -> rusqlite::Result<bool> {
    let mut select = connection
        .prepare("SELECT EXISTS (SELECT 1 FROM rooms WHERE epoch = ?1 AND last_id > ?2)")?;
    for room in &past.rooms {
        if select.query_row(params![room.epoch, room.last_id], |row| row.get(0))? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Finds the lines that the file lacks, in their order, and notes the rooms, their topics, and the gaps that stay.
///
/// # Errors
/// Those of SQLite.
pub fn lacking<'p>(
    transaction: &Transaction<'_>,
    rooms: &mut RoomRows,
    past: &'p Past,
    now: i64,
) -> rusqlite::Result<Vec<LineRow<'p>>> {
    let mut lacking = Vec::new();
    for room in &past.rooms {
        let row = rooms.row(transaction, room.epoch, &room.name, now)?;
        let (id, last_id) = (row.id, row.last_id);
        if room.last_id > last_id {
            let lines = lines_after(transaction, room, id, last_id)?;
            let known = match room.lines.first().map(id_of) {
                // All of these lines may be known under a former epoch.
                _ if last_id == 0 => lines.first().map_or(room.last_id + 1, LineRow::message_id),
                first => first.unwrap_or(room.last_id + 1),
            };
            let absent =
                Gap { first: last_id + 1, last: known.saturating_sub(1), cause: Loss::Absent };
            let gaps = room.gaps.iter().filter(|gap| gap.first > last_id && gap.first >= known);
            for gap in [absent].iter().filter(|gap| gap.first <= gap.last).chain(gaps) {
                transaction.execute(
                    "INSERT OR REPLACE INTO gaps VALUES (?1, ?2, ?3, ?4)",
                    params![id, gap.first, gap.last, gap.cause.as_str()],
                )?;
            }
            lacking.extend(lines);
            row.note(room.last_id, now);
        }
        transaction.execute(
            "UPDATE rooms SET topic = ?1 WHERE id = ?2 AND topic IS NOT ?1",
            params![room.topic.as_deref(), id],
        )?;
    }
    rooms.save(transaction)?;
    // From here on, a search for the newest lines finds the lines of all rooms in their order.
    lacking.sort_by_key(LineRow::received_at);
    Ok(lacking)
}

fn id_of(message: &Arc<ChatMessage>) -> u64 {
    match message.to {
        Audience::Room { message_id, .. } => message_id,
        Audience::People(_) => 0,
    }
}

/// The lines of a room with higher ids than this one. Under a new epoch, without those that the file has under a former one: the
/// log has lost its last entries, and then all rooms get new epochs.
fn lines_after<'p>(
    transaction: &Transaction<'_>,
    room: &'p PastRoom,
    row: i64,
    last_id: u64,
) -> rusqlite::Result<Vec<LineRow<'p>>> {
    let mut is_known = transaction.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM rooms JOIN lines ON lines.room = rooms.id
         WHERE rooms.key = ?1 AND lines.message_id = ?2 AND lines.received_at = ?3)",
    )?;
    let key = NameKey::of(&room.name);
    let mut lines = Vec::new();
    for message in &room.lines {
        let message_id = id_of(message);
        if message_id <= last_id {
            continue;
        }
        let line = LineRow::new(row, message_id, message);
        let named = params![key.as_str(), message_id, line.received_at()];
        if last_id > 0 || !is_known.query_row(named, |row| row.get(0))? {
            lines.push(line);
        }
    }
    Ok(lines)
}
