//! A connection to the server: the thread that makes it and then blocks reading lines, and what the main thread holds
//! of it.

mod connect;

use std::io::{self, BufReader, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, OnceLock};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use chatserv::healthcheck::Address;
use crossbeam_channel::{Receiver, Sender, bounded, never};

use crate::client::Event;
use crate::lines::{LINE_BYTES_MAX, Taken, take_line};
pub use connect::why_not;

/// How many lines of the server wait for the main thread. Beyond that they wait in the socket.
const LINES_MAX: usize = 256;
/// The stack of the thread: looking up a name happens on it, which takes whatever the system's library likes.
const STACK_BYTES: usize = 1024 * 1024;
/// How long the server may take nothing of what is sent. One that works always reads, so this one does not.
const SEND_TIMEOUT: Duration = Duration::from_secs(10);

/// A connection, or the attempt to make one.
///
/// Its events come through a channel of its own. So when it is dropped, whatever it still had to report is gone with
/// it, and no event of an old connection can be taken for one of the next.
pub struct Connection {
    events: Receiver<Event>,
    /// Empty until there is a connection; then the two threads share one descriptor.
    socket: Arc<OnceLock<TcpStream>>,
    thread: Option<JoinHandle<()>>,
    /// Why nothing can be sent any more.
    broken: Option<String>,
}

impl Connection {
    /// Begins to connect. How it went is the first event: [`Event::Connected`] or [`Event::NotConnected`]. After the
    /// latter, and after [`Event::Disconnected`], no more will come.
    ///
    /// # Errors
    ///
    /// The system has no thread left.
    pub fn open(address: Address) -> io::Result<Self> {
        let (sender, events) = bounded(LINES_MAX);
        let socket = Arc::default();
        let thread = {
            let socket = Arc::clone(&socket);
            Builder::new()
                .name("socket".into())
                .stack_size(STACK_BYTES)
                .spawn(move || converse(&address, &socket, &sender))?
        };
        Ok(Self { events, socket, thread: Some(thread), broken: None })
    }

    /// What happens here.
    pub fn events(&self) -> &Receiver<Event> {
        &self.events
    }

    /// Sends an object and a line end; waits while the socket is full. Where that fails, the socket is shut, and
    /// [`Event::Disconnected`] comes from the thread, behind all that the server had still sent: perhaps why.
    pub fn send(&mut self, object: &str) {
        let Some(mut socket) = self.socket.get() else {
            return;
        };
        if self.broken.is_some() {
            return;
        }
        // In one write, so that it is one packet.
        let line = format!("{object}\n");
        if let Err(error) = socket.write_all(line.as_bytes()) {
            self.broken = Some(match error.kind() {
                io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
                    format!("the server has taken nothing for {} seconds", SEND_TIMEOUT.as_secs())
                }
                _ => words(&error),
            });
            let _ = socket.shutdown(Shutdown::Both);
        }
    }

    /// Why nothing could be sent, if it was so.
    pub fn broken(&self) -> Option<&str> {
        self.broken.as_deref()
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // The order is the proof that nobody is left behind. Without a receiver, the thread ends with the next event
        // that it wants to send. If it has sent its first one before, it had put the socket where it is found here, and
        // to shut that down ends its read.
        self.events = never();
        let Some(socket) = self.socket.get() else {
            // It is still connecting, which nothing can end but time. Nobody waits for it.
            return;
        };
        let _ = socket.shutdown(Shutdown::Both);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The thread: connects, then reads until the end. It ends early where nobody listens any more.
fn converse(address: &Address, socket: &OnceLock<TcpStream>, events: &Sender<Event>) {
    let stream = match connect::connect(address) {
        Ok(stream) => stream,
        Err(sentence) => {
            let _ = events.send(Event::NotConnected(sentence));
            return;
        }
    };
    let stream = socket.get_or_init(|| stream);
    if events.send(Event::Connected).is_err() {
        return;
    }
    let mut source = BufReader::new(stream);
    let end = loop {
        let event = match take_line(&mut source) {
            Ok(Taken::Line(line)) => Event::Received(String::from_utf8_lossy(&line).into_owned()),
            // Half an object says nothing.
            Ok(Taken::End | Taken::Unfinished(_)) => break None,
            Ok(Taken::TooLong) => {
                break Some(format!(
                    "the server has sent a line of more than {LINE_BYTES_MAX} bytes"
                ));
            }
            Err(error) => break Some(words(&error)),
        };
        if events.send(event).is_err() {
            return;
        }
    };
    let _ = events.send(Event::Disconnected(end));
}

/// What the system says, without its number for it.
pub fn words(error: &io::Error) -> String {
    let text = error.to_string();
    let end = text.find(" (os error").unwrap_or(text.len());
    text[..end].to_owned()
}

#[cfg(test)]
mod tests;
