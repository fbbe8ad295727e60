//! A server process: where it listens, and its temporary directory.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// The time that a server may take to start.
const PATIENCE: Duration = Duration::from_secs(10);

/// The pause between two looks at whether it listens.
const PAUSE: Duration = Duration::from_millis(10);

/// The part of a server's output that an error quotes, from its end.
const QUOTED_BYTES: usize = 2000;

const STDOUT: &str = "stdout";
const STDERR: &str = "stderr";

/// A server process. Dropping this value kills the process and removes the directory.
#[derive(Debug)]
pub struct Server {
    process: Child,
    address: SocketAddr,
    directory: TempDir,
}

/// A free port of 127.0.0.1, for a server that cannot choose one itself.
///
/// # Errors
/// No port is free.
pub fn free_port() -> io::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(listener.local_addr()?.port())
}

impl Server {
    /// Starts a server, and waits until it accepts a connection on `port`.
    ///
    /// # Errors
    /// It does not start, ends, or does not listen in time. The error quotes its output.
    pub fn on_port(port: u16, command: Command, directory: TempDir) -> io::Result<Self> {
        Self::start(command, directory, |_| {
            let connected = TcpStream::connect((Ipv4Addr::LOCALHOST, port));
            connected.is_ok().then_some(port)
        })
    }

    /// Starts a server that prints a line on stdout with this beginning, and its port behind it. Waits for that line.
    ///
    /// # Errors
    /// It does not start, ends, or does not print a port in time. The error quotes its output.
    pub fn that_prints_its_port(
        command: Command,
        directory: TempDir,
        beginning: &str,
    ) -> io::Result<Self> {
        Self::start(command, directory, |directory| {
            printed_port(&fs::read_to_string(directory.join(STDOUT)).ok()?, beginning)
        })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    fn start(
        mut command: Command,
        directory: TempDir,
        listens: impl Fn(&Path) -> Option<u16>,
    ) -> io::Result<Self> {
        // Files: a pipe that nobody reads fills up and blocks the server.
        let process = command
            .current_dir(directory.path())
            .stdin(Stdio::null())
            .stdout(File::create(directory.path().join(STDOUT))?)
            .stderr(File::create(directory.path().join(STDERR))?)
            .spawn()?;
        let mut server =
            Self { process, address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), directory };
        let program = command.get_program().to_string_lossy().into_owned();
        let end = Instant::now() + PATIENCE;
        loop {
            // Before the port is looked at: another process may have it.
            if let Some(status) = server.process.try_wait()? {
                let output = server.output();
                return Err(io::Error::other(format!(
                    "{program} ended at once, {status}: {output}"
                )));
            }
            if let Some(port) = listens(server.directory.path()) {
                server.address.set_port(port);
                return Ok(server);
            }
            if Instant::now() >= end {
                let output = server.output();
                return Err(io::Error::new(
                    ErrorKind::TimedOut,
                    format!("{program} did not start within {PATIENCE:?}: {output}"),
                ));
            }
            thread::sleep(PAUSE);
        }
    }

    /// The end of its output on stdout and stderr.
    fn output(&self) -> String {
        let read = |name| fs::read(self.directory.path().join(name)).unwrap_or_default();
        let output = [read(STDOUT), read(STDERR)].concat();
        let end = &output[output.len().saturating_sub(QUOTED_BYTES)..];
        String::from_utf8_lossy(end).trim().to_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both fail only if it has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The number in the first complete line with this beginning, which may be the port of a URL.
fn printed_port(stdout: &str, beginning: &str) -> Option<u16> {
    let mut lines = stdout.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n'));
    let port = lines.find_map(|line| line.strip_prefix(beginning))?;
    port.trim_end_matches('/').parse().ok()
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    fn directory() -> tempfile::TempDir {
        tempfile::tempdir().expect("there is a place for temporary files")
    }

    #[test]
    fn the_output_of_a_failed_server_is_quoted() {
        let port = free_port().expect("a port is free");
        let error = Server::on_port(port, shell("echo no such flag >&2; exit 3"), directory())
            .expect_err("it has ended");
        let text = error.to_string();
        assert!(text.contains("no such flag"), "{text}");
        assert!(text.contains("exit status: 3"), "{text}");
    }

    #[test]
    fn the_port_is_the_end_of_a_complete_line() {
        let stdout = "Waiting on port 1337\nWaiting at http://localhost:8080/\nmore 1\n";
        assert_eq!(printed_port(stdout, "Waiting on port "), Some(1337));
        assert_eq!(printed_port(stdout, "Waiting at http://localhost:"), Some(8080));
        assert_eq!(printed_port("40123\n", ""), Some(40123));
        assert_eq!(printed_port("4012", ""), None);
        assert_eq!(printed_port("no port\n", ""), None);
    }

    #[test]
    fn dropping_kills_the_process_and_removes_the_directory() {
        let server =
            Server::that_prints_its_port(shell("echo 4711; exec sleep 60"), directory(), "")
                .expect("it prints a port");
        let process = PathBuf::from(format!("/proc/{}", server.pid()));
        let directory = server.directory.path().to_owned();
        assert_eq!(server.address().port(), 4711);
        assert!(process.exists() && directory.exists());
        drop(server);
        assert!(!process.exists() && !directory.exists());
    }
}
