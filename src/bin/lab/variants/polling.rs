//! Non-blocking sockets in a loop: each of them is asked, over and over, whether it has something.
//!
//! One thread serves all and never waits for anybody, so it does the waiting itself: with nothing to do it keeps a core
//! busy. A sleep (`--sleep`) gives the core back and makes everybody wait. Whoever does not read is asked in vain in each
//! round, and keeps nobody waiting; what they are to get piles up.

use std::io;
use std::net::TcpStream;
use std::thread;

use super::non_blocking::{Connection, accepted};
use super::{Knobs, Variant, cannot};
use crate::chat::Chat;
use crate::serve::Port;

/// See the module.
pub const VARIANT: Variant = Variant {
    name: "polling",
    about: "one thread that asks every socket in turn, over and over",
    cannot: &[
        "It does not rest: without --sleep it takes a whole core, with it everybody waits.",
        "It ends where the system has no descriptor left.",
        cannot::KEEP_LITTLE,
        cannot::LIMIT,
        cannot::CHOOSE,
        cannot::HURRY,
        cannot::LINGER,
    ],
    serve,
};

fn serve(port: Port, knobs: &Knobs) -> io::Result<()> {
    let listener = port.listen()?;
    listener.set_nonblocking(true)?;
    let mut chat = Chat::new();
    let mut connections: Vec<Connection<TcpStream>> = Vec::new();
    let mut buffer = [0; 4096];
    while !chat.is_over() || !connections.is_empty() {
        let mut had_something = false;
        while !chat.is_over()
            && let Some((socket, address)) = accepted(listener.accept())?
        {
            socket.set_nonblocking(true)?;
            connections.push(Connection::new(chat.connected(address), socket));
            had_something = true;
        }
        for connection in &mut connections {
            had_something |= connection.read(&mut chat, &mut buffer);
        }
        chat.deadline_reached();
        connections.retain_mut(|connection| {
            // There may be room again. Nobody tells, so it is tried.
            connection.is_full = false;
            connection.flush(&mut chat)
        });
        // It need not know whom there is something for: it asks everybody anyway.
        chat.take_touched();
        if !had_something && let Some(time) = knobs.sleep {
            thread::sleep(time);
        }
    }
    Ok(())
}
