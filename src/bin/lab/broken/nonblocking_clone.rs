//! A clone of a socket is made non-blocking, and the original is so, too.
//!
//! `try_clone` makes a second descriptor of the same *open file description*, and whether it blocks is a property of the
//! latter (open(2), fcntl(2)). So a writer that does not want to wait switches off the waiting of the reader, which takes
//! `WouldBlock` for a broken connection, or asks in vain as fast as it can.
//!
//! By hand, at a terminal, whose description your shell and all that it starts share: python makes it non-blocking, and cat
//! complains that "Resource temporarily unavailable", which is what `WouldBlock` is called there.
//!
//! ```text
//! (python3 -c 'import os; os.set_blocking(0, False)'; cat)
//! ```

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::thread;

use rustix::fs::{OFlags, fcntl_getfl};

use super::connection::{Connection, send_now};
use super::{Mistake, Way, Wrong};

/// See the module.
pub const MISTAKE: Mistake = Mistake {
    name: "nonblocking-clone",
    title: "A clone of the socket is made non-blocking",
    about: &[
        "One thread reads from a socket and waits there. Another sends, and must never",
        "wait, so it makes its clone of the socket non-blocking. But both are the same",
        "socket, and what blocks or not is the socket: now the reader does not wait,",
        "either. There is a flag that holds for one send only. (Setting the socket back",
        "afterwards is no cure: the reader may read in between.)",
    ],
    file: "src/bin/lab/broken/nonblocking_clone.rs",
    place: "fn send_without_waiting",
    sign: "WouldBlock",
    try_it: check,
};

const LINE: [u8; 1024] = [b'x'; 1024];

/// How often somebody looks, while another thread sends, whether the socket still blocks.
const LOOKS: usize = 20_000;

/// Sends what the socket takes now, while another thread reads from it. How much that was; none where it is full.
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
        Way::Mended => answer(socket, bytes),
    }
}

fn check(way: Way) -> Result<(), Wrong> {
    check_of(|socket, bytes| send_without_waiting(way, socket, bytes))
}

/// The check, of any way to send without waiting.
pub(super) fn check_of(
    send_without_waiting: impl Fn(&TcpStream, &[u8]) -> io::Result<usize>,
) -> Result<(), Wrong> {
    let Connection {
        mut server,
        mut client,
    } = Connection::open()?;
    send_without_waiting(&server, b"Who are you?\r\n")?;
    // A person takes a moment to answer. Where the read below waits, whether they answer before or after it begins changes
    // nothing, so they do it before; where it does not wait, they would come too late.
    if blocks(&server)? {
        client.write_all(b"luca\r\n")?;
    }
    let mut buffer = [0; 64];
    let expected = "the read of the other handle waits for the answer, \"luca\"";
    match server.read(&mut buffer) {
        Ok(count) if &buffer[..count] == b"luca\r\n" => {}
        Ok(count) => {
            let came = String::from_utf8_lossy(&buffer[..count]);
            return Err(Wrong::new(expected, format!("{came:?}")));
        }
        Err(error) => {
            let came = format!("it fails at once with {:?}: {error}", error.kind());
            return Err(Wrong::new(expected, came));
        }
    }

    // What it was meant for has to hold, too: with somebody who does not read, it does not wait.
    let full = Connection::narrow()?;
    while send_without_waiting(&full.server, &LINE)? == LINE.len() {}

    // Nor may it be switched off for a moment only: a read that begins in that moment fails.
    thread::scope(|scope| {
        let watcher = scope.spawn(|| always_blocks(&full.server));
        while !watcher.is_finished() {
            send_without_waiting(&full.server, &LINE)?;
        }
        let blocked = watcher.join();
        if blocked.unwrap_or_else(|_| Err(io::Error::other("the watcher panicked")))? {
            return Ok(());
        }
        Err(Wrong::new(
            "a read waits whenever it begins, also while another thread sends",
            "for a moment in each send, a read would fail with WouldBlock",
        ))
    })
}

/// Whether whoever reads from this socket waits.
fn blocks(socket: &TcpStream) -> io::Result<bool> {
    Ok(!fcntl_getfl(socket)?.contains(OFlags::NONBLOCK))
}

/// Looks often, and gives up its core after each look, so that each comes at another moment of a send.
fn always_blocks(socket: &TcpStream) -> io::Result<bool> {
    for _ in 0..LOOKS {
        if !blocks(socket)? {
            return Ok(false);
        }
        thread::yield_now();
    }
    Ok(true)
}

// The answer, for whoever has tried: MSG_DONTWAIT.

fn answer(socket: &TcpStream, bytes: &[u8]) -> io::Result<usize> {
    send_now(socket, bytes)
}
