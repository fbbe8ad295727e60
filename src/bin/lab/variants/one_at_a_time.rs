//! Blocking calls and no threads: the server serves one client, and all others wait in the backlog.
//!
//! A whole conversation takes place between two calls of `accept`. This is the first server in every book, and the
//! reason for all others: a client that does not read, or says nothing, blocks all clients behind it.

use std::io::{self, ErrorKind, Read, Write};

use super::{Knobs, Variant, cannot};
use crate::chat::Chat;
use crate::port::Port;

pub const VARIANT: Variant = Variant {
    name: "one-at-a-time",
    about: "blocking calls, no threads: the second client waits until the first has left",
    cannot: &[
        "Two people cannot talk: the second is served when the first has left.",
        "It has no clock: a scheduled shutdown happens with the next line that is typed.",
        cannot::HURRY,
    ],
    serve,
};

fn serve(port: Port, _knobs: &Knobs) -> io::Result<()> {
    let listener = port.listen()?;
    let mut chat = Chat::new();
    let mut buffer = [0; 4096];
    while !chat.is_over() {
        let (mut socket, address) = listener.accept()?;
        let client = chat.connected(address);
        loop {
            let out = chat.outbox(client).map(std::mem::take).unwrap_or_default();
            if socket.write_all(&out).is_err() || chat.is_ending(client) {
                break;
            }
            match socket.read(&mut buffer) {
                Ok(0) => chat.ended(client),
                Ok(count) => chat.received(client, &buffer[..count]),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => break,
            }
            chat.deadline_reached();
        }
        chat.forget(client);
    }
    Ok(())
}
