//! The user interface at a terminal: the conversation, and below it one row in which the user types.
//!
//! ```text
//!  keys ──▶ input thread ── key, paste, focus ──▶ screen thread ── Event::Typed … ──▶ the inbox of main
//!                                                  │  ▲    has the typed line
//!                                                  │  └── nudge ──┐
//!                                                  ▼              │
//!                                              terminal         board ◀── show, ring, prompt ── main
//! ```
//!
//! The row is the last one on the screen, and it is never higher than one row: a longer line scrolls sideways. So a
//! resize or a character of unexpected width can spoil only that row, and never the conversation, which stays in the
//! terminal's own scrollback.
//!
//! | file | what it holds |
//! |---|---|
//! | `screen` | the screen thread, and the board through which other threads give it orders |
//! | `keys` | the keys, pastes and focus reports in the bytes that the terminal sends |
//! | `editor` | what keys and pastes do, without a terminal |
//! | `typed` | the typed line, with its cursor and what was cut |
//! | `row` | the bytes that paint the row |
//! | `queue` | the lines that wait for the screen |
//! | `history`, `tab` | the input history, and the Tab key |
//! | `job` | job control: how the job is stopped and continued |
//! | `tty` | the terminal's modes, and how they are restored |

mod editor;
mod history;
mod job;
mod keys;
mod queue;
mod row;
mod screen;
mod tab;
mod tty;
mod typed_line;

use std::convert::Infallible;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::Builder;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::client::{Event, Line};
use editor::Editor;
use history::History;
pub use job::is_own_stop;
pub use screen::Board;
use screen::{Screen, read_keys};
pub use tty::{is_capable, quit};

/// How long closing may take, even if the terminal accepts no output any more.
const CLOSE_TIME: Duration = Duration::from_secs(1);
/// The capacity of the channel for keys. If the terminal is stuck and the channel is full, the user has to wait too.
const KEYS_MAX: usize = 256;

/// The terminal. Dropping it restores the terminal; [`Terminal::close`] shows pending lines first.
pub struct Terminal {
    board: Arc<Board>,
    ended: Receiver<Infallible>,
}

impl Terminal {
    /// Configures the terminal and starts the threads. `history` is the file of the input history. Typed lines are sent
    /// to `inbox`.
    ///
    /// # Errors
    ///
    /// The terminal is not capable, see [`is_capable`], or a thread cannot be started.
    pub fn open(history: Option<PathBuf>, inbox: Sender<Event>, colours: bool) -> io::Result<Self> {
        tty::leave_on_panic();
        let (nudges, nudged) = bounded(1);
        let board = Arc::new(Board::new(nudges));
        let (history, complaint) = History::open(history);
        if let Some(complaint) = complaint {
            board.show(Line::notice(&complaint));
        }
        tty::enter()?;
        let (keys, pressed) = bounded(KEYS_MAX);
        // The thread ends if the terminal fails or the channel has no receiver.
        spawn(Builder::new().name("input".into()), move || drop(read_keys(&keys)))?;
        let screen =
            Screen::new(Arc::clone(&board), nudged, pressed, inbox, colours, Editor::new(history));
        let ended = spawn(Builder::new().name("screen".into()), move || screen.run())?;
        Ok(Self { board, ended })
    }

    /// The board, which takes orders from any thread.
    pub fn board(&self) -> &Arc<Board> {
        &self.board
    }

    /// Shows pending lines and restores the terminal. A half-typed line stays on the screen. Takes one second at most:
    /// if the terminal accepts no output any more, the threads are abandoned.
    pub fn close(self) {
        let deadline = Instant::now() + CLOSE_TIME;
        self.board.close();
        let _ = self.ended.recv_deadline(deadline);
        tty::forget_typed();
        // Dropping `self` does the rest.
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        tty::leave();
    }
}

/// Starts a thread, and returns a channel that is disconnected when the thread ends. The thread is not joined: a thread
/// that is stuck in a write to a stopped terminal must not keep the process alive.
fn spawn(
    thread: Builder,
    body: impl FnOnce() + Send + 'static,
) -> io::Result<Receiver<Infallible>> {
    let (ends, ended) = bounded::<Infallible>(0);
    thread.spawn(move || {
        let _ends = ends;
        body();
    })?;
    Ok(ended)
}

#[cfg(test)]
mod tests {
    use std::env;
    use std::fs;
    use std::process::{self, Command};

    use super::*;
    use crate::client::Prompt;

    const NAME: &str = "terminal::tests::a_program_that_panics";

    #[test]
    #[ignore = "the other test runs it in a terminal"]
    fn a_program_that_panics() {
        let terminal = Terminal::open(None, bounded(9).0, false).unwrap();
        terminal.board().set_prompt(Prompt { text: "> ".into(), ..Prompt::default() });
        panic!("as the test wants it");
    }

    #[test]
    fn a_panic_gives_the_terminal_back() {
        let folder = env::temp_dir().join(format!("chat-panic-{}", process::id()));
        fs::create_dir(&folder).unwrap();
        let (before, after) = (folder.join("before"), folder.join("after"));
        let program = env::current_exe().unwrap();
        // `script` provides a terminal for the shell. The paths may have spaces.
        let shell = format!(
            "stty -g >\"$BEFORE\"; \"$PROGRAM\" --ignored --exact {NAME} --nocapture; stty -g >\"$AFTER\""
        );
        let Ok(output) = Command::new("script")
            .args(["--quiet", "--command", &shell, "/dev/null"])
            .envs([("BEFORE", &before), ("PROGRAM", &program), ("AFTER", &after)])
            .env("TERM", "xterm")
            .output()
        else {
            return fs::remove_dir(&folder).unwrap();
        };
        let modes = [&before, &after].map(|file| fs::read_to_string(file).unwrap());
        assert_eq!(modes[0], modes[1]);
        let screen = String::from_utf8_lossy(&output.stdout);
        assert!(screen.contains("as the test wants it"), "{screen}");
        // Otherwise the shell would receive the marks around pasted text.
        let last = |report: &str| screen.rfind(report);
        assert!(last("\u{1b}[?2004h") < last("\u{1b}[?2004l"), "{screen:?}");
        fs::remove_dir_all(folder).unwrap();
    }
}
