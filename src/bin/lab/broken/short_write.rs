//! A short write is taken for a whole one.
//!
//! `write` returns how many bytes the kernel has taken, which may be fewer than it was given (write(2)). A blocking socket
//! seldom does that, so code that ignores the number works for years; a non-blocking socket does it whenever somebody reads
//! more slowly than others talk. What it did not take is lost, mostly in the middle of a line.
//!
//! By hand: give a name, press Ctrl-Z, so that nothing is read, and let others say numbered lines (`seq 1000000` into
//! another nc). After `fg`, a server with this mistake goes on in the middle of another line, and numbers are missing.
//!
//! ```text
//! nc localhost 1337
//! ```

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;

use rustix::event::{PollFd, PollFlags, poll};

use super::connection::Connection;
use super::{Mistake, Way, Wrong};

/// See the module.
pub const MISTAKE: Mistake = Mistake {
    name: "short-write",
    title: "A short write is taken for a whole one",
    about: &[
        "`write` says how many bytes the kernel has taken. Where the other end reads",
        "slowly, a non-blocking socket takes a part only. What it did not take has to",
        "be kept, and sent when poll(2) says that there is room again. Whoever does not",
        "look at the number throws the rest away.",
    ],
    file: "src/bin/lab/broken/short_write.rs",
    place: "fn send_some",
    sign: "the rest was never sent",
    try_it: check,
};

/// What is sent in the check: far more than the buffers of both ends together.
const SAID_BYTES: usize = 1024 * 1024;

/// Sends of `unsent` what the socket, which is non-blocking, takes now. What is left in it is sent another time.
fn send_some(way: Way, mut socket: &TcpStream, unsent: &mut Vec<u8>) -> io::Result<()> {
    let count = match socket.write(unsent) {
        Err(error) if error.kind() == ErrorKind::WouldBlock => 0,
        written => written?,
    };
    match way {
        Way::Broken => unsent.clear(),
        Way::Mended => answer(unsent, count),
    }
    Ok(())
}

/// Sends all, by and by: sleeps until there is room in the socket, and sends some.
fn send_all(way: Way, socket: &TcpStream, unsent: &mut Vec<u8>) -> io::Result<()> {
    while !unsent.is_empty() {
        poll(&mut [PollFd::new(socket, PollFlags::OUT)], None)?;
        send_some(way, socket, unsent)?;
    }
    Ok(())
}

fn check(way: Way) -> Result<(), Wrong> {
    let said: Vec<u8> = (b'a'..=b'z').cycle().take(SAID_BYTES).collect();
    let Connection { server, client } = Connection::narrow()?;
    server.set_nonblocking(true)?;
    let mut unsent = said.clone();
    // Nobody reads yet, so the first write is short on any machine.
    send_some(way, &server, &mut unsent)?;
    let heard = thread::scope(|scope| {
        // Whoever sends more than all is not read for ever.
        let reader = scope.spawn(move || -> io::Result<Vec<u8>> {
            let mut heard = Vec::new();
            client.take(SAID_BYTES as u64 + 1).read_to_end(&mut heard)?;
            Ok(heard)
        });
        let sent = send_all(way, &server, &mut unsent);
        // In any case: the reader waits for the end.
        server.shutdown(Shutdown::Write)?;
        let heard = reader
            .join()
            .expect("a thread that only reads does not panic");
        sent.and(heard)
    })?;
    let expected = format!("{SAID_BYTES} bytes");
    if heard == said {
        Ok(())
    } else if said.starts_with(&heard) {
        let came = format!("the first {} bytes: {}", heard.len(), MISTAKE.sign);
        Err(Wrong::new(expected, came))
    } else {
        Err(Wrong::new(expected, "other bytes, or more than were said"))
    }
}

// The answer, for whoever has tried.

fn answer(unsent: &mut Vec<u8>, count: usize) {
    unsent.drain(..count);
}
