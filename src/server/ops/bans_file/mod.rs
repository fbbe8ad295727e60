//! Bans on disk, for the next start. The file belongs to the server alone while it runs.

mod format;

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crossbeam_channel::{Receiver, Sender, TrySendError};
use jiff::Timestamp;
use rustix::fs::{Access, access};

use super::threads::{Activity, Row};
use crate::chat::Ban;
use crate::config::{ConfigError, in_file, limits, read_text};

/// The file in the state directory.
const NAME: &str = "bans.toml";
/// The name of a new list until it is complete.
const UNFINISHED: &str = "bans.toml.new";

/// The file of bans.
#[derive(Debug)]
pub struct BansFile {
    directory: PathBuf,
}

impl BansFile {
    /// Finds the file in its directory, and reads the bans that have not expired. A missing file holds no bans.
    ///
    /// # Errors
    /// The directory cannot be written to, or the file is broken: to start without it would let everybody in.
    pub fn open(directory: &Path, now: Timestamp) -> Result<(Self, Vec<Ban>), ConfigError> {
        let file = Self { directory: directory.to_owned() };
        let unfinished = directory.join(UNFINISHED);
        create(&unfinished)
            .and_then(|_| fs::remove_file(&unfinished))
            .map_err(|error| not_writable(directory, &error))?;
        let bans = file.read(now)?;
        Ok((file, bans))
    }

    /// Checks what [`BansFile::open`] checks, as far as possible without writing.
    ///
    /// # Errors
    /// The same.
    pub fn check(directory: &Path, now: Timestamp) -> Result<(), ConfigError> {
        // The dot fails unless it is a directory. Only a write can tell whether the disk has room.
        access(directory.join("."), Access::WRITE_OK | Access::EXEC_OK)
            .map_err(|error| not_writable(directory, &error.into()))?;
        Self { directory: directory.to_owned() }.read(now).map(|_| ())
    }

    fn read(&self, now: Timestamp) -> Result<Vec<Ban>, ConfigError> {
        let path = self.path();
        if let Err(error) = fs::symlink_metadata(&path)
            && error.kind() == ErrorKind::NotFound
        {
            return Ok(Vec::new());
        }
        let text = read_text(&path, limits::BANS_FILE_BYTES_MAX, "list of bans")?;
        format::read(&text, now).map_err(|what| in_file(&path, &what))
    }

    /// Replaces the file atomically: a reader finds either the old list or the new one, even after a crash. The new list
    /// is on disk before it gets the file's name, and the name is on disk before this returns.
    fn write(&self, bans: &[Ban]) -> io::Result<()> {
        let text = format::write(bans);
        if text.len() as u64 > limits::BANS_FILE_BYTES_MAX {
            return Err(io::Error::other("the list is too long to be read again"));
        }
        let unfinished = self.directory.join(UNFINISHED);
        let mut file = create(&unfinished)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(unfinished, self.path())?;
        File::open(&self.directory)?.sync_all()
    }

    /// Writes each list from the slot until the dispatcher drops its end; the last list is written before this returns.
    pub fn run(&self, lists: &Receiver<Vec<Ban>>, row: &Row) {
        row.doing(Activity::WaitingForWork);
        for bans in lists {
            row.doing(Activity::Writing);
            match self.write(&bans) {
                Ok(()) => tracing::debug!(bans = bans.len(), "wrote the bans"),
                Err(error) => tracing::error!(
                    "{}: cannot be written, a restart will forget the latest bans: {error}",
                    self.path().display()
                ),
            }
            row.doing(Activity::WaitingForWork);
        }
    }

    fn path(&self) -> PathBuf {
        self.directory.join(NAME)
    }
}

