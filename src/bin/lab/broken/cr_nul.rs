//! The server takes the NUL of telnet's CR NUL for text.
//!
//! A line of telnet ends with CR LF, but the Enter key alone may also be sent as CR NUL (RFC 854; RFC 1123, section
//! 3.3.1). telnet sends CR NUL in character mode. So "\0luca" looks like luca but is another name, and `/who` behind a
//! NUL is no command.
//!
//! By hand: the server reads the two lines "luca" and "/who". With this mistake, the second line is no command.
//!
//! ```text
//! (printf 'luca\r\0'; sleep 1; printf '/who\r\0'; sleep 1) | nc localhost 1337
//! ```

use std::io::{self, BufReader, Read};
use std::mem;

use super::connection::{Pieces, decoded_lines, text};
use super::{Failure, Mistake, Way};

pub const MISTAKE: Mistake = Mistake {
    name: "cr-nul",
    title: "The NUL of telnet's CR NUL is taken for text",
    about: "Enter is CR LF, or LF, and with some telnets CR NUL: a carriage return and a byte of value 0. A server \
            that ends a line at CR has to skip the LF or NUL behind it, even if that arrives with the next read. A NUL \
            that is left begins the next line, and no terminal shows it.",
    place: "fn read_lines",
    sign: "a line begins with a NUL",
    try_it: check,
};

/// Reads all lines of a connection until it ends.
fn read_lines(way: Way, socket: impl Read) -> io::Result<Vec<String>> {
    match way {
        Way::Broken => {
            let mut lines = Vec::new();
            let mut typed = Vec::new();
            let mut after_cr = false;
            for byte in BufReader::new(socket).bytes() {
                let byte = byte?;
                if mem::take(&mut after_cr) && byte == b'\n' {
                    continue;
                }
                match byte {
                    b'\r' | b'\n' => lines.push(text(&mem::take(&mut typed))),
                    _ => typed.push(byte),
                }
                after_cr = byte == b'\r';
            }
            Ok(lines)
        }
        Way::Fixed => answer(socket),
    }
}

fn check(way: Way) -> Result<(), Failure> {
    // All three kinds of line ends, in one piece and in two. No NUL is inside a line: the server drops it there, so a
    // fix that drops every NUL is correct.
    let pieces: [&[u8]; 5] = [b"luca\r\0", b"/who\r", b"\0hello\r", b"\n", b"you\r\n"];
    let lines = read_lines(way, Pieces::new(&pieces)?)?;
    MISTAKE.compare(&["luca", "/who", "hello", "you"], &lines, |line| line.starts_with('\0'))
}

// The answer. Try it yourself first. Without the codec: `matches!(byte, b'\n' | b'\0')`.

fn answer(socket: impl Read) -> io::Result<Vec<String>> {
    decoded_lines(socket)
}
