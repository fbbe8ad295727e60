//! The hooks in rustyline's painting.
//!
//! rustyline asks [`Highlighter::highlight_char`] before each painting, and paints all anew where the answer is yes,
//! instead of a letter here and there. The answer here is always yes. So there is exactly one call before each painting,
//! which knows what is erased and what comes in its place, and one of [`Highlighter::highlight_prompt`] within it, right
//! after the prompt was erased. Only where rustyline prints a message above the prompt, the first call is missing: thus
//! one knows that the message has come.

use std::borrow::Cow;
use std::cell::Cell;
use std::sync::Arc;

use rustyline::completion::Completer;
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::Hinter;
use rustyline::history::FileHistory;
use rustyline::validate::Validator;
use rustyline::{Context, Editor, Helper};

use super::desk::Desk;

/// rustyline's editor, with our painter.
pub type LineEditor = Editor<Painter, FileHistory>;

/// Paints the prompt, and before it the lines that wait.
pub struct Painter {
    desk: Arc<Desk>,
    /// Whether a painting has been announced.
    announced: Cell<bool>,
}

impl Painter {
    /// One that paints what this desk has.
    pub fn new(desk: Arc<Desk>) -> Self {
        Self { desk, announced: Cell::new(false) }
    }
}

impl Highlighter for Painter {
    fn highlight_char(&self, line: &str, cursor: usize, kind: CmdKind) -> bool {
        self.announced.set(true);
        // The forced ones are the last of a line.
        let last = kind == CmdKind::ForcedRefresh;
        self.desk.before_painting(line, cursor, last);
        self.desk.screen.editor_waits(!last);
        true
    }

    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(
        &'s self,
        prompt: &'p str,
        _default: bool,
    ) -> Cow<'b, str> {
        let woken = !self.announced.replace(false);
        self.desk.painting_prompt(prompt);
        Cow::Owned(self.desk.screen.take(woken) + prompt)
    }
}

impl Completer for Painter {
    type Candidate = String;

    /// At most one candidate: rustyline puts it into the line at once, and does not wait for further keys, during which
    /// it would show no messages.
    fn complete(
        &self,
        line: &str,
        cursor: usize,
        _context: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<String>)> {
        let known = self.desk.known.lock();
        let complete = |line: &str, cursor| known.complete(line, cursor);
        let choice = self.desk.tab.lock().choose(line, cursor, complete);
        let (start, candidate) = choice.unzip();
        Ok((start.unwrap_or(cursor), Vec::from_iter(candidate)))
    }
}

impl Hinter for Painter {
    type Hint = String;
}

impl Validator for Painter {}

impl Helper for Painter {}
