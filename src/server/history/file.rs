//! The file of the history: opening, checking, locking, and setting a damaged one aside.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior, params};

use super::fault::Fault;
use super::schema::{APPLICATION_ID, MIGRATIONS, VERSION};
use crate::chat::Loss;
use crate::config::{ConfigError, in_file, limits};
use crate::server::ops::trace;

/// The mode of the files that the server creates. They hold what people said, so nobody else may read them.
const MODE: u32 = 0o600;

/// The bits of a mode that give access to others than the owner.
const MODE_OTHERS: u32 = 0o077;

/// How a file of SQLite begins.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// The length of the head of a file of SQLite.
const HEAD_BYTES: u64 = 100;

/// How long a statement waits for another process that writes: `chatserv forget` commits several times a second. The threads of
/// a server wait less long: see `archive`.
const BUSY_TIME: Duration = Duration::from_secs(5);

/// How many message ids a room may use up in a millisecond, several times more than one dispatcher can give.
const IDS_PER_MILLISECOND: i64 = 1_000;

/// The bounds of the message ids that a room skips after a crash. The largest leaves room for 8,000 crashes in the integers
/// that JavaScript can hold.
const SKIPPED_IDS: std::ops::RangeInclusive<i64> = 1 << 20..=1 << 40;

/// The suffixes of the files that belong to the file of the history.
const COMPANIONS: [&str; 2] = ["-wal", "-shm"];

/// The suffix of the file that the server locks.
const LOCK: &str = ".lock";

/// The file of the history, which this process alone may write to. (`chatserv forget` writes to it too, row by row.)
#[derive(Debug)]
pub struct HistoryFile {
    path: PathBuf,
    /// Locked for as long as it is open.
    _lock: File,
}

/// Why a file cannot be used.
#[derive(Debug)]
enum Unusable {
    /// Its content is broken.
    Damaged(String),
    /// It is not this program's, or cannot be read or written.
    Refused(String),
}

impl From<rusqlite::Error> for Unusable {
    fn from(error: rusqlite::Error) -> Self {
        if is_damage(&error) {
            Self::Damaged(error.to_string())
        } else {
            Self::Refused(complaint(&error))
        }
    }
}

impl From<io::Error> for Unusable {
    fn from(error: io::Error) -> Self {
        Self::Refused(format!("cannot be used: {error}"))
    }
}

impl HistoryFile {
    /// Locks the file and opens it; creates it if there is none. A damaged file is set aside and replaced by an empty one.
    ///
    /// # Errors
    /// Another server has the file, it is not a history that this version can read, or it cannot be written.
    pub fn open(path: &Path) -> Result<(Self, Connection), ConfigError> {
        trace::check(path)?;
        // The companions and a file that is set aside are beside the file itself, not beside a link to it, which may lead to a
        // file that does not exist yet, and does not before the lock is taken.
        let path = resolve(path);
        let lock = lock(&path).map_err(|what| in_file(&path, &what))?;
        let file = Self { path, _lock: lock };
        let connection = file.open_or_replace().map_err(|what| in_file(&file.path, &what))?;
        Ok((file, connection))
    }

