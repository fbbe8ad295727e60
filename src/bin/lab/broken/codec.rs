//! The server's own codec, which is the answer to the mistakes in reading.

use std::io::{self, Read};

use chatserv::chat::{Input, Protocol, Time};
use chatserv::protocol::{Decoded, Decoder};

/// All lines of a connection, until it ends or sends a line without an end.
///
/// [`Decoder`] is fed what each read brings, and keeps between two reads what it needs to go on: the beginning of a line,
/// whether the last byte was a CR, how long the line is.
///
/// # Errors
/// The connection cannot be read.
pub fn lines(mut socket: impl Read) -> io::Result<Vec<String>> {
    let mut decoder = Decoder::new(Protocol::Plain, false);
    let mut lines = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let count = socket.read(&mut buffer)?;
        let mut decoded = Decoded::default();
        // The time is for telnet's own limits. Nobody speaks telnet here, so any time will do.
        decoder.feed(&buffer[..count], Time::ZERO, &mut decoded);
        for input in decoded.inputs {
            match input {
                Input::Line(line) => lines.push(line.text),
                Input::LineEndless => return Ok(lines),
                _ => {}
            }
        }
        if count == 0 {
            return Ok(lines);
        }
    }
}

/// What stands in a line, without its end.
pub fn text(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(line);
    text.trim_end_matches(['\r', '\n']).to_owned()
}
