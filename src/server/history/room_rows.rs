//! The table of rooms, as far as the archive has needed it.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use rusqlite::{Connection, OptionalExtension, params};

use crate::chat::NameKey;

/// How many rooms the archive remembers. It looks up the others in the file.
const REMEMBERED_MAX: usize = 20_000;

/// A row of the table of rooms.
#[derive(Debug, Clone, Copy)]
pub struct RoomRow {
    pub id: i64,
    /// 0 before the first line.
    pub last_id: u64,
    spoken_at: i64,
    is_changed: bool,
}

impl RoomRow {
    /// A line of the room with this id is written, or its topic. `now` is in milliseconds since 1970.
    pub fn note(&mut self, message_id: u64, now: i64) {
        self.reach(message_id);
        self.spoken_at = now;
    }

    /// The ids of the room have come as far as this.
    pub fn reach(&mut self, message_id: u64) {
        self.last_id = self.last_id.max(message_id);
        self.is_changed = true;
    }
}

/// The rows, by epoch.
#[derive(Debug, Default)]
pub struct RoomRows(HashMap<u64, RoomRow>);

impl RoomRows {
    /// Forgets all of them: the file may have other ones.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Bounds the memory, between two transactions.
    pub fn limit(&mut self) {
        if self.0.len() > REMEMBERED_MAX {
            self.0.clear();
        }
    }

    /// The row of a room, which is made if there is none.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn row(
        &mut self,
        connection: &Connection,
        epoch: u64,
        name: &str,
        now: i64,
    ) -> rusqlite::Result<&mut RoomRow> {
        match self.0.entry(epoch) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(unknown) => {
                let found = connection
                    .query_row(
                        "SELECT id, last_id, spoken_at FROM rooms WHERE epoch = ?1",
                        [epoch],
                        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
                    )
                    .optional()?;
                let (id, last_id, spoken_at) = match found {
                    Some(found) => found,
                    None => {
                        let key = NameKey::of(name);
                        connection.execute(
                            "INSERT INTO rooms (epoch, key, name, last_id, spoken_at) VALUES (?1, ?2, ?3, 0, ?4)",
                            params![epoch, key.as_str(), name, now],
                        )?;
                        (connection.last_insert_rowid(), 0, now)
                    }
                };
                Ok(unknown.insert(RoomRow { id, last_id, spoken_at, is_changed: false }))
            }
        }
    }

    /// Writes those that have changed.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn save(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        for row in self.0.values_mut().filter(|row| row.is_changed) {
            let mut update = connection
                .prepare_cached("UPDATE rooms SET last_id = ?1, spoken_at = ?2 WHERE id = ?3")?;
            update.execute(params![row.last_id, row.spoken_at, row.id])?;
            row.is_changed = false;
        }
        Ok(())
    }
}
