//! Bans on disk: a file that a restart finds. `keeper` is the thread that writes it.
//!
//! Two write this file, the server and whoever runs it, and neither asks the other. What has been changed by hand
//! and was not read yet, the server never throws away: it keeps that beside, and says so.

mod disk;
mod keeper;

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use parking_lot::Mutex;
use rustix::fs::{Access, access};

use super::bans_toml;
use crate::chat::Ban;
use crate::config::{ConfigError, in_file, limits, read_text};

pub use keeper::{Keeper, run, slot};

/// The file's name in the state directory.
const NAME: &str = "bans.toml";
/// What is written before it takes that name.
const UNFINISHED: &str = "bans.toml.new";
/// What somebody else had written, and the server had not read when it wrote its own.
const OTHER: &str = "bans.toml.old";

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
        let file = Self::in_directory(directory);
        disk::create(&file.beside(UNFINISHED))
            .and_then(|_| fs::remove_file(file.beside(UNFINISHED)))
            .map_err(|error| no_writing(directory, &error))?;
        let text = file.text()?;
        let bans = file.parse(&text, now)?;
        *file.held.lock() = text;
        Ok((file, bans))
    }

    /// Looks at what [`BansFile::open`] would look at, as far as that can be done without writing.
    ///
    /// # Errors
    /// As there.
    pub fn check(directory: &Path, now: Timestamp) -> Result<(), ConfigError> {
        // With the dot it has to be a directory. Whether there is room on the disk, only writing can tell.
        access(directory.join("."), Access::WRITE_OK | Access::EXEC_OK)
            .map_err(|error| no_writing(directory, &error.into()))?;
        let file = Self::in_directory(directory);
        file.parse(&file.text()?, now).map(|_| ())
    }

    fn in_directory(directory: &Path) -> Self {
        Self {
            directory: directory.to_owned(),
            held: Mutex::default(),
        }
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
    ///
    /// A file that somebody else has changed meanwhile is copied first. (To rename it would leave a moment without any
    /// file, and whoever starts a server then would start it without a ban.)
    fn write(&self, bans: &[Ban]) -> io::Result<()> {
        let text = bans_toml::write(bans);
        if text.len() as u64 > limits::BANS_FILE_BYTES_MAX {
            return Err(io::Error::other("the list is too long to be read again"));
        }
        let mut held = self.held.lock();
        let found = self.text().map_err(io::Error::other)?;
        let is_changed = found != *held;
        if is_changed {
            disk::create_with(&self.beside(OTHER), &found)?;
        }
        disk::create_with(&self.beside(UNFINISHED), &text)?;
        fs::rename(self.beside(UNFINISHED), self.path())?;
        *held = text;
        if is_changed {
            tracing::warn!(
                "{}: was changed by hand, and written anew before a SIGHUP had it read. What it held is in {}: \
                 carry over what is missing, and send a SIGHUP",
                self.path().display(),
                self.beside(OTHER).display()
            );
        }
        File::open(&self.directory)?.sync_all()
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
        self.beside(NAME)
    }

    fn beside(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }
}

