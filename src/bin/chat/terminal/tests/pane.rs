//! A pane of tmux with the program in it.

use std::env;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::process::{self, Command};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use super::program::{HISTORY, SOCKET};

/// So long a test waits for what must come.
const DEADLINE: Duration = Duration::from_secs(20);
/// How often it looks.
const LOOK_PAUSE: Duration = Duration::from_millis(20);

/// A pane with a shell, in which the program runs.
pub struct Pane {
    server: String,
    folder: PathBuf,
    program: BufReader<UnixStream>,
}

impl Pane {
    /// Starts a shell in a pane of this size, and in it the program. Its first turn is still to be given.
    pub fn start(test: &str, columns: usize, rows: usize) -> Self {
        let server = format!("chat-{test}-{}", process::id());
        let folder = env::temp_dir().join(&server);
        fs::create_dir_all(&folder).unwrap();
        let socket = folder.join("socket");
        let listener = UnixListener::bind(&socket).unwrap();
        let (connected, connection) = mpsc::channel();
        thread::spawn(move || connected.send(listener.accept()));

        let size = [columns.to_string(), rows.to_string()];
        let shell = "env PS1='$ ' HISTFILE= bash --norc --noprofile";
        let new_session = ["new-session", "-d", "-x", &size[0], "-y", &size[1], shell];
        // A row that was scrolled away is to be looked at too.
        let set_limit = ["set-option", "-g", "history-limit", "20000", ";"];
        tmux(&server, &[&["start-server", ";"], &set_limit[..], &new_session].concat());
        // In a script, since the line that starts it would fill half the screen.
        let script = format!(
            "export {SOCKET}={} {HISTORY}={}\n\
             '{}' --ignored --exact terminal::tests::program::program --nocapture --quiet\n",
            socket.display(),
            folder.join("state/history").display(),
            env::current_exe().unwrap().display(),
        );
        fs::write(folder.join("run"), script).unwrap();
        let run = format!(
            "stty -g > {0}/before; . {0}/run; stty -g > {0}/after.part; mv {0}/after.part {0}/after",
            folder.display()
        );
        fs::write(folder.join("r"), run).unwrap();
        tmux(&server, &["send-keys", &format!(". {}/r", folder.display()), "Enter"]);
        let (stream, _) = connection
            .recv_timeout(DEADLINE)
            .expect("the program connects soon after it was started")
            .unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        let pane = Self { server, folder, program: BufReader::new(stream) };
        // Nothing of how it was started is left to count.
        pane.tmux(&["clear-history"]);
        pane
    }

    /// The same, on a clean screen and with the first turn given.
    pub fn start_typing(test: &str, columns: usize, rows: usize) -> Self {
        let mut pane = Self::start(test, columns, rows);
        pane.order("turn > ");
        pane.wait_until("there is a prompt", |screen| screen.ends_with("> "));
        pane
    }

    /// Tells the program what to do.
    pub fn order(&mut self, order: &str) {
        writeln!(self.program.get_mut(), "{order}").unwrap();
    }

    /// The next event that the program has had.
    pub fn event(&mut self) -> String {
        let mut event = String::new();
        self.program.read_line(&mut event).unwrap();
        event.trim_end().to_owned()
    }

    /// Lets tmux do something, and returns what it says.
    pub fn tmux(&self, arguments: &[&str]) -> String {
        tmux(&self.server, arguments)
    }

    /// Presses keys by the names that tmux has for them.
    pub fn press(&self, keys: &[&str]) {
        self.tmux(&[&["send-keys"], keys].concat());
    }

    /// Types letters.
    pub fn type_text(&self, text: &str) {
        self.tmux(&["send-keys", "-l", "--", text]);
    }

    /// Pastes, with the marks around it if the program has asked for them and `bracketed` says so.
    pub fn paste(&self, text: &str, bracketed: bool) {
        let file = self.folder.join("paste");
        fs::write(&file, text).unwrap();
        self.tmux(&["load-buffer", &file.display().to_string()]);
        self.tmux(if bracketed { &["paste-buffer", "-p"] } else { &["paste-buffer"] });
    }

    /// Gives the screen another width, and waits until the program can know it.
    pub fn resize(&self, columns: usize) {
        self.tmux(&["resize-window", "-x", &columns.to_string()]);
        let tty = self.tmux(&["display-message", "-p", "#{pane_tty}"]);
        let deadline = Instant::now() + DEADLINE;
        loop {
            let stty = Command::new("stty").args(["-F", tty.trim(), "size"]).output().unwrap();
            let size = String::from_utf8_lossy(&stty.stdout).into_owned();
            if size.trim().ends_with(&format!(" {columns}")) {
                return;
            }
            assert!(Instant::now() < deadline, "still {size}");
            thread::sleep(LOOK_PAUSE);
        }
    }

    /// All lines that were ever shown: where the terminal has wrapped one, its rows are joined.
    pub fn lines(&self) -> Vec<String> {
        let text = self.tmux(&["capture-pane", "-p", "-J", "-S", "-"]);
        text.lines().map(|line| line.trim_end().to_owned()).collect()
    }

    /// Waits until the screen looks so. It ends with what stands before the cursor.
    pub fn wait_until(&self, what: &str, looks: impl Fn(&str) -> bool) {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let screen = self.to_cursor();
            if looks(&screen) {
                return;
            }
            assert!(
                Instant::now() < deadline,
                "{what}:\n{screen}\n=====\n{}",
                self.lines().join("\n")
            );
            thread::sleep(LOOK_PAUSE);
        }
    }

    /// Waits for a file of the test's folder, and returns its text.
    pub fn wait_for_file(&self, name: &str) -> String {
        let deadline = Instant::now() + DEADLINE;
        loop {
            if let Ok(text) = fs::read_to_string(self.folder.join(name)) {
                return text;
            }
            let lines = self.lines();
            assert!(Instant::now() < deadline, "no {name}: {lines:#?}");
            thread::sleep(LOOK_PAUSE);
        }
    }

    /// The visible rows up to the cursor.
    fn to_cursor(&self) -> String {
        // One command, so that both are of one moment.
        let text = self.tmux(&[
            "display-message",
            "-p",
            "#{cursor_x} #{cursor_y}",
            ";",
            "capture-pane",
            "-p",
            "-N",
        ]);
        let (cursor, rows) = text.split_once('\n').unwrap();
        let (column, row) = cursor.split_once(' ').unwrap();
        let (column, row): (usize, usize) = (column.parse().unwrap(), row.parse().unwrap());
        let mut rows: Vec<String> = rows.lines().take(row + 1).map(str::to_owned).collect();
        let last = rows.pop().unwrap_or_default();
        let mut width = 0;
        let before = last.chars().take_while(|&letter| {
            width += unicode_width::UnicodeWidthChar::width(letter).unwrap_or(0);
            width <= column
        });
        rows.push(before.collect());
        rows.join("\n")
    }
}

impl Drop for Pane {
    fn drop(&mut self) {
        let _ = Command::new("tmux").args(["-L", &self.server, "kill-server"]).output();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn tmux(server: &str, arguments: &[&str]) -> String {
    let output = Command::new("tmux")
        .args(["-L", server, "-f", "/dev/null", "-u"])
        .args(arguments)
        .env_remove("TMUX")
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "tmux {arguments:?}: {error}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}
