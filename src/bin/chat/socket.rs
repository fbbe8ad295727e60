//! A connection to the server: the thread that connects and then reads lines, and the main thread's handle to it.

mod connect;
mod via;

use std::io::{self, BufReader, Write};
use std::net::Shutdown;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use chatserv::healthcheck::Address;
use crossbeam_channel::{Receiver, Sender, bounded, never};
use socket2::Socket;

use crate::client::Event;
use crate::lines::{LINE_BYTES_MAX, Taken, take_line};
pub use connect::why_not;
use via::Via;

/// The capacity of the channel for lines of the server. Further lines wait in the socket.
const LINES_MAX: usize = 256;
/// The stack size of the thread. The name lookup runs on it and needs as much as the system's library takes.
const STACK_BYTES: usize = 1024 * 1024;
/// How long the server may accept no data before the connection counts as broken. A working server always reads.
const SEND_TIMEOUT: Duration = Duration::from_secs(10);

/// How to reach the server.
#[derive(Debug, Clone)]
pub struct Route {
    /// The server, as messages name it.
    pub server: Address,
    /// A command that talks to the server. Without one, the client connects to its address.
    pub via: Option<String>,
}

/// A connection, or an attempt to connect.
///
/// Each connection has its own channel for events. When it is dropped, its pending events are dropped too, so an event
/// of an old connection is never mistaken for one of the next.
pub struct Connection {
    events: Receiver<Event>,
    /// Empty until the connection is established. Then the two threads share one descriptor.
    socket: Arc<OnceLock<Socket>>,
    /// Nobody wants to know why it ends.
    is_dropped: Arc<AtomicBool>,
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
    pub fn open(route: Route) -> io::Result<Self> {
        let (sender, events) = bounded(LINES_MAX);
        let (socket, is_dropped) = (Arc::default(), Arc::default());
        let thread = {
            let (socket, is_dropped) = (Arc::clone(&socket), Arc::clone(&is_dropped));
            Builder::new()
                .name("socket".into())
                .stack_size(STACK_BYTES)
                .spawn(move || converse(&route, &socket, &is_dropped, &sender))?
        };
        Ok(Self { events, socket, is_dropped, thread: Some(thread), broken: None })
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
        self.is_dropped.store(true, Ordering::Release);
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
fn converse(
    route: &Route,
    socket: &OnceLock<Socket>,
    is_dropped: &AtomicBool,
    events: &Sender<Event>,
) {
    let connected = match &route.via {
        None => connect::connect(&route.server).map(|stream| (stream.into(), None)),
        Some(command) => connect_via(command).map(|(stream, via)| (stream, Some(via))),
    };
    // Ends the command however this function ends.
    let (stream, via): (Socket, Option<Via>) = match connected {
        Ok(connected) => connected,
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
    let mut end = loop {
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
    if let Some(via) = via
        && end.is_none()
        && !is_dropped.load(Ordering::Acquire)
    {
        end = Some(via.why());
    }
    let _ = events.send(Event::Disconnected(end));
}

/// Starts a command and returns the socket to it.
fn connect_via(command: &str) -> Result<(Socket, Via), String> {
    let (stream, via) = Via::start(command)?;
    let socket = Socket::from(stream);
    // A socket of a new pair takes a timeout that is not zero.
    let _ = socket.set_write_timeout(Some(SEND_TIMEOUT));
    Ok((socket, via))
}

/// The system's message for an error, without its number.
pub fn words(error: &io::Error) -> String {
    let text = error.to_string();
    let end = text.find(" (os error").unwrap_or(text.len());
    text[..end].to_owned()
}

#[cfg(test)]
mod tests;
