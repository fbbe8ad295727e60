//! Somebody who is connected, reads lines and types some.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Instant;

use super::{PATIENCE, Server};

/// Somebody connected to a server.
pub struct Client {
    pub(super) stream: TcpStream,
    pub(super) received: Vec<u8>,
}

impl Client {
    /// Connects, and says nothing.
    pub fn connect(server: &Server) -> Self {
        Self::over(TcpStream::connect(server.address()).unwrap())
    }

    /// Takes over a connection of the test's own.
    pub fn over(stream: TcpStream) -> Self {
        stream.set_nodelay(true).unwrap();
        Self {
            stream,
            received: Vec::new(),
        }
    }

    /// Connects, gives a name, and reads up to the last line of the welcome.
    pub fn join(server: &Server, name: &str) -> Self {
        let mut client = Self::connect(server);
        client.expect("server: Input username.");
        client.say(name);
        client.skip_to("client(s) connected to this server.");
        client
    }

    /// Sends bytes as they are.
    pub fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
    }

    /// Sends a line.
    pub fn say(&mut self, line: &str) {
        self.send(format!("{line}\r\n").as_bytes());
    }

    /// Ends the sending side.
    pub fn half_close(&mut self) {
        self.stream.shutdown(Shutdown::Write).unwrap();
    }

    /// The socket, for whatever a test wants to do to it.
    pub fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// The next line as bytes, without its CR LF, or LF alone where it is JSON; `None` at the end of the stream (a reset is an end too).
    pub fn raw_line(&mut self) -> Option<Vec<u8>> {
        let end_of = |received: &[u8]| {
            received
                .iter()
                .position(|&byte| byte == b'\n')
                .map(|at| at + 1)
        };
        let mut line = self.take(end_of)?;
        let end: &[u8] = if line.starts_with(b"{") {
            b"\n"
        } else {
            b"\r\n"
        };
        assert!(line.ends_with(end), "every line ends in its way: {line:?}");
        line.truncate(line.len() - end.len());
        Some(line)
    }

    /// The next bytes are these.
    pub fn expect_bytes(&mut self, wanted: &[u8]) {
        let enough = |received: &[u8]| (received.len() >= wanted.len()).then_some(wanted.len());
        assert_eq!(self.take(enough).as_deref(), Some(wanted));
    }

    /// Receives until `end_of` finds how many bytes to take, and takes them; `None` at the end of the stream.
    fn take(&mut self, end_of: impl Fn(&[u8]) -> Option<usize>) -> Option<Vec<u8>> {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(count) = end_of(&self.received) {
                return Some(self.received.drain(..count).collect());
            }
            let left = end.saturating_duration_since(Instant::now());
            let pending = String::from_utf8_lossy(&self.received);
            assert!(!left.is_zero(), "it did not come; pending: {pending:?}");
            self.stream.set_read_timeout(Some(left)).unwrap();
            let mut buffer = [0; 16 * 1024];
            match self.stream.read(&mut buffer).map_err(|error| error.kind()) {
                Ok(0) | Err(ErrorKind::ConnectionReset) => return None,
                Ok(count) => self.received.extend_from_slice(&buffer[..count]),
                Err(ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted) => {}
                Err(kind) => panic!("{kind}"),
            }
        }
    }

    /// The next line.
    pub fn line(&mut self) -> String {
        let line = self.raw_line().expect("the server closed the connection");
        String::from_utf8(line).expect("all that the server sends is UTF-8")
    }

    /// The next line is this one.
    pub fn expect(&mut self, wanted: &str) {
        assert_eq!(self.line(), wanted);
    }

    /// Reads lines until one contains `text`, and returns it.
    pub fn skip_to(&mut self, text: &str) -> String {
        loop {
            let line = self.line();
            if line.contains(text) {
                return line;
            }
        }
    }

    /// The server closes the connection, and nothing comes before that.
    pub fn expect_end(&mut self) {
        let line = self.raw_line();
        assert_eq!(
            line.map(|line| String::from_utf8_lossy(&line).into_owned()),
            None
        );
        assert_eq!(
            String::from_utf8_lossy(&self.received),
            "",
            "half a line before the end"
        );
    }

    /// Nothing has arrived: the answer to a `/who` of one's own is the next line, and it stands behind everything that
    /// happened before it was asked.
    pub fn hears_nothing(&mut self) {
        self.say("/who");
        let line = self.line();
        assert!(line.contains("client(s) connected:"), "heard {line:?}");
    }
}
