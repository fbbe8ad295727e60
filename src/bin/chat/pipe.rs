//! Stdin and stdout when they are not a terminal: lines in, lines out, and no prompt.
//!
//! Stdout receives the chat, stderr the client's own messages. So `chat … > file` keeps only the conversation, and a
//! script can read the stdout of `--json`.

mod input;

use std::borrow::Cow;
use std::io::{self, ErrorKind, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::Builder;

use chatserv::config::limits::SERVICE_STACK_BYTES;
use chatserv::protocol::clean;
use crossbeam_channel::{Sender, bounded};
use serde_json::{Map, Value};

use crate::charset::Charset;
use crate::client::Event;
use crate::socket::words;
use crate::status::Status;

pub struct Pipe {
    /// Lets the input thread read its next line. The thread reads at most one line ahead.
    turns: Sender<()>,
    /// Whether a line of stdin was refused. It is an atomic because the input thread, which sets it, is never joined.
    refused: Arc<AtomicBool>,
    stdout: Stdout,
    json: bool,
}

/// The state of stdout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stdout {
    /// Stdout can be written to.
    Open,
    /// Stdout has no reader any more. Rust ignores SIGPIPE, so this shows up as an error.
    Closed,
    /// Stdout cannot be written to, and the failure was reported.
    Broken,
}

/// Stdout cannot be written to any more. Reported once.
#[derive(Debug)]
pub struct Lost;

impl Pipe {
    /// Starts the input thread, which waits for its first turn and then reads stdin in this encoding. With `json`,
    /// stdout receives only JSON objects.
    ///
    /// # Errors
    ///
    /// The thread cannot be started.
    pub fn open(inbox: Sender<Event>, charset: Charset, json: bool) -> io::Result<Self> {
        let (turns, turn) = bounded(1);
        let refused = Arc::<AtomicBool>::default();
        let on_refusal = {
            let refused = Arc::clone(&refused);
            move |sentence: &str| {
                refused.store(true, Ordering::SeqCst);
                tell(sentence);
            }
        };
        // The thread is not joined: nothing can end a read of stdin. It ends with the process.
        Builder::new()
            .name("input".into())
            .stack_size(SERVICE_STACK_BYTES)
            .spawn(move || input::read(io::stdin().lock(), charset, &inbox, &turn, on_refusal))?;
        Ok(Self { turns, refused, stdout: Stdout::Open, json })
    }

    /// Prints a line of the chat.
    ///
    /// # Errors
    ///
    /// Stdout cannot be written to, and the line is lost.
    pub fn show(&mut self, text: &str) -> Result<(), Lost> {
        if self.json {
            return Ok(());
        }
        self.print(text)
    }

    /// Prints an object of the server. A line that is not an object is not printed, whatever the server sends.
    ///
    /// # Errors
    ///
    /// Stdout cannot be written to, and the object is lost.
    pub fn object(&mut self, line: &str) -> Result<(), Lost> {
        let is_object = || serde_json::from_str::<Map<String, Value>>(line).is_ok();
        if !self.json || !is_object() {
            return Ok(());
        }
        self.print(&escaped(line))
    }

    /// Prints a message of the client, unless the client is to end silently.
    pub fn tell(&self, text: &str) {
        if self.stdout != Stdout::Closed {
            tell(text);
        }
    }

    /// Lets the input thread read the next line.
    pub fn turn(&self) {
        // The channel is full if a turn has not been taken yet, which is as good. Without a reader, no turn is needed.
        let _ = self.turns.try_send(());
    }

    /// The exit status for a session that ended with `status`.
    pub fn status(&self, status: Status) -> Status {
        match (self.stdout, status) {
            // A pipe ends when its reader does, as in `chat … | head`.
            (Stdout::Closed, _) => Status::Left,
            (Stdout::Broken, Status::Left) => Status::Refused,
            (Stdout::Open, Status::Left) if self.refused.load(Ordering::SeqCst) => {
                Status::Undelivered
            }
            (_, status) => status,
        }
    }

    fn print(&mut self, text: &str) -> Result<(), Lost> {
        if self.stdout != Stdout::Open {
            return Ok(());
        }
        // A single write, because stdout flushes at each line end.
        let written = io::stdout().write_all(format!("{text}\n").as_bytes());
        let Err(error) = written else {
            return Ok(());
        };
        self.stdout = if error.kind() == ErrorKind::BrokenPipe {
            Stdout::Closed
        } else {
            tell(&format!("chat: stdout cannot be written to: {}.", words(&error)));
            Stdout::Broken
        };
        Err(Lost)
    }
}

/// Escapes the characters of an object that a terminal might interpret, since stdout may be a terminal after all.
fn escaped(object: &str) -> Cow<'_, str> {
    let is_obeyed = |c: char| clean(c.encode_utf8(&mut [0; 4]).as_bytes()).altered;
    if object.is_ascii() || !object.contains(is_obeyed) {
        return object.into();
    }
    let mut escaped = String::with_capacity(object.len());
    for c in object.chars() {
        if is_obeyed(c) {
            // All of these are below U+FFFF, and they can occur only in a string.
            escaped.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            escaped.push(c);
        }
    }
    escaped.into()
}

/// Writes a line to stderr. A failure is ignored, because there is nowhere left to report it.
pub fn tell(text: &str) {
    let _ = io::stderr().write_all(format!("{text}\n").as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pipe(stdout: Stdout, refused: bool) -> Pipe {
        Pipe {
            turns: bounded(1).0,
            refused: Arc::new(AtomicBool::new(refused)),
            stdout,
            json: false,
        }
    }

    #[test]
    fn what_a_terminal_would_obey_is_escaped_in_objects() {
        for (object, expected) in [
            (r#"{"a":"b"}"#, r#"{"a":"b"}"#),
            (r#"{"a":"日本 \u001b"}"#, r#"{"a":"日本 \u001b"}"#),
            ("{\"a\":\"\u{9b}2J\u{202e}x\u{2028}\"}", r#"{"a":"\u009b2J\u202ex\u2028"}"#),
        ] {
            assert_eq!(escaped(object), expected);
        }
    }

    #[test]
    fn the_exit_status_says_what_a_script_has_to_know() {
        use Status::{Left, Refused, Undelivered};
        for (stdout, refused, ended, expected) in [
            (Stdout::Open, false, Left, Left),
            (Stdout::Open, true, Left, Undelivered),
            (Stdout::Open, true, Refused, Refused),
            (Stdout::Open, false, Undelivered, Undelivered),
            (Stdout::Closed, true, Undelivered, Left),
            (Stdout::Closed, false, Refused, Left),
            (Stdout::Broken, true, Left, Refused),
            (Stdout::Broken, false, Undelivered, Undelivered),
        ] {
            assert_eq!(pipe(stdout, refused).status(ended), expected);
        }
    }
}
