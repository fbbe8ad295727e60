//! `--via COMMAND`: a connection through a command, as for TLS, which talks to the server and has the client at its stdin and
//! stdout.

use std::collections::VecDeque;
use std::io::{self, BufReader};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, Builder, JoinHandle};
use std::time::{Duration, Instant};

use chatserv::config::limits::SERVICE_STACK_BYTES;
use rustix::process::{Pid, Signal, kill_process_group};

use super::words;
use crate::lines::{Taken, take_line};

/// How many of the last lines on the command's stderr are told.
const LINES_TOLD_MAX: usize = 3;

/// How much of each line is told.
const LINE_CHARS_MAX: usize = 200;

/// How long a command may take to end by itself.
const ENDING_TIME: Duration = Duration::from_secs(1);

/// How often to look meanwhile. Waiting for a process has no timeout.
const LOOK_INTERVAL: Duration = Duration::from_millis(5);

/// A running command. Its drop ends it, with all processes that it has started.
pub struct Via {
    child: Child,
    /// The last lines that it has written to stderr.
    told: Arc<Mutex<VecDeque<String>>>,
    thread: JoinHandle<()>,
}

impl Via {
    /// Starts a command by the shell. The socket is at its stdin and stdout.
    ///
    /// # Errors
    ///
    /// It cannot be started. The message says what to do.
    pub fn start(command: &str) -> Result<(UnixStream, Self), String> {
        Self::try_start(command).map_err(|error| {
            format!(
                "The command of --via cannot be started: {}. Is it spelled correctly?",
                words(&error)
            )
        })
    }

    fn try_start(command: &str) -> io::Result<(UnixStream, Self)> {
        let (ours, theirs) = UnixStream::pair()?;
        let mut shell = Command::new("/bin/sh");
        shell
            .args(["-c", command])
            .stdin(Stdio::from(OwnedFd::from(theirs.try_clone()?)))
            .stdout(Stdio::from(OwnedFd::from(theirs)))
            .stderr(Stdio::piped())
            // A Ctrl-C is for this program, which still has to take its leave from the server.
            .process_group(0);
        let mut child = shell.spawn()?;
        // The shell's ends close here, so that an end of the command is an end of the input.
        drop(shell);
        let told = Arc::default();
        let thread = {
            let (stderr, told) = (child.stderr.take(), Arc::clone(&told));
            let thread = Builder::new().name("via".into()).stack_size(SERVICE_STACK_BYTES);
            thread.spawn(move || stderr.map_or((), |stderr| listen(stderr, &told)))
        };
        match thread {
            Ok(thread) => Ok((ours, Self { child, told, thread })),
            Err(error) => {
                end(&mut child);
                Err(error)
            }
        }
    }

    /// Waits for the end of a command that has closed its stdout, and tells why it ended, with what to do.
    pub fn why(mut self) -> String {
        let by = Instant::now() + ENDING_TIME;
        let status = loop {
            match self.child.try_wait() {
                Ok(Some(status)) => break Some(status),
                Ok(None) if Instant::now() < by => thread::sleep(LOOK_INTERVAL),
                _ => break None,
            }
        };
        // Its own children may keep its stderr open.
        while !self.thread.is_finished() && Instant::now() < by {
            thread::sleep(LOOK_INTERVAL);
        }
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let told: Vec<&str> = told.iter().map(String::as_str).collect();
        reason(status, &told)
    }
}

/// The sentence about a command that has ended, with the last lines on its stderr if it has failed.
fn reason(status: Option<ExitStatus>, told: &[&str]) -> String {
    let how = match status {
        // It may have said something all the same, such as whose certificate it has seen.
        Some(status) if status.success() => return "The command of --via has ended.".to_owned(),
        Some(status) => format!("has ended ({status})"),
        None => "has closed its output".to_owned(),
    };
    let colon = if told.is_empty() { "" } else { ": " };
    let told = told.join(" / ");
    format!("The command of --via {how}{colon}{}. Try it by itself.", told.trim_end_matches('.'))
}

