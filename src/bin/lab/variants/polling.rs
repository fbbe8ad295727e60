//! Non-blocking sockets in a loop: the server asks each of them again and again whether it has input.
//!
//! One thread serves all clients and never blocks, so it has to spend the time between messages itself: with nothing to
//! do, it keeps a core busy. A sleep (`--sleep`) frees the core and delays everybody. A client that does not read
//! delays nobody, but its outbox grows.

use std::io;
use std::net::TcpStream;
use std::thread;

use super::non_blocking::{Connection, accepted};
use super::{Knobs, Variant, cannot};
use crate::chat::Chat;
use crate::port::Port;

pub const VARIANT: Variant = Variant {
    name: "polling",
    about: "one thread that tries every socket in turn, again and again",
    cannot: &[
        "Without --sleep it keeps a core busy; with --sleep everybody waits.",
        cannot::DESCRIPTORS,
        cannot::BOUND,
        cannot::HURRY,
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
        let mut had_input = false;
        while !chat.is_over()
            && let Some((socket, address)) = accepted(listener.accept())?
        {
            socket.set_nonblocking(true)?;
            connections.push(Connection::new(chat.connected(address), socket));
            had_input = true;
        }
        for connection in &mut connections {
            had_input |= connection.read(&mut chat, &mut buffer);
        }
        chat.deadline_reached();
        connections.retain_mut(|connection| {
            // Nothing says when there is room again, so every round tries.
            connection.is_full = false;
            connection.flush(&mut chat)
        });
        // Every round visits all connections, so the list is not needed.
        chat.take_touched();
        if !had_input && let Some(time) = knobs.sleep {
            thread::sleep(time);
        }
    }
    Ok(())
}
