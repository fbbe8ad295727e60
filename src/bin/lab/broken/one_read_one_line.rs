//! The server takes one read for one line.
//!
//! TCP carries a stream of bytes (RFC 9293, section 3.8). Lines typed by hand on one machine arrive one by one, so many
//! first chat servers have this mistake (smallchat, a well-known one, makes it on purpose and says so). It shows when
//! somebody pastes text, or when the network is slow.
//!
//! By hand: send a line in two parts, then two lines at once. `lab serve threads` reads "hello", "one" and "two"; a
//! server with this mistake reads "hel", "lo" and "one two".
//!
//! ```text
//! (echo luca; sleep 1; printf hel; sleep 1; printf 'lo\n'; sleep 1; printf 'one\ntwo\n'; sleep 1) | nc localhost 1337
//! ```

use std::io::{self, Read};

use super::connection::{Pieces, decoded_lines, text};
use super::{Failure, Mistake, Way};

pub const MISTAKE: Mistake = Mistake {
    name: "one-read-one-line",
    title: "One read is taken for one line",
    about: "The server reads from a socket and takes the result for one line. But TCP carries bytes and does not know \
            lines: a read may return half a line, or three lines. The server has to look for line ends itself, and \
            keep the beginning of a line until the rest arrives.",
    place: "fn read_lines",
    sign: "half a line was taken for a whole one",
    try_it: check,
};

/// Reads all lines of a connection until it ends.
fn read_lines(way: Way, mut socket: impl Read) -> io::Result<Vec<String>> {
    match way {
        Way::Broken => {
            let mut lines = Vec::new();
            let mut buffer = [0; 4096];
            loop {
                let count = socket.read(&mut buffer)?;
                if count == 0 {
                    return Ok(lines);
                }
                lines.push(text(&buffer[..count]));
            }
        }
        Way::Fixed => answer(socket),
    }
}

fn check(way: Way) -> Result<(), Failure> {
    let lines = read_lines(way, Pieces::new(&[b"hel", b"lo\r\n", b"one\r\ntwo\r\n"])?)?;
    MISTAKE.compare(&["hello", "one", "two"], &lines, |line| line == "hel")
}

// The answer. Try it yourself first.

fn answer(socket: impl Read) -> io::Result<Vec<String>> {
    decoded_lines(socket)
}