    /// Checks what [`HistoryFile::open`] checks, as far as possible without writing.
    ///
    /// # Errors
    /// The same, except that another server may have the file.
    pub fn check(path: &Path) -> Result<(), ConfigError> {
        trace::check(path)?;
        check_head(path).map(drop).or_else(|unusable| match unusable {
            // It will be set aside.
            Unusable::Damaged(_) => Ok(()),
            Unusable::Refused(what) => Err(in_file(path, &what)),
        })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Opens the file, or an empty one in the place of a damaged file.
    pub fn open_or_replace(&self) -> Result<Connection, String> {
        let damage = match open(&self.path) {
            Ok(connection) => return Ok(connection),
            Err(Unusable::Refused(what)) => return Err(what),
            Err(Unusable::Damaged(damage)) => damage,
        };
        self.set_aside(&Fault::Damaged(damage))?;
        open(&self.path).map_err(|unusable| match unusable {
            Unusable::Damaged(what) | Unusable::Refused(what) => what,
        })
    }

    /// Renames the file and its companions, which may hold what the file lacks. No connection may be open.
    pub fn set_aside(&self, fault: &Fault) -> Result<(), String> {
        let now = Timestamp::now().strftime("%Y%m%d-%H%M%S");
        let mut stamp = format!(".{}-{now}", fault.word());
        while with_suffix(&self.path, &stamp).exists() {
            stamp.push_str("-again");
        }
        let name = |suffix: &str| with_suffix(&self.path, &format!("{stamp}{suffix}"));
        let mut aside = String::new();
        for suffix in COMPANIONS.into_iter().chain([""]) {
            match fs::rename(with_suffix(&self.path, suffix), name(suffix)) {
                Ok(()) => aside = format!("set aside as {}, ", name("").display()),
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(format!("{fault} and cannot be set aside: {error}")),
            }
        }
        tracing::error!("{}: {fault}: {aside}the history begins anew", self.path.display());
        Ok(())
    }

    /// The device and the number of the file that has the path; `None` if there is none.
    ///
    /// # Errors
    /// The directory cannot be read.
    pub fn identity(&self) -> io::Result<Option<(u64, u64)>> {
        match fs::metadata(&self.path) {
            Ok(file) => Ok(Some((file.dev(), file.ino()))),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Opens a history for reading only, beside a server that may be writing to it.
///
/// # Errors
/// It is not a history that this version can read, or is damaged.
pub fn open_to_read(path: &Path) -> Result<Connection, ConfigError> {
    open_existing(path, OpenFlags::SQLITE_OPEN_READ_ONLY)
}

/// A connection that only reads, to the file of this server.
///
/// # Errors
/// Those of SQLite.
pub fn connect_to_read(path: &Path) -> rusqlite::Result<Connection> {
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    connection.pragma_update(None, "cache_size", limits::HISTORY_CACHE_KIB)?;
    Ok(connection)
}

/// Opens a history that exists, beside a server that may be writing to it.
///
/// # Errors
/// It is not a history that this version can read, or is damaged.
pub fn open_to_change(path: &Path) -> Result<Connection, ConfigError> {
    open_existing(path, OpenFlags::SQLITE_OPEN_READ_WRITE)
}

fn open_existing(path: &Path, flags: OpenFlags) -> Result<Connection, ConfigError> {
    let opened = || -> Result<Connection, Unusable> {
        check_head(path)?;
        // Not from the head: the tables of a new file may still be in its write-ahead log.
        let version = |connection: Connection| -> rusqlite::Result<(Connection, i32)> {
            let version = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
            Ok((connection, version))
        };
        let opened = connect(path, flags).and_then(version);
        let (connection, version) = match opened {
            Err(error) if is_read_only(&error) && flags == OpenFlags::SQLITE_OPEN_READ_ONLY => {
                connect_to_copy(path).and_then(|connection| Ok(version(connection)?))?
            }
            opened => opened?,
        };
        let is_current = version == VERSION;
        is_current.then_some(connection).ok_or_else(|| {
            let what =
                "holds no history, or one of an older version: start the server with it once";
            Unusable::Refused(what.to_owned())
        })
    };
    opened().map_err(|unusable| match unusable {
        Unusable::Damaged(what) | Unusable::Refused(what) => in_file(path, &what),
    })
}

fn connect(path: &Path, flags: OpenFlags) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(BUSY_TIME)?;
    Ok(connection)
}

/// Whether SQLite cannot create the companions of a file.
fn is_read_only(error: &rusqlite::Error) -> bool {
    let code = error.sqlite_error_code();
    matches!(code, Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen))
}

/// Opens a file that lies where nothing can be written, so that nobody writes to it either.
fn connect_to_copy(path: &Path) -> Result<Connection, Unusable> {
    if fs::metadata(with_suffix(path, "-wal")).is_ok_and(|log| log.len() > 0) {
        let what = "cannot be read with the -wal beside it, since the directory cannot be written. \
                    Copy the file and its -wal to another directory";
        return Err(Unusable::Refused(what.to_owned()));
    }
    let path = std::path::absolute(path)?;
    let mut uri = "file:".to_owned();
    for &byte in path.as_os_str().as_bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => {
                uri.push(char::from(byte));
            }
            byte => uri += &format!("%{byte:02X}"),
        }
    }
    uri += "?immutable=1";
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
    Ok(connect(Path::new(&uri), flags)?)
}

/// Whether the content of the file is broken.
pub fn is_damage(error: &rusqlite::Error) -> bool {
    let code = error.sqlite_error_code();
    matches!(code, Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}

/// The reason to give for a file that is not damaged and cannot be used.
pub fn complaint(error: &rusqlite::Error) -> String {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => {
            "the disk is full. Make room, or start without --history".to_owned()
        }
        _ => format!("cannot be used: {error}"),
    }
}

