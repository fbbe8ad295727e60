//! A terminal that a test can read: tmux with nobody attached. Like the terminals of people, it keeps lines that have
//! scrolled away and rewraps lines when its width changes.

use std::env;
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::support::command;

pub const ROWS: u16 = 24;

/// More lines than any test shows.
const HISTORY_LINES: &str = "50000";

/// A tmux server with one terminal. Dropping it ends the program in the terminal too.
pub struct Tmux {
    socket: PathBuf,
}

impl Tmux {
    /// Runs a program in a new terminal with this environment only.
    pub fn run(program: &[String], columns: u16, environment: &[(String, String)]) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("chatserv-test-{}-{number}", std::process::id());
        let tmux = Self { socket: env::temp_dir().join(name) };
        let size = [columns.to_string(), ROWS.to_string()];
        let mut command = tmux.command();
        command
            .env_clear()
            .envs(env::var_os("PATH").map(|path| ("PATH", path)))
            .envs(environment.iter().cloned())
            .args(["-f", "/dev/null", "start-server", ";"])
            .args(["set-option", "-g", "status", "off", ";"])
            .args(["set-option", "-g", "history-limit", HISTORY_LINES, ";"])
            .args(["set-option", "-g", "default-terminal"])
            .args(["screen-256color", ";"])
            .args(["new-session", "-d", "-x", &size[0], "-y", &size[1]])
            .args(program);
        finish(&mut command, b"").unwrap();
        tmux
    }

    /// Runs a command of tmux, and returns what it prints.
    pub fn ask(&self, arguments: &[&str]) -> String {
        let answer = self.try_ask(arguments);
        answer.unwrap_or_else(|error| panic!("{arguments:?}: {error}"))
    }

    /// The same, returning the complaint if the command fails.
    pub fn try_ask(&self, arguments: &[&str]) -> Result<String, String> {
        finish(self.command().args(arguments), b"")
    }

    /// Runs a command of tmux that reads input.
    pub fn tell(&self, arguments: &[&str], input: &[u8]) {
        finish(self.command().args(arguments), input).unwrap();
    }

    fn command(&self) -> Command {
        let mut command = command("tmux");
        // UTF-8 in any locale.
        command.arg("-u").arg("-S").arg(&self.socket);
        command
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        let _ = self.command().arg("kill-server").output();
        let _ = fs::remove_file(&self.socket);
    }
}

/// Runs a command, and returns what it prints or its complaint.
fn finish(command: &mut Command, input: &[u8]) -> Result<String, String> {
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    if output.status.success() {
        Ok(String::from_utf8(output.stdout).expect("tmux speaks UTF-8"))
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}
