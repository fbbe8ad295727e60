//! One read is taken for one line.
//!
//! TCP carries a stream of bytes (RFC 9293, section 3.8). Where one send ends and the next begins is not kept: a line may
//! come in two reads, and two lines in one. On one's own machine, typed by hand, each line comes alone, so the mistake is
//! in many a first chat server (smallchat, a well-known one, makes it on purpose and says so). It shows when somebody
//! pastes, or when the network is slow.
//!
//! By hand: a line in two parts, and two lines at once. `lab serve threads` hears "hello", "one" and "two"; a server with
//! this mistake hears "hel", "lo" and "one two".
//!
//! ```text
//! (echo luca; sleep 1; printf hel; sleep 1; printf 'lo\n'; sleep 1; printf 'one\ntwo\n'; sleep 1) | nc localhost 1337
//! ```

use std::io::{self, Read};

use super::codec::{self, text};
use super::pieces::Pieces;
use super::{Mistake, Way, Wrong};

/// See the module.
pub const MISTAKE: Mistake = Mistake {
    name: "one-read-one-line",
    title: "One read is taken for one line",
    about: &[
        "A server reads from a socket, and takes what it got for one line.",
        "But TCP carries bytes and knows nothing of lines: it may deliver half a",
        "line, or three lines at once. The server has to look for the line ends",
        "itself, and to keep the beginning of a line until the rest has come.",
    ],
    file: "src/bin/lab/broken/one_read_one_line.rs",
    place: "fn heard",
    sign: "half a line was taken for a whole one",
    try_it: check,
};

/// All lines that are said on a connection, until it ends.
fn heard(way: Way, mut socket: impl Read) -> io::Result<Vec<String>> {
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
        Way::Mended => answer(socket),
    }
}

fn check(way: Way) -> Result<(), Wrong> {
    let pieces: [&[u8]; 3] = [b"hel", b"lo\r\n", b"one\r\ntwo\r\n"];
    let expected = ["hello", "one", "two"];
    let came = heard(way, Pieces::new(&pieces)?)?;
    if came == expected {
        return Ok(());
    }
    let what = if came.iter().any(|line| line == "hel") {
        MISTAKE.sign
    } else {
        "other lines than were said"
    };
    Err(Wrong::new(
        format!("the lines {expected:?}"),
        format!("{came:?}: {what}"),
    ))
}

// The answer, for whoever has tried.

fn answer(socket: impl Read) -> io::Result<Vec<String>> {
    codec::lines(socket)
}
