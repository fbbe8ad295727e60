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
    let Connection {
        mut server,
        mut client,
    } = Connection::open()?;
    send_without_waiting(way, &server, b"Who are you?\r\n")?;
    // A person takes a moment to answer. Where the read below waits, whether they answer before or after it begins changes
    // nothing, so they do it before; where it does not wait, they would come too late.
    if !fcntl_getfl(&server)
        .map_err(io::Error::from)?
        .contains(OFlags::NONBLOCK)
    {
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
    while send_without_waiting(way, &full.server, &LINE)? == LINE.len() {}
    Ok(())
}

// The answer, for whoever has tried: MSG_DONTWAIT.

fn answer(socket: &TcpStream, bytes: &[u8]) -> io::Result<usize> {
    send_now(socket, bytes)
}
