//! Bans on disk, for the next start. The file belongs to the server alone while it runs.

pub(in crate::server) mod format;

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
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
/// The permissions of a directory that the server creates.
const DIRECTORY_MODE: u32 = 0o700;

/// The file of bans.
#[derive(Debug)]
pub struct BansFile {
    directory: PathBuf,
}

impl BansFile {
    /// Finds the file in its directory, which is created if it does not exist, and reads the bans that have not expired. A
    /// missing file holds no bans.
    ///
    /// # Errors
    /// The list cannot be written, or the file is broken: to start without it would let everybody in.
    pub fn open(directory: &Path, now: Timestamp) -> Result<(Self, Vec<Ban>), ConfigError> {
        let file = Self { directory: directory.to_owned() };
        let refused = |error| not_writable(directory, &error);
        match DirBuilder::new().mode(DIRECTORY_MODE).create(directory) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(refused(error)),
            _ => {}
        }
        let unfinished = file.unfinished();
        match create(&unfinished).and_then(|_| fs::remove_file(&unfinished)) {
            Err(error) if !file.can_overwrite(&error) => return Err(refused(error)),
            _ => {}
        }
        let bans = file.read(now)?;
        Ok((file, bans))
    }

    /// Checks what [`BansFile::open`] checks, as far as possible without writing.
    ///
    /// # Errors
    /// The same.
    pub fn check(directory: &Path, now: Timestamp) -> Result<(), ConfigError> {
        let file = Self { directory: directory.to_owned() };
        let may_write = |directory: &Path| {
            // The dot fails unless it is a directory. Only a write can tell whether the disk has room.
            access(directory.join("."), Access::WRITE_OK | Access::EXEC_OK).map_err(io::Error::from)
        };
        let refused = |error| not_writable(directory, &error);
        if !fs::exists(directory).map_err(refused)? {
            let parent = directory.parent().filter(|parent| *parent != Path::new(""));
            return may_write(parent.unwrap_or(Path::new("."))).map_err(refused);
        }
        let target = file.target();
        match may_write(target.parent().unwrap_or(directory)) {
            Err(error) if !file.can_overwrite(&error) => return Err(refused(error)),
            _ => {}
        }
        file.read(now).map(|_| ())
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

    /// Writes a new list: it replaces the old one or, where that is impossible, overwrites it.
    fn write(&self, bans: &[Ban]) -> io::Result<()> {
        let text = format::write(bans);
        if text.len() as u64 > limits::BANS_FILE_BYTES_MAX {
            return Err(io::Error::other("the list is too long to be read again"));
        }
        match self.replace(&text) {
            Err(error) if self.can_overwrite(&error) => self.overwrite(&text),
            done => done,
        }
    }

    /// Replaces the file atomically: a reader finds either the old list or the new one, even after a crash. The new list
    /// is on disk before it gets the file's name, and the name is on disk before this returns.
    fn replace(&self, text: &str) -> io::Result<()> {
        let (target, unfinished) = (self.target(), self.unfinished());
        let mut file = create(&unfinished)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        if let Err(error) = fs::rename(&unfinished, &target) {
            let _ = fs::remove_file(&unfinished);
            return Err(error);
        }
        File::open(target.parent().unwrap_or(&self.directory))?.sync_all()
    }

    /// Writes over the old list. A crash meanwhile leaves a broken file.
    fn overwrite(&self, text: &str) -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).open(self.target())?;
        file.write_all(text.as_bytes())?;
        file.set_len(text.len() as u64)?;
        file.sync_all()
    }

    /// Whether the file can be overwritten though replacing it failed like this: it may be mounted alone into a container, or
    /// lie in a directory where the server may create nothing. A full disk is another matter: overwriting would lose the list.
    fn can_overwrite(&self, error: &io::Error) -> bool {
        let kinds = [
            ErrorKind::ResourceBusy,
            ErrorKind::ReadOnlyFilesystem,
            ErrorKind::PermissionDenied,
            ErrorKind::CrossesDevices,
        ];
        kinds.contains(&error.kind()) && access(self.target(), Access::WRITE_OK).is_ok()
    }

    /// Writes each list from the slot until the dispatcher drops its end; the last list is written before this returns. `failed`
    /// is called with the reason when a list cannot be written.
    pub fn run(&self, lists: &Receiver<Vec<Ban>>, row: &Row, failed: impl Fn(String)) {
        row.doing(Activity::WaitingForWork);
        for bans in lists {
            row.doing(Activity::Writing);
            match self.write(&bans) {
                Ok(()) => tracing::debug!(bans = bans.len(), "wrote the bans"),
                Err(error) => {
                    tracing::error!(
                        "{}: cannot be written, a restart will forget the latest bans: {error}",
                        self.path().display()
                    );
                    failed(error.to_string());
                }
            }
            row.doing(Activity::WaitingForWork);
        }
    }

    fn path(&self) -> PathBuf {
        self.directory.join(NAME)
    }

    /// The file itself, where the path is a symbolic link to it.
    fn target(&self) -> PathBuf {
        let path = self.path();
        fs::canonicalize(&path).unwrap_or_else(|_| match fs::read_link(&path) {
            // A link to a file that somebody has removed. A relative one starts at its directory.
            Ok(link) => self.directory.join(link),
            Err(_) => path,
        })
    }

    /// The new list until it is complete, in the directory of the file: a file cannot be moved to another disk.
    fn unfinished(&self) -> PathBuf {
        self.target().with_file_name(UNFINISHED)
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

    /// Queues this list for writing. Never blocks: only the dispatcher fills the slot, so it is empty once the old list is out.
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
        let (bans_slot, lists) = BansSlot::new();
        bans_slot.put(ban("trudy"));
        drop(bans_slot);
        let row = Arc::new(ThreadTable::default()).row("bans", "bans".into());
        let told = std::cell::Cell::new(0);
        file.run(&lists, &row, |_| told.set(told.get() + 1));
        assert_eq!(told.get(), 1, "a failure is told");
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
    fn a_symbolic_link_stays_one() {
        let (directory, elsewhere) = (Directory::new("link"), Directory::new("linked"));
        let other = elsewhere.0.join("other.toml");
        let relative = Path::new("..").join(elsewhere.0.file_name().unwrap()).join("other.toml");
        for link in [other.clone(), relative] {
            let _ = fs::remove_file(directory.0.join(NAME));
            symlink(&link, directory.0.join(NAME)).unwrap();
            // Its disk may not be mounted: to start with no bans would let everybody in.
            assert!(directory.open().is_err() && directory.check().is_err());
            fs::write(&other, "").unwrap();
            let (file, _) = directory.open().unwrap();
            assert_eq!(directory.check(), Ok(()));
            for name in ["mallory", "trudy", "eve"] {
                file.write(&ban(name)).unwrap();
                assert_eq!(fs::read_link(directory.0.join(NAME)).unwrap(), link);
                assert_eq!(directory.open().unwrap().1, ban(name));
                assert_eq!(elsewhere.file_names(), ["other.toml"]);
                assert_eq!(directory.file_names(), [NAME]);
                if name == "trudy" {
                    fs::remove_file(&other).unwrap();
                }
            }
            fs::remove_file(&other).unwrap();
        }
    }

    #[test]
    fn a_file_that_cannot_be_replaced_is_overwritten() {
        let directory = Directory::new("in-place");
        let (file, _) = directory.open().unwrap();
        file.write(&ban("mallory")).unwrap();
        // A shorter list, so that nothing of the longer one may stay.
        file.overwrite(&format::write(&ban("eve"))).unwrap();
        assert_eq!(directory.open().unwrap().1, ban("eve"));
        // As rename(2) fails on a mount, and open(2) on a read-only file system.
        for kind in [ErrorKind::ResourceBusy, ErrorKind::ReadOnlyFilesystem] {
            assert!(file.can_overwrite(&kind.into()), "{kind}");
        }
        // A full disk would truncate the only list.
        assert!(!file.can_overwrite(&ErrorKind::StorageFull.into()));
        fs::remove_file(file.path()).unwrap();
        assert!(!file.can_overwrite(&ErrorKind::ResourceBusy.into()));
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
    fn a_missing_directory_is_created() {
        let directory = Directory::new("missing");
        fs::remove_dir(&directory.0).unwrap();
        assert_eq!(directory.check(), Ok(()));
        assert!(!directory.0.exists());
        directory.open().unwrap();
        let mode = fs::metadata(&directory.0).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        assert_eq!(directory.check(), Ok(()));
        // But not its parent: a wrong path should not make a tree.
        let below = directory.0.join("gone/state");
        let error = BansFile::open(&below, Timestamp::UNIX_EPOCH).unwrap_err();
        assert!(error.to_string().contains("cannot be written to: No such"), "{error}");
        assert_eq!(BansFile::check(&below, Timestamp::UNIX_EPOCH), Err(error));
        fs::remove_dir(&directory.0).unwrap();
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
        let failed = |reason: String| panic!("{reason}");
        thread::scope(|scope| scope.spawn(|| file.run(&lists, &row, failed)).join().unwrap());
        assert_eq!(directory.open().unwrap().1, ban("three"));
        assert!(lists.is_empty(), "the first two were replaced");
    }
}
