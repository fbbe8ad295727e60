//! The client as a script runs it.

use std::io::Write;
use std::process::{Child, ChildStdin, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::support::process::until;
use crate::support::{Lines, Server};

/// Where a client finds a server.
pub fn url(server: &Server) -> String {
    format!("chat://127.0.0.1:{}", server.port)
}

/// The client with these arguments. Nothing of whoever runs the tests reaches it.
pub fn chat(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chat"));
    command
        .args(arguments)
        .env("TZ", "UTC")
        .env("XDG_CONFIG_HOME", "/nonexistent")
        .env("XDG_STATE_HOME", "/nonexistent")
        .env_remove("NO_COLOR")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// A running client. Dropping it ends it.
pub struct Pipe {
    child: Child,
    input: Option<ChildStdin>,
    /// What it prints for others to read.
    pub stdout: Lines,
    /// What it has to say itself.
    pub stderr: Lines,
}

/// How a client has ended.
#[derive(Debug)]
pub struct Ended {
    /// The exit status; none after a signal.
    pub status: Option<i32>,
    /// All lines of stdout.
    pub stdout: Vec<String>,
    /// All lines of stderr.
    pub stderr: Vec<String>,
}

impl Pipe {
    /// Starts a client, of which `command` may say more than [`chat`] does.
    pub fn start(command: &mut Command) -> Self {
        Self::start_read_up_to(command, |_| false)
    }

    /// The same, but whoever reads what it prints goes away after such a line.
    pub fn start_read_up_to(
        command: &mut Command,
        is_last: impl Fn(&str) -> bool + Send + 'static,
    ) -> Self {
        let mut child = command.spawn().unwrap();
        let stdout = child.stdout.take().expect("its stdout is a pipe");
        let stderr = child.stderr.take().expect("its stderr is a pipe");
        Self {
            input: child.stdin.take(),
            stdout: Lines::collect_up_to(stdout, is_last),
            stderr: Lines::collect(stderr),
            child,
        }
    }

    /// Gives it some input.
    pub fn types(&mut self, text: &str) {
        let input = self.input.as_mut().expect("its input is still open");
        input.write_all(text.as_bytes()).unwrap();
    }

    /// Sends it a signal.
    pub fn signals(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Ends its input, and waits for its end.
    pub fn ends(mut self) -> Ended {
        self.input = None;
        self.ends_by_itself()
    }

    /// Waits for its end, with its input open.
    pub fn ends_by_itself(mut self) -> Ended {
        let mut status = None;
        until("the client ends", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        Ended {
            status: status.and_then(|status| status.code()),
            stdout: self.stdout.whole(),
            stderr: self.stderr.whole(),
        }
    }
}

impl Drop for Pipe {
    #[allow(clippy::print_stderr, reason = "a failed test needs it")]
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            let (stdout, stderr) = (self.stdout.so_far(), self.stderr.so_far());
            eprintln!("the client's stdout:\n{stdout}\nand its stderr:\n{stderr}");
        }
    }
}
