//! Servers to measure: `lab serve` as a process of its own, and `chatserv` inside this process.

use std::env;
use std::io::{self, BufRead, BufReader, ErrorKind, Read};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread;

use chatserv::chat::ShutdownCause;
use chatserv::config::{Bind, Config, RateLimit};
use chatserv::load::cost::Cost;
use chatserv::server::{PortKind, Remote, Server};

/// The first line of every server, up to its port.
pub const WAITING: &str = "Waiting for incoming connections on port ";

/// A server in a process of its own, so its cost can be told from the cost of the load. Dropping it kills the process.
pub struct ServerProcess {
    process: Child,
    /// The server ends when this is closed.
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
    address: SocketAddr,
}

impl ServerProcess {
    /// Starts `lab serve` with these arguments on a free port, and returns once it accepts connections.
    pub fn start(arguments: &[&str]) -> io::Result<Self> {
        Self::spawn(Command::new(env::current_exe()?), arguments)
    }

    /// Starts `lab serve` with a limit on its descriptors.
    pub fn start_with_descriptors(count: usize, arguments: &[&str]) -> io::Result<Self> {
        let mut command = Command::new("sh");
        let script = format!("ulimit -n {count} && exec \"$0\" \"$@\"");
        command.args(["-c", &script]).arg(env::current_exe()?);
        Self::spawn(command, arguments)
    }

    fn spawn(mut command: Command, arguments: &[&str]) -> io::Result<Self> {
        let mut process = command
            .arg("serve")
            .args(arguments)
            .args(["--port", "0", "--until-stdin-ends"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdin = process.stdin.take();
        let stdout = process.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let mut server = Self {
            process,
            stdin,
            stdout: BufReader::new(stdout),
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        };
        let mut line = String::new();
        server.stdout.read_line(&mut line)?;
        let port = line.strip_prefix(WAITING);
        let port = port.and_then(|port| port.trim().parse().ok());
        let port = port.ok_or_else(|| {
            io::Error::other(format!("the server did not print its port, but {line:?}"))
        })?;
        server.address.set_port(port);
        Ok(server)
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    pub fn cost(&self) -> io::Result<Cost> {
        Cost::of(self.pid())
    }

    /// Ends the server and returns the two numbers that it printed about something it counted, for example
    /// `lock: 1234 times, waited 56789 ns`.
    pub fn finish(mut self, counted: &str) -> io::Result<[f64; 2]> {
        drop(self.stdin.take());
        let mut printed = String::new();
        self.stdout.read_to_string(&mut printed)?;
        self.process.wait()?;
        counts(&printed, counted)
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        // Both calls fail only if the process has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn counts(printed: &str, counted: &str) -> io::Result<[f64; 2]> {
    let lines = printed.lines().filter_map(|line| line.strip_prefix(counted));
    let words = lines.flat_map(|line| line.split(' '));
    let numbers: Vec<f64> = words.filter_map(|word| word.parse().ok()).collect();
    numbers.try_into().map_err(|_| {
        io::Error::other(format!("the server did not print {counted:?}, but {printed:?}"))
    })
}

/// Runs `chatserv` inside this process, on a free port and without a rate limit, while `talk` uses it.
pub fn with_chatserv<T>(
    config: Config,
    talk: impl FnOnce(SocketAddr, &Remote) -> io::Result<T>,
) -> io::Result<T> {
    let config = Config {
        port: 0,
        bind: Bind::Address(Ipv4Addr::LOCALHOST.into()),
        rate_limit: RateLimit::Off,
        ..config
    };
    let server = Server::start(config).map_err(|error| io::Error::other(error.to_string()))?;
    let mut ports = server.ports().filter(|(kind, _)| *kind == PortKind::Plain);
    let (_, port) = ports.next().ok_or(io::ErrorKind::NotFound)?;
    drop(ports);
    let remote = server.remote();
    thread::scope(|scope| {
        let running = scope.spawn(|| server.run(|| {}));
        let talked = talk(SocketAddr::from((Ipv4Addr::LOCALHOST, port)), &remote);
        remote.shut_down(ShutdownCause::Program);
        match running.join() {
            Ok(ended) => ended.and(talked),
            Err(_) => Err(io::Error::other("the server panicked")),
        }
    })
}

/// Reads with the timeout of the socket. Returns nothing after the timeout, and 0 at the end of the connection.
pub fn read_some(mut socket: &TcpStream, buffer: &mut [u8]) -> io::Result<Option<usize>> {
    loop {
        match socket.read(buffer) {
            Ok(count) => return Ok(Some(count)),
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock | ErrorKind::TimedOut => return Ok(None),
                ErrorKind::ConnectionReset => return Ok(Some(0)),
                ErrorKind::Interrupted => {}
                _ => return Err(error),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_read_from_their_line() {
        let printed = "something\nlock: 400 times, waited 1000 ns\nbatches: 3 with 7 lines\n";
        assert_eq!(counts(printed, "lock: ").unwrap(), [400.0, 1000.0]);
        assert_eq!(counts(printed, "batches: ").unwrap(), [3.0, 7.0]);
        assert!(counts("", "lock: ").is_err());
        assert!(counts("lock: often, waited long\n", "lock: ").is_err());
    }
}
