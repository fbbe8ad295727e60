//! What the threads around one line editor share.

use std::env;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use rustyline::GraphemeClusterMode;

use super::rows::{self, Painted};
use super::screen::Screen;
use super::tab::Tab;
use super::tty;
use crate::client::complete::Known;

/// While somebody drags the edge of a window, tmux wraps its rows anew at once and tells it only each quarter of a second.
/// So for a little more after each change nobody knows where the prompt stands.
const RESIZE_TIME: Duration = Duration::from_millis(300);

/// What the editor's thread, its keys and the rest of the program share.
pub struct Desk {
    /// Where lines are shown.
    pub screen: Screen,
    /// What a half-typed word could become.
    pub known: Mutex<Known>,
    /// What Tab has offered.
    pub tab: Mutex<Tab>,
    /// How the line that is edited has come to its end, once it has.
    pub finish: Mutex<Option<Finish>>,
    /// What the editor has painted; the width is 0 while it has painted nothing.
    painted: Mutex<Painted>,
    widths: GraphemeClusterMode,
    /// Whether this terminal wraps its rows anew when its width changes.
    reflows: bool,
    seen: Mutex<Seen>,
}

/// The width of the screen as it was seen last; 0 before.
#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    width: usize,
    /// When it was seen to differ from the one before.
    since: Option<Instant>,
    /// Whether the change before that one had been a short while before.
    again: bool,
}

impl Seen {
    /// Whether the screen has this width for a short while only.
    fn is_fresh(&self, now: Instant) -> bool {
        self.since.is_some_and(|since| now - since < RESIZE_TIME)
    }

    /// Whether somebody is dragging the edge of the window: the screen may have another width than it tells.
    fn is_dragged(&self, now: Instant) -> bool {
        self.again && self.is_fresh(now)
    }
}

/// How an edited line came to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finish {
    /// It is to be sent.
    Line(String),
    /// By Tab, while it was empty.
    Tab,
    /// By Ctrl-D, while it was empty.
    Ended,
    /// By Ctrl-C, twice.
    Interrupted,
}

impl Desk {
    /// A desk around this screen.
    pub fn new(screen: Screen) -> Self {
        Self {
            screen,
            known: Mutex::default(),
            tab: Mutex::default(),
            finish: Mutex::default(),
            painted: Mutex::default(),
            widths: GraphemeClusterMode::from_env(),
            reflows: reflows(|name| env::var_os(name).is_some()),
            seen: Mutex::default(),
        }
    }

    /// The editor begins a line.
    pub fn begin_line(&self) {
        *self.finish.lock() = None;
        *self.painted.lock() = Painted::default();
    }

    /// The editor is about to erase what it has painted, and to paint this. `last` says that the line ends with it.
    pub fn before_painting(&self, line: &str, cursor: usize, last: bool) {
        let correction = self.repaint(line, cursor, last, (tty::width(), Instant::now()));
        if self.reflows {
            tty::write(&correction);
        }
    }

    /// The same on a screen that has this width now. Returns what is to be written before.
    fn repaint(&self, line: &str, cursor: usize, last: bool, seen: (usize, Instant)) -> String {
        let (width, now) = seen;
        let is_dragged = self.note_width(width, now).is_dragged(now);
        let mut painted = self.painted.lock();
        let correction = self.correction(&painted, width, is_dragged);
        // It learns of a new width by a signal, and then it paints what was there before. Keys that it has read
        // together come before the signal: what they paint is still meant for the old width.
        let is_by_signal = !last && painted.line == line && painted.cursor == cursor;
        if is_by_signal && painted.screen != 0 || painted.is_one_row(width, self.widths) {
            painted.width = width;
        }
        painted.line = line.to_owned();
        painted.cursor = cursor;
        painted.screen = width;
        correction
    }

