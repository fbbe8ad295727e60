//! A small dispatcher with turns. A turn is the permission to send the dispatcher one more event.
//!
//! A reader continues to read after each event, but sends the next one only when the results of the last have been
//! written to everybody. With `--push-on` it sends each event at once, as long as the inbox has room. A client that
//! does not read blocks this dispatcher for a second and is then disconnected; `threads-dispatcher` has outboxes and
//! writers for that case.

mod reader;

use std::collections::HashMap;
use std::io::{self, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::Builder;
use std::time::Duration;

use chatserv::chat::ClientId;
use chatserv::config::limits::INBOX_EVENTS_MAX;
use crossbeam_channel::{Receiver, Sender, bounded};

use super::{Knobs, Variant};
use crate::chat::Chat;
use crate::port::Port;
use reader::{Event, Person, accept_all};

pub const VARIANT: Variant = Variant {
    name: "turns",
    about: "a reader for each connection and a small dispatcher: readers wait for their turn, or push on",
    cannot: &[
        "A client that does not read stops everybody for a second; one that reads a little now and then stops \
         everybody for longer, because the second counts for each write call.",
    ],
    serve,
};

/// How long one write call may take. `write_all` may need many.
const PATIENCE: Duration = Duration::from_secs(1);

static BATCHES: AtomicU64 = AtomicU64::new(0);
static LINES: AtomicU64 = AtomicU64::new(0);

/// The counts of this process as a line of text, or nothing if there was no batch.
pub fn batches() -> Option<String> {
    let [batches, lines] = [&BATCHES, &LINES].map(|count| count.load(Ordering::Relaxed));
    (batches > 0).then(|| format!("batches: {batches} with {lines} lines"))
}

struct Dispatcher {
    chat: Chat,
    people: HashMap<ClientId, Person>,
    /// The sending side of the inbox, for new readers.
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
    // The listener thread and the readers end with the process.
    Builder::new().spawn(move || accept_all(&listener, &events))?;
    while !dispatcher.chat.is_over() {
        dispatcher.batch(&inbox);
    }
    Ok(())
}

impl Dispatcher {
    /// Waits for an event, takes all others that have arrived, and writes the results.
    fn batch(&mut self, inbox: &Receiver<Event>) {
        let first = match self.chat.time_left() {
            Some(left) => inbox.recv_timeout(left).ok(),
            None => inbox.recv().ok(),
        };
        self.chat.deadline_reached();
        // The batch is bounded, because readers that push on could otherwise keep the dispatcher from writing.
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
        BATCHES.fetch_add(1, Ordering::Relaxed);
        LINES.fetch_add(lines as u64, Ordering::Relaxed);
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

    /// Writes the results of the whole batch to each client with one system call.
    fn flush(&mut self) {
        // A connection that breaks produces more messages.
        while let touched = self.chat.take_touched()
            && !touched.is_empty()
        {
            for client in touched {
                let Some(person) = self.people.get(&client) else {
                    continue;
                };
                let out = self.chat.outbox(client).map(std::mem::take);
                let out = out.unwrap_or_default();
                if (&*person.socket).write_all(&out).is_err() {
                    self.chat.broke(client);
                }
                if self.chat.is_ending(client) {
                    // The reader is blocked in `read`, or waits for its turn.
                    let _ = person.socket.shutdown(Shutdown::Both);
                    person.give_turn();
                    self.people.remove(&client);
                    self.chat.forget(client);
                }
            }
        }
    }
}
