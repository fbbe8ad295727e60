//! The threads that block on behalf of the dispatcher: the listener in `accept`, and a reader for each connection in `read`.

use std::io::{self, ErrorKind, Read};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, Builder, Thread};
use std::time::Duration;

use chatserv::chat::ClientId;
use crossbeam_channel::Sender;

/// The pause after a failed `accept`.
const PAUSE: Duration = Duration::from_millis(100);

pub enum Event {
    Connected(TcpStream, SocketAddr),
    /// The result of a read; no bytes at the end of the input.
    Read(ClientId, io::Result<Vec<u8>>),
}

/// Accepts clients for as long as the process lives.
pub fn accept_all(listener: &TcpListener, events: &Sender<Event>) {
    loop {
        match listener.accept() {
            Ok((socket, address)) => drop(events.send(Event::Connected(socket, address))),
            Err(_) => thread::sleep(PAUSE),
        }
    }
}

/// A client and its reader thread.
pub struct Person {
    pub socket: Arc<TcpStream>,
    /// Whether the reader may send one more event.
    turn: Arc<AtomicBool>,
    reader: Thread,
}

impl Person {
    /// Starts the reader, with its first turn.
    pub fn start(
        client: ClientId,
        socket: TcpStream,
        events: Sender<Event>,
        pushes_on: bool,
    ) -> io::Result<Self> {
        let socket = Arc::new(socket);
        let turn = Arc::new(AtomicBool::new(true));
        let (reads, turns) = (Arc::clone(&socket), Arc::clone(&turn));
        let reader = Builder::new().spawn(move || {
            let turns = (!pushes_on).then_some(&*turns);
            read_all(&reads, client, &events, turns);
        })?;
        Ok(Self {
            socket,
            turn,
            reader: reader.thread().clone(),
        })
    }

    /// Allows the reader one more event. The flag is set before the wake-up: a reader that wakes finds the flag, and a reader
    /// that is not asleep yet does not sleep, because `unpark` makes its next `park` return at once.
    pub fn give_turn(&self) {
        self.turn.store(true, Ordering::Release);
        self.reader.unpark();
    }
}

/// Sends all input of a client, each event with a turn if there are turns. It reads before it waits for the turn, which has
/// often arrived by then.
fn read_all(
    mut socket: &TcpStream,
    client: ClientId,
    events: &Sender<Event>,
    turns: Option<&AtomicBool>,
) {
    let mut buffer = [0; 16 * 1024];
    loop {
        let read = match socket.read(&mut buffer) {
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            read => read.map(|count| buffer[..count].to_vec()),
        };
        let is_last = read.as_ref().map_or(true, Vec::is_empty);
        if let Some(turns) = turns {
            while !turns.swap(false, Ordering::Acquire) {
                thread::park();
            }
        }
        if events.send(Event::Read(client, read)).is_err() || is_last {
            return;
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]
mod tests {
    use std::io::Write;
    use std::net::Ipv4Addr;

    use crossbeam_channel::{Receiver, bounded};

    use super::*;

    fn connected(pushes_on: bool) -> (TcpStream, Person, Receiver<Event>) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (socket, _) = listener.accept().unwrap();
        let (events, inbox) = bounded(16);
        let person = Person::start(ClientId(1), socket, events, pushes_on).unwrap();
        (client, person, inbox)
    }

    fn next(inbox: &Receiver<Event>) -> Vec<u8> {
        match inbox.recv_timeout(Duration::from_secs(20)).unwrap() {
            Event::Read(ClientId(1), read) => read.unwrap(),
            _ => panic!("there is one client"),
        }
    }

    #[test]
    fn a_reader_sends_once_for_each_turn() {
        let (mut client, person, inbox) = connected(false);
        client.write_all(b"one").unwrap();
        assert_eq!(next(&inbox), b"one");
        client.write_all(b"two").unwrap();
        // If the reader has not read yet, this passes without checking anything.
        assert!(inbox.is_empty());
        person.give_turn();
        assert_eq!(next(&inbox), b"two");
        person.give_turn();
        drop(client);
        assert_eq!(next(&inbox), b"");
    }

    #[test]
    fn a_reader_that_pushes_on_needs_no_turn() {
        let (mut client, _person, inbox) = connected(true);
        for line in [b"one", b"two"] {
            client.write_all(line).unwrap();
            assert_eq!(next(&inbox), line);
        }
        drop(client);
        assert_eq!(next(&inbox), b"");
    }
}
