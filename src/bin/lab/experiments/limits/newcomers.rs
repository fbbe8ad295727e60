//! Clients that come one after the other, to a server whose descriptors are few.

use std::env;
use std::io::{self, ErrorKind, Read};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::serving::Serving;

/// How many clients come.
pub const CLIENTS: usize = 200;

/// How many descriptors the server may have: enough for all to be counted, and too few for all who come.
pub const DESCRIPTORS: usize = 160;

/// How many of those who were let in leave in the end.
pub const LEAVING: usize = 20;

/// How long the next one waits for the one before to hear something.
const TURN: Duration = Duration::from_millis(10);

/// How long those who have heard nothing are then waited for, all together.
const PATIENCE: Duration = Duration::from_millis(1_000);

/// What a client has seen of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Saw {
    /// It asks for a name.
    Welcome,
    /// It says that it takes nobody more.
    Full,
    /// Connected, and nothing is said.
    Silence,
}

struct Client {
    socket: TcpStream,
    came: Instant,
    saw: Saw,
    /// Until the first word, or so far.
    without_word: Duration,
}

/// What became of those who came.
pub struct Newcomers {
    clients: Vec<Client>,
    /// How many of those who had heard nothing were spoken to once others had left.
    pub let_in_later: usize,
    /// What the server used while they waited.
    pub core_percent: f64,
}

impl Newcomers {
    /// Lets them come to this variant, each when the one before has been spoken to, or has not.
    ///
    /// # Errors
    /// The server does not start, or ends.
    pub fn come(variant: &str) -> io::Result<Self> {
        let server = Serving::of(with_few_descriptors(variant)?)?;
        let mut newcomers = Self {
            clients: Vec::new(),
            let_in_later: 0,
            core_percent: 0.0,
        };
        for _ in 0..CLIENTS {
            newcomers.clients.push(Client::come(server.address())?);
        }
        let (before, began) = (server.cost()?.cpu, Instant::now());
        newcomers.wait()?;
        let used = server.cost()?.cpu - before;
        newcomers.core_percent = 100.0 * used.as_secs_f64() / began.elapsed().as_secs_f64();
        newcomers.leave()?;
        Ok(newcomers)
    }

    /// How many have seen this.
    pub fn count(&self, saw: Saw) -> usize {
        self.clients
            .iter()
            .filter(|client| client.saw == saw)
            .count()
    }

    /// Who has seen this, by number, and after how many milliseconds.
    pub fn points(&self, saw: Saw) -> Vec<(f64, f64)> {
        let numbered = self.clients.iter().zip(1..);
        numbered
            .filter(|(client, _)| client.saw == saw)
            .map(|(client, number)| (f64::from(number), client.without_word.as_secs_f64() * 1e3))
            .collect()
    }

    /// Gives those who have heard nothing a while more.
    fn wait(&mut self) -> io::Result<()> {
        let end = Instant::now() + PATIENCE;
        for client in self
            .clients
            .iter_mut()
            .filter(|client| client.saw == Saw::Silence)
        {
            client.listen(end.saturating_duration_since(Instant::now()))?;
        }
        Ok(())
    }

    /// Some of those who are in leave, and those who wait are let in, or not. What they saw before stays.
    fn leave(&mut self) -> io::Result<()> {
        let let_in = |client: &&Client| client.saw == Saw::Welcome;
        for client in self.clients.iter().filter(let_in).take(LEAVING) {
            client.socket.shutdown(std::net::Shutdown::Both)?;
        }
        let end = Instant::now() + PATIENCE;
        for client in self
            .clients
            .iter()
            .filter(|client| client.saw == Saw::Silence)
        {
            let left = end.saturating_duration_since(Instant::now());
            let saw = heard(&client.socket, left)?;
            self.let_in_later += usize::from(saw == Saw::Welcome);
        }
        Ok(())
    }
}

impl Client {
    fn come(address: SocketAddr) -> io::Result<Self> {
        let socket = TcpStream::connect(address)?;
        let mut client = Self {
            socket,
            came: Instant::now(),
            saw: Saw::Silence,
            without_word: Duration::ZERO,
        };
        client.listen(TURN)?;
        Ok(client)
    }

    fn listen(&mut self, patience: Duration) -> io::Result<()> {
        self.saw = heard(&self.socket, patience)?;
        self.without_word = self.came.elapsed();
        Ok(())
    }
}

/// The first word, if it comes in time.
fn heard(mut socket: &TcpStream, patience: Duration) -> io::Result<Saw> {
    // No time at all would mean to wait for ever.
    socket.set_read_timeout(Some(patience.max(Duration::from_millis(1))))?;
    let mut words = [0; 256];
    match socket.read(&mut words) {
        Ok(0) => Err(io::Error::other(
            "the server has closed a connection without a word",
        )),
        Ok(count) => {
            let words = String::from_utf8_lossy(&words[..count]);
            let is_welcome = words.contains("Input username.");
            Ok(if is_welcome { Saw::Welcome } else { Saw::Full })
        }
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
            Ok(Saw::Silence)
        }
        Err(error) => Err(error),
    }
}

/// `lab serve` behind a shell that lowers the limit for itself and for what it becomes.
fn with_few_descriptors(variant: &str) -> io::Result<Command> {
    let mut command = Command::new("sh");
    command
        .args([
            "-c",
            &format!("ulimit -n {DESCRIPTORS} && exec \"$0\" \"$@\""),
        ])
        .arg(env::current_exe()?)
        .args(["serve", variant, "--port", "0", "--until-stdin-ends"]);
    Ok(command)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]
mod tests {
    use std::io::Write;
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn the_first_word_tells_what_a_client_sees() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        for (word, saw) in [
            (Some("server: Input username.\r\n"), Saw::Welcome),
            (Some("server: The chat is full.\r\n"), Saw::Full),
            (None, Saw::Silence),
        ] {
            let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            let (mut accepted, _) = listener.accept().unwrap();
            accepted.write_all(word.unwrap_or("").as_bytes()).unwrap();
            assert_eq!(heard(&client, Duration::from_millis(50)).unwrap(), saw);
            drop(accepted);
            let after = heard(&client, Duration::from_secs(20));
            assert!(after.is_err(), "an end is no word: {after:?}");
        }
    }
}
