//! The floors: the least that one thread with epoll can do. No names, no cleaning, no limits: a line that one connection
//! sends goes to all others as it is. What another server costs beyond this is what it does beyond this.

use std::io::{self, ErrorKind, Read, Write};
use std::mem;
use std::net::SocketAddr;

use clap::ValueEnum;
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};

/// What each new connection hears first, so that it knows that it is in.
pub const GREETING: &[u8] = b"hello\n";

/// So many ready sockets are looked at in one round, at the most.
const EVENTS_MAX: usize = 1024;

const READ_BUFFER_BYTES: usize = 64 * 1024;

const LISTENER: Token = Token(usize::MAX);

/// When a floor sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Sends {
    /// At the end of each round: all that has gathered for a client, in one send.
    Gathered,
    /// Each line at once.
    Each,
}

#[derive(Debug)]
struct Client {
    socket: TcpStream,
    /// The beginning of a line whose end has not come.
    begun: Vec<u8>,
    /// What is to be sent.
    out: Vec<u8>,
    /// It is in the list of those to send to.
    touched: bool,
}

/// One thread, one loop.
pub struct Floor {
    sends: Sends,
    poll: Poll,
    listener: TcpListener,
    clients: Vec<Option<Client>>,
    /// Places in `clients` that nobody has.
    free: Vec<usize>,
    /// Who has something to be sent.
    touched: Vec<usize>,
    buffer: Vec<u8>,
}

impl Floor {
    /// Listens on `address`.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn bind(address: SocketAddr, sends: Sends) -> io::Result<Self> {
        let poll = Poll::new()?;
        let mut listener = TcpListener::bind(address)?;
        poll.registry()
            .register(&mut listener, LISTENER, Interest::READABLE)?;
        Ok(Self {
            sends,
            poll,
            listener,
            clients: Vec::new(),
            free: Vec::new(),
            touched: Vec::new(),
            buffer: vec![0; READ_BUFFER_BYTES],
        })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until it is killed.
    ///
    /// # Errors
    /// Polling or accepting fails; a client's failure ends that client.
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
            self.poll
                .registry()
                .register(&mut socket, Token(at), interests)?;
            self.clients[at] = Some(Client {
                socket,
                begun: Vec::new(),
                out: GREETING.to_vec(),
                touched: false,
            });
            self.touch(at);
        }
    }

    /// Reads all there is, up to the end of the stream if the client says no more: another event comes only after that.
    fn read(&mut self, at: usize, is_closed: bool) {
        let mut buffer = mem::take(&mut self.buffer);
        while let Some(client) = &mut self.clients[at] {
            match client.socket.read(&mut buffer) {
                Ok(0) => self.remove(at),
                Ok(count) => {
                    self.hear(at, &buffer[..count]);
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

    fn hear(&mut self, at: usize, bytes: &[u8]) {
        let Some(client) = &mut self.clients[at] else {
            return;
        };
        let Some(end) = bytes.iter().rposition(|&byte| byte == b'\n') else {
            client.begun.extend_from_slice(bytes);
            return;
        };
        let (lines, rest) = bytes.split_at(end + 1);
        let mut all = mem::take(&mut client.begun);
        all.extend_from_slice(lines);
        client.begun = rest.to_vec();
        match self.sends {
            Sends::Gathered => self.tell_others(at, &all),
            Sends::Each => {
                for line in all.split_inclusive(|&byte| byte == b'\n') {
                    self.tell_others(at, line);
                    self.flush();
                }
            }
        }
    }

    fn tell_others(&mut self, at: usize, lines: &[u8]) {
        for (other, client) in self.clients.iter_mut().enumerate() {
            if let Some(client) = client
                && other != at
            {
                client.out.extend_from_slice(lines);
                if !mem::replace(&mut client.touched, true) {
                    self.touched.push(other);
                }
            }
        }
    }

    fn touch(&mut self, at: usize) {
        if let Some(client) = &mut self.clients[at]
            && !mem::replace(&mut client.touched, true)
        {
            self.touched.push(at);
        }
    }

    /// Sends what there is to whoever takes it. Who does not is written to when their socket has space again.
    fn flush(&mut self) {
        while let Some(at) = self.touched.pop() {
            let Some(client) = &mut self.clients[at] else {
                continue;
            };
            client.touched = false;
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
