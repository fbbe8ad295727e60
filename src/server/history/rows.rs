//! A row of the table of lines: as a message, and back.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::{CachedStatement, OptionalExtension, Row, Transaction, params};
use serde::{Deserialize, Serialize};

use super::words;
use crate::chat::{Audience, ChatMessage, KeptLine, Manner, NameKey};
use crate::protocol::json::parse_sent_at;

/// The columns that [`line`] reads, of the tables `lines` and `rooms`.
pub const COLUMNS: &str = "lines.room, lines.message_id, lines.received_at, lines.sender, lines.manner, lines.text, \
                           lines.sent_at, rooms.epoch, rooms.name";

/// How many columns these are.
pub const COLUMN_COUNT: usize = 9;

/// The message in a row.
pub fn line(row: &Row<'_>) -> rusqlite::Result<KeptLine> {
    let sent_at: Option<String> = row.get(6)?;
    let line = LineRow(
        row.get(0)?,
        row.get(1)?,
        row.get(2)?,
        row.get::<_, String>(3)?.into(),
        row.get(4)?,
        row.get::<_, String>(5)?.into(),
        sent_at.map(Cow::Owned),
    );
    let name: String = row.get(8)?;
    Ok(line.into_kept(row.get(7)?, name.into()))
}

/// A row of the table of lines without its id: the columns `room` to `sent_at`.
#[derive(Debug, Serialize, Deserialize)]
pub struct LineRow<'l>(
    /// `room`
    i64,
    /// `message_id`
    u64,
    /// `received_at`
    i64,
    /// `sender`
    #[serde(borrow)]
    Cow<'l, str>,
    /// `manner`
    i32,
    /// `text`
    #[serde(borrow)]
    Cow<'l, str>,
    /// `sent_at`
    #[serde(borrow)]
    Option<Cow<'l, str>>,
);

impl<'l> LineRow<'l> {
    /// The row of a message to the room with this row.
    pub fn new(room: i64, message_id: u64, message: &'l ChatMessage) -> Self {
        Self(
            room,
            message_id,
            message.received_at.as_millisecond(),
            Cow::Borrowed(&message.from),
            i32::from(message.manner == Manner::Me),
            Cow::Borrowed(&message.text),
            message.sent_at.as_ref().map(|sent_at| Cow::Borrowed(&*sent_at.written)),
        )
    }

    /// The id of the room's row.
    pub fn room(&self) -> i64 {
        self.0
    }

    /// When the message was received, in milliseconds since 1970.
    pub fn received_at(&self) -> i64 {
        self.2
    }

    /// Whether the table can hold it: SQLite has no larger numbers.
    pub fn is_possible(&self) -> bool {
        i64::try_from(self.1).is_ok()
    }

    /// About how many bytes it has in the backlog.
    pub fn bytes_about(&self) -> usize {
        let Self(_, _, _, sender, _, text, _) = self;
        sender.len() + text.len() + 32
    }

    /// The message, in a room with this epoch and name.
    pub fn into_kept(self, epoch: u64, room: Arc<str>) -> KeptLine {
        let Self(_, message_id, received_at, sender, manner, text, sent_at) = self;
        let message = ChatMessage {
            from: sender.into(),
            to: Audience::Room { room, message_id },
            manner: if manner == 1 { Manner::Me } else { Manner::Chat },
            text: text.into_owned(),
            sent_at: sent_at.as_deref().and_then(parse_sent_at),
            received_at: Timestamp::from_millisecond(received_at).unwrap_or(Timestamp::UNIX_EPOCH),
        };
        KeptLine { epoch, message: Arc::new(message) }
    }
}

/// Puts lines into their table and into the index of words.
pub struct Indexing<'t> {
    insert_line: CachedStatement<'t>,
    insert_words: CachedStatement<'t>,
    room_name: CachedStatement<'t>,
    /// Most lines of a batch are from a few people in a few rooms.
    senders: HashMap<String, String>,
    rooms: HashMap<i64, String>,
}

impl<'t> Indexing<'t> {
    /// Starts to file lines as a part of this transaction.
    pub fn new(transaction: &'t Transaction<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            insert_line: transaction.prepare_cached(
                "INSERT OR IGNORE INTO lines VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?,
            insert_words: transaction.prepare_cached(
                "INSERT INTO words (rowid, text, room, sender) VALUES (?1, ?2, ?3, ?4)",
            )?,
            room_name: transaction.prepare_cached("SELECT name FROM rooms WHERE id = ?1")?,
            senders: HashMap::new(),
            rooms: HashMap::new(),
        })
    }

    /// Puts one line under this id, unless a line with its message id is there. Returns `false` if its room is not there, which
    /// only a damaged line has.
    pub fn add(&mut self, id: i64, line: &LineRow<'_>) -> rusqlite::Result<bool> {
        let LineRow(room, message_id, received_at, sender, manner, text, sent_at) = line;
        if !self.rooms.contains_key(room) {
            let name =
                self.room_name.query_row([room], |row| row.get::<_, String>(0)).optional()?;
            let Some(name) = name else {
                return Ok(false);
            };
            self.rooms.insert(*room, words::token(&NameKey::of(&name)));
        }
        let row = params![id, room, message_id, received_at, sender, manner, text, sent_at];
        if self.insert_line.execute(row)? == 0 {
            return Ok(true);
        }
        if !self.senders.contains_key(&**sender) {
            self.senders.insert(sender.to_string(), words::token(&NameKey::of(sender)));
        }
        let (room, sender) = (&self.rooms[room], &self.senders[&**sender]);
        self.insert_words.execute(params![id, words::spaced(text), room, sender])?;
        Ok(true)
    }
}
