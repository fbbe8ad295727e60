//! A server that was started to be measured: its process, where it listens, and a folder of its own.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// How long a server may take to begin.
const PATIENCE: Duration = Duration::from_secs(10);

/// Between two looks at whether it has.
const PAUSE: Duration = Duration::from_millis(10);

/// How much of what a server said an error quotes, from the end, in bytes.
const QUOTED_BYTES: usize = 2000;

/// The kernel's table of TCP sockets over IPv4, proc_pid_net(5).
const SOCKETS: &str = "/proc/net/tcp";

const STDOUT: &str = "stdout";
const STDERR: &str = "stderr";

/// A server. It is killed and its folder removed when this value is dropped: what it would still write has no reader.
#[derive(Debug)]
pub struct Running {
    process: Child,
    address: SocketAddr,
    folder: TempDir,
}

/// A port of 127.0.0.1 that nobody has, for a server that cannot say which one the system gave it.
///
/// # Errors
/// What the kernel says.
pub fn free_port() -> io::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(listener.local_addr()?.port())
}

impl Running {
    /// Starts a server that listens on `port`, and waits until it takes connections. None is made to find that out:
    /// `ncat --chat` ends when somebody leaves at once.
    ///
    /// # Errors
    /// It does not start, ends, or does not listen in time: with what it said.
    pub fn on_port(port: u16, command: Command, folder: TempDir) -> io::Result<Self> {
        Self::start(command, folder, |_| {
            let sockets = fs::read_to_string(SOCKETS).ok()?;
            is_listening(&sockets, port).then_some(port)
        })
    }

    /// Starts a server whose first line on stdout ends in the port where it listens, and waits for that line.
    ///
    /// # Errors
    /// It does not start, ends, or does not say a port in time: with what it said.
    pub fn that_says_its_port(command: Command, folder: TempDir) -> io::Result<Self> {
        Self::start(command, folder, |folder| {
            port_said(&fs::read_to_string(folder.join(STDOUT)).ok()?)
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The number of its process.
    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    fn start(
        mut command: Command,
        folder: TempDir,
        listens: impl Fn(&Path) -> Option<u16>,
    ) -> io::Result<Self> {
        // Files, since a pipe that nobody reads fills up and stops who writes to it.
        let process = command
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(File::create(folder.path().join(STDOUT))?)
            .stderr(File::create(folder.path().join(STDERR))?)
            .spawn()?;
        let mut running = Self {
            process,
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            folder,
        };
        let program = command.get_program().to_string_lossy().into_owned();
        let end = Instant::now() + PATIENCE;
        loop {
            // First, so that nobody else is taken for it who has its port.
            if let Some(status) = running.process.try_wait()? {
                let said = running.said();
                return Err(io::Error::other(format!(
                    "{program} ended at once, {status}: {said}"
                )));
            }
            if let Some(port) = listens(running.folder.path()) {
                running.address.set_port(port);
                return Ok(running);
            }
            if Instant::now() >= end {
                let said = running.said();
                return Err(io::Error::new(
                    ErrorKind::TimedOut,
                    format!("{program} did not begin within {PATIENCE:?}: {said}"),
                ));
            }
            thread::sleep(PAUSE);
        }
    }

    /// The end of what it said on stdout and stderr.
    fn said(&self) -> String {
        let read = |name| fs::read(self.folder.path().join(name)).unwrap_or_default();
        let said = [read(STDOUT), read(STDERR)].concat();
        let end = &said[said.len().saturating_sub(QUOTED_BYTES)..];
        String::from_utf8_lossy(end).trim().to_owned()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail only where it has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Whether somebody listens on `port`, by the kernel's table: a line's second field ends in the port, and the fourth is
/// the state, both in hexadecimal.
fn is_listening(sockets: &str, port: u16) -> bool {
    let port = format!(":{port:04X}");
    sockets.lines().any(|line| {
        let mut fields = line.split_whitespace();
        fields.nth(1).is_some_and(|local| local.ends_with(&port)) && fields.nth(1) == Some("0A")
    })
}

/// The number at the end of the first line, once the line is whole.
fn port_said(stdout: &str) -> Option<u16> {
    let (line, _) = stdout.split_once('\n')?;
    line.rsplit(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::net::{Ipv4Addr, TcpListener, TcpStream};
    use std::path::PathBuf;
    use std::process::Command;

    use super::{Running, SOCKETS, free_port, is_listening, port_said};

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().expect("there is a place for temporary files")
    }

    #[test]
    fn a_server_that_ends_at_once_is_quoted() {
        let port = free_port().expect("a port is free");
        let error = Running::on_port(port, shell("echo no such flag >&2; exit 3"), folder())
            .expect_err("it has ended");
        let text = error.to_string();
        assert!(text.contains("no such flag"), "{text}");
        assert!(text.contains("exit status: 3"), "{text}");
    }

    #[test]
    fn who_listens_is_told_from_who_is_connected() {
        let listens = |port| {
            let sockets = fs::read_to_string(SOCKETS).expect("the kernel shows its sockets");
            is_listening(&sockets, port)
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
        let address = listener.local_addr().expect("it is bound");
        let caller = TcpStream::connect(address).expect("somebody listens");
        let port_of_caller = caller.local_addr().expect("it is connected").port();
        assert!(listens(address.port()));
        assert!(!listens(port_of_caller));
    }

    #[test]
    fn the_port_is_the_end_of_a_whole_line() {
        assert_eq!(
            port_said("Waiting for connections on port 1337\nmore 1\n"),
            Some(1337)
        );
        assert_eq!(port_said("40123\n"), Some(40123));
        assert_eq!(port_said("4012"), None);
        assert_eq!(port_said("no port\n"), None);
    }

    #[test]
    fn process_and_folder_end_with_the_value() {
        let running = Running::that_says_its_port(shell("echo 4711; exec sleep 60"), folder())
            .expect("it says a port");
        let process = PathBuf::from(format!("/proc/{}", running.pid()));
        let folder = running.folder.path().to_owned();
        assert_eq!(running.address().port(), 4711);
        assert!(process.exists() && folder.exists());
        drop(running);
        assert!(!process.exists() && !folder.exists());
    }
}
