//! Programs of other people: finding them, running them with their input and output in our hands, ending them.

use std::env;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::PATIENCE;

/// Where a program is installed. Where it is not, says so, and the test that asked has nothing to do.
pub fn find(name: &str) -> Option<PathBuf> {
    let file = installed(name);
    if file.is_none() {
        skipped(name);
    }
    file
}

/// The same for a program whose names others have too: asked by `flag`, it says who it is.
pub fn find_that_says(names: &[&str], flag: &str, who: &str) -> Option<PathBuf> {
    let says = |file: &PathBuf| {
        let asked = Command::new(file).arg(flag).stdin(Stdio::null()).output();
        asked.is_ok_and(|answer| {
            String::from_utf8_lossy(&[answer.stdout, answer.stderr].concat()).contains(who)
        })
    };
    let file = names.iter().find_map(|name| installed(name).filter(says));
    if file.is_none() {
        skipped(who);
    }
    file
}

fn installed(name: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?)
        .map(|directory| directory.join(name))
        .find(|file| file.is_file())
}

#[allow(
    clippy::print_stdout,
    reason = "cargo test shows it to whoever asks with --nocapture"
)]
fn skipped(what: &str) {
    println!("skipped: {what} is not installed");
}

/// A script for `expect`, which gives a program what it cannot do without: a terminal of its own, and somebody who
/// types. The program and its arguments are the script's.
///
/// In the C locale `expect` passes every byte on as it is, so that a telnet command on the screen would be seen here.
pub fn script(expect: PathBuf, name: &str) -> Command {
    let mut command = Command::new(expect);
    command
        .arg(format!(
            "{}/tests/real_clients/{name}",
            env!("CARGO_MANIFEST_DIR")
        ))
        .env("PATIENCE", PATIENCE.as_secs().to_string())
        .env("LC_ALL", "C");
    command
}

/// A running program. Dropping it ends it.
pub struct Program {
    child: Child,
    input: Option<ChildStdin>,
    output: Receiver<Vec<u8>>,
    shown: Vec<u8>,
    /// How much of `shown` was waited for already.
    seen: usize,
}

impl Program {
    /// Starts a program.
    pub fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, output) = mpsc::channel();
        collect(child.stdout.take().unwrap(), sender.clone());
        collect(child.stderr.take().unwrap(), sender);
        Self {
            input: child.stdin.take(),
            child,
            output,
            shown: Vec::new(),
            seen: 0,
        }
    }

    /// Gives it some input.
    pub fn types(&mut self, text: &str) {
        let input = self.input.as_mut().expect("its input is still open");
        input.write_all(text.as_bytes()).unwrap();
    }

    /// Ends its input, as Ctrl-D does.
    pub fn closes_input(&mut self) {
        self.input = None;
    }

    /// Waits until it shows `text` after what was waited for before.
    pub fn sees(&mut self, text: &str) {
        let end = Instant::now() + PATIENCE;
        loop {
            if self.shows(text) {
                return;
            }
            assert!(self.hears_more(end), "it ended and did not show {text:?}");
        }
    }

    /// Whether it shows `text` by now, after what was waited for before.
    pub fn shows(&mut self, text: &str) -> bool {
        self.shown.extend(self.output.try_iter().flatten());
        let found = self.shown[self.seen..]
            .windows(text.len())
            .position(|window| window == text.as_bytes());
        if let Some(at) = found {
            self.seen += at + text.len();
        }
        found.is_some()
    }

    /// Waits until it has ended by itself, without an error, and returns all that it showed.
    pub fn ends_well(self) -> String {
        let (status, shown) = self.ends();
        assert!(status.success(), "{status}; it showed:\n{shown}");
        shown
    }

    /// Waits until it has ended by itself, and returns how, and all that it showed, on stdout and stderr.
    pub fn ends(mut self) -> (ExitStatus, String) {
        let end = Instant::now() + PATIENCE;
        while self.hears_more(end) {}
        let status = self.child.wait().unwrap();
        let shown = String::from_utf8(self.shown.clone());
        (status, shown.expect("all that it showed is UTF-8"))
    }

    /// Waits for more output; `false` when there will be no more.
    fn hears_more(&mut self, end: Instant) -> bool {
        let left: Duration = end.saturating_duration_since(Instant::now());
        match self.output.recv_timeout(left) {
            Ok(bytes) => self.shown.extend(bytes),
            Err(RecvTimeoutError::Disconnected) => return false,
            Err(RecvTimeoutError::Timeout) => panic!("the program shows no more and does not end"),
        }
        true
    }
}

fn collect(mut stream: impl Read + Send + 'static, sender: Sender<Vec<u8>>) {
    thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = stream.read(&mut buffer) {
            if sender.send(buffer[..count].to_vec()).is_err() {
                return;
            }
        }
    });
}

impl Drop for Program {
    #[allow(clippy::print_stderr, reason = "a failed test needs it")]
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            self.shown.extend(self.output.try_iter().flatten());
            eprintln!(
                "the program showed:\n{}",
                String::from_utf8_lossy(&self.shown)
            );
        }
    }
}

/// Nothing is on a screen but letters and line ends: no command of telnet's, which begins with the byte 255, and no
/// escape sequence.
pub fn assert_clean(shown: &str) {
    let stray = |c: &char| (c.is_control() && !matches!(c, '\r' | '\n')) || *c == '\u{fffd}';
    assert_eq!(shown.chars().find(stray), None, "on the screen: {shown:?}");
}
