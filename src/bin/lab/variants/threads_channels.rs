//! Two threads for each connection, a reader and a writer, with a bounded channel to the writer: no thread writes to
//! the socket of another client.
//!
//! A client that does not read fills its socket first, and then its channel. With `--when-full drop` the sender drops
//! what does not fit (exercise 8.15 of "The Go Programming Language"). With `wait` the sender waits for up to 5 s, and
//! everybody with it, and then disconnects the client.

use std::collections::HashMap;
use std::io::{self, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::Arc;
use std::thread::{self, Builder};
use std::time::Duration;

use chatserv::chat::ClientId;
use crossbeam_channel::{Receiver, Sender, bounded};

use super::locked::{Deliver, Locked};
use super::threads::read_all;
use super::{Knobs, Variant, WhenFull, cannot};
use crate::chat::Chat;
use crate::port::Port;

pub const VARIANT: Variant = Variant {
    name: "threads-channels",
    about: "two threads for each connection, a reader and a writer, with a bounded channel between",
    cannot: &[
        "When a channel is full, either everybody waits for 5 seconds or lines are lost.",
        cannot::HURRY,
    ],
    serve,
};

/// The capacity of each channel.
const CHANNEL_MESSAGES: usize = 64;

/// How long a sender waits for room in a channel.
const PATIENCE: Duration = Duration::from_secs(5);

struct Shared {
    chat: Chat,
    people: HashMap<ClientId, Person>,
    when_full: WhenFull,
}

struct Person {
    /// The channel to the writer, which ends when this is dropped and the channel is empty.
    messages: Sender<Vec<u8>>,
    socket: Arc<TcpStream>,
}

fn serve(port: Port, knobs: &Knobs) -> io::Result<()> {
    let listener = port.listen()?;
    let shared = Locked::new(Shared {
        chat: Chat::new(),
        people: HashMap::new(),
        when_full: knobs.when_full.unwrap_or_default(),
    });
    shared.serve(&listener, |socket, address| talk(&shared, socket, address));
    Ok(())
}

/// The life of a connection: this thread reads, and a second one writes.
fn talk(shared: &Locked<Shared>, socket: TcpStream, address: SocketAddr) {
    let socket = Arc::new(socket);
    let (messages, to_write) = bounded(CHANNEL_MESSAGES);
    let person = Person { messages, socket: Arc::clone(&socket) };
    thread::scope(|scope| {
        let writer = Builder::new().spawn_scoped(scope, || write_all(&socket, to_write));
        // The system may have no thread left.
        let Ok(_) = writer else { return };
        let entered = shared.enter(|shared| {
            let client = shared.chat.connected(address);
            shared.people.insert(client, person);
            client
        });
        if let Some(client) = entered {
            read_all(shared, client, &socket);
        }
    });
}

/// The writer. While the channel has room, no other thread waits for this client.
fn write_all(mut socket: &TcpStream, messages: Receiver<Vec<u8>>) {
    for message in messages {
        if socket.write_all(&message).is_err() {
            break;
        }
    }
    // Wakes the reader, which is blocked in `read`.
    let _ = socket.shutdown(Shutdown::Both);
}

impl Shared {
    /// Puts a message into a channel. Returns false if there was no room in time.
    fn send(&self, person: &Person, message: Vec<u8>) -> bool {
        match self.when_full {
            // A connection that only closes needs no room.
            _ if message.is_empty() => true,
            WhenFull::Wait => {
                let sent = person.messages.send_timeout(message, PATIENCE);
                !sent.is_err_and(|error| error.is_timeout())
            }
            WhenFull::Drop => {
                let _ = person.messages.try_send(message);
                true
            }
        }
    }
}

impl Deliver for Shared {
    fn chat(&mut self) -> &mut Chat {
        &mut self.chat
    }

    fn deliver(&mut self, client: ClientId) {
        let Some(person) = self.people.get(&client) else {
            return;
        };
        let message = self.chat.outbox(client).map(std::mem::take);
        if message.is_some_and(|message| !self.send(person, message)) {
            // Wakes the writer, which is blocked in `write`.
            let _ = person.socket.shutdown(Shutdown::Both);
            self.chat.broke(client);
        }
        if self.chat.is_ending(client) {
            self.people.remove(&client);
            self.chat.forget(client);
        }
    }
}
