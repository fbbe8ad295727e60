//! The load: thousands of clients in one thread.
//!
//! One thread with epoll, since it costs the least for each client, and what the generator takes of the machine the
//! server cannot have.

mod arriving;

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::time::Duration;

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

use arriving::Arriving;

/// So many ready sockets are looked at in one turn, at the most.
const EVENTS_MAX: usize = 4096;

/// What one read takes at the most.
const READ_BUFFER_BYTES: usize = 256 * 1024;

/// What an error says when the server has closed a connection that was to stay.
pub fn says_closed(member: usize) -> String {
    format!("the server has closed the connection of client {member}")
}

/// All clients of one server.
pub struct Crowd {
    poll: Poll,
    events: Events,
    members: Vec<Member>,
    /// Who has come in since it was asked last.
    arrived: Vec<usize>,
    buffer: Vec<u8>,
}

struct Member {
    /// None when the server has closed the connection, or the member has left.
    socket: Option<TcpStream>,
    /// What the socket has not taken yet.
    unsent: Vec<u8>,
    /// Reads what comes.
    reads: bool,
    /// Something may have come that was not read.
    unread: bool,
    /// The server says no more: the end of the stream comes behind what is unread.
    is_closed: bool,
    /// How far they are on the way in; none when they are.
    arriving: Option<Box<Arriving>>,
}

impl Crowd {
    /// Nobody yet.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            poll: Poll::new()?,
            events: Events::with_capacity(EVENTS_MAX),
            members: Vec::new(),
            arrived: Vec::new(),
            buffer: vec![0; READ_BUFFER_BYTES],
        })
    }

    /// How many there are or were: members are numbered from 0, as they came.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether nobody ever came.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Waits until something comes, at most so long, and hands it to `heard` with the member's number: once for each
    /// read, and no bytes for a connection that has ended. What somebody reads on the way in is not handed on.
    ///
    /// # Errors
    /// Polling fails; what a connection suffers is its end.
    pub fn turn(&mut self, wait: Duration, mut heard: impl FnMut(usize, &[u8])) -> io::Result<()> {
        match self.poll.poll(&mut self.events, Some(wait)) {
            Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(()),
            polled => polled?,
        }
        for event in &self.events {
            let Token(at) = event.token();
            let member = &mut self.members[at];
            if event.is_writable() {
                member.flush();
            }
            if event.is_readable() {
                member.unread = true;
                member.is_closed = event.is_read_closed();
                let was_arriving = member.arriving.is_some();
                member.read(&mut self.buffer, |bytes| heard(at, bytes));
                if was_arriving && member.arriving.is_none() {
                    self.arrived.push(at);
                }
            }
        }
        Ok(())
    }

    /// One turn in which what comes is dropped. Says whether something came.
    ///
    /// # Errors
    /// The server has closed a connection.
    pub fn drop_what_comes(&mut self, wait: Duration) -> io::Result<bool> {
        let (mut came, mut closed) = (false, None);
        self.turn(wait, |member, bytes| {
            came = true;
            if bytes.is_empty() {
                closed = Some(member);
            }
        })?;
        match closed {
            Some(member) => Err(io::Error::other(says_closed(member))),
            None => Ok(came),
        }
    }

    /// Who has come in since this was asked last.
    pub fn take_arrived(&mut self) -> Vec<usize> {
        std::mem::take(&mut self.arrived)
    }

    /// Says something as a member; what the socket does not take at once goes out in later turns.
    pub fn send(&mut self, member: usize, bytes: &[u8]) {
        let member = &mut self.members[member];
        member.unsent.extend_from_slice(bytes);
        member.flush();
    }

    /// How many bytes the socket of a member has not taken yet.
    pub fn unsent_bytes(&self, member: usize) -> usize {
        self.members[member].unsent.len()
    }

    /// A member stops to read.
    pub fn stop_reading(&mut self, member: usize) {
        self.members[member].reads = false;
    }

    /// A member will say no more: the server answers by closing the connection, after all that was said before.
    /// (To close it here, with something unread, would send a reset, and that can overtake what was said.)
    pub fn finish(&mut self, member: usize) {
        if let Some(socket) = &self.members[member].socket {
            // It fails if the server has closed the connection already.
            let _ = socket.shutdown(Shutdown::Write);
        }
    }

    /// Connects one more, without waiting for it.
    fn connect(&mut self, address: SocketAddr, mut arriving: Arriving) -> io::Result<()> {
        let at = self.members.len();
        let mut socket = TcpStream::connect(address)?;
        // As the clients of all these servers do. Else a line waits until the one before it is acknowledged, and servers
        // that answer nothing acknowledge late.
        socket.set_nodelay(true)?;
        let interests = Interest::READABLE | Interest::WRITABLE;
        self.poll
            .registry()
            .register(&mut socket, Token(at), interests)?;
        self.members.push(Member {
            socket: Some(socket),
            // What is sent before the connection is there waits for it.
            unsent: arriving.greeting(),
            reads: true,
            unread: false,
            is_closed: false,
            arriving: Some(Box::new(arriving)),
        });
        Ok(())
    }
}

impl Member {
    fn flush(&mut self) {
        let Some(socket) = &mut self.socket else {
            return;
        };
        while !self.unsent.is_empty() {
            match socket.write(&self.unsent) {
                Ok(sent) if sent == self.unsent.len() => self.unsent.clear(),
                Ok(sent) => drop(self.unsent.drain(..sent)),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // Full, not connected yet, or broken: the first two come back as an event, the third is read.
                Err(_) => return,
            }
        }
    }

    /// Reads all there is, since the next event comes only after that. A read that does not fill the buffer has taken
    /// all but the end of the stream.
    fn read(&mut self, buffer: &mut [u8], mut heard: impl FnMut(&[u8])) {
        while self.reads
            && self.unread
            && let Some(socket) = &mut self.socket
        {
            match socket.read(buffer) {
                Ok(0) => self.socket = None,
                Ok(count) => {
                    self.unread = count == buffer.len() || self.is_closed;
                    self.hear(&buffer[..count], &mut heard);
                    continue;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.unread = false,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => self.socket = None,
            }
            if self.socket.is_none() {
                heard(&[]);
            }
        }
    }

    fn hear(&mut self, bytes: &[u8], heard: &mut impl FnMut(&[u8])) {
        let Some(arriving) = &mut self.arriving else {
            return heard(bytes);
        };
        if arriving.hear(bytes, &mut self.unsent) {
            self.arriving = None;
        }
        self.flush();
    }
}
