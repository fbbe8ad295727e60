//! Stdin and stdout where they are no terminal: lines in, lines out, and no prompt.
//!
//! Stdout has what the chat says, stderr what the client has to say. So `chat … > file` keeps a conversation and nothing
//! else, and with `--json` stdout is what a script reads.

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

/// Stdin, stdout and stderr as pipes.
pub struct Pipe {
    /// Lets the input thread read its next line. It is one line ahead at most.
    turns: Sender<()>,
    /// Whether something in stdin was refused here. An atomic, since the thread that finds it is never joined.
    refused: Arc<AtomicBool>,
    stdout: Stdout,
    json: bool,
}

/// How stdout is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stdout {
    /// It takes what is written.
    Open,
    /// Nobody reads it any more. (Rust has SIGPIPE ignored, so that it is an error like others.)
    Closed,
    /// It cannot be written to, and that was told.
    Broken,
}

/// Nothing can be written to stdout any more. Said once.
#[derive(Debug)]
pub struct Lost;

impl Pipe {
    /// Starts the input thread, which waits for its first turn and then reads stdin in this encoding. With `json`, stdout
    /// has objects and nothing else.
    ///
    /// # Errors
    ///
    /// The system has no thread left.
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
        // Nobody joins it: it may wait for stdin, which nothing can end. It ends with the process.
        Builder::new()
            .name("input".into())
            .stack_size(SERVICE_STACK_BYTES)
            .spawn(move || input::read(io::stdin().lock(), charset, &inbox, &turn, on_refusal))?;
        Ok(Self { turns, refused, stdout: Stdout::Open, json })
    }

    /// Prints what the chat says.
    ///
    /// # Errors
    ///
    /// Stdout is lost, with this line.
    pub fn show(&mut self, text: &str) -> Result<(), Lost> {
        if self.json {
            return Ok(());
        }
        self.print(text)
    }

    /// Prints an object of the server. What is none does not get there, whatever a server sends.
    ///
    /// # Errors
    ///
    /// Stdout is lost, with this object.
    pub fn object(&mut self, line: &str) -> Result<(), Lost> {
        let is_object = || serde_json::from_str::<Map<String, Value>>(line).is_ok();
        if !self.json || !is_object() {
            return Ok(());
        }
        self.print(&escaped(line))
    }

    /// Says what the client has to say, unless everything should end quietly.
    pub fn tell(&self, text: &str) {
        if self.stdout != Stdout::Closed {
            tell(text);
        }
    }

    /// Lets the next line be read.
    pub fn turn(&self) {
        // A turn that has not been taken yet is as good as this one. Without a reader nobody needs one.
        let _ = self.turns.try_send(());
    }

    /// What a script is told of an end.
    pub fn status(&self, status: Status) -> Status {
        match (self.stdout, status) {
            // That nobody reads any more is how a pipe ends, as in `chat … | head`.
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
        // In one write: stdout flushes at each line end.
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

/// The same object, with all that a terminal might obey as an escape sequence of JSON: somebody may be looking.
fn escaped(object: &str) -> Cow<'_, str> {
    let is_obeyed = |c: char| clean(c.encode_utf8(&mut [0; 4]).as_bytes()).altered;
    if object.is_ascii() || !object.contains(is_obeyed) {
        return object.into();
    }
    let mut escaped = String::with_capacity(object.len());
    for c in object.chars() {
        if is_obeyed(c) {
            // These are all below U+FFFF, and can only stand in a string.
            escaped.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            escaped.push(c);
        }
    }
    escaped.into()
}

/// Writes a line to stderr. Where that fails there is nobody to tell.
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
