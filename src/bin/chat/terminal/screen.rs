//! Who may write to the terminal, and what is still to be written.
//!
//! While a line is edited, all that is written must come from the line editor: it alone knows where the cursor is. So
//! the lines that wait are not handed to it one by one. They stand in a queue, and the editor, whenever it paints its
//! prompt and has just erased it, puts before the prompt all that waits ([`Screen::take`]). One write, one order, and
//! a burst of a thousand lines is one painting.
//!
//! An editor that paints nothing, since nobody types, is woken: rustyline prints a message above the prompt and paints
//! the prompt anew. The message is [`WAKE`], which shows nothing. One such message is under way at most, because sending
//! a second one would block until the editor reads.
//!
//! While no line is edited there is no prompt, and the printer thread writes the lines itself.

use std::time::{Duration, Instant};

use crossbeam_channel::Sender;
use parking_lot::{Condvar, Mutex};
use rustyline::ExternalPrinter;

use super::queue::Queue;
use super::tty;

/// Remembers where the cursor is, and ends with the line end that rustyline wants to see at the end of each message. It
/// goes up one row first, so that the line end never scrolls.
const WAKE: &str = "\u{1b}7\u{1b}[A\n";
/// Goes back to where the cursor was before [`WAKE`].
const AWAKE: &str = "\u{1b}8";

/// What the printer thread is sent for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Errand {
    /// To look whether there is something to write.
    Look,
    /// To do so for the last time.
    End,
}

/// Who may write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Owner {
    /// The printer thread: no line is edited.
    Printer,
    /// The line editor, which starts or ends to edit a line, and takes no message just now.
    Editor,
    /// The line editor, which waits for keys and for messages.
    WaitingEditor,
}

/// Who may write, and whether a message is under way to the editor.
#[derive(Debug)]
struct Stage {
    owner: Owner,
    waking: bool,
}

/// The screen, shared by all that has something to show.
pub struct Screen {
    queue: Mutex<Queue>,
    emptied: Condvar,
    /// Locked by the printer thread while it writes, so never by who must not wait for a terminal.
    stage: Mutex<Stage>,
    printer: Sender<Errand>,
    notice: Box<Notice>,
}

/// Gives a sentence the look of a notice.
pub type Notice = dyn Fn(&str) -> String + Send + Sync;

impl Screen {
    /// A screen that belongs to the printer thread, which waits for what `printer` sends. That channel holds one
    /// message: it says that there is something to do, not what.
    pub fn new(printer: Sender<Errand>, notice: Box<Notice>) -> Self {
        Self {
            queue: Mutex::default(),
            emptied: Condvar::new(),
            stage: Mutex::new(Stage { owner: Owner::Printer, waking: false }),
            printer,
            notice,
        }
    }

    /// Shows a line, given without its end. Never waits for the terminal.
    pub fn show(&self, line: String) {
        self.queue.lock().push(line);
        self.nudge();
    }

    /// Shows a sentence as a notice. Never waits for the terminal.
    pub fn notice(&self, sentence: &str) {
        self.show((self.notice)(sentence));
    }

    /// Rings the bell. Never waits for the terminal.
    pub fn ring(&self) {
        self.queue.lock().ring();
        self.nudge();
    }

    /// Has the printer thread look. Where it has not yet looked since the last time, once is enough.
    pub fn nudge(&self) {
        let _ = self.printer.try_send(Errand::Look);
    }

    /// Waits until all lines have been taken, or until the deadline. Says whether they have.
    pub fn wait_until_taken(&self, deadline: Instant) -> bool {
        let mut queue = self.queue.lock();
        while !queue.is_empty() {
            if self.emptied.wait_until(&mut queue, deadline).timed_out() {
                return false;
            }
        }
        true
    }

    /// From now on the line editor writes. Waits until the printer thread has written what it is at.
    pub fn give_to_editor(&self) {
        self.stage.lock().owner = Owner::Editor;
    }

    /// The editor waits for keys and messages, or does so no longer. Contract: only the editor's thread, while the
    /// terminal is in the editor's mode; otherwise rustyline would write [`WAKE`] at once, wherever the cursor is.
    pub fn editor_waits(&self, waits: bool) {
        let mut stage = self.stage.lock();
        stage.owner = if waits { Owner::WaitingEditor } else { Owner::Editor };
        drop(stage);
        if waits {
            self.nudge();
        }
    }

    /// From now on the printer thread writes.
    pub fn give_to_printer(&self) {
        self.stage.lock().owner = Owner::Printer;
        self.nudge();
    }

    /// What the editor paints before its prompt. `woken` says that it paints because of [`WAKE`].
    pub fn take(&self, woken: bool) -> String {
        let mut text = String::new();
        if woken {
            self.stage.lock().waking = false;
            text += AWAKE;
        }
        text + &self.take_lines()
    }

    /// The printer thread's work: writes what waits, or wakes the editor so that it does. `hold` says for how long the
    /// editor must not be woken; that long after this, there is still something to do.
    pub fn print(
        &self,
        editor: &mut impl ExternalPrinter,
        hold: impl FnOnce() -> Option<Duration>,
    ) -> Option<Duration> {
        let mut stage = self.stage.lock();
        if stage.owner == Owner::Printer {
            tty::write(&self.take_lines());
        } else if stage.owner == Owner::WaitingEditor
            && !stage.waking
            && !self.queue.lock().is_empty()
        {
            let hold = hold();
            if hold.is_some() {
                return hold;
            }
            // It does not block: the message before it has been read.
            stage.waking = editor.print(WAKE.to_owned()).is_ok();
        }
        None
    }

    fn take_lines(&self) -> String {
        let mut queue = self.queue.lock();
        let text = queue.take(&self.notice);
        self.emptied.notify_all();
        text
    }
}

#[cfg(test)]
mod tests;
