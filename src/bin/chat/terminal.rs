//! The terminal of a person: a line that is being typed, and the conversation above it.
//!
//! ```text
//!              turn(prompt)                    Event::Typed …
//!  main ───────────────────────▶ input thread ───────────────▶ the inbox of main
//!   │                            (line editor)
//!   │ show, ring                     ▲    │ takes the lines while it paints
//!   └─────────────▶ queue            │    ▼
//!                     │   wakes ─────┘  terminal
//!                     ▼     │             ▲
//!                  printer thread ────────┘ while no line is edited
//! ```
//!
//! | file | what it holds |
//! |---|---|
//! | `input` | the input thread: a turn, a line, an event |
//! | `screen`, `queue` | the lines that wait, and who may write them |
//! | `painter` | the hooks in rustyline's painting, through which all lines go |
//! | `keys`, `paste`, `tab` | what keys mean |
//! | `desk` | what these share |
//! | `rows` | which rows the prompt and the line take |
//! | `history` | the typed lines in a file |
//! | `job` | how the shell stops it and lets it go on |
//! | `tty` | the terminal's modes, and how they are put back |

mod desk;
mod history;
mod input;
mod job;
mod keys;
mod painter;
mod paste;
mod queue;
mod rows;
mod screen;
mod tab;
mod tty;

use std::convert::Infallible;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread::Builder;
use std::time::{Duration, Instant};

use chatserv::protocol::clean;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded, unbounded};
use parking_lot::MutexGuard;
use rustix::process::{Signal, getpid, kill_process};
use rustyline::ExternalPrinter;
use signal_hook::consts::SIGINT;

use crate::client::Event;
use crate::client::complete::Known;
use desk::Desk;
use history::Keeper;
use input::Input;
use screen::{Errand, Notice, Screen};
pub use tty::is_capable;

/// Closing takes no longer, even where the terminal takes nothing any more.
const CLOSE_TIME: Duration = Duration::from_secs(1);
/// A read that did not end by a signal gets another one after so long: the first may have come just before it began.
const SIGNAL_PAUSE: Duration = Duration::from_millis(50);

/// The terminal. Dropping it gives the terminal back as it was; [`Terminal::close`] shows first what still waits.
pub struct Terminal {
    desk: Arc<Desk>,
    turns: Sender<String>,
    errands: Sender<Errand>,
    input_ended: Receiver<Infallible>,
    printer_ended: Receiver<Infallible>,
}

impl Terminal {
    /// Starts the threads. Nothing is read before the first [`Terminal::turn`], and until then the terminal stays as it
    /// is, with Ctrl-C as a signal. `history` is the file of the typed lines; what is typed comes into `inbox`; `notice`
    /// gives a sentence the look of a notice.
    ///
    /// # Errors
    ///
    /// There is no terminal, see [`is_capable`]; or there are no threads or signals to be had.
    pub fn open(
        history: Option<PathBuf>,
        inbox: Sender<Event>,
        notice: Box<Notice>,
    ) -> io::Result<Self> {
        tty::leave_on_panic();
        // Closing interrupts the read by a signal. Outside of a read that must not be the end of the process.
        signal_hook::flag::register(SIGINT, Arc::new(AtomicBool::new(false)))?;
        let (errands, waiting_errands) = bounded(1);
        let desk = Arc::new(Desk::new(Screen::new(errands.clone(), notice)));
        let mut editor = input::editor(&desk).map_err(io::Error::other)?;
        let printer = editor.create_external_printer().map_err(io::Error::other)?;
        let (turns, waiting_turns) = unbounded();
        let input = Input {
            editor,
            desk: Arc::clone(&desk),
            keeper: Keeper::new(history),
            turns: waiting_turns,
            inbox,
        };
        let input_ended = spawn(Builder::new().name("input".into()), move || input.run())?;
        let shared = Arc::clone(&desk);
        let printer_ended = spawn(Builder::new().name("printer".into()), move || {
            print(&shared, &waiting_errands, printer);
        })?;
        Ok(Self { desk, turns, errands, input_ended, printer_ended })
    }

    /// Shows a line, given without its end. Never waits for the terminal.
    pub fn show(&self, line: String) {
        self.desk.screen.show(line);
    }

    /// Rings the bell. Never waits for the terminal.
    pub fn ring(&self) {
        self.desk.screen.ring();
    }

    /// Lets the next line be typed, behind this prompt. Once at the start, and once for each line and each Tab.
    pub fn turn(&self, prompt: &str) {
        // The layout of the screen counts columns, so the prompt must be what it looks like. Where the input thread has
        // ended, nothing will be typed.
        let _ = self.turns.send(clean(prompt.as_bytes()).text);
    }

    /// What half-typed words can become.
    pub fn known(&self) -> MutexGuard<'_, Known> {
        self.desk.known.lock()
    }

    /// Shows what still waits and gives the terminal back as it was. A half-typed line stays where it is. Takes a second
    /// at most: where the terminal takes nothing any more, the threads are left to their fate.
    pub fn close(mut self) {
        let deadline = Instant::now() + CLOSE_TIME;
        // No more turns.
        self.turns = unbounded().0;
        // Above the half-typed line, if that works.
        self.desk.screen.wait_until_taken(deadline - CLOSE_TIME / 2);
        if self.interrupt(deadline) {
            // And below it what has come meanwhile.
            let _ = self.errands.send_deadline(Errand::End, deadline);
            let _ = self.printer_ended.recv_deadline(deadline);
        }
        tty::forget_typed();
        // What else there is to do, dropping does.
    }

    /// Ends the input thread, and says whether it has ended. In a read only a signal reaches it, for which rustyline
    /// gives up the line.
    fn interrupt(&self, deadline: Instant) -> bool {
        loop {
            let _ = kill_process(getpid(), Signal::INT);
            match self.input_ended.recv_timeout(SIGNAL_PAUSE) {
                Err(RecvTimeoutError::Timeout) if Instant::now() < deadline => {}
                Err(RecvTimeoutError::Timeout) => return false,
                _ => return true,
            }
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        tty::leave();
    }
}

/// The printer thread's work: an errand, a look, and another look where it came too early.
fn print(desk: &Desk, errands: &Receiver<Errand>, mut editor: impl ExternalPrinter) {
    let mut again = None;
    loop {
        let errand = match again {
            Some(time) => errands.recv_timeout(time),
            None => errands.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        if errand == Err(RecvTimeoutError::Disconnected) {
            return;
        }
        again = desk.screen.print(&mut editor, || desk.hold());
        if errand == Ok(Errand::End) {
            return;
        }
    }
}

/// Starts a thread, and returns what is disconnected when it ends. It is not joined: a thread that is stuck in a write
/// to a stopped terminal must not keep the process alive.
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
mod tests;