/// Creates a file that only its owner can read: it says who was banned, from where and why.
fn create(path: &Path) -> io::Result<File> {
    // An existing one could have other permissions, or be a link to another file.
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

fn not_writable(directory: &Path, error: &io::Error) -> ConfigError {
    in_file(directory, &format!("cannot be written to: {error}"))
}

/// The dispatcher's end of a slot for one list of bans. It never waits for the disk: a list that is still in the slot when
/// the next one comes is replaced.
pub struct BansSlot {
    slot: Sender<Vec<Ban>>,
    /// To take a list back out.
    waiting: Receiver<Vec<Ban>>,
}

impl BansSlot {
    /// A slot: the dispatcher's end, and the one for [`BansFile::run`].
    pub fn new() -> (Self, Receiver<Vec<Ban>>) {
        let (slot, lists) = crossbeam_channel::bounded(1);
        (Self { slot, waiting: lists.clone() }, lists)
    }

    /// Has this list written. Never blocks: only the dispatcher fills the slot, so it is empty once the old list is out.
    pub fn put(&self, bans: Vec<Ban>) {
        if let Err(TrySendError::Full(bans)) = self.slot.try_send(bans) {
            let _ = self.waiting.try_recv();
            let _ = self.slot.try_send(bans);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::sync::Arc;
    use std::thread;

    use super::*;
    use crate::server::ops::threads::ThreadTable;

    /// A directory for one test, which removes it.
    struct Directory(PathBuf);

    impl Directory {
        fn new(test: &str) -> Self {
            let name = format!("chatserv-{test}-{}", std::process::id());
            let path = std::env::temp_dir().join(name);
            let _ = fs::remove_dir_all(&path);
            fs::create_dir(&path).unwrap();
            Self(path)
        }

        fn open(&self) -> Result<(BansFile, Vec<Ban>), ConfigError> {
            BansFile::open(&self.0, Timestamp::UNIX_EPOCH)
        }

        fn check(&self) -> Result<(), ConfigError> {
            BansFile::check(&self.0, Timestamp::UNIX_EPOCH)
        }

        fn file_names(&self) -> Vec<String> {
            let entries = fs::read_dir(&self.0).unwrap();
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
        }
    }

    impl Drop for Directory {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn ban(name: &str) -> Vec<Ban> {
        vec![Ban {
            name: Some(name.into()),
            network: None,
            until: None,
            reason: None,
            by: "ann".into(),
        }]
    }

    #[test]
    fn a_restart_finds_the_last_list() {
        let directory = Directory::new("kept");
        let (file, none) = directory.open().unwrap();
        assert!(none.is_empty() && directory.file_names().is_empty());
        file.write(&ban("mallory")).unwrap();
        file.write(&ban("trudy")).unwrap();
        assert_eq!(directory.file_names(), [NAME]);
        let mode = fs::metadata(file.path()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(directory.open().unwrap().1, ban("trudy"));
    }

    #[test]
    fn a_failed_write_leaves_the_old_list() {
        let directory = Directory::new("failed");
        let (file, _) = directory.open().unwrap();
        file.write(&ban("mallory")).unwrap();
        let mut endless = ban("eve");
        endless[0].reason = Some("x".repeat(limits::BANS_FILE_BYTES_MAX as usize));
        let error = file.write(&endless).unwrap_err().to_string();
        assert_eq!(error, "the list is too long to be read again");
        // `create` cannot remove a directory.
        fs::create_dir(directory.0.join(UNFINISHED)).unwrap();
        assert!(file.write(&ban("trudy")).is_err());
        assert_eq!(file.read(Timestamp::UNIX_EPOCH), Ok(ban("mallory")));
        fs::remove_dir(directory.0.join(UNFINISHED)).unwrap();
        file.write(&ban("trudy")).unwrap();
        assert_eq!(directory.open().unwrap().1, ban("trudy"));
    }

    #[test]
    fn an_unfinished_list_is_replaced_and_not_written_to() {
        let directory = Directory::new("unfinished");
        let other = directory.0.join("other");
        fs::write(&other, "theirs").unwrap();
        let (file, _) = directory.open().unwrap();
        symlink(&other, directory.0.join(UNFINISHED)).unwrap();
        file.write(&ban("trudy")).unwrap();
        assert_eq!(fs::read_to_string(other).unwrap(), "theirs");
        assert_eq!(directory.open().unwrap().1, ban("trudy"));
    }

    #[test]
    fn a_check_writes_nothing_and_finds_a_broken_file() {
        let directory = Directory::new("check");
        assert_eq!(directory.check(), Ok(()));
        assert!(directory.file_names().is_empty());
        for broken in [b"[[ban]]".as_slice(), b"\xff"] {
            fs::write(directory.0.join(NAME), broken).unwrap();
            assert_eq!(directory.check().unwrap_err(), directory.open().unwrap_err());
        }
    }

    #[test]
    fn a_missing_directory_is_an_error() {
        let directory = Directory::new("missing");
        fs::remove_dir(&directory.0).unwrap();
        let error = directory.open().unwrap_err();
        let text = error.to_string();
        assert!(text.contains("cannot be written to: No such"), "{text}");
        assert_eq!(directory.check(), Err(error));
        fs::write(&directory.0, "").unwrap();
        assert_eq!(directory.check().unwrap_err(), directory.open().unwrap_err());
        fs::remove_file(&directory.0).unwrap();
    }

    #[test]
    fn the_newest_list_is_written_before_the_thread_ends() {
        let directory = Directory::new("newest");
        let (file, _) = directory.open().unwrap();
        let (bans_slot, lists) = BansSlot::new();
        for name in ["one", "two", "three"] {
            bans_slot.put(ban(name));
        }
        drop(bans_slot);
        let row = Arc::new(ThreadTable::default()).row("bans", "bans".into());
        thread::scope(|scope| scope.spawn(|| file.run(&lists, &row)).join().unwrap());
        assert_eq!(directory.open().unwrap().1, ban("three"));
        assert!(lists.is_empty(), "the first two were replaced");
    }
}
