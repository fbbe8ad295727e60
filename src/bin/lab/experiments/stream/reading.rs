//! One sends, the other reads and counts in both ways at once.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::Duration;

use chatserv::chat::{Input, Protocol};
use chatserv::protocol::{Decoded, Decoder};

/// How many lines are sent.
pub const LINES: usize = 1_000;

/// How long each of them is, with its end.
pub const LINE_BYTES: usize = 20;

/// What one read takes at the most.
const READ_BYTES: usize = 4096;

/// When the next piece is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// When the one before has been read, as with a person who types.
    EachIsReadFirst,
    /// At once.
    WithoutWaiting,
}

/// What a reader has counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counted {
    /// Reads: the lines of whoever takes each for one.
    pub reads: usize,
    /// Those of them that held one whole line and nothing else.
    pub right: usize,
    /// The lines that the server's codec found.
    pub lines: usize,
}

/// Sends all lines over a connection of their own, so many bytes a write, and counts them at the other end.
///
/// # Errors
/// The connection fails.
pub fn send_and_count(piece: usize, pace: Pace) -> io::Result<Counted> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let socket = TcpStream::connect(listener.local_addr()?)?;
    // Else the kernel itself would put small writes together (RFC 896), and that is not what this is about.
    socket.set_nodelay(true)?;
    let (accepted, _) = listener.accept()?;
    let (progress, read_so_far) = mpsc::channel();
    thread::scope(|scope| {
        let sent = scope.spawn(move || send(&socket, piece, pace, &read_so_far));
        let counted = count(accepted, &progress);
        drop(progress);
        match sent.join() {
            Ok(sent) => sent.and(counted),
            Err(_) => Err(io::Error::other("the sender has panicked")),
        }
    })
}

fn line(number: usize) -> String {
    let line = format!("line {number:06}");
    format!("{line:.<width$}\r\n", width = LINE_BYTES - 2)
}

fn send(
    mut socket: &TcpStream,
    piece: usize,
    pace: Pace,
    read_so_far: &Receiver<usize>,
) -> io::Result<()> {
    let text: String = (0..LINES).map(line).collect();
    let mut sent = 0;
    for piece in text.as_bytes().chunks(piece) {
        socket.write_all(piece)?;
        sent += piece.len();
        if pace == Pace::EachIsReadFirst {
            // The reader ends only where something fails, and then it says what.
            while read_so_far.recv().is_ok_and(|read| read < sent) {}
        }
    }
    socket.shutdown(Shutdown::Write)
}

fn count(mut socket: TcpStream, progress: &Sender<usize>) -> io::Result<Counted> {
    let mut counted = Counted::default();
    let mut decoder = Decoder::new(Protocol::Plain, false);
    let mut decoded = Decoded::default();
    let mut buffer = [0; READ_BYTES];
    let mut read = 0;
    loop {
        let bytes = match socket.read(&mut buffer) {
            Ok(0) => return Ok(counted),
            Ok(count) => &buffer[..count],
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        // The mistake: one read is one line.
        counted.reads += 1;
        counted.right += usize::from(is_one_line(bytes));
        decoder.feed(bytes, Duration::ZERO, &mut decoded);
        let lines = decoded.inputs.drain(..);
        counted.lines += lines
            .filter(|input| matches!(input, Input::Line(_)))
            .count();
        read += bytes.len();
        // Nobody listens where nobody waits for it.
        let _ = progress.send(read);
    }
}

fn is_one_line(bytes: &[u8]) -> bool {
    bytes.starts_with(b"line ")
        && bytes.iter().position(|&byte| byte == b'\n') == Some(bytes.len() - 1)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]
mod tests {
    use super::*;

    #[test]
    fn all_lines_are_of_one_length_and_one_is_told_from_two() {
        let (first, last) = (line(0), line(LINES - 1));
        assert_eq!((first.len(), last.len()), (LINE_BYTES, LINE_BYTES));
        assert!(is_one_line(first.as_bytes()));
        assert!(!is_one_line((first.clone() + &last).as_bytes()));
        assert!(!is_one_line(&first.as_bytes()[..10]) && !is_one_line(&first.as_bytes()[10..]));
    }

    #[test]
    fn the_codec_counts_all_however_they_come_and_reads_do_not() {
        let alone = send_and_count(LINE_BYTES, Pace::EachIsReadFirst).unwrap();
        let all = Counted {
            reads: LINES,
            right: LINES,
            lines: LINES,
        };
        assert_eq!(alone, all);
        // No multiple of a line: each read ends in the middle of one.
        let odd = send_and_count(LINE_BYTES + 1, Pace::EachIsReadFirst).unwrap();
        assert_eq!(odd.lines, LINES);
        assert!(odd.right < LINES / 10, "{odd:?}");
        let hurried = send_and_count(7, Pace::WithoutWaiting).unwrap();
        assert_eq!(hurried.lines, LINES);
    }
}
