//! What keys mean where they do not mean what rustyline takes them for.
//!
//! Messages wait while rustyline reads further keys for one that was pressed. With Ctrl-R, which searches the lines typed
//! before, they are shown with the next key, at the latest with the one that leaves the search. The same holds for a
//! repeat count, Alt with a digit or a minus: rustyline reads it before it asks [`Keys`]. The others do nothing here.

use std::mem;
use std::sync::Arc;
use std::time::Instant;

use parking_lot::Mutex;
use rustix::process::{Signal, getpid, kill_process};
use rustyline::{
    Cmd, ConditionalEventHandler, Event, EventContext, KeyCode, KeyEvent, Modifiers, Movement,
    RepeatCount,
};

use super::desk::{Desk, Finish};
use super::job;
use super::paste::{Paste, Pasted};
use super::tty;

/// The meaning of keys.
pub struct Keys {
    desk: Arc<Desk>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    paste: Paste,
    /// Ctrl-C was the last key: once more, and it leaves.
    leaving: bool,
    /// When the last key came.
    last: Option<Instant>,
}

impl Keys {
    /// Keys that act upon this desk.
    pub fn new(desk: Arc<Desk>) -> Self {
        Self { desk, state: Mutex::default() }
    }

    /// Has the editor end the line.
    fn finish(&self, finish: Finish) -> Cmd {
        *self.desk.finish.lock() = Some(finish);
        Cmd::AcceptLine
    }

    /// Sends the line with what was pasted at the cursor. That is not put into the editor's line first: it would be
    /// painted, only to be erased.
    fn send(&self, pasted: &str, context: &EventContext) -> Cmd {
        let (line, cursor) = (context.line(), context.pos());
        let (before, behind) = line.split_at_checked(cursor).unwrap_or((line, ""));
        self.finish(Finish::Line(format!("{before}{pasted}{behind}")))
    }

    fn pasted(&self, pasted: Pasted, context: &EventContext) -> Cmd {
        match pasted {
            Pasted::Line(text) => self.send(&text, context),
            Pasted::End(text) if !text.is_empty() => Cmd::Insert(1, text),
            Pasted::Nothing | Pasted::End(_) => Cmd::Noop,
        }
    }

    /// Ctrl-C clears the line. On an empty one it says how to leave, and then leaves.
    fn interrupt(&self, again: bool, empty: bool) -> Cmd {
        if !empty {
            return Cmd::Kill(Movement::WholeBuffer);
        }
        if again {
            return self.finish(Finish::Interrupted);
        }
        self.desk.screen.notice("-- Ctrl-C again, or Ctrl-D, leaves.");
        // What waits is shown with the next painting.
        Cmd::Repaint
    }

    fn tab(&self, backward: bool, empty: bool) -> Cmd {
        if empty {
            return self.finish(Finish::Tab);
        }
        self.desk.tab.lock().backward = backward;
        Cmd::Complete
    }

    /// Ctrl-Z: gives the terminal to the shell, and goes on when it comes back. What rustyline does for that key would
    /// give the shell a terminal without echo.
    fn suspend(&self) -> Cmd {
        self.desk.screen.editor_waits(false);
        self.desk.leave_prompt();
        tty::leave();
        job::stop();
        // The shell has told the editor of no new width.
        let _ = kill_process(getpid(), Signal::WINCH);
        // An error comes again from the editor, which is told what to do about it.
        let _ = tty::enter();
        self.desk.return_to_prompt();
        Cmd::Repaint
    }
}

impl ConditionalEventHandler for Keys {
    fn handle(
        &self,
        event: &Event,
        _count: RepeatCount,
        _positive: bool,
        context: &EventContext,
    ) -> Option<Cmd> {
        let key = *event.get(0)?;
        let mut state = self.state.lock();
        let again = mem::take(&mut state.leaving);
        let now = Instant::now();
        let last = state.last.replace(now).unwrap_or(now);
        if let Some(pasted) = state.paste.key(key, now - last) {
            return Some(self.pasted(pasted, context));
        }
        let empty = context.line().is_empty();
        let KeyEvent(code, modifiers) = key;
        match (code, modifiers) {
            (KeyCode::Enter, Modifiers::NONE) | (KeyCode::Char('J'), Modifiers::CTRL) => {
                Some(self.send("", context))
            }
            (KeyCode::Tab, Modifiers::NONE) => Some(self.tab(false, empty)),
            (KeyCode::BackTab, Modifiers::NONE) => Some(self.tab(true, empty)),
            (KeyCode::Char('C'), Modifiers::CTRL) => {
                state.leaving = empty;
                Some(self.interrupt(again, empty))
            }
            (KeyCode::Char('D'), Modifiers::CTRL) if empty => Some(self.finish(Finish::Ended)),
            (KeyCode::Char('Z'), Modifiers::CTRL) => Some(self.suspend()),
            // With these, rustyline waits for another key, and shows no messages meanwhile; two of them would even put
            // control characters into the line.
            (KeyCode::Char('Q' | 'V' | 'X' | ']'), Modifiers::CTRL)
            | (KeyCode::Char(']'), Modifiers::CTRL_ALT) => Some(Cmd::Noop),
            _ => None,
        }
    }
}
