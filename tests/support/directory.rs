//! Temporary files.

use std::fs::{self, File};
use std::io::Write;
use std::ops::Deref;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

/// A directory of one test's own, removed when dropped.
pub struct Directory(PathBuf);

impl Directory {
    /// An empty directory.
    pub fn new(name: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("{name}-{}-{number}", std::process::id());
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    /// The path of a file in it.
    pub fn path(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }

    pub fn write(&self, name: &str, content: &str) {
        fs::write(self.0.join(name), content).unwrap();
    }

    /// Writes a file which only its owner can read, as the operator password has to be.
    pub fn write_private(&self, name: &str, content: &[u8]) {
        let mut options = File::options();
        options.write(true).create(true).truncate(true).mode(0o600);
        let mut file = options.open(self.0.join(name)).unwrap();
        file.write_all(content).unwrap();
    }

    pub fn remove(&self, name: &str) {
        fs::remove_file(self.0.join(name)).unwrap();
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.0.join(name)).unwrap()
    }

    /// The names of the files in it, sorted.
    pub fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A disk of a few megabytes, in memory.
pub struct SmallDisk(Directory);

impl SmallDisk {
    /// None where mounting is not permitted; it says so.
    pub fn new(name: &str) -> Option<Self> {
        let directory = Directory::new(name);
        let path = directory.path("");
        let mut mount = Command::new("mount");
        let mount = mount.args(["-t", "tmpfs", "-o", "size=3m", "tmpfs", &path]).output();
        if !mount.is_ok_and(|output| output.status.success()) {
            eprintln!("skipped: a test of a full disk has to mount one, which only root may do");
            return None;
        }
        Some(Self(directory))
    }

    /// Nobody can write any more.
    pub fn protect(&self) {
        let mut mount = Command::new("mount");
        assert!(mount.args(["-o", "remount,ro", &self.0.path("")]).status().unwrap().success());
    }

    /// Writes until nothing fits any more.
    pub fn fill(&self) {
        let mut filler = File::create(self.0.path("filler")).unwrap();
        while filler.write_all(&[b'x'; 4096]).is_ok() {}
        while filler.write_all(b"x").is_ok() {}
    }
}

impl Deref for SmallDisk {
    type Target = Directory;

    fn deref(&self) -> &Directory {
        &self.0
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").args(["-l", &self.0.path("")]).status();
    }
}
