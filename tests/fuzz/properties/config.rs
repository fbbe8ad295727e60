//! The settings file, as `--config` reads it.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use super::assert_one_line;
use crate::config::{Config, ConfigError, Outcome, load};

pub fn check(bytes: &[u8]) {
    let scratch = Scratch::new();
    let config = match scratch.load(bytes) {
        Ok(config) => config,
        Err(error) => return assert_one_line(&error.to_string()),
    };
    // The settings as `--check-config` prints them are a file with the same settings.
    let printed = config.to_toml();
    let again = scratch.load(printed.as_bytes());
    let again = again.unwrap_or_else(|error| panic!("{printed}\n{error}"));
    assert_eq!(again, config, "{printed}");
    assert_eq!(again.differences(&config), [""; 0]);
    let changed = Config::default().changed_to(config.clone());
    assert_eq!(changed.changed_to(config), changed);
}

/// A file for the settings, which goes when this is dropped.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Self {
        // In memory where that is possible: the fuzzer writes it some hundred times a second.
        let folder = Some(Path::new("/dev/shm")).filter(|folder| folder.is_dir());
        let folder = folder.map_or_else(std::env::temp_dir, Path::to_owned);
        let thread = format!("{:?}", std::thread::current().id());
        let thread: String = thread.chars().filter(char::is_ascii_digit).collect();
        Self(folder.join(format!("chatserv-fuzz-{}-{thread}.toml", std::process::id())))
    }

    fn load(&self, bytes: &[u8]) -> Result<Config, ConfigError> {
        let written = fs::write(&self.0, bytes);
        written.unwrap_or_else(|error| panic!("{}: {error}", self.0.display()));
        let arguments = ["chatserv".into(), "--config".into(), OsString::from(&self.0)];
        match load(arguments, []) {
            Ok(Outcome::Run(config)) => Ok(config),
            Ok(other) => panic!("a settings file asks for something else: {other:?}"),
            Err(error) => Err(error),
        }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}
