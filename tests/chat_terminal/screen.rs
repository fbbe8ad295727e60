//! What a person does at a terminal, and what they see there.

use std::fmt::Display;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::support::directory::Directory;
use crate::support::process::until;
use crate::support::{PATIENCE, Server};
use crate::tmux::{ROWS, Tmux};

/// Runs its arguments as often as Enter is pressed at the end, and tells how that was: the exit status, and whether the
/// terminal is as it was before. The id of the process is left in a file. Where Ctrl-C is a signal, only the program is
/// to take it.
const AGAIN_AND_AGAIN: &str = r#"
trap : INT
before=$(stty -g)
while true; do
    sh -c 'echo $$ >"$HOME/pid"; exec "$@"' sh "$@"
    status=$?
    if [ "$(stty -g)" = "$before" ]; then
        echo "ended $status"
    else
        echo "ended $status, and the terminal is not as it was"
    fi
    read -r again
done
"#;

/// What runs in a terminal, and how.
pub struct Setup {
    program: Vec<String>,
    columns: u16,
    environment: Vec<(String, String)>,
}

impl Setup {
    /// The client with these arguments.
    pub fn chat(arguments: &[&str]) -> Self {
        let chat = env!("CARGO_BIN_EXE_chat");
        let words = ["sh", "-c", AGAIN_AND_AGAIN, "sh", chat];
        Self::of(words.iter().chain(arguments))
    }

    /// A shell in which somebody can type.
    pub fn shell() -> Self {
        Self::of(["sh", "-i"].iter()).with("PS1", "$ ")
    }

    fn of<'a>(words: impl Iterator<Item = &'a &'a str>) -> Self {
        Self {
            program: words.map(|&word| word.to_owned()).collect(),
            columns: 80,
            environment: Vec::new(),
        }
    }

    /// In a terminal of this width instead of 80 columns.
    pub fn columns(self, columns: u16) -> Self {
        Self { columns, ..self }
    }

    /// With one more variable in the environment.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Starts it; none where there is no tmux.
    pub fn open(self) -> Option<Screen> {
        if !Tmux::is_installed() {
            return None;
        }
        let directory = Directory::of_its_own("screen");
        let home = directory.path("");
        let fixed = [
            ("LANG", "C.UTF-8"),
            ("TZ", "UTC"),
            ("HOME", &home),
            ("XDG_CONFIG_HOME", &home),
            ("XDG_STATE_HOME", &home),
        ];
        let fixed = fixed.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let environment = [&fixed[..], &self.environment].concat();
        Some(Screen {
            tmux: Tmux::run(&self.program, self.columns, &environment),
            directory,
        })
    }
}

/// Where a client finds a server on this port.
pub fn url(port: u16) -> String {
    format!("chat://127.0.0.1:{port}")
}

/// A terminal in which something runs.
pub struct Screen {
    pub tmux: Tmux,
    /// The home of who sits there, with the client's files in it.
    pub directory: Directory,
}

impl Screen {
    /// Somebody chats under this name; none where there is no tmux.
    pub fn of(name: &str, server: &Server) -> Option<Self> {
        Self::with_flags(name, server, &[])
    }

    /// The same with more flags.
    pub fn with_flags(name: &str, server: &Server, flags: &[&str]) -> Option<Self> {
        let url = url(server.port);
        let arguments = [&[name, &url], flags].concat();
        let screen = Setup::chat(&arguments).open()?;
        screen.is_ready();
        Some(screen)
    }

    /// Waits until somebody can type.
    pub fn is_ready(&self) {
        self.until("somebody can type", |lines| {
            let registered = "Registration successful.  Ready for messaging!";
            let is_prompt = |line: &String| line.ends_with('>');
            lines.iter().any(|line| line == registered) && lines.last().is_some_and(is_prompt)
        });
    }

    /// Types, and does not press Enter.
    pub fn types(&self, text: &str) {
        self.tmux.ask(&["send-keys", "-l", "--", text]);
    }

    /// Presses keys, by the names that tmux has for them, with blanks in between.
    pub fn presses(&self, keys: &str) {
        let keys: Vec<&str> = keys.split(' ').collect();
        self.tmux.ask(&[&["send-keys"], &keys[..]].concat());
    }

    /// Types a line.
    pub fn says(&self, line: &str) {
        self.types(line);
        self.presses("Enter");
    }