/// Reads a command's stderr to its end, so that the command never waits for a reader.
fn listen(stderr: ChildStderr, told: &Mutex<VecDeque<String>>) {
    let mut stderr = BufReader::new(stderr);
    while let Ok(Taken::Line(line) | Taken::Unfinished(line)) = take_line(&mut stderr) {
        let line: String =
            String::from_utf8_lossy(&line).trim().chars().take(LINE_CHARS_MAX).collect();
        if !line.is_empty() {
            let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
            if told.len() == LINES_TOLD_MAX {
                told.pop_front();
            }
            told.push_back(line);
        }
    }
}

/// Ends a command and what it has started.
fn end(child: &mut Child) {
    let group = Pid::from_child(child);
    // Its end may lie behind, but nobody has waited for it, so its number is still its own.
    if !matches!(child.try_wait(), Ok(None)) {
        return;
    }
    for signal in [Signal::TERM, Signal::KILL] {
        let _ = kill_process_group(group, signal);
        let by = Instant::now() + ENDING_TIME;
        while Instant::now() < by {
            if !matches!(child.try_wait(), Ok(None)) {
                return;
            }
            thread::sleep(LOOK_INTERVAL);
        }
    }
}

impl Drop for Via {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};

    use super::*;

    #[test]
    fn a_command_has_the_client_at_its_stdin_and_stdout() {
        let (mut socket, via) =
            Via::start("read line; echo \"$line back\"; echo trouble >&2").unwrap();
        socket.write_all(b"there and\n").unwrap();
        let mut heard = String::new();
        socket.read_to_string(&mut heard).unwrap();
        assert_eq!(heard, "there and back\n");
        assert_eq!(via.why(), "The command of --via has ended.");
    }

    #[test]
    fn why_a_command_has_ended_is_told() {
        let why = |command: &str| {
            let (mut socket, via) = Via::start(command).unwrap();
            // The end of its output.
            let _ = socket.read_to_string(&mut String::new());
            via.why()
        };
        let ended = "The command of --via has ended (exit status: ";
        assert_eq!(why("exit 3"), format!("{ended}3). Try it by itself."));
        let lines = why("for n in 1 2 3 4 5; do echo line $n. >&2; done; echo >&2; exit 1");
        assert_eq!(lines, format!("{ended}1): line 3. / line 4. / line 5. Try it by itself."));
        let closed = "The command of --via has closed its output. Try it by itself.";
        assert_eq!(why("exec >&- <&-; sleep 1000"), closed);
        let missing = why("no-such-command --at all");
        assert!(
            missing.contains("(exit status: 127)") && missing.contains("not found"),
            "{missing}"
        );
        let long = why("head -c 1000000 /dev/zero | tr '\\0' x >&2; exit 1");
        assert!(long.len() < 300, "{}", long.len());
    }

    #[test]
    fn a_command_that_ignores_the_end_is_ended() {
        // It never reads, and its child would outlive a shell that is alone.
        let (mut socket, via) = Via::start("sleep 1000 & echo $!; exec sleep 1000").unwrap();
        let mut line = Vec::new();
        while line.last() != Some(&b'\n') {
            let mut byte = [0];
            socket.read_exact(&mut byte).unwrap();
            line.push(byte[0]);
        }
        let child = String::from_utf8(line).unwrap();
        let began = Instant::now();
        drop(via);
        assert!(began.elapsed() < ENDING_TIME, "{:?}", began.elapsed());
        let status = format!("/proc/{}/stat", child.trim());
        let lives = || std::fs::read_to_string(&status).is_ok_and(|stat| !stat.contains(") Z "));
        let by = Instant::now() + Duration::from_secs(20);
        while lives() {
            assert!(Instant::now() < by, "its child lives on");
            thread::sleep(LOOK_INTERVAL);
        }
    }
}
