//! A connection to the server.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use socket2::{Domain, SockRef, Socket, Type};

use super::{PATIENCE, Server};

/// The last line of the welcome.
const WELCOMED: &str = "client(s) connected to this server.";

/// The receive buffer of [`Client::join_small`].
const RECEIVE_BUFFER_BYTES: usize = 8 * 1024;

/// A connected client that reads lines.
pub struct Client {
    stream: TcpStream,
    received: Vec<u8>,
    /// The lines that the last `skip_to` has skipped, for the message of a failed test.
    skipped: Vec<String>,
}

impl Client {
    /// Connects to the server's main port.
    pub fn connect(server: &Server) -> Self {
        Self::over(TcpStream::connect(server.address()).unwrap())
    }

    /// Uses a connection of the test's own.
    pub fn over(stream: TcpStream) -> Self {
        stream.set_nodelay(true).unwrap();
        Self { stream, received: Vec::new(), skipped: Vec::new() }
    }

    /// Connects, gives a name and reads the welcome.
    pub fn join(server: &Server, name: &str) -> Self {
        Self::connect(server).named(name)
    }

    /// The same over a connection whose receive buffer is small, so that a client which stops reading soon stalls.
    pub fn join_small(server: &Server, name: &str) -> Self {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        // Before it connects: a window that has been offered cannot shrink.
        socket.set_recv_buffer_size(RECEIVE_BUFFER_BYTES).unwrap();
        socket.connect(&server.address().into()).unwrap();
        Self::over(TcpStream::from(socket)).named(name)
    }

    /// Connects to the main port, speaks JSON and joins a room.
    pub fn join_json(server: &Server, name: &str, room: &str) -> Self {
        let mut client = Self::connect(server);
        client.expect("server: Input username.");
        client.send_object(&json!({"action": "connect", "username": name}));
        client.skip_to_action("connect");
        client.send_object(&json!({"action": "joinroom", "room": room}));
        client.skip_to_action("joinroom");
        client
    }

    fn named(mut self, name: &str) -> Self {
        self.expect("server: Input username.");
        self.say(name);
        self.skip_to(WELCOMED);
        self
    }