    /// Pastes, as terminals do it by themselves; `bracketed` as they do it where a program has asked to be told.
    pub fn pastes(&self, text: &str, bracketed: bool) {
        self.tmux.tell(&["load-buffer", "-"], text.as_bytes());
        let how: &[&str] = if bracketed { &["-p"] } else { &[] };
        self.tmux.ask(&[&["paste-buffer"], how].concat());
    }

    /// Changes the width, and waits until the program in the terminal can know: tmux wraps its own rows anew at once,
    /// and tells that up to a quarter of a second later.
    pub fn resizes_to(&self, columns: u16) {
        self.tmux
            .ask(&["resize-window", "-x", &columns.to_string()]);
        let tty = self.knows("#{pane_tty}");
        let size = format!("{ROWS} {columns}\n");
        until("the terminal has its new size", || {
            let stty = Command::new("sh")
                .args(["-c", "stty size <$0", &tty])
                .output();
            stty.unwrap().stdout == size.as_bytes()
        });
    }

    /// Sends the client a signal.
    pub fn signals(&self, signal: Signal) {
        let pid = self.directory.read("pid").trim().parse().unwrap();
        kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap();
    }

    /// All lines there are, also those that have scrolled away: whole, if they were wrapped, and without blanks at their
    /// end, where nobody sees them.
    pub fn lines(&self) -> Vec<String> {
        let all = self.tmux.ask(&["capture-pane", "-p", "-J", "-S", "-"]);
        let lines = all.trim_end().lines();
        lines.map(|line| line.trim_end().to_owned()).collect()
    }

    /// The same with what makes letters bold or gives them a colour.
    pub fn styled(&self) -> String {
        self.tmux
            .ask(&["capture-pane", "-p", "-e", "-J", "-S", "-"])
    }

    /// What tmux knows of the terminal.
    pub fn knows(&self, format: &str) -> String {
        let answer = self.tmux.ask(&["display-message", "-p", format]);
        answer.trim_end().to_owned()
    }

    /// Waits until the lines are as they should be, and returns them.
    pub fn until(&self, what: &str, hold: impl Fn(&[String]) -> bool) -> Vec<String> {
        let end = Instant::now() + PATIENCE;
        loop {
            let lines = self.lines();
            if hold(&lines) {
                return lines;
            }
            assert!(Instant::now() < end, "never so: {what}");
            // Not in the hope that something has happened: it is looked at again.
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits until a line contains this, and returns all lines.
    pub fn shows(&self, text: &str) -> Vec<String> {
        self.until(text, |lines| lines.iter().any(|line| line.contains(text)))
    }

    /// Waits until this is the last line: the prompt with what has been typed behind it.
    pub fn prompts(&self, last: &str) -> Vec<String> {
        self.until(last, |lines| lines.last().is_some_and(|line| line == last))
    }

    /// Waits for the end of the program: it had this exit status, and the terminal is as it was before.
    pub fn ends_with(&self, status: u8) {
        let is_end = |line: &String| line.contains("ended ");
        let lines = self.until("the client ends", |lines| lines.last().is_some_and(is_end));
        assert_eq!(lines.last(), Some(&format!("ended {status}")));
    }
}

impl Drop for Screen {
    #[allow(clippy::print_stderr, reason = "a failed test needs it")]
    fn drop(&mut self) {
        if thread::panicking() {
            let whole = ["capture-pane", "-p", "-J", "-S", "-"];
            let screen = self.tmux.try_ask(&whole);
            let screen = screen.unwrap_or_else(|error| error);
            eprintln!("the screen:\n{}\n", screen.trim_end());
        }
    }
}

/// What the lines show of what somebody said, in order.
pub fn said(lines: &[String], name: &str) -> Vec<String> {
    let said = lines.iter().filter_map(|line| {
        let (time, said) = line.split_at_checked("[12:03] ".len())?;
        let digit = |c: char| if c.is_ascii_digit() { '0' } else { c };
        let is_time = time.chars().map(digit).eq("[00:00] ".chars());
        let text = said.strip_prefix(name)?.strip_prefix(": ")?;
        is_time.then(|| text.to_owned())
    });
    said.collect()
}

/// Lines from 1 to `count`, told apart by their number.
pub fn numbered(word: impl Display, count: usize) -> Vec<String> {
    (1..=count)
        .map(|number| format!("{word} {number}"))
        .collect()
}
