//! The log of the conversation: `chat --log FILE`.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

use jiff::Zoned;
use rustix::fs::OFlags;

use crate::socket::words;

/// A log of the conversation. The first failure to write ends it.
#[derive(Debug)]
pub struct Log {
    path: PathBuf,
    state: State,
}

#[derive(Debug)]
enum State {
    /// Nothing has been written yet.
    New,
    Open(File),
    /// The file cannot be written, and the failure was reported.
    Failed,
}

impl Log {
    /// Creates a log in this file, which is opened when the first line is written.
    pub fn new(path: PathBuf) -> Self {
        Self { path, state: State::New }
    }

    /// Appends a line that was shown at this time. `text` has no colours and no line end.
    ///
    /// # Errors
    ///
    /// The file cannot be written; the message says why. Later calls write nothing and succeed, so the failure is
    /// reported once.
    pub fn write(&mut self, text: &str, at: &Zoned) -> Result<(), String> {
        // A single write keeps lines whole if two clients use the same log.
        let line = format!("{} {text}\n", at.strftime("%Y-%m-%d %H:%M:%S %:z"));
        let written = self.file().and_then(|file| match file {
            Some(file) => file.write_all(line.as_bytes()),
            None => Ok(()),
        });
        written.map_err(|error| {
            self.state = State::Failed;
            let path = self.path.display();
            format!("Nothing more is logged: {path} cannot be written: {}.", words(&error))
        })
    }

    /// Returns the open file, or `None` after a failure.
    fn file(&mut self) -> io::Result<Option<&mut File>> {
        if let State::New = self.state {
            // Other users of this machine must not read the conversation. Without NONBLOCK, opening a pipe would wait
            // for its reader.
            let flags = (OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed();
            let mut options = OpenOptions::new();
            options.append(true).create(true).mode(0o600).custom_flags(flags);
            self.state = State::Open(options.open(&self.path)?);
        }
        Ok(match &mut self.state {
            State::Open(file) => Some(file),
            State::New | State::Failed => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// A path for one test. The file at this path is removed when the value is dropped.
    struct Place(PathBuf);

    impl Place {
        fn new(name: &str) -> Self {
            let name = format!("chat-log-{}-{name}", std::process::id());
            Self(std::env::temp_dir().join(name))
        }
    }

    impl Drop for Place {
        fn drop(&mut self) {
            let _ = fs::remove_file(&self.0);
        }
    }

    fn at(time: &str) -> Zoned {
        time.parse().unwrap()
    }

    #[test]
    fn what_cannot_be_written_is_told_once() {
        let now = at("2026-11-20T12:03:04+01:00[Europe/Berlin]");
        let pipe = Place::new("pipe");
        let (kind, mode) =
            (rustix::fs::FileType::Fifo, rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR);
        rustix::fs::mknodat(rustix::fs::CWD, &pipe.0, kind, mode, 0).unwrap();
        for (path, reason) in [
            ("/nowhere/log".into(), "No such file or directory"),
            ("/".into(), "Is a directory"),
            ("/dev/full".into(), "No space left on device"),
            // The pipe has no reader.
            (pipe.0.clone(), "No such device or address"),
        ] {
            let mut log = Log::new(path);
            let shown = log.path.display().to_string();
            let sentence = format!("Nothing more is logged: {shown} cannot be written: {reason}.");
            assert_eq!(log.write("one", &now), Err(sentence));
            assert_eq!(log.write("two", &now), Ok(()), "{shown}");
        }
    }
}
