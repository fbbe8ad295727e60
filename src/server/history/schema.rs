//! The tables of the file, and their versions.

/// Marks the file as a history of this program (`PRAGMA application_id`): `chat` in ASCII.
pub const APPLICATION_ID: i32 = 0x6368_6174;

/// The version of the tables (`PRAGMA user_version`).
pub const VERSION: i32 = 4;

/// Each entry leads from one version to the next; the first one creates the tables in an empty file. An entry never changes
/// once a release has it: a change of the tables is another entry.
pub const MIGRATIONS: [&str; VERSION as usize] = ["
-- One row. `clean` is 0 while a server runs and after one that could not end in order, 1 after one that did, and 2 after one
-- that did as one of several machines. Times are milliseconds since 1970.
CREATE TABLE state (
    clean INTEGER NOT NULL,
    committed_at INTEGER NOT NULL
);
INSERT INTO state VALUES (1, 0);

-- A room and the sequence of its message ids, which `epoch` identifies. `key` is equal for names that look alike.
-- `last_id` is the highest id that a message may have had, whether its line is here or not.
CREATE TABLE rooms (
    id INTEGER PRIMARY KEY,
    epoch INTEGER NOT NULL UNIQUE,
    key TEXT NOT NULL,
    name TEXT NOT NULL,
    topic TEXT,
    last_id INTEGER NOT NULL,
    spoken_at INTEGER NOT NULL
);
CREATE INDEX rooms_by_key ON rooms (key);

-- A message to a room. `id` grows in the order of the messages. `manner`: 0 said, 1 `/me`. `sent_at` is as the sender wrote it.
CREATE TABLE lines (
    id INTEGER PRIMARY KEY,
    room INTEGER NOT NULL,
    message_id INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    sender TEXT NOT NULL,
    manner INTEGER NOT NULL,
    text TEXT NOT NULL,
    sent_at TEXT
);
CREATE UNIQUE INDEX lines_by_room ON lines (room, message_id);

-- The index of the words. It holds no text: `lines` has it under the same id.
CREATE VIRTUAL TABLE words USING fts5 (
    text, room, sender,
    content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 2'
);

-- Message ids of which no line is here, though nobody has removed it. `cause`: see `Loss::as_str`.
CREATE TABLE gaps (
    room INTEGER NOT NULL,
    first_id INTEGER NOT NULL,
    last_id INTEGER NOT NULL,
    cause TEXT NOT NULL,
    PRIMARY KEY (room, first_id)
) WITHOUT ROWID;

-- The people whose lines were removed, for a server that still has them in memory or in its queue.
CREATE TABLE forgotten (
    name TEXT PRIMARY KEY,
    before INTEGER NOT NULL
) WITHOUT ROWID;
",
"
-- Batches of lines that are not in `lines` and `words` yet. `first_line` is the id that the first line of the batch has
-- there; the others follow. `lines` is a JSON list of rows, each a list of the columns of `lines` without the id.
CREATE TABLE backlog (
    first_line INTEGER PRIMARY KEY,
    count INTEGER NOT NULL,
    lines TEXT NOT NULL
);
",
"
-- Runs of lines whose times grow: a new one begins where the clock has gone back. All times of a run are between `earliest`
-- and `latest`. Lines behind the last run are not noted yet.
CREATE TABLE runs (
    first_line INTEGER PRIMARY KEY,
    last_line INTEGER NOT NULL,
    earliest INTEGER NOT NULL,
    latest INTEGER NOT NULL
);

-- What the clock said when the server last looked for old lines, noted each hour; and since when that is in doubt, or 0.
ALTER TABLE state ADD COLUMN noted_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE state ADD COLUMN doubted_at INTEGER NOT NULL DEFAULT 0;
UPDATE state SET noted_at = committed_at;

-- The words of the lines with ids up to this one were indexed by older rules. They are indexed anew, from here downwards.
ALTER TABLE state ADD COLUMN old_words INTEGER NOT NULL DEFAULT 0;
UPDATE state SET old_words = (SELECT coalesce(max(id), 0) FROM lines);
",
"
-- From here on, the `lines` of a batch are a BLOB: the same list of rows, as `postcard` writes it. The batches that are there
-- keep their JSON, which is TEXT.
"];
