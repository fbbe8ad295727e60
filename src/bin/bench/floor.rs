//! The floor: the least that a chat server with one thread and epoll does. It has no names, no cleaning and no limits: it
//! sends the lines of one client to all others as they are. The difference between it and another server is the cost of
//! what that server does in addition.

use std::io::{self, ErrorKind, Read, Write};
use std::mem;
use std::net::{Ipv4Addr, SocketAddr};

use chatserv::load::dialect::{Dialect, Identity};
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};

/// The first bytes that a client receives, which tell it that it is connected.
pub const GREETING: &[u8] = b"hello\n";

/// Stands for a name: with it, the floor delivers as many bytes as chatserv.
const PREFIX: &[u8] = b"s00001 : ";

const EVENTS_MAX: usize = 1024;

const READ_BUFFER_BYTES: usize = 64 * 1024;

const LISTENER: Token = Token(usize::MAX);

#[derive(Debug)]
struct Client {
    socket: TcpStream,
    /// The beginning of an incomplete line.
    incomplete: Vec<u8>,
    /// The bytes to send.
    out: Vec<u8>,
    /// Whether it is in the list of clients to send to.
    is_touched: bool,
}

/// The server.
pub struct Floor {
    poll: Poll,
    listener: TcpListener,
    clients: Vec<Option<Client>>,
    /// Unused places in `clients`.
    free: Vec<usize>,
    /// The clients to send to at the end of this round of events.
    touched: Vec<usize>,
    buffer: Vec<u8>,
}

impl Floor {
    /// Listens on a free port of 127.0.0.1.
    pub fn bind() -> io::Result<Self> {
        let poll = Poll::new()?;
        let mut listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
        poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
        Ok(Self {
            poll,
            listener,
            clients: Vec::new(),
            free: Vec::new(),
            touched: Vec::new(),
            buffer: vec![0; READ_BUFFER_BYTES],
        })
    }

    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until the process is killed.
    pub fn run(mut self) -> io::Result<()> {
        let mut events = Events::with_capacity(EVENTS_MAX);
        loop {
            match self.poll.poll(&mut events, None) {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                polled => polled?,
            }
            for event in &events {
                match event.token() {
                    LISTENER => self.accept()?,
                    Token(at) => {
                        if event.is_writable() {
                            self.touch(at);
                        }
                        if event.is_readable() {
                            self.read(at, event.is_read_closed());
                        }
                    }
                }
            }
            self.flush();
        }
    }

    fn accept(&mut self) -> io::Result<()> {
        loop {
            let (mut socket, _) = match self.listener.accept() {
                Ok(accepted) => accepted,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            };
            let at = self.free.pop().unwrap_or_else(|| {
                self.clients.push(None);
                self.clients.len() - 1
            });
            let _ = socket.set_nodelay(true);
            let interests = Interest::READABLE | Interest::WRITABLE;
            self.poll.registry().register(&mut socket, Token(at), interests)?;
            self.clients[at] = Some(Client {
                socket,
                incomplete: Vec::new(),
                out: GREETING.to_vec(),
                is_touched: false,
            });
            self.touch(at);
        }
    }

    /// Reads until a read does not fill the buffer, or until the end of the stream if the client has closed it: no further
    /// event announces either.
    fn read(&mut self, at: usize, is_closed: bool) {
        let mut buffer = mem::take(&mut self.buffer);
        while let Some(client) = &mut self.clients[at] {
            match client.socket.read(&mut buffer) {
                Ok(0) => self.remove(at),
                Ok(count) => {
                    self.receive(at, &buffer[..count]);
                    if count < buffer.len() && !is_closed {
                        break;
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => self.remove(at),
            }
        }
        self.buffer = buffer;
    }

    /// Queues the complete lines for all other clients.
    fn receive(&mut self, at: usize, bytes: &[u8]) {
        let Some(client) = &mut self.clients[at] else {
            return;
        };
        let Some(end) = bytes.iter().rposition(|&byte| byte == b'\n') else {
            client.incomplete.extend_from_slice(bytes);
            return;
        };
        let (complete, rest) = bytes.split_at(end + 1);
        let mut lines = mem::take(&mut client.incomplete);
        lines.extend_from_slice(complete);
        client.incomplete = rest.to_vec();
        for (other, client) in self.clients.iter_mut().enumerate() {
            if let Some(client) = client
                && other != at
            {
                client.out.extend_from_slice(&lines);
                if !mem::replace(&mut client.is_touched, true) {
                    self.touched.push(other);
                }
            }
        }
    }

    fn touch(&mut self, at: usize) {
        if let Some(client) = &mut self.clients[at]
            && !mem::replace(&mut client.is_touched, true)
        {
            self.touched.push(at);
        }
    }

    /// Sends all that is queued. A full socket announces itself when it has space again.
    fn flush(&mut self) {
        while let Some(at) = self.touched.pop() {
            let Some(client) = &mut self.clients[at] else {
                continue;
            };
            client.is_touched = false;
            if client.out.is_empty() {
                continue;
            }
            match client.socket.write(&client.out) {
                Ok(sent) if sent == client.out.len() => client.out.clear(),
                Ok(sent) => {
                    client.out.drain(..sent);
                    self.touch(at);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => self.touch(at),
                Err(_) => self.remove(at),
            }
        }
    }

    fn remove(&mut self, at: usize) {
        if self.clients[at].take().is_some() {
            self.free.push(at);
        }
    }
}

/// The floor's protocol: a greeting, then lines.
#[derive(Debug)]
pub struct Lines;

impl Dialect for Lines {
    fn log_in(&self, step: usize, _: &Identity, _: &mut Vec<u8>) -> Option<&'static [u8]> {
        (step == 0).then_some(GREETING)
    }

    fn say(&self, _: usize, payload: &[u8], out: &mut Vec<u8>) {
        out.extend_from_slice(PREFIX);
        out.extend_from_slice(payload);
        out.extend_from_slice(b"\r\n");
    }

    fn speakers_hear(&self) -> bool {
        true
    }
}
