//! The traces of removed lines in the file, and how they are cleared.

use rusqlite::Connection;

use super::retention;

/// How many pages of the index one step rewrites: some tenths of a second, in which a server waits to write.
const PAGES_AT_ONCE: i32 = 500;

/// The places that may still hold removed lines, in the order in which they are cleared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Traces {
    /// Their words are in the index until all of it is merged.
    Index,
    /// The merge has begun.
    RestOfIndex,
    /// Pages that were given up long ago are not overwritten.
    FreePages,
    /// The write-ahead log has the pages as they were.
    Log,
    Nowhere,
}

impl Traces {
    /// Clears a part, and returns the places that are left. While another connection reads, the log stays as it is, and the statement waits
    /// for as long as the connection waits for others.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn clear_some(self, connection: &Connection) -> rusqlite::Result<Self> {
        Ok(match self {
            Self::Index => {
                // A negative number begins with all of it.
                retention::securely(connection, || retention::merge(connection, -PAGES_AT_ONCE))?;
                Self::RestOfIndex
            }
            Self::RestOfIndex => {
                let before = connection.total_changes();
                retention::securely(connection, || retention::merge(connection, PAGES_AT_ONCE))?;
                // So FTS5 says that nothing is left to do.
                let is_done = connection.total_changes() - before < 2;
                if is_done { Self::FreePages } else { self }
            }
            Self::FreePages => {
                retention::give_back(connection)?;
                let free: u64 =
                    connection.pragma_query_value(None, "freelist_count", |row| row.get(0))?;
                if free == 0 { Self::Log } else { self }
            }
            Self::Log => {
                let is_busy =
                    connection
                        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
                if is_busy { self } else { Self::Nowhere }
            }
            Self::Nowhere => self,
        })
    }
}
