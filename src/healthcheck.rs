//! `chatserv healthcheck`: is the chat there? For whoever has to know without a person, such as Docker or a load
//! balancer.
//!
//! It connects, reads the first line, ends its input, which is how one leaves, and reads on to the end of the
//! connection, so that the server sees an orderly farewell and no reset. It never gives a name, so nobody in the chat
//! hears of it. Under `--anonymous` everybody who comes is announced; there it takes the JSON port, where one is in the
//! chat only after a `connect`.
//!
//! Healthy is whoever answers in the server's voice. A refusal is an answer too: a full server does what it should, and
//! to start it anew, as is done with what is not healthy, would throw everybody out.

mod address;

use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

pub use address::Address;

use crate::config::Config;

/// How long it may take until the answer is there, all in all. (To look up a host's name takes as long as the system
/// lets it.)
const PATIENCE: Duration = Duration::from_secs(3);
/// After this much silence the port is taken for a JSON one. A healthy main port has greeted long before.
const GREETING_TIMEOUT: Duration = Duration::from_secs(1);
/// How long the rest of the connection may take. The answer is there by then, so nothing depends on it.
const FAREWELL_TIMEOUT: Duration = Duration::from_millis(500);
/// An answer is shorter than this.
const ANSWER_BYTES_MAX: usize = 4 * 1024;
/// What a JSON port answers to everybody, in the chat or not.
const PING: &[u8] = b"{\"action\":\"ping\"}\n";

/// What speaks first on a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Greeting {
    /// The server: a line of plain text.
    Server,
    /// The client: a JSON object.
    Client,
    /// That is to be found out.
    Unknown,
}

/// A server that is to be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Healthcheck {
    address: Address,
    greeting: Greeting,
}

impl Healthcheck {
    /// What to ask: the server at `address`, or else the one that these settings are for.
    ///
    /// # Errors
    /// The port is left to the system, so that nobody can know it here.
    pub fn new(address: Option<Address>, config: &Config) -> Result<Self, &'static str> {
        let json_port = config.json_port;
        let port = json_port
            .filter(|_| config.anonymous)
            .unwrap_or(config.port);
        let own = Address::of_server(config.bind, port);
        let is_own = address.is_none();
        let address = address.unwrap_or(own);
        if address.port == 0 {
            return Err("the settings leave the port to the system: say which one it is");
        }
        let greeting = if Some(address.port) == json_port {
            Greeting::Client
        } else if is_own || config.anonymous {
            // An object sent to an anonymous main port would be said to everybody.
            Greeting::Server
        } else {
            Greeting::Unknown
        };
        Ok(Self { address, greeting })
    }

    /// Asks the server whether it is well, and leaves.
    ///
    /// # Errors
    /// It is not there, says nothing in time, or is no chat server.
    pub fn check(&self) -> Result<(), Unhealthy> {
        let end = Instant::now() + PATIENCE;
        let asked = self.connect(end).and_then(|stream| self.ask(&stream, end));
        asked.map_err(|reason| Unhealthy {
            address: self.address.clone(),
            reason,
        })
    }

    /// Connects to the first of the addresses that lets it.
    fn connect(&self, end: Instant) -> Result<TcpStream, Reason> {
        let mut last = io::Error::from(ErrorKind::NotFound);
        for address in self.address.candidates().map_err(Reason::NoConnection)? {
            let left = end.saturating_duration_since(Instant::now());
            // To wait for no time at all is an error of its own.
            match TcpStream::connect_timeout(&address, left.max(Duration::from_millis(1))) {
                Ok(stream) => return Ok(stream),
                Err(error) => last = error,
            }
        }
        Err(Reason::NoConnection(last))
    }

    fn ask(&self, stream: &TcpStream, end: Instant) -> Result<(), Reason> {
        let greeted_until = match self.greeting {
            Greeting::Server => Some(end),
            Greeting::Unknown => Some(end.min(Instant::now() + GREETING_TIMEOUT)),
            Greeting::Client => None,
        };
        let greeting = match greeted_until {
            Some(until) => read_line(stream, until)?,
            None => None,
        };
        match greeting {
            Some(line) if line.starts_with(b"server: ") => {}
            Some(line) => return Err(Reason::NoChat(line)),
            None if self.greeting == Greeting::Server => return Err(Reason::Silence),
            None => {
                let mut sending = stream;
                sending.write_all(PING).map_err(Reason::Broken)?;
                let answer = read_line(stream, end)?.ok_or(Reason::Silence)?;
                let object = serde_json::from_slice::<serde_json::Map<_, _>>(&answer);
                object.map_err(|_| Reason::NoChat(answer))?;
            }
        }
        leave(stream);
        Ok(())
    }
}

