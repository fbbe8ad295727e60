//! The input history, in memory and in a file.

use std::collections::VecDeque;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use chatserv::chat::typed_command;
use unicode_normalization::UnicodeNormalization as _;

/// The maximum number of lines in the history.
const LINES_MAX: usize = 1_000;
/// The maximum number of bytes to read from the file. The file is shortened at every start, so only another program can
/// make it longer.
const FILE_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// The input history. Each line is appended to the file, so several clients can share it.
#[derive(Debug, Default)]
pub struct History {
    lines: VecDeque<String>,
    /// `None` if the history is kept in memory only.
    path: Option<PathBuf>,
}

impl History {
    /// Reads the history from this file, which may not exist yet. If the file cannot be read, returns an error message
    /// too, and the history is kept in memory only.
    pub fn open(path: Option<PathBuf>) -> (Self, Option<String>) {
        let mut history = Self { lines: VecDeque::new(), path };
        let Some(path) = &history.path else {
            return (history, None);
        };
        let complaint = match read(path) {
            Ok(text) => {
                let count = text.lines().count();
                for line in text.lines() {
                    history.remember(line.to_owned());
                }
                let is_long = count > 2 * LINES_MAX;
                is_long.then(|| history.shorten()).and_then(Result::err)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => Some(history.give_up("read", &error)),
        };
        (history, complaint)
    }

    /// Appends a line, unless it contains a password or repeats the last one.
    ///
    /// # Errors
    ///
    /// The file cannot be written; the message says why. From then on, the history is kept in memory only.
    pub fn add(&mut self, line: &str) -> Result<(), String> {
        if line.trim().is_empty() || is_secret(line) || !self.remember(line.to_owned()) {
            return Ok(());
        }
        let Some(path) = &self.path else {
            return Ok(());
        };
        append(path, line).map_err(|error| self.give_up("written", &error))
    }

    pub fn len(&self) -> usize {
        self.lines.len()
    }

    pub fn get(&self, index: usize) -> Option<&str> {
        self.lines.get(index).map(String::as_str)
    }

    /// Returns the index of the last line before this index that contains the text.
    pub fn find(&self, text: &str, before: usize) -> Option<usize> {
        (0..before.min(self.len())).rev().find(|&index| self.lines[index].contains(text))
    }

    /// Appends a line to the history in memory, unless it repeats the last one. Returns whether it was appended.
    fn remember(&mut self, line: String) -> bool {
        if self.lines.back() == Some(&line) {
            return false;
        }
        if self.lines.len() == LINES_MAX {
            self.lines.pop_front();
        }
        self.lines.push_back(line);
        true
    }

    /// Replaces the file by the history in memory.
    fn shorten(&mut self) -> Result<(), String> {
        let Some(path) = &self.path else {
            return Ok(());
        };
        let part = path.with_extension("part");
        let text: String = self.lines.iter().map(|line| format!("{line}\n")).collect();
        let written = create(&part)
            .and_then(|mut file| file.write_all(text.as_bytes()))
            .and_then(|()| fs::rename(&part, path));
        written.map_err(|error| self.give_up("written", &error))
    }

    fn give_up(&mut self, what: &str, error: &io::Error) -> String {
        let path = self.path.take().unwrap_or_default();
        format!("-- The history of typed lines cannot be {what}: {}: {error}", path.display())
    }
}

fn read(path: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    File::open(path)?.take(FILE_BYTES_MAX).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn append(path: &Path, line: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    let mut file = OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
    // A single write, so that the lines of two clients do not mix.
    file.write_all(format!("{line}\n").as_bytes())
}

fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)
}

/// Returns whether the line contains a password: `/op WORD`, even if the command is abbreviated, in capitals, or has an
/// extra letter. No other command of the server begins like this.
pub fn is_secret(line: &str) -> bool {
    let word = typed_command(line);
    let letters = word.unwrap_or_default().nfkc().skip_while(|c| !c.is_alphanumeric());
    letters.take(1).any(|letter| matches!(letter, 'o' | 'O'))
}

#[cfg(test)]
mod tests {
    use std::env;
    use std::os::unix::fs::PermissionsExt as _;
    use std::process;

    use super::*;

    fn with_file(test: &str, body: impl FnOnce(PathBuf)) {
        let folder = env::temp_dir().join(format!("chat-history-{test}-{}", process::id()));
        body(folder.join("state/history"));
        fs::remove_dir_all(folder).unwrap();
    }

    fn lines(history: &History) -> Vec<&str> {
        history.lines.iter().map(String::as_str).collect()
    }

    #[test]
    fn lines_with_a_password_are_not_remembered() {
        for line in ["/op word", "  /OP word", "/o word", "/opp word", "/op", "/ op word"] {
            assert!(is_secret(line), "{line}");
        }
        for line in ["／op word", "／ｏｐ word", "\u{feff}/op word", "/\u{200b}op word"] {
            assert!(is_secret(line), "{line}");
        }
        for line in ["op word", "/join op", "//op word", "/", ""] {
            assert!(!is_secret(line), "{line}");
        }
    }

    #[test]
    fn two_clients_share_a_file_that_only_their_owner_reads() {
        with_file("shared", |path| {
            let (mut one, complaint) = History::open(Some(path.clone()));
            assert_eq!(complaint, None);
            let (mut other, _) = History::open(Some(path.clone()));
            for line in ["hello", "hello", r"a \n \ b", "/op word", " "] {
                one.add(line).unwrap();
            }
            other.add("/who").unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), "hello\na \\n \\ b\n/who\n");
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            let (third, _) = History::open(Some(path));
            assert_eq!(lines(&third), ["hello", r"a \n \ b", "/who"]);
        });
    }

    #[test]
    fn a_file_that_grows_is_shortened() {
        with_file("long", |path| {
            let (mut history, _) = History::open(Some(path.clone()));
            for number in 0..2_010 {
                history.add(&number.to_string()).unwrap();
            }
            let (_, complaint) = History::open(Some(path.clone()));
            assert_eq!(complaint, None);
            let text = fs::read_to_string(&path).unwrap();
            assert_eq!(text.lines().count(), LINES_MAX);
            assert!(text.starts_with("1010\n") && text.ends_with("\n2009\n"), "{text}");
        });
    }

    #[test]
    fn without_a_file_the_complaint_comes_once() {
        let folder = env::temp_dir();
        let (mut history, complaint) = History::open(Some(folder));
        assert!(complaint.unwrap().starts_with("-- The history of typed lines cannot be read: "));
        history.add("hello").unwrap();
        assert_eq!((history.len(), history.get(0)), (1, Some("hello")));
    }

    #[test]
    fn a_search_goes_back_from_where_it_is() {
        let (mut history, _) = History::open(None);
        for line in ["one", "two", "one more", "three"] {
            history.add(line).unwrap();
        }
        assert_eq!(history.find("one", 9), Some(2));
        assert_eq!(history.find("one", 2), Some(0));
        assert_eq!(history.find("one", 0), None);
    }
}