/// Locks a file beside the history, which SQLite itself locks and unlocks many times.
fn lock(path: &Path) -> Result<File, String> {
    let path = with_suffix(path, LOCK);
    let beside = |error: io::Error| format!("cannot be locked by {}: {error}", path.display());
    let lock = create(&path).map_err(beside)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => {
            Err("another server has this history. Stop it, or choose another file".to_owned())
        }
        Err(TryLockError::Error(error)) => Err(beside(error)),
    }
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Looks at the first bytes, and returns the version of the tables; `None` for a file that is new or empty.
fn check_head(path: &Path) -> Result<Option<i32>, Unusable> {
    let mut head = Vec::new();
    match File::open(path) {
        Ok(file) => file.take(HEAD_BYTES).read_to_end(&mut head)?,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    if head.is_empty() {
        return Ok(None);
    }
    // A file of zeros is what a power cut may leave. Anything else may belong to somebody.
    if head.iter().all(|&byte| byte == 0) {
        return Err(Unusable::Damaged("it begins with zeros".to_owned()));
    }
    if head.len() < HEAD_BYTES as usize && (MAGIC.starts_with(&head) || head.starts_with(MAGIC)) {
        return Err(Unusable::Damaged(format!("{} bytes are left", head.len())));
    }
    let number = |at: usize| -> Option<i32> {
        Some(i32::from_be_bytes(head.get(at..at + 4)?.try_into().ok()?))
    };
    // Where the file format has `user_version` and `application_id`. In a new file, they may still be in the write-ahead log.
    let (version, id) = (number(60), number(68));
    // Pages that the file lacks may be in its log, but no more of them than the log has. SQLite would find out when it needs
    // one of them, and after it has changed both files.
    let page_bytes = head.get(16..18).map_or(0, |it| u64::from(u16::from_be_bytes([it[0], it[1]])));
    let pages = number(28).map_or(0, |pages| u64::from(pages.unsigned_abs()));
    let length = |path: &Path| fs::metadata(path).map_or(0, |file| file.len());
    let (expected, there) = (pages * page_bytes, length(path) + length(&with_suffix(path, "-wal")));
    if head.starts_with(MAGIC) && there < expected {
        let what = format!("{there} bytes are left of {expected}");
        return Err(Unusable::Damaged(what));
    }
    match (head.starts_with(MAGIC), version, id) {
        (true, Some(0), Some(0)) => Ok(None),
        (true, Some(version @ 1..=VERSION), Some(APPLICATION_ID)) => Ok(Some(version)),
        (true, Some(version), Some(APPLICATION_ID)) => Err(Unusable::Refused(format!(
            "was written by a newer chatserv (format {version}, this one knows up to {VERSION}). Use that one, or another file"
        ))),
        _ => Err(Unusable::Refused(
            "is not a history of chatserv. Move it away, or choose another file".to_owned(),
        )),
    }
}

/// The path without links. There need not be a file.
fn resolve(path: &Path) -> PathBuf {
    if let Ok(path) = fs::canonicalize(path) {
        return path;
    }
    let directory = match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
        Some(parent) => parent,
        None => return path.to_owned(),
    };
    // Links in a circle are an error of `canonicalize` and not of `read_link`, and the check of the path has found them.
    match (fs::read_link(path), fs::canonicalize(directory), path.file_name()) {
        (Ok(target), _, _) => resolve(&directory.join(target)),
        (_, Ok(directory), Some(name)) => directory.join(name),
        // An error shows again when it is locked.
        _ => path.to_owned(),
    }
}

/// Creates the file, if there is none.
fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(false).mode(MODE).open(path)
}

/// Takes the file and what belongs to it from everybody but its owner: a backup that was put there may be readable for all.
fn make_private(path: &Path) {
    for suffix in COMPANIONS.into_iter().chain(["", LOCK]) {
        let path = with_suffix(path, suffix);
        let mode = fs::metadata(&path).map_or(0, |file| file.permissions().mode() & 0o777);
        if mode & MODE_OTHERS == 0 {
            continue;
        }
        match fs::set_permissions(&path, fs::Permissions::from_mode(MODE)) {
            Ok(()) => {
                tracing::warn!(
                    "{}: others had access (mode {mode:o}), and have none any more ({MODE:o})",
                    path.display()
                );
            }
            Err(error) => {
                tracing::warn!(
                    "{}: others have access (mode {mode:o}), and the server cannot change that ({error}): let its owner chmod {MODE:o} it",
                    path.display()
                );
            }
        }
    }
}

fn open(path: &Path) -> Result<Connection, Unusable> {
    check_head(path)?;
    // SQLite would create it with the permissions of the umask, and gives its companions those of the file.
    create(path)?;
    let mut connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    check_owner(&connection)?;
    make_private(path);
    // Before there is a table: later, only a rewrite of the whole file would change it.
    connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    let mode: String =
        connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?;
    if mode != "wal" {
        let what = format!("cannot have a write-ahead log (journal mode {mode}): use a local disk");
        return Err(Unusable::Refused(what));
    }
    // With less, a power cut could lose any number of commits.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "journal_size_limit", limits::HISTORY_JOURNAL_BYTES_MAX)?;
    // Moves pages from the log to the file less often, so that a page that has changed many times is moved once.
    connection.pragma_update(None, "wal_autocheckpoint", limits::HISTORY_CHECKPOINT_PAGES)?;
    connection.pragma_update(None, "cache_size", limits::HISTORY_CACHE_KIB)?;
    // SQLite leaves copies of rows in pages that it rearranges. `chatserv forget` could not find them.
    connection.pragma_update(None, "secure_delete", "FAST")?;
    check_length(path, &connection)?;
    migrate(&mut connection)?;
    Ok(connection)
}

