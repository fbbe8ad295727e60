//! The server reads a line of any length.
//!
//! The documentation of `BufRead::read_line` warns of this, and so does that of its relatives in other languages.
//! Everything that a client can make grow needs a limit.
//!
//! By hand: send a hundred megabytes without a line end, and look at the memory of the server (`RSS` of `ps -o
//! rss,comm`). `chatserv` says that the line is too long and closes the connection. A server with this mistake grows by
//! a hundred megabytes.
//!
//! ```text
//! head -c 100000000 /dev/zero | tr '\0' x | nc localhost 1337
//! ```

use std::io::{self, BufRead, BufReader, Read};

use chatserv::protocol::ENDLESS_BYTES_MAX;

use super::connection::{Pieces, decoded_lines, text};
use super::{Failure, Mistake, Way};

pub const MISTAKE: Mistake = Mistake {
    name: "endless-line",
    title: "A line may have any length",
    about: "`read_line` keeps all bytes until a line end arrives. A client that never sends one decides how much \
            memory the server uses. The server needs a limit for the length of a line. Beyond it, stop reading and \
            return the lines so far.",
    place: "fn read_lines",
    sign: "all of them, for a line that does not end",
    try_it: check,
};

const PIECE_BYTES: usize = 4096;

/// How far beyond the limit a server may read: a buffer or two, because it reads before it counts.
const EXCESS_BYTES_MAX: usize = 16 * 1024;

/// Reads all lines of a connection until it ends or the server gives up.
fn read_lines(way: Way, socket: impl Read) -> io::Result<Vec<String>> {
    match way {
        Way::Broken => {
            let mut lines = Vec::new();
            let mut reader = BufReader::new(socket);
            let mut line = String::new();
            while reader.read_line(&mut line)? > 0 {
                lines.push(text(line.as_bytes()));
                line.clear();
            }
            Ok(lines)
        }
        Way::Fixed => answer(socket),
    }
}

fn check(way: Way) -> Result<(), Failure> {
    let long = "a".repeat(1000);
    let sent = format!("hello\r\n{long}\r\n");
    let lines = read_lines(way, Pieces::new(&[sent.as_bytes()])?)?;
    if lines != ["hello", &long] {
        let lengths: Vec<usize> = lines.iter().map(String::len).collect();
        return Err(Failure::new(
            "lines of 5 and 1000 bytes, which are not too long",
            format!("lines of {lengths:?} bytes"),
        ));
    }

    let piece = [b'x'; PIECE_BYTES];
    let endless = [&piece[..]; 256];
    let mut socket = Pieces::new(&endless)?;
    // The server may also give up with an error.
    let _ = read_lines(way, &mut socket);
    let (read, all) = (socket.read_bytes(), endless.len() * PIECE_BYTES);
    let expected = format!("about {ENDLESS_BYTES_MAX} bytes read, of {all} that have no line end");
    if read == all {
        Err(Failure::new(expected, format!("{read}: {}", MISTAKE.sign)))
    } else if read > ENDLESS_BYTES_MAX + EXCESS_BYTES_MAX {
        Err(Failure::new(expected, format!("{read} bytes read")))
    } else {
        Ok(())
    }
}

// The answer. Try it yourself first. Without the codec: call `reader.by_ref().take(limit).read_line(...)`, and give up
// if the line has no end.

fn answer(socket: impl Read) -> io::Result<Vec<String>> {
    decoded_lines(socket)
}
