//! A server of the lab that runs as a process of its own, so that what it costs can be told from what the load costs.

use std::env;
use std::io::{self, BufRead, BufReader, Read};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use chatserv::load::cost::Cost;

/// What a server says first, and behind it its port.
pub const WAITING: &str = "Waiting for incoming connections on port ";

/// A server. It ends when this value is dropped.
pub struct Serving {
    process: Child,
    /// While this is open, it serves.
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
    address: SocketAddr,
}

impl Serving {
    /// Starts `lab serve` with these arguments on a free port of 127.0.0.1, and returns once it takes connections.
    ///
    /// # Errors
    /// It does not start, or says something else than its port; then stderr has said why.
    pub fn start(arguments: &[&str]) -> io::Result<Self> {
        let mut command = Command::new(env::current_exe()?);
        command
            .arg("serve")
            .args(arguments)
            .args(["--port", "0", "--until-stdin-ends"]);
        Self::of(command)
    }

    /// Starts a server by another command, that says its port in the same words and ends with its stdin or when it is
    /// killed.
    ///
    /// # Errors
    /// As [`Serving::start`].
    pub fn of(mut command: Command) -> io::Result<Self> {
        for (name, _) in env::vars_os() {
            if name.to_string_lossy().starts_with("CHATSERV_") {
                command.env_remove(name);
            }
        }
        let mut process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()?;
        let stdin = process.stdin.take();
        let stdout = process.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let mut serving = Self {
            process,
            stdin,
            stdout: BufReader::new(stdout),
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        };
        let mut line = String::new();
        serving.stdout.read_line(&mut line)?;
        let port = line
            .strip_prefix(WAITING)
            .and_then(|port| port.trim().parse().ok())
            .ok_or_else(|| io::Error::other(format!("a server that says no port: {line:?}")))?;
        serving.address.set_port(port);
        Ok(serving)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The number of its process.
    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// What it has used, or holds, now.
    ///
    /// # Errors
    /// It has ended.
    pub fn cost(&self) -> io::Result<Cost> {
        Cost::of(self.pid())
    }

    /// Ends it, and returns what it has said besides its port.
    ///
    /// # Errors
    /// What it said is no text.
    pub fn finish(mut self) -> io::Result<String> {
        drop(self.stdin.take());
        let mut said = String::new();
        self.stdout.read_to_string(&mut said)?;
        self.process.wait()?;
        Ok(said)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // Both fail only where it has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The two numbers in what a server has said of something it counted: `lock: 1234 times, waited 56789 ns`.
///
/// # Errors
/// It has said nothing of that.
pub fn counted(said: &str, of: &str) -> io::Result<[f64; 2]> {
    let numbers: Vec<f64> = said
        .lines()
        .filter_map(|line| line.strip_prefix(of))
        .flat_map(|line| line.split(' '))
        .filter_map(|word| word.parse().ok())
        .collect();
    <[f64; 2]>::try_from(numbers)
        .map_err(|_| io::Error::other(format!("a server that does not count {of:?}: {said:?}")))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]
mod tests {
    use super::*;

    #[test]
    fn what_was_counted_is_read_from_its_line() {
        let said = "something\nlock: 400 times, waited 1000 ns\nbatches: 3 with 7 lines\n";
        assert_eq!(counted(said, "lock: ").unwrap(), [400.0, 1000.0]);
        assert_eq!(counted(said, "batches: ").unwrap(), [3.0, 7.0]);
        assert!(counted("", "lock: ").is_err());
        assert!(counted("lock: often, waited long\n", "lock: ").is_err());
    }
}
