//! Blocking, no threads: whoever is served is served alone, and everybody else waits in the backlog.
//!
//! A whole conversation takes place between `accept` and the next `accept`. It is the first server in every book, and the
//! reason for all others. Whoever does not read, or does not speak, stops all who come after.

use std::io::{self, ErrorKind, Read, Write};

use super::{Knobs, Variant, cannot};
use crate::chat::Chat;
use crate::serve::Port;

/// See the module.
pub const VARIANT: Variant = Variant {
    name: "one-at-a-time",
    about: "blocking, no threads: the second client waits until the first has gone",
    cannot: &[
        "Two people cannot talk: the second is served when the first has left.",
        "Nothing happens at its time: a planned end comes with the next line that somebody says.",
        cannot::LIMIT,
        cannot::CHOOSE,
        cannot::HURRY,
        cannot::LINGER,
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
