//! TCP is a stream: the same lines, cut into writes in four ways, and counted by two readers.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::Duration;

use chatserv::chat::{Input, Protocol};
use chatserv::protocol::{Decoded, Decoder};

use crate::experiment::{Change, Experiment, Outcome, Setting, claims, figure};
use crate::figure::{Axis, Drawing, Figure};
use crate::source::Function;

pub const EXPERIMENT: Experiment = Experiment {
    name: "stream",
    title: "TCP is a stream: one read is not one line",
    guess: "1,000 lines arrive ten at a time. How many lines does a reader count that takes each read for one line?",
    takes: Duration::from_secs(1),
    measure,
    why: [
        "TCP carries bytes in order and nothing else. Segments do not mark where a write ended (RFC 9293, section \
         3.8).",
        "The kernel collects input in one buffer. A read takes what is there, up to the length of its own buffer.",
        "So a read returns one line only if each line arrives alone and is read before the next, as when one person \
         types.",
        "Under load, several lines are in the buffer together. Over a network, a line may arrive in two segments.",
        "A codec keeps an incomplete line until the next read (`src/protocol/plain/line.rs`). It counts line ends, not \
         reads.",
    ],
    functions: &[Function::new("src/bin/lab/experiments/stream.rs", "fn count(")],
    change: Change {
        file: "src/bin/lab/experiments/stream.rs",
        line: "const READ_BYTES: usize = 4096;",
        try_this: "Set it to 64. A read now ends in the middle of the fourth line. The wrong counts change although \
                   the sender does the same as before, and the codec's counts do not.",
    },
    question: "Of the 1,000 lines that arrive ten at a time, how many does that reader get right?",
};

const LINES: usize = 1_000;

/// The length of each line with its end.
const LINE_BYTES: usize = 20;

/// The most that one read takes.
const READ_BYTES: usize = 4096;

/// When to write the next piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pace {
    /// When the previous one has been read, as with a person who types.
    AfterRead,
    AtOnce,
}

/// Ways to cut the stream into writes, with the bytes of each write.
const WAYS: [(&str, usize, Pace); 4] = [
    ("one line per write", LINE_BYTES, Pace::AfterRead),
    ("ten lines per write", 10 * LINE_BYTES, Pace::AfterRead),
    ("half a line per write", LINE_BYTES / 2, Pace::AfterRead),
    ("one byte per write, at once", 1, Pace::AtOnce),
];

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Counted {
    /// The lines of a reader that takes each read for one.
    reads: usize,
    /// The reads that returned exactly one line.
    right: usize,
    /// The lines that the server's codec found.
    lines: usize,
}

fn measure(_setting: &Setting) -> io::Result<Outcome> {
    let mut counted = Vec::new();
    for (_, piece, pace) in WAYS {
        counted.push(send_and_count(piece, pace)?);
    }
    let [alone, ten, half, bytes] = &counted[..] else {
        return Err(io::Error::other("each way is counted once"));
    };
    Ok(Outcome {
        finding: format!(
            "Of {LINES} lines, the reader that takes one read for one line counted {} when each arrived alone, {} when \
             they arrived ten at a time, {} in halves, and {} byte by byte, of which {} were one line. The codec \
             counted {LINES} each time.",
            alone.reads, ten.reads, half.reads, bytes.reads, bytes.right
        ),
        measured: format!("{} lines", ten.reads),
        answer: format!(
            "{} of {LINES} lines, because each of its reads returned ten. Of the lines that arrived alone it got {} \
             right.",
            ten.right, alone.right
        ),
        claims: claims! {
            2 * ten.reads < LINES =>
                "Ten at a time, it counts less than half of {LINES} lines ({}).", ten.reads;
            2 * half.reads > 3 * LINES =>
                "In halves, it counts more than one and a half times as many lines ({}).", half.reads;
            counted.iter().all(|counted| counted.lines == LINES) =>
                "The codec counts {LINES} lines in all four ways.";
        },
        figures: vec![plot(&counted)],
    })
}

fn plot(counted: &[Counted]) -> Figure {
    let bars = WAYS.iter().zip(counted).flat_map(|((label, _, _), counted)| {
        [
            (format!("{label}: reads"), counted.reads as f64),
            (format!("{label}: codec"), counted.lines as f64),
        ]
    });
    let drawing = Drawing::Bars { y: Axis::logarithmic("lines counted"), bars: bars.collect() };
    let title = format!("The same {LINES} lines, counted by reads and by the codec");
    let see = "Counting reads is right only if each line arrives alone. The codec is always right.";
    figure("stream", &title, see, drawing)
}

/// Sends all lines over a new connection, and counts them at the other end in both ways.
fn send_and_count(piece: usize, pace: Pace) -> io::Result<Counted> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let socket = TcpStream::connect(listener.local_addr()?)?;
    // Otherwise the kernel combines small writes (RFC 896), which is a different effect.
    socket.set_nodelay(true)?;
    let (accepted, _) = listener.accept()?;
    let (progress, read_so_far) = mpsc::channel();
    thread::scope(|scope| {
        let sender = scope.spawn(move || send(&socket, piece, pace, &read_so_far));
        let counted = count(accepted, &progress);
        drop(progress);
        match sender.join() {
            Ok(sent) => sent.and(counted),
            Err(_) => Err(io::Error::other("the sender panicked")),
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
        if pace == Pace::AfterRead {
            // This fails only after the reader has failed, and the reader reports that.
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
        counted.lines += lines.filter(|input| matches!(input, Input::Line(_))).count();
        read += bytes.len();
        // The sender may not be interested.
        let _ = progress.send(read);
    }
}

fn is_one_line(bytes: &[u8]) -> bool {
    bytes.starts_with(b"line ")
        && bytes.iter().position(|&byte| byte == b'\n') == Some(bytes.len() - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_is_told_from_two_and_from_a_part() {
        let (first, last) = (line(0), line(LINES - 1));
        assert_eq!((first.len(), last.len()), (LINE_BYTES, LINE_BYTES));
        assert!(is_one_line(first.as_bytes()));
        assert!(!is_one_line((first.clone() + &last).as_bytes()));
        assert!(!is_one_line(&first.as_bytes()[..10]) && !is_one_line(&first.as_bytes()[10..]));
    }

    #[test]
    fn the_codec_counts_all_lines_and_reads_do_not() {
        let alone = send_and_count(LINE_BYTES, Pace::AfterRead).unwrap();
        let [reads, right, lines] = [LINES; 3];
        assert_eq!(alone, Counted { reads, right, lines });
        // Each read ends in the middle of a line.
        let odd = send_and_count(LINE_BYTES + 1, Pace::AfterRead).unwrap();
        assert_eq!(odd.lines, LINES);
        assert!(odd.right < LINES / 10, "{odd:?}");
        let hurried = send_and_count(7, Pace::AtOnce).unwrap();
        assert_eq!(hurried.lines, LINES);
    }
}
