//! A terminal that a test can look at: tmux without anybody attached. It types keys, keeps what has scrolled away, and
//! wraps lines anew when its size changes, as the terminals do that people have.

use std::env;
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// How many rows a terminal of these tests has.
pub const ROWS: u16 = 24;

/// More lines than any test shows: what has scrolled away is looked at too.
const HISTORY_LINES: &str = "50000";

/// One tmux server with one terminal in it. Dropping it ends it, and with it what runs there.
pub struct Tmux {
    socket: PathBuf,
}

impl Tmux {
    /// Whether tmux is there. If not, says so.
    #[allow(
        clippy::print_stdout,
        reason = "cargo test shows it to whoever asks with --nocapture"
    )]
    pub fn is_installed() -> bool {
        let version = Command::new("tmux").arg("-V").output();
        if version.is_err() {
            println!("skipped: tmux is not installed");
        }
        version.is_ok()
    }

    /// Runs a program in a new terminal, with nothing in its environment but this.
    pub fn run(program: &[String], columns: u16, environment: &[(String, String)]) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("chatserv-test-{}-{number}", std::process::id());
        let tmux = Self {
            socket: env::temp_dir().join(name),
        };
        let size = [columns.to_string(), ROWS.to_string()];
        let mut command = tmux.command();
        command
            .env_clear()
            .envs(env::var_os("PATH").map(|path| ("PATH", path)))
            .envs(environment.iter().cloned())
            .args(["-f", "/dev/null", "start-server", ";"])
            // Nobody is attached, and all rows are the program's.
            .args(["set-option", "-g", "status", "off", ";"])
            .args(["set-option", "-g", "history-limit", HISTORY_LINES, ";"])
            .args([
                "set-option",
                "-g",
                "default-terminal",
                "screen-256color",
                ";",
            ])
            .args(["new-session", "-d", "-x", &size[0], "-y", &size[1]])
            .args(program);
        finish(&mut command, b"").unwrap();
        tmux
    }

    /// Gives tmux a command, and returns what it says.
    pub fn ask(&self, arguments: &[&str]) -> String {
        let answer = self.try_ask(arguments);
        answer.unwrap_or_else(|error| panic!("{arguments:?}: {error}"))
    }

    /// The same for whoever wants to know why it cannot be done, if it cannot.
    pub fn try_ask(&self, arguments: &[&str]) -> Result<String, String> {
        finish(self.command().args(arguments), b"")
    }

    /// Gives tmux a command that reads something.
    pub fn tell(&self, arguments: &[&str], input: &[u8]) {
        finish(self.command().args(arguments), input).unwrap();
    }

    fn command(&self) -> Command {
        let mut command = Command::new("tmux");
        // UTF-8, whatever the locale of who runs the tests.
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

/// Runs a command to its end, and returns what it printed, or its complaint.
fn finish(command: &mut Command, input: &[u8]) -> Result<String, String> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    if output.status.success() {
        Ok(String::from_utf8(output.stdout).expect("tmux speaks UTF-8"))
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}
