//! Bans on disk: a file that a restart finds, and the thread that writes it.
//!
//! A disk can take as long as it likes, so the dispatcher never waits for one. It puts the list of all bans into a
//! slot and goes on. A list that is still in the slot when the next one comes is replaced: only the newest counts.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crossbeam_channel::{Receiver, Sender, TrySendError};
use jiff::Timestamp;
use parking_lot::Mutex;

use super::activity::Activity;
use super::bans_toml;
use super::threads::Row;
use crate::chat::Ban;
use crate::config::{ConfigError, in_file, limits, read_text};

/// The file's name in the state directory.
const NAME: &str = "bans.toml";
/// What is written before it takes that name.
const UNFINISHED: &str = "bans.toml.new";

/// The file of bans.
#[derive(Debug)]
pub struct BansFile {
    directory: PathBuf,
    /// What the file held when it was last read or written here; something else means that somebody has changed it.
    /// Locked for as long as it is read or written, by threads that may wait for a disk.
    held: Mutex<String>,
}

impl BansFile {
    /// Finds the file in its directory, with the bans that are not over yet. Where there is no file there is no ban.
    ///
    /// # Errors
    /// The directory is not there or cannot be written to, or the file is broken: then somebody has to look at it,
    /// since to go on without it would let everybody in.
    pub fn open(directory: &Path, now: Timestamp) -> Result<(Self, Vec<Ban>), ConfigError> {
        let file = Self {
            directory: directory.to_owned(),
            held: Mutex::default(),
        };
        file.create_unfinished()
            .and_then(|_| fs::remove_file(file.unfinished()))
            .map_err(|error| in_file(directory, &format!("cannot be written to: {error}")))?;
        let text = file.text()?;
        let bans = file.parse(&text, now)?;
        *file.held.lock() = text;
        Ok((file, bans))
    }

    /// The bans in the file, if somebody else has changed it since it was last read or written here. Without that the
    /// list in memory is newer, or the same.
    ///
    /// # Errors
    /// The file cannot be read or is broken.
    pub fn changed(&self, now: Timestamp) -> Result<Option<Vec<Ban>>, ConfigError> {
        let mut held = self.held.lock();
        let text = self.text()?;
        if text == *held {
            return Ok(None);
        }
        let bans = self.parse(&text, now)?;
        *held = text;
        Ok(Some(bans))
    }

    /// Replaces the file, all or nothing: whatever happens, a reader finds either the old list or the new one. The
    /// new one is on the disk before it takes the old one's name, and the name is on the disk before this returns.
    fn write(&self, bans: &[Ban]) -> io::Result<()> {
        let mut held = self.held.lock();
        let text = bans_toml::write(bans);
        let mut file = self.create_unfinished()?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(self.unfinished(), self.path())?;
        *held = text;
        File::open(&self.directory)?.sync_all()
    }

    /// A new file that only its owner may read: it says who was banned from where, and why.
    fn create_unfinished(&self) -> io::Result<File> {
        // One that a crash has left behind might have other permissions, or be a link to somewhere else.
        match fs::remove_file(self.unfinished()) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(self.unfinished())
    }

    fn text(&self) -> Result<String, ConfigError> {
        let path = self.path();
        if let Err(error) = fs::symlink_metadata(&path)
            && error.kind() == ErrorKind::NotFound
        {
            return Ok(String::new());
        }
        read_text(&path, limits::BANS_FILE_BYTES_MAX, "list of bans")
    }

    fn parse(&self, text: &str, now: Timestamp) -> Result<Vec<Ban>, ConfigError> {
        bans_toml::read(text, now).map_err(|what| in_file(&self.path(), &what))
    }

    fn path(&self) -> PathBuf {
        self.directory.join(NAME)
    }

    fn unfinished(&self) -> PathBuf {
        self.directory.join(UNFINISHED)
    }
}

/// The dispatcher's end of the slot. Dropping it ends the thread, once that has written what is in the slot.
pub struct Keeper {
    slot: Sender<Vec<Ban>>,
    /// To take out what the thread has not taken yet.
    untaken: Receiver<Vec<Ban>>,
}

/// The slot: the dispatcher's end, and the thread's.
pub fn slot() -> (Keeper, Receiver<Vec<Ban>>) {
    let (slot, lists) = crossbeam_channel::bounded(1);
    let untaken = lists.clone();
    (Keeper { slot, untaken }, lists)
}

