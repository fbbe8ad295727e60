//! A connection to the server: the thread that connects and then reads lines, and the main thread's handle to it.

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

/// The capacity of the channel for lines of the server. Further lines wait in the socket.
const LINES_MAX: usize = 256;
/// The stack size of the thread. The name lookup runs on it and needs as much as the system's library takes.
const STACK_BYTES: usize = 1024 * 1024;
/// How long the server may accept no data before the connection counts as broken. A working server always reads.
const SEND_TIMEOUT: Duration = Duration::from_secs(10);

/// A connection, or an attempt to connect.
///
/// Each connection has its own channel for events. When it is dropped, its pending events are dropped too, so an event
/// of an old connection is never mistaken for one of the next.
pub struct Connection {
    events: Receiver<Event>,
    /// Empty until the connection is established. Then the two threads share one descriptor.
    socket: Arc<OnceLock<TcpStream>>,
    thread: Option<JoinHandle<()>>,
    /// Why nothing can be sent any more.
    broken: Option<String>,
}

impl Connection {
    /// Starts to connect. The first event reports the result: [`Event::Connected`] or [`Event::NotConnected`]. No event
    /// follows [`Event::NotConnected`] or [`Event::Disconnected`].
    ///
    /// # Errors
    ///
    /// The thread cannot be started.
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

    /// The events of this connection.
    pub fn events(&self) -> &Receiver<Event> {
        &self.events
    }

    /// Sends an object and a line end. Blocks while the socket's buffer is full. On failure, the socket is shut down,
    /// and [`Event::Disconnected`] follows all that the server had still sent, which may tell the reason.
    pub fn send(&mut self, object: &str) {
        let Some(mut socket) = self.socket.get() else {
            return;
        };
        if self.broken.is_some() {
            return;
        }
        // A single write, so that it is one packet.
        let line = format!("{object}\n");
        if let Err(error) = socket.write_all(line.as_bytes()) {
            self.broken = Some(match error.kind() {
                io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
                    format!(
                        "the server has accepted no data for {} seconds",
                        SEND_TIMEOUT.as_secs()
                    )
                }
                _ => words(&error),
            });
            let _ = socket.shutdown(Shutdown::Both);
        }
    }

    /// The reason why sending failed, if it did.
    pub fn broken(&self) -> Option<&str> {
        self.broken.as_deref()
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // This order guarantees that the thread ends. Without a receiver, it ends at the next event that it sends. If
        // it has sent its first event already, it has stored the socket before, and shutting the socket down ends its
        // read.
        self.events = never();
        let Some(socket) = self.socket.get() else {
            // The thread is still connecting, and only a timeout ends that. It is not joined.
            return;
        };
        let _ = socket.shutdown(Shutdown::Both);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Runs the thread: connects, then reads until the end. Stops early if the channel has no receiver.
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
            // A truncated object is useless.
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

/// The system's message for an error, without its number.
pub fn words(error: &io::Error) -> String {
    let text = error.to_string();
    let end = text.find(" (os error").unwrap_or(text.len());
    text[..end].to_owned()
}

#[cfg(test)]
mod tests;
