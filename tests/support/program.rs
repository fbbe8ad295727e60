//! A child process.

use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::{Arc, Once};
use std::thread;

use rustix::process::{Pid, Signal, kill_process};

use super::{Lines, until};

/// A command without the settings of whoever runs the tests, and with its output in pipes.
pub fn command(program: impl AsRef<OsStr>) -> Command {
    reset_ignored_signals();
    let mut command = Command::new(program);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("CHATSERV_")) {
        command.env_remove(name);
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Gives child processes the default action for signals which this process was started to ignore (`nohup`, a job in the
/// background). An ignored signal stays ignored in a child, whereas a handler does not survive `exec`.
fn reset_ignored_signals() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
        for signal in [Signal::HUP, Signal::INT, Signal::QUIT, Signal::TERM] {
            let number = signal.as_raw();
            if mask.unwrap_or(0) & (1 << (number - 1)) != 0 {
                signal_hook::flag::register(number, Arc::default()).unwrap();
            }
        }
    });
}

/// A running program. Dropping it kills it; a failing test prints its output.
pub struct Program {
    child: Child,
    input: Option<ChildStdin>,
    pub stdout: Lines,
    pub stderr: Lines,
}

/// How a program ended.
#[derive(Debug)]
pub struct Ended {
    /// The exit status; none after a signal.
    pub status: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Program {
    /// Starts a program and collects what it writes into pipes.
    pub fn start(command: &mut Command) -> Self {
        let mut child = command.spawn().unwrap();
        Self {
            input: child.stdin.take(),
            stdout: child.stdout.take().map(Lines::collect).unwrap_or_default(),
            stderr: child.stderr.take().map(Lines::collect).unwrap_or_default(),
            child,
        }
    }

    /// Writes to its input.
    pub fn types(&mut self, text: &str) {
        let input = self.input.as_mut().expect("its input is still open");
        input.write_all(text.as_bytes()).unwrap();
    }

    /// Ends its input.
    pub fn close_input(&mut self) {
        self.input = None;
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Waits until the process has ended.
    pub fn exit_status(&mut self) -> ExitStatus {
        let mut status = None;
        until("the program has ended", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        status.expect("the loop above ends with a status")
    }

    /// Ends its input and waits until it has ended.
    pub fn end(mut self) -> Ended {
        self.close_input();
        self.wait()
    }

    /// Waits until it has ended, with its input open.
    pub fn wait(mut self) -> Ended {
        Ended {
            status: self.exit_status().code(),
            stdout: self.stdout.to_end(),
            stderr: self.stderr.to_end(),
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            let (stdout, stderr) = (self.stdout.so_far(), self.stderr.so_far());
            eprintln!("stdout of the program:\n{stdout}\nstderr:\n{stderr}");
        }
    }
}