impl Keeper {
    /// Has this list written, instead of one that waits. Never blocks: nobody else puts anything into the slot, so it is
    /// empty once the old list was taken out, by whomever.
    pub fn keep(&self, bans: Vec<Ban>) {
        if let Err(TrySendError::Full(bans)) = self.slot.try_send(bans) {
            let _ = self.untaken.try_recv();
            let _ = self.slot.try_send(bans);
        }
    }
}

/// Writes each list that it finds in the slot, and ends when the dispatcher is gone. Its last act is to write what was
/// put there last.
pub fn run(file: &BansFile, lists: &Receiver<Vec<Ban>>, row: &Row) {
    row.doing(Activity::WaitingForWork);
    for bans in lists {
        row.doing(Activity::Writing);
        match file.write(&bans) {
            Ok(()) => tracing::debug!(bans = bans.len(), "kept"),
            Err(error) => tracing::error!(
                "{}: cannot be written, so a restart forgets what has changed: {error}",
                file.path().display()
            ),
        }
        row.doing(Activity::WaitingForWork);
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::sync::Arc;
    use std::thread;

    use super::*;
    use crate::server::threads::ThreadTable;

    /// A directory of one test's own, gone when the test is.
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

        fn names(&self) -> Vec<String> {
            let entries = fs::read_dir(&self.0).unwrap();
            let name = |entry: io::Result<fs::DirEntry>| entry.unwrap().file_name();
            entries
                .map(|entry| name(entry).into_string().unwrap())
                .collect()
        }
    }

    impl Drop for Directory {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn banned(name: &str) -> Vec<Ban> {
        vec![Ban {
            name: Some(name.into()),
            network: None,
            until: None,
            why: None,
            by: "ann".into(),
        }]
    }

    #[test]
    fn a_restart_finds_what_was_kept() {
        let directory = Directory::new("kept");
        let (file, none) = directory.open().unwrap();
        assert!(none.is_empty() && directory.names().is_empty());
        file.write(&banned("mallory")).unwrap();
        file.write(&banned("trudy")).unwrap();
        assert_eq!(directory.names(), [NAME]);
        let mode = fs::metadata(file.path()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(directory.open().unwrap().1, banned("trudy"));
    }

    #[test]
    fn a_write_that_fails_leaves_the_old_list() {
        let directory = Directory::new("failed");
        let (file, _) = directory.open().unwrap();
        file.write(&banned("mallory")).unwrap();
        // A directory in its place, with something in it, cannot be removed like a file.
        fs::create_dir_all(file.unfinished().join("x")).unwrap();
        assert!(file.write(&banned("trudy")).is_err());
        assert_eq!(file.text().unwrap(), bans_toml::write(&banned("mallory")));
        assert_eq!(file.changed(Timestamp::UNIX_EPOCH), Ok(None));
        fs::remove_dir_all(file.unfinished()).unwrap();
        file.write(&banned("trudy")).unwrap();
        assert_eq!(directory.open().unwrap().1, banned("trudy"));
    }

    #[test]
    fn only_what_somebody_else_has_written_is_news() {
        let directory = Directory::new("news");
        let (file, _) = directory.open().unwrap();
        let changed = || file.changed(Timestamp::UNIX_EPOCH);
        file.write(&banned("mallory")).unwrap();
        assert_eq!(changed(), Ok(None));
        fs::write(file.path(), "[[ban]").unwrap();
        assert!(changed().is_err() && directory.open().is_err());
        fs::write(file.path(), bans_toml::write(&banned("trudy"))).unwrap();
        assert_eq!(changed(), Ok(Some(banned("trudy"))));
        assert_eq!(changed(), Ok(None));
        fs::remove_file(file.path()).unwrap();
        assert_eq!(changed(), Ok(Some(Vec::new())));
    }

    #[test]
    fn a_directory_that_is_none_is_told() {
        let directory = Directory::new("gone");
        fs::remove_dir(&directory.0).unwrap();
        let error = directory.open().unwrap_err().to_string();
        assert!(error.contains("cannot be written to"), "{error}");
    }

    #[test]
    fn the_newest_list_is_written_before_the_end() {
        let directory = Directory::new("newest");
        let (file, _) = directory.open().unwrap();
        let (keeper, lists) = slot();
        for name in ["one", "two", "three"] {
            keeper.keep(banned(name));
        }
        drop(keeper);
        let row = Arc::new(ThreadTable::default()).row("bans", "bans".into());
        thread::scope(|scope| scope.spawn(|| run(&file, &lists, &row)).join().unwrap());
        assert_eq!(directory.open().unwrap().1, banned("three"));
        assert!(lists.is_empty(), "the first two were replaced");
    }
}
