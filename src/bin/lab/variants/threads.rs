//! A thread for each connection, the school form: it blocks in `read`, and writes what it has read to all others itself.
//!
//! The chat and all sockets lie under one lock. Each thread is a few lines that read from top to bottom, which is what
//! threads are for. Whoever does not read stops everybody: once their socket is full, the `write_all` to them blocks,
//! and it holds the lock.

use std::collections::HashMap;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::Arc;

use chatserv::chat::ClientId;

use super::locked::{Deliver, Locked};
use super::{Knobs, Variant, cannot};
use crate::chat::Chat;
use crate::serve::Port;

/// See the module.
pub const VARIANT: Variant = Variant {
    name: "threads",
    about: "a thread for each connection, which writes to all others itself, under a lock",
    cannot: &[
        "It bears nobody who does not read: one of them stops everybody.",
        cannot::LIMIT,
        cannot::CHOOSE,
        cannot::HURRY,
        cannot::LINGER,
    ],
    serve,
};

/// What all threads share.
struct Shared {
    chat: Chat,
    sockets: HashMap<ClientId, Arc<TcpStream>>,
}

fn serve(port: Port, _knobs: &Knobs) -> io::Result<()> {
    let listener = port.listen()?;
    let shared = Locked::new(Shared {
        chat: Chat::new(),
        sockets: HashMap::new(),
    });
    shared.serve(&listener, |socket, address| talk(&shared, socket, address));
    Ok(())
}

/// The life of one connection, by a thread of its own.
fn talk(shared: &Locked<Shared>, socket: TcpStream, address: SocketAddr) {
    let socket = Arc::new(socket);
    let entered = shared.enter(|shared| {
        let client = shared.chat.connected(address);
        shared.sockets.insert(client, Arc::clone(&socket));
        client
    });
    let Some(client) = entered else { return };
    let mut buffer = [0; 4096];
    loop {
        match (&*socket).read(&mut buffer) {
            Ok(0) => return shared.act(|shared| shared.chat.ended(client)),
            Ok(count) => shared.act(|shared| shared.chat.received(client, &buffer[..count])),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return shared.act(|shared| shared.chat.broke(client)),
        }
    }
}

impl Deliver for Shared {
    fn chat(&mut self) -> &mut Chat {
        &mut self.chat
    }

    /// Writes, and waits until the socket has taken all. This is the line that the whole lesson is about.
    fn deliver(&mut self, client: ClientId) {
        let Some(socket) = self.sockets.get(&client) else {
            return;
        };
        if let Some(out) = self.chat.outbox(client) {
            // Where it fails, the thread that reads from this socket finds the end of it.
            let _ = (&**socket).write_all(out);
            out.clear();
        }
        if self.chat.is_ending(client) {
            // Wakes the thread that is blocked in its read.
            let _ = socket.shutdown(Shutdown::Both);
            self.sockets.remove(&client);
            self.chat.forget(client);
        }
    }
}
