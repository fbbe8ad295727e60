//! A thread for each connection, the textbook form: it blocks in `read`, and writes what it has read to all others
//! itself.
//!
//! The chat and all sockets lie under one lock. Each thread is a few lines that run from top to bottom, which is the
//! point of threads. But one client that does not read stops everybody: once its socket is full, the `write_all` to it
//! blocks, and that thread holds the lock.

use std::collections::HashMap;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::Arc;

use chatserv::chat::ClientId;

use super::locked::{Deliver, Locked};
use super::{Knobs, Variant, cannot};
use crate::chat::Chat;
use crate::port::Port;

pub const VARIANT: Variant = Variant {
    name: "threads",
    about: "a thread for each connection, which writes to all others itself, under a lock",
    cannot: &["A single client that does not read stops everybody.", cannot::HURRY],
    serve,
};

struct Shared {
    chat: Chat,
    sockets: HashMap<ClientId, Arc<TcpStream>>,
}

fn serve(port: Port, _knobs: &Knobs) -> io::Result<()> {
    let listener = port.listen()?;
    let shared = Locked::new(Shared { chat: Chat::new(), sockets: HashMap::new() });
    shared.serve(&listener, |socket, address| talk(&shared, socket, address));
    Ok(())
}

/// The life of a connection, in its own thread.
fn talk(shared: &Locked<Shared>, socket: TcpStream, address: SocketAddr) {
    let socket = Arc::new(socket);
    let entered = shared.enter(|shared| {
        let client = shared.chat.connected(address);
        shared.sockets.insert(client, Arc::clone(&socket));
        client
    });
    if let Some(client) = entered {
        read_all(shared, client, &socket);
    }
}

/// Blocks in `read` until the connection ends.
pub fn read_all<T: Deliver>(shared: &Locked<T>, client: ClientId, mut socket: &TcpStream) {
    let mut buffer = [0; 4096];
    loop {
        match socket.read(&mut buffer) {
            Ok(0) => return shared.act(|shared| shared.chat().ended(client)),
            Ok(count) => shared.act(|shared| shared.chat().received(client, &buffer[..count])),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return shared.act(|shared| shared.chat().broke(client)),
        }
    }
}

impl Deliver for Shared {
    fn chat(&mut self) -> &mut Chat {
        &mut self.chat
    }

    /// Writes until the socket has taken everything. This blocking write is what the whole lesson is about.
    fn deliver(&mut self, client: ClientId) {
        let Some(socket) = self.sockets.get(&client) else {
            return;
        };
        if let Some(out) = self.chat.outbox(client) {
            // If this fails, the thread that reads from the socket finds its end.
            let _ = (&**socket).write_all(out);
            out.clear();
        }
        if self.chat.is_ending(client) {
            // Wakes the thread that is blocked in `read`.
            let _ = socket.shutdown(Shutdown::Both);
            self.sockets.remove(&client);
            self.chat.forget(client);
        }
    }
}
