//! The NUL of telnet's CR NUL is taken for text.
//!
//! A line of telnet ends with CR LF, and the key Enter alone may also be sent as CR NUL (RFC 854; RFC 1123, section 3.3.1).
//! telnet does so where it sends each key as it is pressed. A server that knows only CR LF hears the next line with a NUL in
//! front: a byte that no terminal shows. So somebody called "\0luca" looks like luca and is somebody else, and `/who` behind
//! a NUL is no command.
//!
//! By hand: the server hears two lines, "luca" and "/who". One with this mistake hears a second line that no command is.
//!
//! ```text
//! (printf 'luca\r\0'; sleep 1; printf '/who\r\0'; sleep 1) | nc localhost 1337
//! ```

use std::io::{self, BufReader, Read};
use std::mem;

use super::codec::{self, text};
use super::pieces::Pieces;
use super::{Mistake, Way, Wrong};

/// See the module.
pub const MISTAKE: Mistake = Mistake {
    name: "cr-nul",
    title: "The NUL of telnet's CR NUL is taken for text",
    about: &[
        "Enter is CR LF, or LF, and from some telnets CR NUL: carriage return and a",
        "byte of value 0. Whoever ends a line at CR has to swallow what belongs to the",
        "same end, be it LF or NUL, also where it comes with the next read.",
        "A NUL that is left begins the next line, and no terminal shows it.",
    ],
    file: "src/bin/lab/broken/cr_nul.rs",
    place: "fn heard",
    sign: "a line begins with a NUL",
    try_it: check,
};

/// All lines that are said on a connection, until it ends.
fn heard(way: Way, socket: impl Read) -> io::Result<Vec<String>> {
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
        Way::Mended => answer(socket),
    }
}

fn check(way: Way) -> Result<(), Wrong> {
    // An end in one piece and one in two, and all three kinds of it. No NUL stands within a line: the server drops it there,
    // as all control characters that no text needs, so whoever drops each NUL hears the lines that the server hears.
    let pieces: [&[u8]; 5] = [b"luca\r\0", b"/who\r", b"\0hello\r", b"\n", b"you\r\n"];
    let expected = ["luca", "/who", "hello", "you"];
    let came = heard(way, Pieces::new(&pieces)?)?;
    if came == expected {
        return Ok(());
    }
    let what = if came.iter().any(|line| line.starts_with('\0')) {
        MISTAKE.sign
    } else {
        "other lines than were said"
    };
    Err(Wrong::new(
        format!("the lines {expected:?}"),
        format!("{came:?}: {what}"),
    ))
}

// The answer, for whoever has tried. By hand it would be `matches!(byte, b'\n' | b'\0')`.

fn answer(socket: impl Read) -> io::Result<Vec<String>> {
    codec::lines(socket)
}
