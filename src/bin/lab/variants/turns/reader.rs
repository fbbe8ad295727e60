//! The threads that block for the dispatcher: one in `accept`, and one for each connection in `read`.

use std::io::{self, ErrorKind, Read};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, Builder, Thread};
use std::time::Duration;

use chatserv::chat::ClientId;
use crossbeam_channel::Sender;

/// How long to wait where nobody can be accepted: somebody has to leave first.
const PAUSE: Duration = Duration::from_millis(100);

/// What the dispatcher is told.
pub enum Event {
    /// Somebody has come.
    Connected(TcpStream, SocketAddr),
    /// What a read of somebody's socket has brought; no bytes at the end.
    Read(ClientId, io::Result<Vec<u8>>),
}

/// Sends all who come, as long as the process lives.
pub fn accept_all(listener: &TcpListener, events: &Sender<Event>) {
    loop {
        match listener.accept() {
            Ok((socket, address)) => drop(events.send(Event::Connected(socket, address))),
            Err(_) => thread::sleep(PAUSE),
        }
    }
}

/// Somebody, and the thread that reads what they say.
pub struct Person {
    pub socket: Arc<TcpStream>,
    /// They may send one more event.
    turn: Arc<AtomicBool>,
    reader: Thread,
}

impl Person {
    /// Starts the thread, with its first turn.
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

    /// They may send one more event. First the flag, then the wake-up: a reader that wakes finds the flag, and one that has
    /// not gone to sleep yet finds what `unpark` leaves for its next `park`.
    pub fn give_turn(&self) {
        self.turn.store(true, Ordering::Release);
        self.reader.unpark();
    }
}

/// Sends all that somebody says: each time only with a turn, if there are turns. It reads on before it waits for one, and
/// where nobody floods the turn has come by then.
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

    fn bytes(inbox: &Receiver<Event>) -> Vec<u8> {
        match inbox.recv_timeout(Duration::from_secs(20)).unwrap() {
            Event::Read(ClientId(1), read) => read.unwrap(),
            _ => panic!("nobody else has come"),
        }
    }

    #[test]
    fn a_reader_sends_once_for_each_turn() {
        let (mut client, person, inbox) = connected(false);
        client.write_all(b"one").unwrap();
        assert_eq!(bytes(&inbox), b"one");
        client.write_all(b"two").unwrap();
        // It may not have read yet: then this says nothing, and is true all the same.
        assert!(inbox.is_empty());
        person.give_turn();
        assert_eq!(bytes(&inbox), b"two");
        person.give_turn();
        drop(client);
        assert_eq!(bytes(&inbox), b"");
    }

    #[test]
    fn a_reader_that_pushes_on_needs_no_turn() {
        let (mut client, _person, inbox) = connected(true);
        for line in [b"one", b"two"] {
            client.write_all(line).unwrap();
            assert_eq!(bytes(&inbox), line);
        }
        drop(client);
        assert_eq!(bytes(&inbox), b"");
    }
}