/// Finds a file that was cut. SQLite itself would find out when it needs a page that is gone.
fn check_length(path: &Path, connection: &Connection) -> Result<(), Unusable> {
    // The file may still lack lines that the log has. A reader may keep this from being complete.
    let busy: i64 =
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    let number = |pragma| connection.pragma_query_value(None, pragma, |row| row.get::<_, u64>(0));
    let expected = number("page_count")? * number("page_size")?;
    let length = fs::metadata(path)?.len();
    if busy == 0 && length < expected {
        let what = format!("it has {length} bytes instead of {expected}");
        return Err(Unusable::Damaged(what));
    }
    Ok(())
}

/// Refuses the database of another program. Writes nothing.
fn check_owner(connection: &Connection) -> Result<(), Unusable> {
    let number = |pragma| connection.pragma_query_value(None, pragma, |row| row.get::<_, i32>(0));
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if tables > 0 && number("application_id")? != APPLICATION_ID {
        let what = "is not a history of chatserv. Move it away, or choose another file";
        return Err(Unusable::Refused(what.to_owned()));
    }
    Ok(())
}

fn migrate(connection: &mut Connection) -> Result<(), Unusable> {
    let version: i32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let done = usize::try_from(version).unwrap_or(0);
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for migration in MIGRATIONS.iter().skip(done) {
        transaction.execute_batch(migration)?;
    }
    if done < MIGRATIONS.len() {
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", VERSION)?;
    }
    transaction.commit()?;
    Ok(())
}

/// Notes that a server runs.
///
/// # Errors
/// Those of SQLite.
pub fn mark_running(connection: &Connection) -> rusqlite::Result<()> {
    let (end, now) = (End::None as i64, Timestamp::now().as_millisecond());
    connection.execute("UPDATE state SET clean = ?1, committed_at = ?2", [end, now]).map(drop)
}

/// How the last server with this file has ended, as `state` has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It runs, or could not end in order.
    None = 0,
    InOrder = 1,
    /// In order, but it was one of several machines, and the others may have gone on.
    OneOfSeveral = 2,
}

/// The message ids that rooms have to skip: clients may have seen lines with these ids which are not in the file, and would take
/// other messages for the same.
pub struct Skip {
    pub ids: u64,
    /// Why these lines may be missing.
    pub cause: Loss,
}

impl Skip {
    /// The ids to skip, if any. `now` is in milliseconds since 1970.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn at(connection: &Connection, now: i64) -> rusqlite::Result<Option<Self>> {
        let (end, committed_at): (i64, i64) =
            connection.query_row("SELECT clean, committed_at FROM state", [], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?;
        let cause = match end {
            end if end == End::InOrder as i64 => return Ok(None),
            end if end == End::OneOfSeveral as i64 => Loss::Absent,
            _ => Loss::Crash,
        };
        let ids = now.saturating_sub(committed_at).saturating_mul(IDS_PER_MILLISECOND);
        let ids = ids.clamp(*SKIPPED_IDS.start(), *SKIPPED_IDS.end()).unsigned_abs();
        Ok(Some(Self { ids, cause }))
    }
}

/// Lets every room skip the ids that the last server, or others, may have given.
///
/// # Errors
/// Those of SQLite.
pub fn recover(connection: &mut Connection, now: i64) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if let Some(Skip { ids, cause }) = Skip::at(&transaction, now)? {
        // A room in which nobody has said anything since the last crash keeps one gap.
        transaction.execute(
            "UPDATE gaps SET last_id = last_id + ?1, cause = ?2
             WHERE EXISTS (SELECT 1 FROM rooms WHERE rooms.id = gaps.room AND rooms.last_id = gaps.last_id)",
            params![ids, cause.as_str()],
        )?;
        transaction.execute(
            "INSERT INTO gaps SELECT id, last_id + 1, last_id + ?1, ?2 FROM rooms
             WHERE NOT EXISTS (SELECT 1 FROM gaps WHERE gaps.room = rooms.id AND gaps.last_id = rooms.last_id + ?1)",
            params![ids, cause.as_str()],
        )?;
        transaction.execute("UPDATE rooms SET last_id = last_id + ?1", [ids])?;
    }
    transaction.commit()
}
