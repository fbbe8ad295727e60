//! Clients that do not read, and those who talk meanwhile.

use std::io::Write;
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use socket2::{Domain, SockRef, Socket, Type};

use super::process::until;
use super::{Client, Server};

/// What the kernel holds for a client of [`Client::join_small`] on its side. Small, since these tests are not about
/// how much a kernel can swallow.
const RECEIVE_BUFFER_BYTES: usize = 8 * 1024;

/// More bytes than fit into the kernel between a server with `--send-buffer 4KiB` and such a client, by far.
pub const MORE_THAN_THE_KERNEL_BYTES: usize = 128 * 1024;

/// The length of a line of [`number`], with the name of a sender called `ann` and the line end.
pub const NUMBERED_BYTES: usize = 1000;

/// A line that tells its number, and is so long that not many are needed.
pub fn number(count: usize) -> String {
    let text = NUMBERED_BYTES - "ann : ".len() - "\r\n".len();
    format!("{count:0>8} {}", "x".repeat(text - 9))
}

/// Which line it was that `ann` said, if it is whole.
pub fn numbered(line: &str) -> Option<usize> {
    let text = line.strip_prefix("ann : ")?;
    let count = text.split_once(' ')?.0.parse().ok()?;
    (text == number(count)).then_some(count)
}

impl Client {
    /// Joins over a connection whose receive buffer is small. As long as it does not read, it is a client that stalls.
    pub fn join_small(server: &Server, name: &str) -> Self {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        // Before the connection is made: the window that is offered then is not taken back.
        socket.set_recv_buffer_size(RECEIVE_BUFFER_BYTES).unwrap();
        socket.connect(&server.address().into()).unwrap();
        let mut client = Self::over(TcpStream::from(socket));
        client.expect("server: Input username.");
        client.say(name);
        client.skip_to("client(s) connected to this server.");
        client
    }

    /// Closing this client's socket will throw away what is under way and send a reset.
    pub fn close_by_reset(self) {
        SockRef::from(&self.stream)
            .set_linger(Some(Duration::ZERO))
            .unwrap();
    }

    /// A thread reads all that comes and looks at none of it; another sends these bytes again and again. Both end when
    /// the server does not go along any more.
    pub fn flood(self, bytes: Vec<u8>) {
        let mut sending = self.stream.try_clone().unwrap();
        thread::spawn(move || while sending.write_all(&bytes).is_ok() {});
        thread::spawn(move || std::io::copy(&mut { self.stream }, &mut std::io::sink()));
    }

    /// All lines until the end of the stream, which a reset is too.
    pub fn rest(&mut self) -> Vec<String> {
        let mut lines = Vec::new();
        while let Some(line) = self.raw_line() {
            lines.push(String::from_utf8(line).expect("all that the server sends is UTF-8"));
        }
        assert_eq!(
            String::from_utf8_lossy(&self.received),
            "",
            "half a line before the end"
        );
        lines
    }

    /// The server has ended the connection, and not by a reset, which can overtake the last line on its way. It
    /// promises that for a second after it is done with a client, so this asks for a part of the one after `since`.
    pub fn was_not_reset(&mut self, since: Instant) {
        while since.elapsed() < Duration::from_millis(300) {
            // A socket that was reset takes nothing any more; one that only will hear no more does.
            let taken = self.stream.write_all(b"x");
            let error = self.stream.take_error().unwrap();
            let in_time = since.elapsed() < Duration::from_millis(900);
            let reset = taken.is_err() || error.is_some();
            assert!(!reset || !in_time, "{taken:?}, {error:?}");
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// The last line is this one, and all lines before it are whole.
    pub fn ends_with(&mut self, last: &str) -> Vec<String> {
        let mut lines = self.rest();
        assert_eq!(lines.pop().as_deref(), Some(last));
        lines
    }
}

/// A talker called `ann` and one who hears her.
pub struct Pair {
    pub ann: Client,
    pub bob: Client,
    /// The number of the next line.
    pub next: usize,
}

impl Pair {
    /// Joins the two.
    pub fn join(server: &Server) -> Self {
        let mut ann = Client::join(server, "ann");
        let bob = Client::join(server, "bob");
        ann.expect("server: A new client has connected to the chat: id = bob");
        Self { ann, bob, next: 0 }
    }

    /// Somebody stalls with them: joins, and from then on reads nothing.
    pub fn with_stalled(&mut self, server: &Server, name: &str) -> Client {
        let stalled = Client::join_small(server, name);
        let arrival = format!("server: A new client has connected to the chat: id = {name}");
        self.ann.expect(&arrival);
        self.bob.expect(&arrival);
        stalled
    }

    /// Ann says a numbered line, and bob hears it: then it is on its way to everybody else, too.
    pub fn exchange(&mut self) {
        let line = number(self.next);
        self.ann.say(&line);
        self.bob.expect(&format!("ann : {line}"));
        self.next += 1;
    }

    /// Exchanges at least so many bytes.
    pub fn exchange_bytes(&mut self, bytes: usize) {
        for _ in 0..bytes.div_ceil(NUMBERED_BYTES) {
            self.exchange();
        }
    }

    /// Talks until somebody has left or so many bytes are said, and returns the line that says who has left: at the
    /// latest bob hears that after all lines, and in no case anything else.
    pub fn talk_until_somebody_leaves(&mut self, bytes: usize) -> String {
        let mut left = None;
        for _ in 0..bytes.div_ceil(NUMBERED_BYTES) {
            let line = number(self.next);
            self.ann.say(&line);
            self.next += 1;
            let mut heard = self.bob.line();
            if heard.contains("has left the chat") {
                left = Some(std::mem::replace(&mut heard, self.bob.line()));
            }
            assert_eq!(heard, format!("ann : {line}"));
            if left.is_some() {
                break;
            }
        }
        left.unwrap_or_else(|| self.bob.line())
    }
}

/// Waits until so many writer threads are there: as many sockets are full.
pub fn writers_are(server: &Server, count: usize) {
    until("as many writer threads", || {
        server.threads_called("writer-") == count
    });
}
