//! The server's dispatcher in small, and what a turn is: permission to send the dispatcher one more event.
//!
//! A reader reads on after each event, but sends the next only when what the last one caused has been written to everybody.
//! With `--push-on` it sends whatever it has read at once, as long as the inbox has room. Whoever does not read holds up the
//! dispatcher for a second here, and is then let go: `threads-dispatcher` has outboxes and writers instead.

mod count;
mod reader;

use std::collections::HashMap;
use std::io::{self, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::thread::Builder;
use std::time::Duration;

use chatserv::chat::ClientId;
use chatserv::config::limits::INBOX_EVENTS_MAX;
use crossbeam_channel::{Receiver, Sender, bounded};

use super::{Knobs, Variant, cannot};
use crate::chat::Chat;
use crate::serve::Port;
use reader::{Event, Person, accept_all};

pub use count::batches;

/// See the module.
pub const VARIANT: Variant = Variant {
    name: "turns",
    about: "a thread that reads for each connection, and a dispatcher in small: readers wait for a turn, or push on",
    cannot: &[
        "It bears nobody who does not read: each of them stops everybody for a second, and for longer where they \
         read a little now and then, since the second is for each write call and not for all that waits.",
        cannot::LIMIT,
        cannot::CHOOSE,
        cannot::LINGER,
    ],
    serve,
};

/// How long one write call may take. `write_all` makes as many as it needs: whoever takes a few bytes within each second is
/// never too slow.
const PATIENCE: Duration = Duration::from_secs(1);

struct Dispatcher {
    chat: Chat,
    people: HashMap<ClientId, Person>,
    /// For the readers.
    events: Sender<Event>,
    pushes_on: bool,
}

fn serve(port: Port, knobs: &Knobs) -> io::Result<()> {
    let listener = port.listen()?;
    let (events, inbox) = bounded(INBOX_EVENTS_MAX);
    let mut dispatcher = Dispatcher {
        chat: Chat::new(),
        people: HashMap::new(),
        events: events.clone(),
        pushes_on: knobs.push_on,
    };
    // This thread, and those that read, end with the process.
    Builder::new().spawn(move || accept_all(&listener, &events))?;
    while !dispatcher.chat.is_over() {
        dispatcher.batch(&inbox);
    }
    Ok(())
}

impl Dispatcher {
    /// Waits for an event, takes with it whatever else has come, and writes what comes of all of it.
    fn batch(&mut self, inbox: &Receiver<Event>) {
        let first = match self.chat.time_left() {
            Some(left) => inbox.recv_timeout(left).ok(),
            None => inbox.recv().ok(),
        };
        self.chat.deadline_reached();
        // No more than are there now: readers that push on could keep it from ever writing.
        let others = inbox.try_iter().take(inbox.len());
        let (mut turns, mut lines) = (Vec::new(), 0);
        for event in first.into_iter().chain(others) {
            match event {
                Event::Connected(socket, address) => self.connected(socket, address),
                Event::Read(client, Err(_)) => self.chat.broke(client),
                Event::Read(client, Ok(bytes)) if bytes.is_empty() => self.chat.ended(client),
                Event::Read(client, Ok(bytes)) => {
                    lines += bytes.iter().filter(|&&byte| byte == b'\n').count();
                    self.chat.received(client, &bytes);
                    turns.push(client);
                }
            }
        }
        self.flush();
        count::batch(lines);
        for person in turns.iter().filter_map(|client| self.people.get(client)) {
            person.give_turn();
        }
    }

    fn connected(&mut self, socket: TcpStream, address: SocketAddr) {
        let _ = socket.set_write_timeout(Some(PATIENCE));
        let client = self.chat.connected(address);
        let events = self.events.clone();
        match Person::start(client, socket, events, self.pushes_on) {
            Ok(person) => drop(self.people.insert(client, person)),
            // The system has no thread left.
            Err(_) => self.chat.forget(client),
        }
    }

    /// Writes to one after the other: what the whole batch has caused, by one system call for each.
    fn flush(&mut self) {
        // Letting somebody go is told to the others, so there may be more to write then.
        while let touched = self.chat.take_touched()
            && !touched.is_empty()
        {
            for client in touched {
                let Some(person) = self.people.get(&client) else {
                    continue;
                };
                let out = self.chat.outbox(client).map(std::mem::take);
                if (&*person.socket)
                    .write_all(&out.unwrap_or_default())
                    .is_err()
                {
                    self.chat.broke(client);
                }
                if self.chat.is_ending(client) {
                    // The reader is blocked in its read, or waits for its turn.
                    let _ = person.socket.shutdown(Shutdown::Both);
                    person.give_turn();
                    self.people.remove(&client);
                    self.chat.forget(client);
                }
            }
        }
    }
}
