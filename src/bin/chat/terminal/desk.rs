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
#[derive(Debug, Default)]
struct Seen {
    width: usize,
    /// When it was seen to differ from the one before.
    since: Option<Instant>,
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

    /// The editor is about to erase what it has painted, and to paint this.
    pub fn before_painting(&self, line: &str, cursor: usize) {
        let width = tty::width();
        self.note_width(width);
        let mut painted = self.painted.lock();
        if self.reflows && painted.width != 0 && painted.width != width {
            tty::write(&self.after_resize(&painted, width));
        }
        painted.line = line.to_owned();
        painted.cursor = cursor;
        painted.width = width;
    }

    /// For how long the editor must not print a message, since its prompt may stand elsewhere than it believes: it would
    /// erase rows of the conversation. None if it may.
    pub fn hold(&self) -> Option<Duration> {
        let width = tty::width();
        let since_resize = self.note_width(width);
        let painted = self.painted.lock();
        let end = painted.layout(self.widths).end;
        // The signal that tells of the new width has not reached the editor yet, which will then paint. A single row
        // that still fits is not painted anew, and it stands where it stood.
        let is_repainted = end.row > 0 || end.column >= width;
        if painted.width != 0 && painted.width != width && is_repainted {
            return Some(RESIZE_TIME);
        }
        RESIZE_TIME
            .checked_sub(since_resize?)
            .filter(|hold| !hold.is_zero())
    }

    /// How long ago the screen got this width; none if it has had no other one.
    fn note_width(&self, width: usize) -> Option<Duration> {
        let mut seen = self.seen.lock();
        if seen.width != width {
            seen.since = (seen.width != 0).then(Instant::now);
            seen.width = width;
        }
        seen.since.map(|since| since.elapsed())
    }

    /// The editor paints this prompt. While it searches its history, it has another one.
    pub fn painting_prompt(&self, prompt: &str) {
        prompt.clone_into(&mut self.painted.lock().prompt);
    }

    /// What was typed so far, before the cursor and behind it.
    pub fn half_typed(&self) -> (String, String) {
        let painted = self.painted.lock();
        let (before, behind) = painted
            .line
            .split_at_checked(painted.cursor)
            .unwrap_or((&painted.line, ""));
        (before.to_owned(), behind.to_owned())
    }

    /// Erases the prompt and the line, after the editor has gone to the row below its cursor.
    pub fn erase_line(&self) {
        let painted = self.painted.lock();
        if painted.width != 0 {
            let mut layout = painted.layout(self.widths);
            layout.cursor.row += 1;
            tty::write(&rows::erase(&layout));
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
        // The room was made for what the editor believes, whatever the width is by now.
        painted.width = tty::width();
    }

    /// What the editor is about to erase stands elsewhere since the terminal has wrapped it anew: it would erase rows of
    /// the conversation, or leave some of its own. So it is erased here, and the cursor goes to where the editor, by what
    /// it believes, will erase empty rows and end at the prompt's first one.
    fn after_resize(&self, painted: &Painted, width: usize) -> String {
        let stands = painted.reflowed(width, self.widths);
        rows::erase(&stands) + &rows::make_room(&painted.layout(self.widths))
    }
}

/// Whether a terminal with these variables in its environment wraps its rows anew. Nearly all do; xterm and GNU screen
/// cut them off. Inside of tmux, what counts is tmux.
fn reflows(is_set: impl Fn(&str) -> bool) -> bool {
    is_set("TMUX") || !(is_set("XTERM_VERSION") || is_set("STY"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xterm_and_screen_do_not_wrap_anew_unless_tmux_runs_in_them() {
        for (variables, expected) in [
            (&[][..], true),
            (&["XTERM_VERSION"], false),
            (&["STY"], false),
            (&["TMUX"], true),
            (&["XTERM_VERSION", "TMUX"], true),
        ] {
            let is_set = |name: &str| variables.contains(&name);
            assert_eq!(reflows(is_set), expected, "{variables:?}");
        }
    }
}
