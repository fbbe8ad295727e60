//! The server makes a clone of a socket non-blocking, which makes the original non-blocking too.
//!
//! `try_clone` returns a second descriptor for the same *open file description*, and whether it blocks is a property of
//! that description (open(2), fcntl(2)). The reader then takes `WouldBlock` for a broken connection, or spins.
//!
//! By hand, in a terminal, whose description your shell shares with all programs that it starts: python makes it
//! non-blocking, and cat reports "Resource temporarily unavailable", which is the text of `WouldBlock`.
//!
//! ```text
//! (python3 -c 'import os; os.set_blocking(0, False)'; cat)
//! ```

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::{OFlags, fcntl_getfl};

use super::connection::{Connection, send_now};
use super::{Failure, Mistake, Way};

pub const MISTAKE: Mistake = Mistake {
    name: "nonblocking-clone",
    title: "A clone of the socket is made non-blocking",
    about: "One thread blocks in a read from a socket. Another one sends and must never block, so it makes its clone \
            of the socket non-blocking. But both are the same socket, and the flag belongs to the socket: now the \
            reader does not block either. There is a flag for a single send. (Resetting the socket afterwards is no \
            fix, because the reader may read in between.)",
    place: "fn send_without_waiting",
    sign: "WouldBlock",
    try_it: check,
};

const LINE: [u8; 1024] = [b'x'; 1024];

/// How often the check looks at the flag while another thread sends, and how long at most.
const LOOKS: usize = 20_000;
const LOOKS_TIME: Duration = Duration::from_secs(2);

/// Sends what the socket takes now, while another thread reads from it. Returns the number of bytes.
fn send_without_waiting(way: Way, socket: &TcpStream, bytes: &[u8]) -> io::Result<usize> {
    match way {
        Way::Broken => {
            let mut clone = socket.try_clone()?;
            clone.set_nonblocking(true)?;
            match clone.write(bytes) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(0),
                written => written,
            }
        }
        Way::Fixed => answer(socket, bytes),
    }
}

fn check(way: Way) -> Result<(), Failure> {
    check_of(|socket, bytes| send_without_waiting(way, socket, bytes))
}

pub(super) fn check_of(
    send_without_waiting: impl Fn(&TcpStream, &[u8]) -> io::Result<usize>,
) -> Result<(), Failure> {
    let Connection { mut server, mut client } = Connection::open()?;
    send_without_waiting(&server, b"Who are you?\r\n")?;
    // A person needs a moment to answer. A read that blocks waits for that, so here the answer may as well come first.
    // For a read that does not block, the answer would come too late.
    if blocks(&server)? {
        client.write_all(b"luca\r\n")?;
    }
    let mut buffer = [0; 64];
    let expected = "the read through the other handle waits for the answer, \"luca\"";
    match server.read(&mut buffer) {
        Ok(count) if &buffer[..count] == b"luca\r\n" => {}
        Ok(count) => {
            let actual = String::from_utf8_lossy(&buffer[..count]);
            return Err(Failure::new(expected, format!("{actual:?}")));
        }
        Err(error) => {
            let actual = format!("it fails at once with {:?}: {error}", error.kind());
            return Err(Failure::new(expected, actual));
        }
    }

    // The send must not block if the client does not read.
    let full = Connection::narrow()?;
    while send_without_waiting(&full.server, &LINE)? == LINE.len() {}

    // The flag must not change even for a moment, because a read that begins in that moment fails.
    thread::scope(|scope| {
        let watcher = scope.spawn(|| always_blocks(&full.server));
        while !watcher.is_finished() {
            send_without_waiting(&full.server, &LINE)?;
        }
        let blocked = watcher.join();
        if blocked.unwrap_or_else(|_| Err(io::Error::other("the watcher panicked")))? {
            return Ok(());
        }
        Err(Failure::new(
            "a read always blocks, even while another thread sends",
            "for a moment in each send, a read would fail with WouldBlock",
        ))
    })
}

fn blocks(socket: &TcpStream) -> io::Result<bool> {
    Ok(!fcntl_getfl(socket)?.contains(OFlags::NONBLOCK))
}

/// Looks many times, and yields after each look, so the looks hit different moments of a send.
fn always_blocks(socket: &TcpStream) -> io::Result<bool> {
    let began = Instant::now();
    for _ in 0..LOOKS {
        if !blocks(socket)? {
            return Ok(false);
        }
        if began.elapsed() > LOOKS_TIME {
            break;
        }
        thread::yield_now();
    }
    Ok(true)
}

// The answer. Try it yourself first: MSG_DONTWAIT.

fn answer(socket: &TcpStream, bytes: &[u8]) -> io::Result<usize> {
    send_now(socket, bytes)
}
