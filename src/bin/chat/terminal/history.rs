//! The history of typed lines.

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::PathBuf;

use chatserv::chat::typed_command;
use rustyline::error::ReadlineError;
use unicode_normalization::UnicodeNormalization as _;

use super::painter::LineEditor;

/// So many lines are remembered.
pub const LINES_MAX: usize = 1_000;

/// Where the history is kept, as long as that works.
#[derive(Debug)]
pub struct Keeper {
    path: Option<PathBuf>,
}

impl Keeper {
    /// Keeps the history in this file, or nowhere.
    pub fn new(path: Option<PathBuf>) -> Self {
        Self { path }
    }

    /// Reads the history.
    ///
    /// # Errors
    ///
    /// The file is there and cannot be read; a sentence that says why. The history is then kept nowhere, so that it is
    /// not told with each line.
    pub fn load(&mut self, editor: &mut LineEditor) -> Result<(), String> {
        let Some(path) = &self.path else {
            return Ok(());
        };
        match editor.load_history(path) {
            Err(ReadlineError::Io(error)) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(self.give_up("read", &error)),
            Ok(()) => Ok(()),
        }
    }

    /// Remembers a line, and puts it behind what the file holds by now: another client may keep its lines there too.
    ///
    /// # Errors
    ///
    /// It cannot be written; a sentence that says why. The history is then kept nowhere, so that it is not told with
    /// each line.
    pub fn keep(&mut self, editor: &mut LineEditor, line: &str) -> Result<(), String> {
        if line.trim().is_empty() || is_secret(line) {
            return Ok(());
        }
        let is_new = editor.add_history_entry(line).unwrap_or(false);
        let Some(path) = self.path.as_ref().filter(|_| is_new) else {
            return Ok(());
        };
        let folder = path.parent().map_or(Ok(()), |folder| {
            // What somebody has said is nobody else's business. rustyline makes the file so that only its owner reads it.
            DirBuilder::new().recursive(true).mode(0o700).create(folder)
        });
        folder
            .map_err(ReadlineError::Io)
            .and_then(|()| editor.append_history(path))
            .map_err(|error| self.give_up("written", &error))
    }

    fn give_up(&mut self, what: &str, error: &ReadlineError) -> String {
        let path = self.path.take().unwrap_or_default();
        format!("-- The history of typed lines cannot be {what}: {}: {error}", path.display())
    }
}

/// Whether the line holds a password: `/op WORD`, also where the command is only begun, in capitals or with a letter too
/// many. No other command of the server begins like this.
pub fn is_secret(line: &str) -> bool {
    let word = typed_command(line);
    let letters = word.unwrap_or_default().nfkc().skip_while(|c| !c.is_alphanumeric());
    letters.take(1).any(|letter| matches!(letter, 'o' | 'O'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_with_a_password_is_remembered() {
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
}