    /// For how long the editor must not print a message, since its prompt may stand elsewhere than it believes: it would
    /// erase rows of the conversation. None if it may.
    pub fn hold(&self) -> Option<Duration> {
        let (width, now) = (tty::width(), Instant::now());
        let since = self.note_width(width, now).since;
        let painted = self.painted.lock();
        // The signal that tells of the new width has not reached the editor yet, which will then paint. A single row
        // that still fits is not painted anew, and it stands where it stood.
        if painted.width != width && !painted.is_one_row(width, self.widths) {
            return Some(RESIZE_TIME);
        }
        RESIZE_TIME.checked_sub(now - since?).filter(|hold| !hold.is_zero())
    }

    /// Remembers the width of the screen.
    fn note_width(&self, width: usize, now: Instant) -> Seen {
        let mut seen = self.seen.lock();
        if seen.width != width {
            *seen =
                Seen { width, since: (seen.width != 0).then_some(now), again: seen.is_fresh(now) };
        }
        *seen
    }

    /// The editor paints this prompt. While it searches its history, it has another one.
    pub fn painting_prompt(&self, prompt: &str) {
        prompt.clone_into(&mut self.painted.lock().prompt);
    }

    /// What was typed so far, before the cursor and behind it.
    pub fn half_typed(&self) -> (String, String) {
        let painted = self.painted.lock();
        let (before, behind) =
            painted.line.split_at_checked(painted.cursor).unwrap_or((&painted.line, ""));
        (before.to_owned(), behind.to_owned())
    }

    /// Whether nothing has been typed, or nothing is left of it.
    pub fn is_empty(&self) -> bool {
        self.painted.lock().line.is_empty()
    }

    /// Erases the prompt and the line, after the editor has gone to the row below its cursor.
    pub fn erase_line(&self) {
        let (width, now) = (tty::width(), Instant::now());
        let is_dragged = self.note_width(width, now).is_dragged(now);
        let painted = self.painted.lock();
        if painted.screen == 0 {
            return;
        }
        // What is left over is a copy of the line. Going up would perhaps erase what others have said.
        let is_known = painted.is_one_row(width, self.widths) || !is_dragged;
        if is_known && let Some(stands) = painted.stands(width, self.widths) {
            tty::write(&(rows::up(1) + &rows::erase(&stands)));
        }
    }

    /// Goes to the row below the prompt and the line.
    pub fn leave_prompt(&self) {
        tty::write(&rows::leave(&self.painted.lock().layout(self.widths)));
    }

    /// Makes room, from this row on, for what the editor believes to be on the screen.
    pub fn return_to_prompt(&self) {
        let mut painted = self.painted.lock();
        tty::write(&rows::make_room(&painted.layout(self.widths)));
        // Nothing is painted there yet.
        painted.screen = 0;
    }

    /// What the editor is about to erase stands elsewhere, since the terminal has wrapped it anew or it was painted for
    /// another width: the editor would erase rows of the conversation, or leave some of its own. So it is erased here,
    /// and the cursor goes to where the editor, by what it believes, will erase empty rows and end at the prompt's first
    /// one. Where nobody knows how the rows stand, they stay: rather a copy of the line too many than a message less.
    fn correction(&self, painted: &Painted, width: usize, is_dragged: bool) -> String {
        if painted.screen == 0 || painted.is_one_row(width, self.widths) {
            return String::new();
        }
        let believed = painted.layout(self.widths);
        let stands = painted.stands(width, self.widths);
        let room = rows::make_room(&believed);
        match stands {
            Some(stands) if !is_dragged => {
                if painted.screen == width && painted.width == width {
                    return String::new();
                }
                rows::erase(&stands) + &room
            }
            _ => rows::begin_below(&believed) + &room,
        }
    }
}

/// Whether a terminal with these variables in its environment wraps its rows anew. Nearly all do; xterm and GNU screen
/// cut them off. Inside of tmux, what counts is tmux.
fn reflows(is_set: impl Fn(&str) -> bool) -> bool {
    is_set("TMUX") || !(is_set("XTERM_VERSION") || is_set("STY"))
}

#[cfg(test)]
mod tests;
