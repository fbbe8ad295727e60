//! A row of the table of lines as a message, and back.

use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::{Row, Statement, ToSql, params};

use crate::chat::{Audience, ChatMessage, KeptLine, Manner};
use crate::protocol::json::parse_sent_at;

/// The columns that [`line`] reads, of the tables `lines` and `rooms`.
pub const COLUMNS: &str = "lines.message_id, lines.received_at, lines.sender, lines.manner, lines.text, lines.sent_at, \
                           rooms.epoch, rooms.name";

/// The message in a row.
pub fn line(row: &Row<'_>) -> rusqlite::Result<KeptLine> {
    let sent_at: Option<String> = row.get(5)?;
    let room: String = row.get(7)?;
    let sender: String = row.get(2)?;
    let message = ChatMessage {
        from: sender.into(),
        to: Audience::Room { room: room.into(), message_id: row.get(0)? },
        manner: match row.get(3)? {
            1 => Manner::Me,
            _ => Manner::Chat,
        },
        text: row.get(4)?,
        sent_at: sent_at.as_deref().and_then(parse_sent_at),
        received_at: Timestamp::from_millisecond(row.get(1)?).unwrap_or(Timestamp::UNIX_EPOCH),
    };
    Ok(KeptLine { epoch: row.get(6)?, message: Arc::new(message) })
}

/// Inserts a message under this id of the table. Returns whether it was new.
pub fn insert(
    statement: &mut Statement<'_>,
    id: i64,
    room: i64,
    message_id: u64,
    message: &ChatMessage,
) -> rusqlite::Result<bool> {
    let manner = i32::from(message.manner == Manner::Me);
    let sent_at = message.sent_at.as_ref().map(|sent_at| &*sent_at.written);
    let received_at = message.received_at.as_millisecond();
    let sender: &dyn ToSql = &&*message.from;
    let inserted = statement.execute(params![
        id,
        room,
        message_id,
        received_at,
        sender,
        manner,
        message.text,
        sent_at
    ])?;
    Ok(inserted == 1)
}
