//! What the threads around one line editor share.

use std::env;

use parking_lot::Mutex;
use rustyline::GraphemeClusterMode;

use super::rows::{self, Painted};
use super::screen::Screen;
use super::tab::Tab;
use super::tty;
use crate::client::complete::Known;

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
        let mut painted = self.painted.lock();
        if self.reflows && painted.width != 0 && painted.width != width {
            tty::write(&self.after_resize(&painted, width));
        }
        painted.line = line.to_owned();
        painted.cursor = cursor;
        painted.width = width;
    }

    /// Whether the screen has another width now, and the signal that says so has not reached the editor yet. Then the
    /// editor must not print a message: it would erase rows where its prompt no longer stands. It will paint soon.
    pub fn is_being_resized(&self) -> bool {
        let painted = self.painted.lock();
        let width = tty::width();
        let end = painted.layout(self.widths).end;
        // A single row that still fits is not painted anew, and it stands where it stood.
        let is_repainted = end.row > 0 || end.column >= width;
        painted.width != 0 && painted.width != width && is_repainted
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