/// Reads a line; none where it does not come in time.
fn read_line(mut stream: &TcpStream, end: Instant) -> Result<Option<Vec<u8>>, Reason> {
    let mut line = Vec::new();
    loop {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(None);
        }
        stream
            .set_read_timeout(Some(left))
            .map_err(Reason::Broken)?;
        let mut buffer = [0; 512];
        match stream.read(&mut buffer) {
            Ok(0) if line.is_empty() => return Err(Reason::Closed),
            Ok(0) => return Err(Reason::NoChat(line)),
            Ok(count) => line.extend_from_slice(&buffer[..count]),
            Err(error) if is_only_late(&error) => {}
            Err(error) => return Err(Reason::Broken(error)),
        }
        if let Some(length) = line.iter().position(|&byte| byte == b'\n') {
            line.truncate(length);
            return Ok(Some(line));
        }
        if line.len() > ANSWER_BYTES_MAX {
            return Err(Reason::NoChat(line));
        }
    }
}

/// Ends the input and throws away what still comes. To close a socket with something unread in it would send a reset.
fn leave(mut stream: &TcpStream) {
    let end = Instant::now() + FAREWELL_TIMEOUT;
    // Whatever goes wrong from here on, the server was well.
    let _ = stream.shutdown(Shutdown::Write);
    let mut buffer = [0; 512];
    loop {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() || stream.set_read_timeout(Some(left)).is_err() {
            return;
        }
        match stream.read(&mut buffer) {
            Ok(0) => return,
            Ok(_) => {}
            Err(error) if is_only_late(&error) => {}
            Err(_) => return,
        }
    }
}

/// The time of one read is over, or a signal came: whether the whole time is over, the clock says.
fn is_only_late(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted
    )
}

/// A server that is not well.
#[derive(Debug)]
pub struct Unhealthy {
    address: Address,
    reason: Reason,
}

#[derive(Debug)]
enum Reason {
    NoConnection(io::Error),
    Broken(io::Error),
    /// It closed the connection before it said anything.
    Closed,
    Silence,
    /// What it said instead.
    NoChat(Vec<u8>),
}

impl fmt::Display for Unhealthy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.address)?;
        match &self.reason {
            Reason::NoConnection(error) => write!(f, "cannot connect: {error}"),
            Reason::Broken(error) => write!(f, "the connection broke: {error}"),
            Reason::Closed => f.write_str("closes the connection without a word"),
            Reason::Silence => write!(f, "says nothing for {} s", PATIENCE.as_secs()),
            Reason::NoChat(said) => {
                let said: String = String::from_utf8_lossy(said).chars().take(60).collect();
                write!(f, "is no chat server, it says {said:?}")
            }
        }
    }
}

impl std::error::Error for Unhealthy {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_settings_say_whom_to_ask_and_how() {
        // Address, whether anonymous, JSON port; and the port that is asked, and who speaks first there.
        let table = [
            (None, false, None, Some((1337, Greeting::Server))),
            (None, false, Some(1338), Some((1337, Greeting::Server))),
            (None, true, Some(1338), Some((1338, Greeting::Client))),
            (None, true, Some(0), None),
            (None, true, None, Some((1337, Greeting::Server))),
            (
                Some("1338"),
                true,
                Some(1338),
                Some((1338, Greeting::Client)),
            ),
            (
                Some("1338"),
                false,
                Some(1338),
                Some((1338, Greeting::Client)),
            ),
            (Some("1338"), false, None, Some((1338, Greeting::Unknown))),
            (Some("1337"), true, None, Some((1337, Greeting::Server))),
        ];
        for (address, anonymous, json_port, wanted) in table {
            let config = Config {
                anonymous,
                json_port,
                ..Config::default()
            };
            let address = address.map(|text| text.parse().expect("the table holds addresses only"));
            let asked = Healthcheck::new(address, &config).ok();
            let asked = asked.map(|asked| (asked.address.port, asked.greeting));
            assert_eq!(asked, wanted, "{anonymous}, {json_port:?}");
        }
    }
}
