//! What waits for somebody who does not read has no limit.
//!
//! A server that never waits for a slow reader has to keep what they have not read. Without a limit, one laptop that was
//! closed in the middle of a chat takes all the memory there is, and then the kernel ends the server: for everybody. Redis
//! has `client-output-buffer-limit` for this reason. An unbounded channel between two threads is the same mistake.
//!
//! By hand: give a name, press Ctrl-Z, and let others talk much. When the kernel keeps no more for you (that takes
//! megabytes), and 256 KiB wait in the server besides, `chatserv` closes your connection and tells the others so. A server
//! with this mistake says nothing, and grows for as long as they talk.
//!
//! ```text
//! nc localhost 1337
//! ```

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;
use std::time::Duration;

use super::connection::{Connection, send_now};
use super::{Mistake, Way, Wrong};

/// See the module.
pub const MISTAKE: Mistake = Mistake {
    name: "unbounded-queue",
    title: "What waits for somebody who does not read has no limit",
    about: &[
        "Somebody does not read. Their socket fills, and what others say waits for",
        "them in the server: more and more of it, until there is no memory left.",
        "Decide how much may wait for one person, and what becomes of who has more:",
        "they may be cut, or miss lines. Who reads must not notice any of it.",
    ],
    file: "src/bin/lab/broken/unbounded_queue.rs",
    place: "fn Person::say",
    sign: "no limit in sight",
    try_it: check,
};

/// How much may wait for one person. The server's own limit, where nobody sets another.
const WAITING_BYTES_MAX: usize = 256 * 1024;

/// What is said in the check: about sixteen times as much, in so many lines.
const LINES: usize = 4096;
/// A prime, so that neither the limit nor what the kernel takes is a number of whole lines: whoever throws away what is over
/// the limit tears one.
const LINE_BYTES: usize = 1021;

/// How long a reader of the check waits for a line.
const PATIENCE: Duration = Duration::from_secs(5);

/// Somebody in the chat.
struct Person {
    socket: TcpStream,
    /// What their socket has not taken yet.
    waiting: Vec<u8>,
    /// Whether they are to be let go, by whoever owns the list of people. Nothing is said to them any more.
    is_cut: bool,
}

impl Person {
    fn new(socket: TcpStream) -> Self {
        Self {
            socket,
            waiting: Vec::new(),
            is_cut: false,
        }
    }

    /// Says a line to them, without ever waiting for them.
    fn say(&mut self, way: Way, line: &[u8]) -> io::Result<()> {
        if self.is_cut {
            return Ok(());
        }
        match way {
            Way::Broken => self.waiting.extend_from_slice(line),
            Way::Mended => self.answer(line),
        }
        let sent = send_now(&self.socket, &self.waiting)?;
        self.waiting.drain(..sent);
        Ok(())
    }
}

fn check(way: Way) -> Result<(), Wrong> {
    let stalled = Connection::narrow()?;
    let reading = Connection::open()?;
    let mut client = reading.client;
    client.set_read_timeout(Some(PATIENCE))?;
    let mut people = [Person::new(stalled.server), Person::new(reading.server)];
    let mut held_max = 0;
    for number in 1..=LINES {
        let line = line(number);
        for person in &mut people {
            person.say(way, &line)?;
            held_max = held_max.max(person.waiting.len());
        }
        let mut heard = [0; LINE_BYTES];
        if client.read_exact(&mut heard).is_err() || heard[..] != line[..] {
            return Err(Wrong::new(
                format!("who reads gets all {LINES} lines"),
                format!("they got {} and no more", number - 1),
            ));
        }
    }
    if held_max > WAITING_BYTES_MAX {
        let said = LINES * LINE_BYTES;
        return Err(Wrong::new(
            format!(
                "of {said} bytes for somebody who does not read, {WAITING_BYTES_MAX} wait at the most"
            ),
            format!("{held_max} bytes waited, and {}", MISTAKE.sign),
        ));
    }
    let [stalled_person, _] = people;
    let is_cut = stalled_person.is_cut;
    let heard = read_at_last(stalled_person, stalled.client)?;
    if is_whole(&heard, is_cut) {
        return Ok(());
    }
    Err(Wrong::new(
        "whoever reads again in the end finds whole lines only, though perhaps not all",
        "a torn line: a part of it was thrown away",
    ))
}

/// A line that is like no other, so that a part of one is not taken for one.
pub(super) fn line(number: usize) -> Vec<u8> {
    let width = LINE_BYTES - 2;
    format!("{number:x<width$}\r\n").into_bytes()
}

/// Whoever did not read does so now. What comes until the connection ends: what the kernel has, and what still waits.
fn read_at_last(person: Person, mut client: TcpStream) -> io::Result<Vec<u8>> {
    client.set_read_timeout(Some(PATIENCE))?;
    let Person {
        mut socket,
        waiting,
        ..
    } = person;
    // Now it may wait, as somebody reads; but not for ever.
    socket.set_nonblocking(false)?;
    socket.set_write_timeout(Some(PATIENCE))?;
    thread::scope(|scope| {
        let writer = scope.spawn(move || {
            socket.write_all(&waiting)?;
            socket.shutdown(Shutdown::Write)
        });
        let mut heard = Vec::new();
        client.read_to_end(&mut heard)?;
        let written = writer.join();
        written.unwrap_or_else(|_| Err(io::Error::other("the writer panicked")))?;
        Ok(heard)
    })
}

/// Whether these are whole lines in the order in which they were said. Lines may be missing; and where somebody was cut, the
/// cut may go through their last line.
pub(super) fn is_whole(heard: &[u8], is_cut: bool) -> bool {
    let mut said = 1..=LINES;
    heard.split_inclusive(|&byte| byte == b'\n').all(|piece| {
        let is_last_of_cut = is_cut && !piece.ends_with(b"\n");
        said.any(|number| {
            let line = line(number);
            line == piece || is_last_of_cut && line.starts_with(piece)
        })
    })
}

// The answer, for whoever has tried.

impl Person {
    fn answer(&mut self, line: &[u8]) {
        if self.waiting.len() + line.len() > WAITING_BYTES_MAX {
            // They would miss something anyway, and should know. The memory goes back at once.
            self.is_cut = true;
            self.waiting = Vec::new();
        } else {
            self.waiting.extend_from_slice(line);
        }
    }
}
