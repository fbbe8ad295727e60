//! The threads that block on behalf of the dispatcher: the listener in `accept`, and a reader for each connection in
//! `read`.

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
        Ok(Self { socket, turn, reader: reader.thread().clone() })
    }

    /// Allows the reader one more event. The flag is set before the wake-up: a reader that wakes finds the flag, and a
    /// reader that is not asleep yet does not sleep, because `unpark` makes its next `park` return at once.
    pub fn give_turn(&self) {
        self.turn.store(true, Ordering::Release);
        self.reader.unpark();
    }
}

/// Sends all input of a client, each event with a turn if there are turns. It reads before it waits for the turn, which
/// has often arrived by then.
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
