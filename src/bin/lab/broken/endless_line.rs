//! A line is read however long it is.
//!
//! `BufRead::read_line` returns at a line end, and until then keeps all that comes. Whoever sends bytes and never a line end
//! fills the memory of the server; the documentation of `read_line` warns of it, and so do those of its relatives in other
//! languages. Everything that somebody else can make grow needs a limit.
//!
//! By hand: a hundred megabytes and no line end. Look at the memory of the server meanwhile (`RSS` of `ps -o rss,comm`).
//! `chatserv` says that the line is too long and closes; one with this mistake grows by a hundred megabytes.
//!
//! ```text
//! head -c 100000000 /dev/zero | tr '\0' x | nc localhost 1337
//! ```

use std::io::{self, BufRead, BufReader, Read};

use chatserv::protocol::ENDLESS_BYTES_MAX;

use super::codec::{self, text};
use super::pieces::Pieces;
use super::{Mistake, Way, Wrong};

/// See the module.
pub const MISTAKE: Mistake = Mistake {
    name: "endless-line",
    title: "A line is read however long it is",
    about: &[
        "`read_line` keeps all bytes until a line end comes. Whoever never sends one",
        "decides how much memory the server takes. The server has to say how long a",
        "line may be, and to give up where one is longer than anybody types:",
        "stop reading, and return the lines that there were.",
    ],
    file: "src/bin/lab/broken/endless_line.rs",
    place: "fn heard",
    sign: "all of it was read, for a line that does not end",
    try_it: check,
};

/// What the client sends at a time, in the check.
const PIECE_BYTES: usize = 4096;

/// By how much more than the limit a server may have read: a buffer or two, since it reads before it counts.
const BEYOND_BYTES_MAX: usize = 16 * 1024;

/// All lines that are said on a connection, until it ends or is given up.
fn heard(way: Way, socket: impl Read) -> io::Result<Vec<String>> {
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
        Way::Mended => answer(socket),
    }
}

fn check(way: Way) -> Result<(), Wrong> {
    let long = "a".repeat(1000);
    let said = format!("hello\r\n{long}\r\n");
    let came = heard(way, Pieces::new(&[said.as_bytes()])?)?;
    if came != ["hello", &long] {
        return Err(Wrong::new(
            "a line of 5 bytes and one of 1000, which are not too long",
            format!("lines of {:?} bytes", lengths(&came)),
        ));
    }

    let piece = [b'x'; PIECE_BYTES];
    let endless = [&piece[..]; 256];
    let mut socket = Pieces::new(&endless)?;
    // An error is as good a way to give up as a return.
    let _ = heard(way, &mut socket);
    let (read, all) = (socket.read_bytes(), endless.len() * PIECE_BYTES);
    let expected = format!(
        "of {all} bytes without a line end, about {ENDLESS_BYTES_MAX} are read, and then no more"
    );
    if read == all {
        Err(Wrong::new(expected, format!("{read}: {}", MISTAKE.sign)))
    } else if read > ENDLESS_BYTES_MAX + BEYOND_BYTES_MAX {
        Err(Wrong::new(expected, format!("{read} were read")))
    } else {
        Ok(())
    }
}

fn lengths(lines: &[String]) -> Vec<usize> {
    lines.iter().map(String::len).collect()
}

// The answer, for whoever has tried. By hand it would be `reader.by_ref().take(limit).read_line(...)`, and giving up where
// the line then has no end.

fn answer(socket: impl Read) -> io::Result<Vec<String>> {
    codec::lines(socket)
}
