//! The data that waits for a client that does not read has no limit.
//!
//! One laptop that is closed in the middle of a chat takes all the memory, and then the kernel kills the server. Redis
//! has `client-output-buffer-limit` for this reason. An unbounded channel between two threads is the same mistake.
//!
//! By hand: give a name, press Ctrl-Z, and let others talk a lot. When the kernel keeps no more for you (after some
//! megabytes), and the server's own limit is reached, `chatserv` closes your connection and tells the others. A server
//! with this mistake says nothing and grows.
//!
//! ```text
//! nc localhost 1337
//! ```

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;
use std::time::Duration;

use super::connection::{Connection, send_now};
use super::{Failure, Mistake, Way};

pub const MISTAKE: Mistake = Mistake {
    name: "unbounded-queue",
    title: "The queue of a client that does not read has no limit",
    about: "A client does not read. Its socket fills, and what the others say waits in the server: more and more, \
            until no memory is left. Set a limit for the data that waits for one client, and decide what happens \
            beyond it: the client may be disconnected, or lose lines. Clients that read must not notice.",
    place: "fn Person::send",
    sign: "no limit in sight",
    try_it: check,
};

/// The limit for one client.
const QUEUE_BYTES_MAX: usize = 256 * 1024;

/// The bytes that the check sends: about sixteen times the limit.
const LINES: usize = 4096;
/// A prime number, so neither the limit nor the kernel's buffers end at a line end. A fix that just cuts the queue at
/// the limit tears a line.
const LINE_BYTES: usize = 1021;

/// How long a read of the check may take.
const PATIENCE: Duration = Duration::from_secs(5);

struct Person {
    socket: TcpStream,
    /// Bytes that the socket has not taken yet.
    queue: Vec<u8>,
    /// Whether to disconnect the client. It gets no more lines.
    is_cut: bool,
}

impl Person {
    fn new(socket: TcpStream) -> Self {
        Self { socket, queue: Vec::new(), is_cut: false }
    }

    /// Sends a line without blocking.
    fn send(&mut self, way: Way, line: &[u8]) -> io::Result<()> {
        if self.is_cut {
            return Ok(());
        }
        match way {
            Way::Broken => self.queue.extend_from_slice(line),
            Way::Fixed => self.answer(line),
        }
        let sent = send_now(&self.socket, &self.queue)?;
        self.queue.drain(..sent);
        Ok(())
    }
}

fn check(way: Way) -> Result<(), Failure> {
    let stalled = Connection::narrow()?;
    let reading = Connection::open()?;
    let mut client = reading.client;
    client.set_read_timeout(Some(PATIENCE))?;
    let mut people = [Person::new(stalled.server), Person::new(reading.server)];
    let mut longest = 0;
    for number in 1..=LINES {
        let line = line(number);
        for person in &mut people {
            person.send(way, &line)?;
            longest = longest.max(person.queue.len());
        }
        let mut received = [0; LINE_BYTES];
        if client.read_exact(&mut received).is_err() || received[..] != line[..] {
            return Err(Failure::new(
                format!("the client that reads gets all {LINES} lines"),
                format!("it got {} and no more", number - 1),
            ));
        }
    }
    if longest > QUEUE_BYTES_MAX {
        let sent = LINES * LINE_BYTES;
        return Err(Failure::new(
            format!(
                "of {sent} bytes for the client that does not read, at most {QUEUE_BYTES_MAX} wait"
            ),
            format!("{longest} bytes waited, and {}", MISTAKE.sign),
        ));
    }
    let [stalled_person, _] = people;
    let is_cut = stalled_person.is_cut;
    let received = read_at_last(stalled_person, stalled.client)?;
    if is_whole(&received, is_cut) {
        return Ok(());
    }
    Err(Failure::new(
        "when the client reads again, it gets whole lines, though perhaps not all",
        "a torn line, of which a part was dropped",
    ))
}

/// A line that differs from all others everywhere.
pub(super) fn line(number: usize) -> Vec<u8> {
    let width = LINE_BYTES - 2;
    format!("{number:x<width$}\r\n").into_bytes()
}

/// Everything that the stalled client gets when it reads again: what the kernel has, and what waits in the queue.
fn read_at_last(person: Person, mut client: TcpStream) -> io::Result<Vec<u8>> {
    client.set_read_timeout(Some(PATIENCE))?;
    let Person { mut socket, queue, .. } = person;
    // The client reads now, so this write may block.
    socket.set_nonblocking(false)?;
    socket.set_write_timeout(Some(PATIENCE))?;
    thread::scope(|scope| {
        let writer = scope.spawn(move || {
            socket.write_all(&queue)?;
            socket.shutdown(Shutdown::Write)
        });
        let mut received = Vec::new();
        client.read_to_end(&mut received)?;
        let written = writer.join();
        written.unwrap_or_else(|_| Err(io::Error::other("the writer panicked")))?;
        Ok(received)
    })
}

/// Whether these are whole lines in the right order. Lines may be missing. If the client was disconnected, the last
/// line may be incomplete.
pub(super) fn is_whole(received: &[u8], is_cut: bool) -> bool {
    let mut sent = 1..=LINES;
    received.split_inclusive(|&byte| byte == b'\n').all(|piece| {
        let may_be_part = is_cut && !piece.ends_with(b"\n");
        sent.any(|number| {
            let line = line(number);
            line == piece || may_be_part && line.starts_with(piece)
        })
    })
}

// The answer. Try it yourself first.

impl Person {
    fn answer(&mut self, line: &[u8]) {
        if self.queue.len() + line.len() > QUEUE_BYTES_MAX {
            // The client would lose lines anyway, and should know it. This frees the memory at once.
            self.is_cut = true;
            self.queue = Vec::new();
        } else {
            self.queue.extend_from_slice(line);
        }
    }
}
