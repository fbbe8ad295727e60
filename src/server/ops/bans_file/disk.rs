//! New files in the place of whatever is there.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// A new file with this text, on the disk.
pub fn create_with(path: &Path, text: &str) -> io::Result<()> {
    let mut file = create(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// A new file that only its owner may read: it says who was banned from where, and why.
pub fn create(path: &Path) -> io::Result<File> {
    // One that is there already might have other permissions, or be a link to somewhere else.
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
}

#[cfg(test)]
pub mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::path::PathBuf;

    use super::*;

    /// A directory of one test's own, gone when the test is.
    pub struct Directory(pub PathBuf);

    impl Directory {
        pub fn new(test: &str) -> Self {
            let name = format!("chatserv-{test}-{}", std::process::id());
            let path = std::env::temp_dir().join(name);
            let _ = fs::remove_dir_all(&path);
            fs::create_dir(&path).unwrap();
            Self(path)
        }

        /// The names of the files in it.
        pub fn names(&self) -> Vec<String> {
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

    #[test]
    fn what_is_there_already_is_replaced_and_not_written_to() {
        let directory = Directory::new("disk");
        let path = |name| directory.0.join(name);
        fs::write(path("elsewhere"), "theirs").unwrap();
        symlink(path("elsewhere"), path("new")).unwrap();
        create_with(&path("new"), "ours").unwrap();
        assert_eq!(fs::read_to_string(path("new")).unwrap(), "ours");
        assert_eq!(fs::read_to_string(path("elsewhere")).unwrap(), "theirs");
        let mode = fs::symlink_metadata(path("new"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
