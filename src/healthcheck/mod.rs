//! `chatserv healthcheck` tells programs such as Docker or a load balancer whether a server works.
//!
//! It connects, reads the first line, closes its sending side and reads the rest, so that the server sees an orderly end
//! and no reset. It gives no name, so nobody in the chat notices it. With `--anonymous` the server announces every arrival
//! on the main port, so the check prefers the JSON port, where a client joins only with `connect`.
//!
//! A server is healthy if it answers like a chat server. A refusal is an answer too: a full server works, and a restart
//! would disconnect everybody. So does one machine of several that waits for the others; the check says that it waits.

mod address;

use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

pub use address::Address;

use crate::config::{Config, ConfigError, quote};

/// How long the answer may take. (A name lookup takes as long as the system lets it.)
const PATIENCE: Duration = Duration::from_secs(3);
/// After this much silence, a port of unknown protocol counts as a JSON port. A healthy main port greets much sooner.
const GREETING_TIMEOUT: Duration = Duration::from_secs(1);
/// How long the end of the connection may take. The result does not depend on it.
const FAREWELL_TIMEOUT: Duration = Duration::from_millis(500);
/// The maximum length of the first line.
const ANSWER_BYTES_MAX: usize = 4 * 1024;
/// A request that a JSON port answers without a `connect`.
const PING: &[u8] = b"{\"action\":\"ping\"}\n";

/// The beginning of the first line of a server that waits for the log.
const WAITING: &[u8] = b"server: The chat is waiting for its other machines.";

/// The side that speaks first on a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Greeting {
    /// The server: a line of plain text.
    Server,
    /// The client: a JSON object.
    Client,
    /// Not known: wait for a greeting, then ask.
    Unknown,
}

/// How a healthy server does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// It serves.
    Serving,
    /// It is one of several machines of a chat, and waits for the log that they share. To start it again would help nobody.
    Waiting,
}

/// A server to check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Healthcheck {
    address: Address,
    greeting: Greeting,
}

impl Healthcheck {
    /// Checks the server at `address`; without an address, the one with these settings.
    ///
    /// # Errors
    /// The address is malformed, or the settings let the system choose the port.
    pub fn new(address: Option<&str>, config: &Config) -> Result<Self, ConfigError> {
        let wrong = |what: String| ConfigError::new(format!("healthcheck: {what}"));
        let parse = |text: &str| {
            text.parse::<Address>()
                .map_err(|expected| wrong(format!("got {}, expected {expected}", quote(text))))
        };
        let address = address.map(parse).transpose()?;
        let json_port = config.json_port;
        let port = json_port.filter(|_| config.anonymous).unwrap_or(config.port);
        let own = Address::of_server(config.bind, port);
        let is_own = address.is_none();
        let address = address.unwrap_or(own);
        if address.port == 0 {
            return Err(wrong("the settings let the system choose the port: name it".into()));
        }
        let greeting = if Some(address.port) == json_port {
            Greeting::Client
        } else if is_own || config.anonymous {
            // On an anonymous main port, a JSON object would be a message to everybody.
            Greeting::Server
        } else {
            Greeting::Unknown
        };
        Ok(Self { address, greeting })
    }

    /// Connects to the server and checks its first answer.
    ///
    /// # Errors
    /// The server cannot be reached, is silent, or is not a chat server.
    pub fn check(&self) -> Result<Health, Unhealthy> {
        let end = Instant::now() + PATIENCE;
        let answered = self.connect(end).and_then(|stream| self.ask(&stream, end));
        answered.map_err(|reason| Unhealthy(format!("{}: {reason}", self.address)))
    }

    /// Connects to the first address that accepts.
    fn connect(&self, end: Instant) -> Result<TcpStream, String> {
        let mut last_error = io::Error::from(ErrorKind::NotFound);
        for address in self.address.candidates().map_err(no_connection)? {
            let left = end.saturating_duration_since(Instant::now());
            // A timeout of zero is an error.
            match TcpStream::connect_timeout(&address, left.max(Duration::from_millis(1))) {
                Ok(stream) => return Ok(stream),
                Err(error) => last_error = error,
            }
        }
        Err(no_connection(last_error))
    }