    /// Sends bytes as they are.
    pub fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
    }

    /// Sends a line.
    pub fn say(&mut self, line: &str) {
        self.send(format!("{line}\r\n").as_bytes());
    }

    /// Sends an object as a line.
    pub fn send_object(&mut self, object: &Value) {
        self.send(format!("{object}\n").as_bytes());
    }

    /// Ends the sending side.
    pub fn half_close(&mut self) {
        self.stream.shutdown(Shutdown::Write).unwrap();
    }

    /// Closes the connection by a reset, which discards what is on its way.
    pub fn close_by_reset(self) {
        let socket = SockRef::from(&self.stream);
        socket.set_linger(Some(Duration::ZERO)).unwrap();
    }

    /// The socket itself.
    pub fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// Sends these bytes again and again and discards what comes, in two threads that end with the connection.
    pub fn flood(self, bytes: Vec<u8>) {
        let mut sending = self.stream.try_clone().unwrap();
        thread::spawn(move || while sending.write_all(&bytes).is_ok() {});
        thread::spawn(move || std::io::copy(&mut { self.stream }, &mut std::io::sink()));
    }

    /// Receives until `length` finds how many bytes to take. Fails with `TimedOut` after `patience`, or with
    /// `UnexpectedEof` at the end of the stream, which a reset is too.
    fn take(
        &mut self,
        patience: Duration,
        length: impl Fn(&[u8]) -> Option<usize>,
    ) -> Result<Vec<u8>, ErrorKind> {
        let end = Instant::now() + patience;
        loop {
            if let Some(count) = length(&self.received) {
                return Ok(self.received.drain(..count).collect());
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(ErrorKind::TimedOut);
            }
            self.stream.set_read_timeout(Some(left)).unwrap();
            let mut buffer = [0; 16 * 1024];
            match self.stream.read(&mut buffer).map_err(|error| error.kind()) {
                Ok(0) | Err(ErrorKind::ConnectionReset) => return Err(ErrorKind::UnexpectedEof),
                Ok(count) => self.received.extend_from_slice(&buffer[..count]),
                Err(ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted) => {}
                Err(kind) => return Err(kind),
            }
        }
    }

    fn pending(&self) -> String {
        String::from_utf8_lossy(&self.received).into_owned()
    }

    /// The next line as bytes, without its line end: LF for JSON, CR LF otherwise. None at the end of the stream.
    pub fn raw_line(&mut self) -> Option<Vec<u8>> {
        let length = |received: &[u8]| {
            let end = received.iter().position(|&byte| byte == b'\n');
            end.map(|end| end + 1)
        };
        let mut line = match self.take(PATIENCE, length) {
            Ok(line) => line,
            Err(ErrorKind::UnexpectedEof) => {
                assert_eq!(self.pending(), "", "half a line before the end");
                return None;
            }
            Err(kind) => panic!("{kind} after {:?}; pending: {:?}", self.skipped, self.pending()),
        };
        let is_json = line.starts_with(b"{");
        let end: &[u8] = if is_json { b"\n" } else { b"\r\n" };
        assert!(line.ends_with(end), "wrong line end: {line:?}");
        line.truncate(line.len() - end.len());
        Some(line)
    }

    /// The next line; none at the end of the stream.
    fn line_or_end(&mut self) -> Option<String> {
        let line = self.raw_line()?;
        Some(String::from_utf8(line).expect("the server sends nothing but UTF-8"))
    }

    /// The next line.
    pub fn line(&mut self) -> String {
        self.line_or_end().expect("the server closed the connection")
    }

    /// Expects this line next.
    pub fn expect(&mut self, wanted: &str) {
        assert_eq!(self.line(), wanted);
    }

    /// Expects these bytes next.
    pub fn expect_bytes(&mut self, wanted: &[u8]) {
        let length = |received: &[u8]| (received.len() >= wanted.len()).then_some(wanted.len());
        assert_eq!(self.take(PATIENCE, length).as_deref(), Ok(wanted));
    }

    /// Skips lines until one contains `text`, and returns it.
    pub fn skip_to(&mut self, text: &str) -> String {
        self.skip_to_line(|line| line.contains(text))
    }

    /// Skips lines until one fits, and returns it.
    pub fn skip_to_line(&mut self, mut fits: impl FnMut(&str) -> bool) -> String {
        self.skipped.clear();
        loop {
            match self.line_or_end() {
                Some(line) if fits(&line) => return line,
                Some(line) => self.skipped.push(line),
                None => panic!("the connection ended after {:?}", self.skipped),
            }
        }
    }

    /// The next line, which has to be an object.
    pub fn object(&mut self) -> Value {
        let line = self.line();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
    }

    /// Skips objects until one has this action, and returns it.
    pub fn skip_to_action(&mut self, action: &str) -> Value {
        loop {
            let object = self.object();
            if object["action"] == action {
                return object;
            }
        }
    }

    /// All lines until the end of the stream.
    pub fn rest(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.line_or_end()).collect()
    }

    /// All lines until the end of the stream, without the last one, which has to be this.
    pub fn ends_with(&mut self, last: &str) -> Vec<String> {
        let mut lines = self.rest();
        assert_eq!(lines.pop().as_deref(), Some(last));
        lines
    }

    /// Expects the end of the stream next.
    pub fn expect_end(&mut self) {
        if let Some(line) = self.line_or_end() {
            panic!("got {line:?} and not the end");
        }
    }

    /// Expects that nothing has arrived: the next line is the answer to `/who`, which follows everything that happened
    /// before.
    pub fn hears_nothing(&mut self) {
        self.say("/who");
        let line = self.line();
        assert!(line.contains("client(s) connected:"), "got {line:?}");
    }

    /// Expects that nothing arrives for this long, where [`Client::hears_nothing`] would disturb what is tested. Too short
    /// a time lets a fault pass, but never makes a test fail.
    pub fn is_silent_for(&mut self, time: Duration) {
        let taken = self.take(time, |received| (!received.is_empty()).then_some(received.len()));
        match taken {
            Err(ErrorKind::TimedOut) => {}
            Ok(bytes) => panic!("got {:?}", String::from_utf8_lossy(&bytes)),
            Err(kind) => panic!("{kind}"),
        }
    }

    /// Expects that the server ended the connection without a reset, which can overtake the last line. The server avoids
    /// a reset for one second after the end; this looks at a part of the second after `since`.
    pub fn was_not_reset(&mut self, since: Instant) {
        while since.elapsed() < Duration::from_millis(300) {
            // A socket that was reset takes nothing any more; a half-closed one does.
            let taken = self.stream.write_all(b"x");
            let error = self.stream.take_error().unwrap();
            let in_time = since.elapsed() < Duration::from_millis(900);
            let reset = taken.is_err() || error.is_some();
            assert!(!reset || !in_time, "{taken:?}, {error:?}");
            thread::sleep(Duration::from_millis(5));
        }
    }
}
