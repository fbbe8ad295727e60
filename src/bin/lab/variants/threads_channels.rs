//! Two threads for each connection, one that reads and one that writes, with a bounded channel between: nobody writes to
//! somebody else's socket any more.
//!
//! Whoever does not read fills first their socket, then their channel. `--when-full drop` skips what does not fit (exercise
//! 8.15 of "The Go Programming Language"); with `wait`, the sender waits for 5 s, and all with it, and lets them go then.

use std::collections::HashMap;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::Arc;
use std::thread::{self, Builder};
use std::time::Duration;

use chatserv::chat::ClientId;
use crossbeam_channel::{Receiver, Sender, bounded};

use super::locked::{Deliver, Locked};
use super::{Knobs, Variant, WhenFull, cannot};
use crate::chat::Chat;
use crate::serve::Port;

/// See the module.
pub const VARIANT: Variant = Variant {
    name: "threads-channels",
    about: "a thread that reads and one that writes for each connection, a bounded channel between",
    cannot: &[
        "Where a channel is full, either everybody waits for 5 seconds or lines are lost.",
        cannot::LIMIT,
        cannot::CHOOSE,
        cannot::HURRY,
        cannot::LINGER,
    ],
    serve,
};

/// How many messages wait for one person at the most.
const CHANNEL_MESSAGES: usize = 64;

/// How long a sender waits for room.
const PATIENCE: Duration = Duration::from_secs(5);

/// What all threads share.
struct Shared {
    chat: Chat,
    people: HashMap<ClientId, Person>,
    when_full: WhenFull,
}

struct Person {
    /// To the thread that writes, which ends when this is dropped and all in it is written.
    messages: Sender<Vec<u8>>,
    socket: Arc<TcpStream>,
}

fn serve(port: Port, knobs: &Knobs) -> io::Result<()> {
    let listener = port.listen()?;
    let shared = Locked::new(Shared {
        chat: Chat::new(),
        people: HashMap::new(),
        when_full: knobs.when_full,
    });
    shared.serve(&listener, |socket, address| talk(&shared, socket, address));
    Ok(())
}

/// The life of one connection: a second thread, that writes, is started, and this one reads.
fn talk(shared: &Locked<Shared>, socket: TcpStream, address: SocketAddr) {
    let socket = Arc::new(socket);
    let (messages, to_write) = bounded(CHANNEL_MESSAGES);
    let person = Person {
        messages,
        socket: Arc::clone(&socket),
    };
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

/// What the thread that writes does. It alone waits for this client, as long as the channel has room.
fn write_all(mut socket: &TcpStream, messages: Receiver<Vec<u8>>) {
    for message in messages {
        if socket.write_all(&message).is_err() {
            break;
        }
    }
    // Wakes the thread that is blocked in its read.
    let _ = socket.shutdown(Shutdown::Both);
}

fn read_all(shared: &Locked<Shared>, client: ClientId, mut socket: &TcpStream) {
    let mut buffer = [0; 4096];
    loop {
        match socket.read(&mut buffer) {
            Ok(0) => return shared.act(|shared| shared.chat.ended(client)),
            Ok(count) => shared.act(|shared| shared.chat.received(client, &buffer[..count])),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return shared.act(|shared| shared.chat.broke(client)),
        }
    }
}

impl Shared {
    /// Hands what there is to say to the thread that writes: who is only let go needs no room. No where that took too long.
    fn send(&self, person: &Person, message: Vec<u8>) -> bool {
        match self.when_full {
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
            // The thread that writes is blocked in its write, and only this wakes it.
            let _ = person.socket.shutdown(Shutdown::Both);
            self.chat.broke(client);
        }
        if self.chat.is_ending(client) {
            self.people.remove(&client);
            self.chat.forget(client);
        }
    }
}
