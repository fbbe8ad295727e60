//! What the tests with real sockets share: the real server as a child process, and a client that reads lines.
//!
//! No test sleeps in the hope that something has happened. There are two ways to wait, and both end as soon as it has:
//! for a line (or a log line, or the end) within [`PATIENCE`], and a barrier, [`Client::hears_nothing`]: `/who` is
//! answered behind everything that came before it.

#![allow(dead_code, reason = "each test binary uses a part of this")]
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "in a test, an unwrap is an assertion"
)]

mod client;
pub mod directory;
pub mod fake;
mod json;
mod lines;
pub mod process;
pub mod relay;
pub mod slow;

use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

pub use client::Client;
pub use lines::Lines;
use rustix::process::{Pid, Signal, kill_process};

/// How long any test waits for anything before it fails. Generous, since it is only ever waited for by a failing test.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A running server. Dropping it ends it.
pub struct Server {
    child: Child,
    stdout: Lines,
    stderr: Lines,
    pub port: u16,
}

impl Server {
    /// Starts the server on a free port with these flags besides.
    pub fn start(flags: &[&str]) -> Self {
        Self::start_by(
            Command::new(env!("CARGO_BIN_EXE_chatserv"))
                .args(["--port", "0"])
                .args(flags),
        )
    }

    /// Starts a server by a command of the test's own, which ends up running the server on some port.
    pub fn start_by(command: &mut Command) -> Self {
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("CHATSERV_")) {
            command.env_remove(name);
        }
        // Flood control has tests of its own; in the others everybody says as much as they like. A test that brings a
        // settings file says so there.
        if !command
            .get_args()
            .any(|argument| argument == "--rate-limit" || argument == "--config")
        {
            command.env("CHATSERV_RATE_LIMIT", "off");
        }
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = Lines::collect(child.stdout.take().unwrap());
        let stderr = Lines::collect(child.stderr.take().unwrap());
        let line =
            stdout.wait_for(|line| line.starts_with("Waiting for incoming connections on port "));
        let port = line.rsplit(' ').next().unwrap().parse().unwrap();
        Self {
            child,
            stdout,
            stderr,
            port,
        }
    }

    /// Where clients connect.
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.port))
    }

    /// The port on which JSON lines are spoken, of a server that has one.
    pub fn json_port(&self) -> u16 {
        let start = "Waiting for incoming json connections on port ";
        let line = self.stdout.wait_for(|line| line.starts_with(start));
        line[start.len()..].parse().unwrap()
    }

    /// All of what it has printed so far.
    pub fn printed_so_far(&self) -> String {
        self.stdout.so_far()
    }

    /// All that it prints, which is over when it has ended.
    pub fn printed_to_the_end(&self) -> Vec<String> {
        self.stdout.whole()
    }

    /// The process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends the process a signal.
    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits until the log has a line that contains `text`, and returns it.
    pub fn log(&self, text: &str) -> String {
        self.stderr.wait_for(|line| line.contains(text))
    }

    /// Waits until the log has a line that is wanted, and returns it.
    pub fn logged(&self, wanted: impl Fn(&str) -> bool) -> String {
        self.stderr.wait_for(wanted)
    }

    /// Waits until stdout has a line that is wanted, and returns it.
    pub fn printed(&self, wanted: impl Fn(&str) -> bool) -> String {
        self.stdout.wait_for(wanted)
    }

    /// All of the log so far.
    pub fn log_so_far(&self) -> String {
        self.stderr.so_far()
    }

    /// Waits for the end of the process.
    pub fn exit_status(&mut self) -> ExitStatus {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(
                Instant::now() < end,
                "the server still runs; its log: {}",
                self.log_so_far()
            );
            // Not in the hope that something has happened: it is asked again.
            thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
            let end = Instant::now() + PATIENCE;
            while matches!(self.child.try_wait(), Ok(None)) && Instant::now() < end {
                thread::sleep(Duration::from_millis(10));
            }
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
        if thread::panicking() {
            eprintln!("the server's log:\n{}", self.log_so_far());
        }
    }
}