fn no_writing(directory: &Path, error: &io::Error) -> ConfigError {
    in_file(directory, &format!("cannot be written to: {error}"))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::disk::tests::Directory;
    use super::*;

    pub fn open(directory: &Directory) -> Result<(BansFile, Vec<Ban>), ConfigError> {
        BansFile::open(&directory.0, Timestamp::UNIX_EPOCH)
    }

    pub fn banned(name: &str) -> Vec<Ban> {
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
        let (file, none) = open(&directory).unwrap();
        assert!(none.is_empty() && directory.names().is_empty());
        file.write(&banned("mallory")).unwrap();
        file.write(&banned("trudy")).unwrap();
        assert_eq!(directory.names(), [NAME]);
        let mode = fs::metadata(file.path()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(open(&directory).unwrap().1, banned("trudy"));
    }

    #[test]
    fn a_write_that_fails_leaves_the_old_list() {
        let directory = Directory::new("failed");
        let (file, _) = open(&directory).unwrap();
        file.write(&banned("mallory")).unwrap();
        // A directory in its place, with something in it, cannot be removed like a file.
        fs::create_dir_all(file.beside(UNFINISHED).join("x")).unwrap();
        assert!(file.write(&banned("trudy")).is_err());
        assert_eq!(file.text().unwrap(), bans_toml::write(&banned("mallory")));
        assert_eq!(file.changed(Timestamp::UNIX_EPOCH), Ok(None));
        fs::remove_dir_all(file.beside(UNFINISHED)).unwrap();
        file.write(&banned("trudy")).unwrap();
        assert_eq!(open(&directory).unwrap().1, banned("trudy"));
    }

    #[test]
    fn only_what_somebody_else_has_written_is_news() {
        let directory = Directory::new("news");
        let (file, _) = open(&directory).unwrap();
        let changed = || file.changed(Timestamp::UNIX_EPOCH);
        file.write(&banned("mallory")).unwrap();
        assert_eq!(changed(), Ok(None));
        fs::write(file.path(), "[[ban]").unwrap();
        assert!(changed().is_err() && open(&directory).is_err());
        fs::write(file.path(), bans_toml::write(&banned("trudy"))).unwrap();
        assert_eq!(changed(), Ok(Some(banned("trudy"))));
        assert_eq!(changed(), Ok(None));
        fs::remove_file(file.path()).unwrap();
        assert_eq!(changed(), Ok(Some(Vec::new())));
    }

    #[test]
    fn what_was_changed_and_not_read_is_kept() {
        let directory = Directory::new("other");
        let (file, _) = open(&directory).unwrap();
        let other = || fs::read_to_string(file.beside(OTHER)).unwrap();
        file.write(&banned("mallory")).unwrap();
        // Not even a list has it to be.
        for theirs in ["[[ban]]\nname = 'trudy'", "[[ban", ""] {
            fs::write(file.path(), theirs).unwrap();
            file.write(&banned("eve")).unwrap();
            assert_eq!(other(), theirs);
            assert_eq!(open(&directory).unwrap().1, banned("eve"));
            file.write(&banned("mallory")).unwrap();
            assert_eq!(other(), theirs, "nobody has changed it since");
        }
        // What was read is no longer theirs alone.
        fs::write(file.path(), bans_toml::write(&banned("zoe"))).unwrap();
        assert!(file.changed(Timestamp::UNIX_EPOCH).unwrap().is_some());
        file.write(&banned("eve")).unwrap();
        assert_eq!(other(), "");
    }

    #[test]
    fn what_cannot_be_read_is_not_replaced() {
        let directory = Directory::new("unreadable");
        let (file, _) = open(&directory).unwrap();
        fs::write(file.path(), b"\xff").unwrap();
        let error = file.write(&banned("eve")).unwrap_err().to_string();
        assert!(error.ends_with("is not UTF-8 text"), "{error}");
        assert_eq!(fs::read(file.path()).unwrap(), b"\xff");
        fs::remove_file(file.path()).unwrap();
        let mut endless = banned("eve");
        endless[0].why = Some("x".repeat(limits::BANS_FILE_BYTES_MAX as usize));
        let error = file.write(&endless).unwrap_err().to_string();
        assert_eq!(error, "the list is too long to be read again");
        assert!(directory.names().is_empty());
    }

    #[test]
    fn to_check_is_not_to_write() {
        let directory = Directory::new("check");
        let check = || BansFile::check(&directory.0, Timestamp::UNIX_EPOCH);
        assert_eq!(check(), Ok(()));
        assert!(directory.names().is_empty());
        fs::write(directory.0.join(NAME), "[[ban]]").unwrap();
        assert_eq!(check().unwrap_err(), open(&directory).unwrap_err());
    }

    #[test]
    fn a_directory_that_is_none_is_told() {
        let directory = Directory::new("gone");
        fs::remove_dir(&directory.0).unwrap();
        let error = open(&directory).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("cannot be written to: No such"), "{text}");
        let check = || BansFile::check(&directory.0, Timestamp::UNIX_EPOCH);
        assert_eq!(check(), Err(error));
        // What is there may still be no directory.
        fs::write(&directory.0, "").unwrap();
        assert_eq!(check().unwrap_err(), open(&directory).unwrap_err());
        fs::remove_file(&directory.0).unwrap();
    }
}
