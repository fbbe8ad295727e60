//! Thousands of clients in one thread.
//!
//! One thread with epoll costs the least for each client: the server cannot use the processor time that the generator takes.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

use super::dialect::{Dialect, Identity, Role};

const EVENTS_MAX: usize = 4096;

const READ_BUFFER_BYTES: usize = 256 * 1024;

/// The time in which all clients of one call must log in.
const LOGIN_PATIENCE: Duration = Duration::from_secs(60);

const WAIT: Duration = Duration::from_millis(100);

/// The text of the error for a connection that the server has closed.
pub fn closed_message(member: usize) -> String {
    format!("the server has closed the connection of client {member}")
}

/// The clients of a server, its members, numbered from 0.
pub struct Crowd {
    poll: Poll,
    events: Events,
    members: Vec<Member>,
    rooms: usize,
    /// The members who have logged in since [`Crowd::take_arrived`].
    arrived: Vec<usize>,
    buffer: Vec<u8>,
}

struct Member {
    /// None when the connection has ended.
    socket: Option<TcpStream>,
    /// Bytes that the socket has not taken yet.
    unsent: Vec<u8>,
    reads: bool,
    /// Whether there may be unread bytes: epoll announces each only once.
    unread: bool,
    /// Whether the end of the stream lies behind the unread bytes.
    is_closed: bool,
    /// None when logged in.
    login: Option<Box<Login>>,
}

/// A login in progress.
struct Login {
    dialect: &'static dyn Dialect,
    client: Identity,
    step: usize,
    /// The reply to wait for.
    awaited: Option<&'static [u8]>,
    /// The end of what was received, in case the awaited bytes are split.
    received: Vec<u8>,
}

impl Crowd {
    /// A crowd without members, in one room.
    ///
    /// # Errors
    /// The kernel has no descriptor left.
    pub fn new() -> io::Result<Self> {
        Self::in_rooms(1)
    }

    /// A crowd without members, who will go to this many rooms in turn.
    ///
    /// # Errors
    /// The kernel has no descriptor left.
    pub fn in_rooms(rooms: usize) -> io::Result<Self> {
        Ok(Self {
            poll: Poll::new()?,
            events: Events::with_capacity(EVENTS_MAX),
            members: Vec::new(),
            rooms: rooms.max(1),
            arrived: Vec::new(),
            buffer: vec![0; READ_BUFFER_BYTES],
        })
    }

    /// The number of members so far, including those whose connections have ended.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether no member was ever added.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// The number of rooms.
    pub fn rooms(&self) -> usize {
        self.rooms
    }

    /// The room of a member.
    pub fn room(&self, member: usize) -> usize {
        member % self.rooms
    }

