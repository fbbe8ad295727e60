//! The real server as a child process.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::process::{Command, ExitStatus, Stdio};

use rustix::process::Signal;

use super::{Program, command, until};

/// The server's program with these arguments. Flood control has tests of its own and is off elsewhere, unless the
/// arguments set it or name a settings file.
pub fn chatserv(arguments: &[&str]) -> Command {
    behind(&[], arguments)
}

/// The same behind a program which replaces itself by the server: `setsid`, `nohup`, `sh -c`.
pub fn behind(words: &[&str], arguments: &[&str]) -> Command {
    let words = [words, &[env!("CARGO_BIN_EXE_chatserv")]].concat();
    let mut command = command(words[0]);
    command.args(&words[1..]).args(arguments);
    if !["--rate-limit", "--config"].iter().any(|flag| arguments.contains(flag)) {
        command.env("CHATSERV_RATE_LIMIT", "off");
    }
    command
}

/// A running server. Dropping it kills it.
pub struct Server {
    program: Program,
    pub port: u16,
}

impl Server {
    /// Starts the server on a free port with these flags.
    pub fn start(flags: &[&str]) -> Self {
        Self::start_by(&mut chatserv(&[&["--port", "0"], flags].concat()))
    }

    /// Starts a server by a command of the test's own.
    pub fn start_by(command: &mut Command) -> Self {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let program = Program::start(command.stdin(Stdio::null()));
        let is_ready = |line: &str| line.starts_with("Waiting for incoming connections on port ");
        let line = program.stdout.wait_for(is_ready);
        let port = line.rsplit(' ').next().unwrap().parse().unwrap();
        Self { program, port }
    }

    /// Starts a server whose output the test does not see. It is ready when it accepts a connection.
    pub fn start_unheard(command: &mut Command, port: u16) -> Self {
        let program = Program::start(command);
        let server = Self { program, port };
        until("the server listens", || TcpStream::connect(server.address()).is_ok());
        server
    }

    pub fn address(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.port))
    }

    /// The port for JSON lines, of a server that has one.
    pub fn json_port(&self) -> u16 {
        let start = "Waiting for incoming json connections on port ";
        let line = self.printed(|line| line.starts_with(start));
        line[start.len()..].parse().unwrap()
    }

    /// The port for proxies, of a server that has one.
    pub fn proxy_port(&self) -> u16 {
        let start = "Waiting for incoming connections of a proxy on port ";
        let line = self.printed(|line| line.starts_with(start));
        line[start.len()..].parse().unwrap()
    }

    /// The port for browsers, of a server that has one.
    pub fn web_port(&self) -> u16 {
        let start = "Waiting for browsers at http://localhost:";
        let line = self.printed(|line| line.starts_with(start));
        line[start.len()..].trim_end_matches('/').parse().unwrap()
    }

    /// Waits until stdout has a line that fits, and returns it.
    pub fn printed(&self, fits: impl Fn(&str) -> bool) -> String {
        self.program.stdout.wait_for(fits)
    }

    pub fn printed_so_far(&self) -> String {
        self.program.stdout.so_far()
    }

    /// Waits for the end of stdout, and returns its lines.
    pub fn printed_to_the_end(&self) -> Vec<String> {
        self.program.stdout.whole()
    }

    /// Waits until the log has a line that contains `text`, and returns it.
    pub fn log(&self, text: &str) -> String {
        self.logged(|line| line.contains(text))
    }

    /// Waits until the log has a line that fits, and returns it.
    pub fn logged(&self, fits: impl Fn(&str) -> bool) -> String {
        self.program.stderr.wait_for(fits)
    }

    pub fn log_so_far(&self) -> String {
        self.program.stderr.so_far()
    }

    /// The log of a server that has ended.
    pub fn whole_log(&self) -> String {
        self.program.stderr.to_end()
    }

    pub fn pid(&self) -> u32 {
        self.program.pid()
    }

    pub fn signal(&self, signal: Signal) {
        self.program.signal(signal);
    }

    /// Waits for the end of the process.
    pub fn exit_status(&mut self) -> ExitStatus {
        self.program.exit_status()
    }

    /// Waits for the end of the process, which has to exit with 0.
    pub fn ends_well(&mut self) {
        let status = self.exit_status();
        assert_eq!(status.code(), Some(0), "{}", self.log_so_far());
    }

    /// Its resident memory in KiB.
    pub fn resident_kib(&self) -> usize {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().strip_suffix(" kB").unwrap().parse().unwrap()
    }

    /// The names of its threads, cut to 15 bytes by the kernel.
    pub fn thread_names(&self) -> Vec<String> {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.pid())).unwrap();
        // A thread can end between the two looks.
        tasks
            .filter_map(|task| fs::read_to_string(task.ok()?.path().join("comm")).ok())
            .map(|name| name.trim_end().to_owned())
            .collect()
    }

    pub fn thread_count(&self) -> usize {
        self.thread_names().len()
    }

    /// How many threads have a name that begins like this.
    pub fn threads_called(&self, start: &str) -> usize {
        let names = self.thread_names();
        names.iter().filter(|name| name.starts_with(start)).count()
    }

    fn descriptor_count(&self) -> usize {
        let descriptors = fs::read_dir(format!("/proc/{}/fd", self.pid()));
        descriptors.unwrap().count()
    }

    /// Its threads and descriptors while nobody is connected.
    pub fn base_line(&self) -> BaseLine {
        // The server prints its port before the last of its own threads has started.
        until("the dispatcher runs", || self.threads_called("dispatcher") == 1);
        BaseLine { threads: self.thread_count(), descriptors: self.descriptor_count() }
    }

    /// Waits until it has no more threads and descriptors than at its base line.
    pub fn is_back_at(&self, base: &BaseLine) {
        until("the threads of all who left have ended", || self.thread_count() <= base.threads);
        until("the descriptors of all who left are closed", || {
            self.descriptor_count() <= base.descriptors
        });
    }
}

/// The resources that a server needs while nobody is connected.
#[derive(Debug)]
pub struct BaseLine {
    threads: usize,
    descriptors: usize,
}
