//! The server takes a short write for a whole one.
//!
//! A blocking socket rarely takes only a part (write(2)), so code that ignores the number works for years. A
//! non-blocking socket does it whenever a client reads more slowly than the others talk. The rest is lost, mostly in
//! the middle of a line.
//!
//! By hand: give a name, and press Ctrl-Z to stop reading. Let others send numbered lines (`seq 1000000` into another
//! nc). After `fg`, a server with this mistake continues in the middle of another line, and numbers are missing.
//!
//! ```text
//! nc localhost 1337
//! ```

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;

use rustix::event::{PollFd, PollFlags, poll};

use super::connection::Connection;
use super::{Failure, Mistake, Way};

pub const MISTAKE: Mistake = Mistake {
    name: "short-write",
    title: "A short write is taken for a whole one",
    about: "`write` returns how many bytes the kernel has taken. If the client reads slowly, a non-blocking socket \
            takes only a part. Keep the rest, and send it when poll(2) says that there is room again. A server that \
            ignores the number loses the rest.",
    place: "fn send_some",
    sign: "the rest was never sent",
    try_it: check,
};

/// The bytes that the check sends: far more than the buffers of both ends take together.
const SENT_BYTES: usize = 1024 * 1024;

/// Sends as much of `unsent` as the non-blocking socket takes now, and keeps the rest.
fn send_some(way: Way, mut socket: &TcpStream, unsent: &mut Vec<u8>) -> io::Result<()> {
    let count = match socket.write(unsent) {
        Err(error) if error.kind() == ErrorKind::WouldBlock => 0,
        written => written?,
    };
    match way {
        Way::Broken => unsent.clear(),
        Way::Fixed => answer(unsent, count),
    }
    Ok(())
}

/// Sends everything: sleeps until the socket has room, and sends some.
fn send_all(way: Way, socket: &TcpStream, unsent: &mut Vec<u8>) -> io::Result<()> {
    while !unsent.is_empty() {
        poll(&mut [PollFd::new(socket, PollFlags::OUT)], None)?;
        send_some(way, socket, unsent)?;
    }
    Ok(())
}

fn check(way: Way) -> Result<(), Failure> {
    let sent: Vec<u8> = (b'a'..=b'z').cycle().take(SENT_BYTES).collect();
    let Connection { server, client } = Connection::narrow()?;
    server.set_nonblocking(true)?;
    let mut unsent = sent.clone();
    // The client does not read yet, so the first write is short on any machine.
    send_some(way, &server, &mut unsent)?;
    let received = thread::scope(|scope| {
        // The limit ends the check of a fix that sends too much.
        let reader = scope.spawn(move || -> io::Result<Vec<u8>> {
            let mut received = Vec::new();
            client.take(SENT_BYTES as u64 + 1).read_to_end(&mut received)?;
            Ok(received)
        });
        let result = send_all(way, &server, &mut unsent);
        // Also after an error, because the reader waits for the end.
        server.shutdown(Shutdown::Write)?;
        let received = reader.join();
        result.and(received.expect("a thread that only reads does not panic"))
    })?;
    let expected = format!("{SENT_BYTES} bytes");
    if received == sent {
        Ok(())
    } else if sent.starts_with(&received) {
        let actual = format!("the first {} bytes: {}", received.len(), MISTAKE.sign);
        Err(Failure::new(expected, actual))
    } else {
        Err(Failure::new(expected, "different bytes, or more than were sent"))
    }
}

// The answer. Try it yourself first.

fn answer(unsent: &mut Vec<u8>, count: usize) {
    unsent.drain(..count);
}
