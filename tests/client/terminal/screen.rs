//! A person at a terminal: typing, and reading the screen.

use std::fmt::Display;
use std::process::Command;
use std::thread;

use rustix::process::{Pid, Signal, kill_process};

use super::tmux::Tmux;
use crate::support::directory::Directory;
use crate::support::{Server, find, until};
use crate::url;

/// A script that runs its arguments again whenever Enter is pressed after their end. It prints the exit status and whether
/// the terminal has changed, writes the process id into a file, and ignores Ctrl-C itself.
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

/// A program to run in a terminal.
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

    /// An interactive shell.
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

    /// With this width instead of 80 columns.
    pub fn columns(self, columns: u16) -> Self {
        Self { columns, ..self }
    }

    /// With one more variable in the environment.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Starts it; none without tmux.
    pub fn open(self) -> Option<Screen> {
        find("tmux")?;
        let directory = Directory::new("screen");
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
        Some(Screen { tmux: Tmux::run(&self.program, self.columns, &environment), directory })
    }
}

/// A program in a terminal.
pub struct Screen {
    pub tmux: Tmux,
    /// The home directory, with the client's files.
    pub directory: Directory,
}

impl Screen {
    /// The client with this name, ready to type; none without tmux.
    pub fn of(name: &str, server: &Server) -> Option<Self> {
        Self::with_flags(name, server, &[])
    }

    /// The same with more flags of the client.
    pub fn with_flags(name: &str, server: &Server, flags: &[&str]) -> Option<Self> {
        let url = url(server.port);
        let arguments = [&[name, &url], flags].concat();
        let screen = Setup::chat(&arguments).open()?;
        screen.is_ready();
        Some(screen)
    }

    /// The client with this name in an interactive shell, ready to type; none without tmux.
    pub fn in_shell(name: &str, server: &Server) -> Option<Self> {
        let screen = Setup::shell().open()?;
        screen.prompts("$");
        screen.says(&format!("\"{}\" {name} {}", env!("CARGO_BIN_EXE_chat"), url(server.port)));
        screen.is_ready();
        Some(screen)
    }

    /// Waits for the first prompt.
    pub fn is_ready(&self) {
        self.until("the client is ready", |lines| {
            let registered = "Registration successful.  Ready for messaging!";
            let is_prompt = |line: &String| line.ends_with('>');
            lines.iter().any(|line| line == registered) && lines.last().is_some_and(is_prompt)
        });
    }

    /// Types without Enter.
    pub fn types(&self, text: &str) {
        self.tmux.ask(&["send-keys", "-l", "--", text]);
    }

    /// Presses keys by their tmux names, separated by blanks.
    pub fn presses(&self, keys: &str) {
        let keys: Vec<&str> = keys.split(' ').collect();
        self.tmux.ask(&[&["send-keys"], &keys[..]].concat());
    }

    /// Types a line and Enter.
    pub fn says(&self, line: &str) {
        self.types(line);
        self.presses("Enter");
    }

    /// Pastes a text; `bracketed` if the program has asked for bracketed paste.
    pub fn pastes(&self, text: &str, bracketed: bool) {
        self.tmux.tell(&["load-buffer", "-"], text.as_bytes());
        let how: &[&str] = if bracketed { &["-p"] } else { &[] };
        self.tmux.ask(&[&["paste-buffer"], how].concat());
    }

    /// The window loses the focus, as a terminal reports it.
    pub fn loses_focus(&self) {
        self.tmux.ask(&["send-keys", "-H", "1b", "5b", "4f"]);
    }

    /// Sends the client a signal.
    pub fn signal(&self, signal: Signal) {
        let pid = self.directory.read("pid").trim().parse().unwrap();
        kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap();
    }

    /// Sends a signal to the program with this name that has the terminal.
    pub fn signal_program(&self, name: &str, signal: Signal) {
        let tty = self.knows("#{pane_tty}").replace("/dev/", "");
        let found = Command::new("pgrep").args(["-x", name, "-t", &tty]).output().unwrap();
        let pid = String::from_utf8(found.stdout).unwrap().trim().parse().unwrap();
        kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap();
    }

    /// All lines, also those that have scrolled away. What the terminal or the client has broken into rows is joined, and
    /// trailing blanks are removed.
    pub fn lines(&self) -> Vec<String> {
        let all = self.tmux.ask(&["capture-pane", "-p", "-J", "-S", "-"]);
        let mut lines: Vec<String> = Vec::new();
        for row in all.trim_end().lines() {
            match lines.last_mut() {
                // The client indents the further rows of a line.
                Some(line) if row.starts_with("   ") => {
                    line.push(' ');
                    line.push_str(row.trim());
                }
                _ => lines.push(row.trim_end().to_owned()),
            }
        }
        lines
    }

    /// The same as text with its escape sequences for bold text and colours.
    pub fn styled(&self) -> String {
        self.tmux.ask(&["capture-pane", "-p", "-e", "-J", "-S", "-"])
    }

    /// A value that tmux knows about the terminal.
    pub fn knows(&self, format: &str) -> String {
        let answer = self.tmux.ask(&["display-message", "-p", format]);
        answer.trim_end().to_owned()
    }

    /// Waits until the lines fit, and returns them.
    pub fn until(&self, what: &str, hold: impl Fn(&[String]) -> bool) -> Vec<String> {
        let mut lines = Vec::new();
        until(what, || {
            lines = self.lines();
            hold(&lines)
        });
        lines
    }

    /// Waits until a line contains this, and returns all lines.
    pub fn shows(&self, text: &str) -> Vec<String> {
        self.until(text, |lines| lines.iter().any(|line| line.contains(text)))
    }

    /// Waits until this is the last line: the prompt and the typed text.
    pub fn prompts(&self, last: &str) -> Vec<String> {
        self.until(last, |lines| lines.last().is_some_and(|line| line == last))
    }

    /// Waits for the end of the client. It exits with this status, and the terminal is as before.
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

/// The messages of one person on the screen, in order.
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

/// Lines numbered from 1 to `count`.
pub fn numbered(word: impl Display, count: usize) -> Vec<String> {
    (1..=count).map(|number| format!("{word} {number}")).collect()
}