    /// Waits at most `wait` for something to arrive, and passes it to `heard` with the number of the member: once for each
    /// read, and without bytes for the end of a connection. What arrives during a login is not passed on.
    ///
    /// # Errors
    /// Polling has failed. The failure of a connection is its end.
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
                let was_logged_in = member.login.is_none();
                member.read(&mut self.buffer, |bytes| heard(at, bytes));
                if !was_logged_in && member.login.is_none() {
                    self.arrived.push(at);
                }
            }
        }
        Ok(())
    }

    /// One turn that discards what arrives. Returns whether anything has arrived.
    ///
    /// # Errors
    /// The server has closed a connection.
    pub fn discard_input(&mut self, wait: Duration) -> io::Result<bool> {
        let (mut came, mut closed) = (false, None);
        self.turn(wait, |member, bytes| {
            came = true;
            if bytes.is_empty() {
                closed = Some(member);
            }
        })?;
        match closed {
            Some(member) => Err(io::Error::other(closed_message(member))),
            None => Ok(came),
        }
    }

    /// Drops what arrives until nothing has arrived for `quiet`.
    ///
    /// # Errors
    /// It does not end within `patience`, or the server has closed a connection.
    pub fn wait_for_quiet(&mut self, quiet: Duration, patience: Duration) -> io::Result<()> {
        let deadline = Instant::now() + patience;
        let mut quiet_since = Instant::now();
        while quiet_since.elapsed() < quiet {
            if self.discard_input(quiet)? {
                quiet_since = Instant::now();
            }
            if Instant::now() > deadline {
                return Err(io::Error::other("the server never falls silent"));
            }
        }
        Ok(())
    }

    /// The members who have logged in since the last call.
    pub fn take_arrived(&mut self) -> Vec<usize> {
        std::mem::take(&mut self.arrived)
    }

    /// Sends bytes as a member. Bytes that the socket does not take at once are sent in later turns.
    pub fn send(&mut self, member: usize, bytes: &[u8]) {
        let member = &mut self.members[member];
        member.unsent.extend_from_slice(bytes);
        member.flush();
    }

    /// Makes a member stop reading.
    pub fn stop_reading(&mut self, member: usize) {
        self.members[member].reads = false;
    }

    /// Closes the sending side of a member. The server answers by closing the connection, after everything that was sent
    /// before. (A close with unread bytes would send a reset, which can overtake them.)
    pub fn finish(&mut self, member: usize) {
        if let Some(socket) = &self.members[member].socket {
            // It fails if the server has already closed the connection.
            let _ = socket.shutdown(Shutdown::Write);
        }
    }

    /// Starts to connect one more member, who has logged in when [`Crowd::take_arrived`] returns it.
    ///
    /// # Errors
    /// The kernel has no socket left.
    pub fn start_login(
        &mut self,
        address: SocketAddr,
        dialect: &'static dyn Dialect,
        role: Role,
    ) -> io::Result<()> {
        let at = self.members.len();
        let letter = if role == Role::Speaker { 's' } else { 'u' };
        let mut login = Login {
            dialect,
            client: Identity { name: format!("{letter}{at:05}"), role, room: self.room(at) },
            step: 0,
            awaited: None,
            received: Vec::new(),
        };
        let mut socket = TcpStream::connect(address)?;
        // The clients of all these servers do the same. Otherwise a line waits for the acknowledgement of the previous one,
        // which comes late from a server that sends no reply.
        socket.set_nodelay(true)?;
        let interests = Interest::READABLE | Interest::WRITABLE;
        self.poll.registry().register(&mut socket, Token(at), interests)?;
        self.members.push(Member {
            socket: Some(socket),
            unsent: login.first_step(),
            reads: true,
            unread: false,
            is_closed: false,
            login: Some(Box::new(login)),
        });
        Ok(())
    }

    /// Connects `count` more members, at most `at_once` at the same time, and returns when all have logged in. Drops what
    /// other members receive meanwhile.
    ///
    /// # Errors
    /// The server has closed a connection, or the logins have taken more than a minute.
    pub fn log_in_all(
        &mut self,
        address: SocketAddr,
        dialect: &'static dyn Dialect,
        role: Role,
        count: usize,
        at_once: usize,
    ) -> io::Result<()> {
        let deadline = Instant::now() + LOGIN_PATIENCE;
        let (mut started, mut arrived) = (0, 0);
        while arrived < count {
            while started < count && started - arrived < at_once {
                self.start_login(address, dialect, role)?;
                started += 1;
            }
            self.discard_input(WAIT)?;
            arrived += self.take_arrived().len();
            if Instant::now() > deadline {
                let reason =
                    format!("{arrived} of {count} clients are in after {LOGIN_PATIENCE:?}");
                return Err(io::Error::other(reason));
            }
        }
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
                // Full, not connected yet, or broken. An event announces the end of the first two, and a read finds the
                // third.
                Err(_) => return,
            }
        }
    }

    /// Reads all there is. A read that does not fill the buffer has taken everything except the end of the stream.
    fn read(&mut self, buffer: &mut [u8], mut heard: impl FnMut(&[u8])) {
        while self.reads
            && self.unread
            && let Some(socket) = &mut self.socket
        {
            match socket.read(buffer) {
                Ok(0) => self.socket = None,
                Ok(count) => {
                    self.unread = count == buffer.len() || self.is_closed;
                    self.receive(&buffer[..count], &mut heard);
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

    fn receive(&mut self, bytes: &[u8], heard: &mut impl FnMut(&[u8])) {
        let Some(login) = &mut self.login else {
            return heard(bytes);
        };
        if login.receive(bytes, &mut self.unsent) {
            self.login = None;
        }
        self.flush();
    }
}

impl Login {
    /// The bytes to send once connected.
    fn first_step(&mut self) -> Vec<u8> {
        let mut out = Vec::new();
        self.awaited = self.dialect.log_in(0, &self.client, &mut out);
        out
    }

    /// Takes received bytes, and appends the bytes to send. Returns whether the login is complete.
    fn receive(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> bool {
        self.received.extend_from_slice(bytes);
        while let Some(awaited) = self.awaited {
            let mut windows = self.received.windows(awaited.len());
            let Some(at) = windows.position(|window| window == awaited) else {
                let kept = self.received.len().min(awaited.len() - 1);
                self.received.drain(..self.received.len() - kept);
                return false;
            };
            self.received.drain(..at + awaited.len());
            self.step += 1;
            self.awaited = self.dialect.log_in(self.step, &self.client, out);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, TcpListener, TcpStream};
    use std::sync::{Arc, Mutex};
    use std::thread;

    use super::*;
    use crate::load::Names;

    const GREETING: &[u8] = b"Input username.\r\n1 client(s) connected to this server.\r\n";

    fn listen() -> (TcpListener, SocketAddr) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        (listener, address)
    }

    /// The members of a server that relays what one client sends, except its name, to all others.
    fn crowd(members: usize, at_once: usize) -> Crowd {
        let (listener, address) = listen();
        thread::spawn(move || -> io::Result<()> {
            let all = Arc::new(Mutex::new(Vec::new()));
            for at in 0.. {
                let (mut socket, _) = listener.accept()?;
                // First, since whoever has been greeted may be spoken to.
                all.lock().unwrap().push(socket.try_clone()?);
                socket.write_all(GREETING)?;
                let all = Arc::clone(&all);
                thread::spawn(move || relay(at, socket, &all));
            }
            Ok(())
        });
        let mut crowd = Crowd::new().unwrap();
        let role = Role::Listener;
        crowd.log_in_all(address, &Names, role, members, at_once).unwrap();
        assert_eq!(crowd.len(), members);
        crowd
    }

    fn relay(at: usize, mut socket: TcpStream, all: &Mutex<Vec<TcpStream>>) -> io::Result<()> {
        socket.read_exact(&mut [0; "u00000\r\n".len()])?;
        let mut buffer = vec![0; 65536];
        loop {
            let count = socket.read(&mut buffer)?;
            if count == 0 {
                return socket.shutdown(Shutdown::Both);
            }
            for (other, socket) in all.lock().unwrap().iter_mut().enumerate() {
                if other != at {
                    socket.write_all(&buffer[..count])?;
                }
            }
        }
    }

    /// Returns the bytes that each member receives, until all together have received this many bytes and
    /// the members in `closed` have ended.
    fn receive(crowd: &mut Crowd, bytes: usize, closed: &[usize]) -> Vec<Vec<u8>> {
        let (mut received, mut ended) = (vec![Vec::new(); crowd.len()], Vec::new());
        let deadline = Instant::now() + Duration::from_secs(10);
        while received.iter().map(Vec::len).sum::<usize>() < bytes || ended != closed {
            assert!(Instant::now() < deadline, "{ended:?}");
            let heard = |member: usize, bytes: &[u8]| {
                if bytes.is_empty() {
                    ended.push(member);
                }
                received[member].extend_from_slice(bytes);
            };
            crowd.turn(WAIT, heard).unwrap();
        }
        received
    }

    #[test]
    fn all_log_in_send_and_receive() {
        for at_once in [1, 128] {
            let mut crowd = crowd(50, at_once);
            crowd.send(7, b"one\ntwo\n");
            let received = receive(&mut crowd, 49 * 8, &[]);
            let without = |received: &&Vec<u8>| received.is_empty();
            assert_eq!(received.iter().filter(without).count(), 1);
            assert!(received.iter().all(|r| r.is_empty() || r == b"one\ntwo\n"));
        }
    }

    #[test]
    fn bytes_that_do_not_fit_into_a_socket_are_sent_later() {
        let mut crowd = crowd(2, 1);
        let line = vec![b'x'; 20_000_000];
        crowd.send(0, &line);
        assert!(!crowd.members[0].unsent.is_empty());
        let received = receive(&mut crowd, line.len(), &[]);
        assert!(received[1] == line);
        assert!(crowd.members[0].unsent.is_empty());
    }

    #[test]
    fn a_member_who_finishes_is_disconnected_after_its_last_line() {
        let mut crowd = crowd(3, 1);
        crowd.send(1, b"bye\n");
        crowd.finish(1);
        let received = receive(&mut crowd, 2 * 4, &[1]);
        assert_eq!(received[0], b"bye\n");
    }

    #[test]
    fn a_member_who_does_not_read_receives_nothing() {
        let mut crowd = crowd(3, 1);
        crowd.stop_reading(0);
        crowd.send(2, b"hey\n");
        let received = receive(&mut crowd, 4, &[]);
        assert_eq!(received, [&b""[..], b"hey\n", b""]);
    }

    #[test]
    fn an_end_that_arrives_together_with_bytes_is_noticed() {
        let (listener, address) = listen();
        let accepting = thread::spawn(move || {
            let (mut socket, _) = listener.accept().unwrap();
            socket.write_all(GREETING).unwrap();
            socket.read_exact(&mut [0; "u00000\r\n".len()]).unwrap();
            socket
        });
        let mut crowd = Crowd::new().unwrap();
        crowd.log_in_all(address, &Names, Role::Listener, 1, 1).unwrap();
        let mut socket = accepting.join().unwrap();
        socket.write_all(b"bye\n").unwrap();
        drop(socket);
        assert_eq!(receive(&mut crowd, 4, &[0]), [b"bye\n"]);
    }

    #[test]
    fn a_login_that_fails_is_an_error() {
        let (listener, address) = listen();
        thread::spawn(move || -> io::Result<()> {
            let (mut first, _) = listener.accept()?;
            first.write_all(GREETING)?;
            drop(listener.accept()?);
            // The first connection and the port stay open until the test has ended.
            listener.accept()?;
            Ok(())
        });
        let log_in = |address, count| {
            let mut crowd = Crowd::new().unwrap();
            let done = crowd.log_in_all(address, &Names, Role::Listener, count, 1);
            done.unwrap_err().to_string()
        };
        assert_eq!(log_in(address, 2), closed_message(1));
        let (listener, nobody) = listen();
        drop(listener);
        assert_eq!(log_in(nobody, 1), closed_message(0));
    }
}