    fn ask(&self, stream: &TcpStream, end: Instant) -> Result<Health, String> {
        let greeted_until = match self.greeting {
            Greeting::Server => Some(end),
            Greeting::Unknown => Some(end.min(Instant::now() + GREETING_TIMEOUT)),
            Greeting::Client => None,
        };
        let greeting = match greeted_until {
            Some(until) => read_line(stream, until)?,
            None => None,
        };
        let health = match greeting {
            Some(line) if line.starts_with(WAITING) => Health::Waiting,
            Some(line) if line.starts_with(b"server: ") => Health::Serving,
            Some(line) => return Err(no_chat(&line)),
            None if self.greeting == Greeting::Server => return Err(silent()),
            None => {
                let mut sending = stream;
                sending.write_all(PING).map_err(broken)?;
                let answer = read_line(stream, end)?.ok_or_else(silent)?;
                let object = serde_json::from_slice::<serde_json::Map<_, _>>(&answer);
                let object = object.map_err(|_| no_chat(&answer))?;
                let is_waiting = object.get("code").is_some_and(|code| code == "waiting");
                if is_waiting { Health::Waiting } else { Health::Serving }
            }
        };
        leave(stream);
        Ok(health)
    }
}

/// Reads a line; `None` if it does not come in time.
fn read_line(mut stream: &TcpStream, end: Instant) -> Result<Option<Vec<u8>>, String> {
    let mut line = Vec::new();
    loop {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(None);
        }
        stream.set_read_timeout(Some(left)).map_err(broken)?;
        let mut buffer = [0; 512];
        match stream.read(&mut buffer) {
            Ok(0) if line.is_empty() => return Err("closes the connection without a line".into()),
            Ok(0) => return Err(no_chat(&line)),
            Ok(count) => line.extend_from_slice(&buffer[..count]),
            Err(error) if is_timeout(&error) => {}
            Err(error) => return Err(broken(error)),
        }
        if let Some(length) = line.iter().position(|&byte| byte == b'\n') {
            line.truncate(length);
            return Ok(Some(line));
        }
        if line.len() > ANSWER_BYTES_MAX {
            return Err(no_chat(&line));
        }
    }
}

/// Closes the sending side and reads the rest: closing a socket with unread input would send a reset.
fn leave(mut stream: &TcpStream) {
    let end = Instant::now() + FAREWELL_TIMEOUT;
    // The server is healthy, whatever goes wrong from here on.
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
            Err(error) if is_timeout(&error) => {}
            Err(_) => return,
        }
    }
}

/// Whether a read timed out or was interrupted, so that the caller may retry.
fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted)
}

/// A defect of a server.
#[derive(Debug)]
pub struct Unhealthy(String);

impl fmt::Display for Unhealthy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unhealthy {}

fn no_chat(line: &[u8]) -> String {
    format!("is not a chat server, it says {}", quote(&String::from_utf8_lossy(line)))
}

fn no_connection(error: io::Error) -> String {
    format!("cannot connect: {error}")
}

fn broken(error: io::Error) -> String {
    format!("the connection broke: {error}")
}

fn silent() -> String {
    format!("says nothing for {} s", PATIENCE.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_settings_determine_the_port_and_the_greeting() {
        // Address, anonymous, JSON port; then the port to check, and which side speaks first.
        let table = [
            (None, false, None, Some((1337, Greeting::Server))),
            (None, false, Some(1338), Some((1337, Greeting::Server))),
            (None, true, Some(1338), Some((1338, Greeting::Client))),
            (None, true, Some(0), None),
            (None, true, None, Some((1337, Greeting::Server))),
            (Some("1338"), true, Some(1338), Some((1338, Greeting::Client))),
            (Some("1338"), false, Some(1338), Some((1338, Greeting::Client))),
            (Some("1338"), false, None, Some((1338, Greeting::Unknown))),
            (Some("1337"), true, None, Some((1337, Greeting::Server))),
        ];
        for (address, anonymous, json_port, expected) in table {
            let config = Config { anonymous, json_port, ..Config::default() };
            let found = Healthcheck::new(address, &config).ok();
            let found = found.map(|found| (found.address.port, found.greeting));
            assert_eq!(found, expected, "{address:?}, {anonymous}, {json_port:?}");
        }
    }
}
