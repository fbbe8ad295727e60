//! The server as the system sees it: a process with threads and descriptors, started in all the ways one can be.

use std::fs;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::{Lines, PATIENCE, Server};

/// Asks again and again until `holds`, for what nobody reports: that the kernel has taken a thread away, say.
pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < end, "never so: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Whether a program is there, for tests that need one which not every machine has. If not, it says so.
pub fn has_program(program: &str) -> bool {
    let found = Command::new(program)
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok();
    if !found {
        eprintln!("skipped: {program} is not here");
    }
    found
}

/// A port that nobody has, for a server that cannot say which one it was given. Below the range from which the system
/// gives ports to whoever leaves the choice to it, such as all the other tests.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    loop {
        let port = NEXT.fetch_add(1, Ordering::Relaxed) + (std::process::id() % 20_000) as u16;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, 10_000 + port)).is_ok() {
            return 10_000 + port;
        }
    }
}

/// The server behind another program, which replaces itself by it: `setsid`, `nohup`, `sh -c`.
pub fn behind(words: &[&str], flags: &[&str]) -> Command {
    let mut command = Command::new(words[0]);
    command
        .args(&words[1..])
        .arg(env!("CARGO_BIN_EXE_chatserv"))
        .args(flags);
    command
}

/// The server under strace, which makes system calls fail as `inject` says; none where that is not possible. The
/// tracer stands aside (`-D`), so that the process that was started is the server.
pub fn tampered(inject: &str, flags: &[&str]) -> Option<Command> {
    let strace = ["strace", "-D", "-f", "-qq", "-o", "/dev/null", "-e"];
    let inject = format!("inject={inject}");
    let works = Command::new(strace[0])
        .args(&strace[1..])
        .args([inject.as_str(), "true"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !works {
        eprintln!("skipped: strace is not here, or may not trace");
        return None;
    }
    let mut words = strace.to_vec();
    words.push(&inject);
    Some(behind(&words, flags))
}

impl Server {
    /// Takes over a server whose stdout and stderr nobody reads. It is there when somebody can connect.
    pub fn start_unheard(command: &mut Command, port: u16) -> Self {
        // As with `Server::start`.
        command.env("CHATSERV_RATE_LIMIT", "off");
        let child = command.stdin(Stdio::null()).spawn().unwrap();
        let server = Self {
            child,
            stdout: Lines::default(),
            stderr: Lines::default(),
            port,
        };
        until("the server listens", || {
            TcpStream::connect(server.address()).is_ok()
        });
        server
    }

    /// How many threads the process has.
    pub fn thread_count(&self) -> usize {
        self.thread_names().len()
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

    /// How many of its threads have a name that begins like this.
    pub fn threads_called(&self, start: &str) -> usize {
        let names = self.thread_names();
        names.iter().filter(|name| name.starts_with(start)).count()
    }

    /// How many descriptors it has open.
    pub fn descriptor_count(&self) -> usize {
        fs::read_dir(format!("/proc/{}/fd", self.pid()))
            .unwrap()
            .count()
    }

    /// What the process has to come back to when everybody has left.
    pub fn base_line(&self) -> BaseLine {
        // The server says that it waits before the last of its own threads has started.
        until("the dispatcher is there", || {
            self.threads_called("dispatcher") == 1
        });
        BaseLine {
            threads: self.thread_count(),
            descriptors: self.descriptor_count(),
        }
    }

    /// Waits until the process is back at its base line.
    pub fn is_back_at(&self, base: &BaseLine) {
        until("all threads of those who left have ended", || {
            self.thread_count() <= base.threads
        });
        until("all descriptors of those who left are closed", || {
            self.descriptor_count() <= base.descriptors
        });
    }
}

/// A process with nobody connected.
#[derive(Debug)]
pub struct BaseLine {
    threads: usize,
    descriptors: usize,
}

/// Runs a server that cannot start, and returns its exit status and its stderr.
pub fn fails_to_start(command: &mut Command) -> (Option<i32>, String) {
    // A group of its own, so that what it starts can be ended with it.
    let child = command
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code(), stderr)
}
