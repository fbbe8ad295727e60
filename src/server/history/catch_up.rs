//! Catching up: this machine of several was away, and memory has the last lines of each room from the log.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, Transaction, params};

#[cfg(feature = "cluster")]
use super::backlog;
use super::room_rows::RoomRows;
use super::rows::LineRow;
use crate::chat::{Audience, ChatMessage, Gap, Loss, NameKey, Past, PastRoom};

/// How many former rows of a room are looked at, the newest first.
const FORMERS_MAX: usize = 10;

/// Whether the file has lines of one of these rooms that this past should have, and has not.
///
/// # Errors
/// Those of SQLite.
#[cfg(feature = "cluster")]
pub fn knows_more(connection: &Connection, past: &Past) -> rusqlite::Result<bool> {
    let mut select = connection.prepare("SELECT id, last_id FROM rooms WHERE epoch = ?1")?;
    let mut newest = connection.prepare(
        "SELECT message_id, received_at FROM lines WHERE room = ?1 ORDER BY message_id DESC LIMIT 1",
    )?;
    for room in &past.rooms {
        let row =
            select.query_row([room.epoch], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        let Some((id, last_id)): Option<(i64, u64)> = row else {
            continue;
        };
        let newest = newest.query_row([id], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        if last_id > room.last_id || newest.is_some_and(|(id, at)| is_other(room, id, at)) {
            return Ok(true);
        }
    }
    let put_off = backlog::newest(connection, 1)?.lines;
    Ok(put_off.iter().any(|(_, line)| {
        let (id, at) = (id_of(&line.message), line.message.received_at.as_millisecond());
        past.rooms.iter().any(|room| room.epoch == line.epoch && is_other(room, id, at))
    }))
}

/// Whether memory has another message under this id, which was received at another time.
#[cfg(feature = "cluster")]
fn is_other(room: &PastRoom, message_id: u64, received_at: i64) -> bool {
    let same = room.lines.iter().find(|message| id_of(message) == message_id);
    same.is_some_and(|message| message.received_at.as_millisecond() != received_at)
}

/// Whether a room has got a new epoch: the log has lost entries since the file was written.
///
/// # Errors
/// Those of SQLite.
pub fn has_new_epoch(connection: &Connection, past: &Past) -> rusqlite::Result<bool> {
    let mut select = connection.prepare(
        "SELECT EXISTS (SELECT 1 FROM rooms WHERE key = ?1)
            AND NOT EXISTS (SELECT 1 FROM rooms WHERE epoch = ?2)",
    )?;
    for room in &past.rooms {
        let key = NameKey::of(&room.name);
        if select.query_row(params![key.as_str(), room.epoch], |row| row.get(0))? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Finds the lines that the file lacks, in their order, and notes the rooms, their topics, and the gaps that stay. `since` bounds
/// the age of lines, and `now` is the time of rooms without any, both in milliseconds since 1970. The file has no backlog if a
/// room has a new epoch.
///
/// # Errors
/// Those of SQLite.
pub fn lacking<'p>(
    transaction: &Transaction<'_>,
    rooms: &mut RoomRows,
    past: &'p Past,
    (since, now): (i64, i64),
) -> rusqlite::Result<Vec<LineRow<'p>>> {
    rooms.clear();
    let mut lacking = Vec::new();
    for room in &past.rooms {
        continue_former(transaction, room)?;
        let spoken_at =
            room.lines.last().map_or(now, |message| message.received_at.as_millisecond());
        let row = rooms.row(transaction, room.epoch, &room.name, spoken_at)?;
        let (id, last_id) = (row.id, row.last_id);
        if room.last_id > last_id {
            let first_in_memory = room.lines.first().map_or(room.last_id + 1, id_of);
            let absent = Gap {
                first: last_id + 1,
                last: first_in_memory.saturating_sub(1),
                cause: Loss::Absent,
            };
            let known = room.gaps.iter().filter(|gap| gap.first > last_id.max(absent.last));
            for gap in [absent].iter().filter(|gap| gap.first <= gap.last).chain(known) {
                transaction.execute(
                    "INSERT OR REPLACE INTO gaps VALUES (?1, ?2, ?3, ?4)",
                    params![id, gap.first, gap.last, gap.cause.as_str()],
                )?;
            }
            let mut latest = i64::MIN;
            for message in room.lines.iter().filter(|message| id_of(message) > last_id) {
                let received_at = message.received_at.as_millisecond();
                row.note(id_of(message), received_at);
                // In a room, the ids of lines grow with those of the messages, wherever the clock has gone back.
                latest = latest.max(received_at);
                lacking.push((latest, LineRow::new(id, id_of(message), message)));
            }
            row.reach(room.last_id);
        }
        transaction.execute(
            "UPDATE rooms SET topic = ?1 WHERE id = ?2 AND topic IS NOT ?1",
            params![room.topic.as_deref(), id],
        )?;
    }
    rooms.save(transaction)?;
    lacking.retain(|(_, line)| line.received_at() >= since);
    // The ids of lines grow with the time in all rooms together.
    lacking.sort_by_key(|&(time, _)| time);
    Ok(lacking.into_iter().map(|(_, line)| line).collect())
}

fn id_of(message: &Arc<ChatMessage>) -> u64 {
    match message.to {
        Audience::Room { message_id, .. } => message_id,
        Audience::People(_) => 0,
    }
}

/// Gives a new epoch to the row that the room had under its former one. Lines which the log has lost stay under the former
/// epoch, in a row of their own: their ids will be those of other lines.
fn continue_former(transaction: &Transaction<'_>, room: &PastRoom) -> rusqlite::Result<()> {
    let is_known: bool = transaction
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM rooms WHERE epoch = ?1)")?
        .query_row([room.epoch], |row| row.get(0))?;
    if is_known {
        return Ok(());
    }
    let key = NameKey::of(&room.name);
    let mut select = transaction.prepare_cached(
        "SELECT id, epoch, last_id FROM rooms WHERE key = ?1 ORDER BY id DESC LIMIT ?2",
    )?;
    let formers = select.query_map(params![key.as_str(), FORMERS_MAX], |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?))
    })?;
    for former in formers {
        let (row, epoch, last_id): (i64, u64, u64) = former?;
        let Some(common) = last_common(transaction, room, row)? else {
            continue;
        };
        transaction.execute(
            "UPDATE rooms SET epoch = ?1, last_id = ?2 WHERE id = ?3",
            params![room.epoch, common, row],
        )?;
        if last_id > common {
            // Nobody speaks in it any more, so it is the last of those with its name.
            transaction.execute(
                "INSERT INTO rooms (epoch, key, name, last_id, spoken_at) VALUES (?1, ?2, ?3, ?4, 0)",
                params![epoch, key.as_str(), room.name, last_id],
            )?;
            let lost = transaction.last_insert_rowid();
            transaction.execute(
                "UPDATE lines SET room = ?1 WHERE room = ?2 AND message_id > ?3",
                params![lost, row, common],
            )?;
            // The last lines before the loss was told may be those of the log as it is now.
            let mut take_back = transaction.prepare_cached(
                "UPDATE lines SET room = ?1 WHERE room = ?2 AND message_id = ?3 AND received_at = ?4",
            )?;
            for message in room.lines.iter().filter(|message| id_of(message) > common) {
                let received_at = message.received_at.as_millisecond();
                take_back.execute(params![row, lost, id_of(message), received_at])?;
            }
            transaction.execute(
                "UPDATE gaps SET room = ?1 WHERE room = ?2 AND first_id > ?3",
                params![lost, row, common],
            )?;
        }
        return Ok(());
    }
    Ok(())
}

/// The id of the last line up to which a row and memory have the same. `None` if they have none in common: a room may have been
/// opened anew under its name.
fn last_common(
    transaction: &Transaction<'_>,
    room: &PastRoom,
    row: i64,
) -> rusqlite::Result<Option<u64>> {
    let mut select = transaction
        .prepare_cached("SELECT received_at FROM lines WHERE room = ?1 AND message_id = ?2")?;
    let mut common = None;
    for message in &room.lines {
        let id = id_of(message);
        let kept: Option<i64> = select.query_row(params![row, id], |row| row.get(0)).optional()?;
        match kept.map(|received_at| received_at == message.received_at.as_millisecond()) {
            Some(true) => common = Some(id),
            Some(false) => break,
            // It was removed, or said after the row was written.
            None => {}
        }
    }
    Ok(common)
}
