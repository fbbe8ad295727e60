//! Questions to the user. The prompt shows the question, and `y` or `n` answers it.

use chatserv::chat::Request;

use super::Session;
use crate::client::phrases::counted;
use crate::client::{Effect, Now};

/// The maximum number of held lines that are shown with the question.
const HELD_SHOWN_MAX: usize = 5;

/// An open question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Question {
    /// Whether to send the lines that were typed without a connection.
    Held,
    /// Whether to send these pasted lines.
    Pasted(Vec<String>),
    /// Whether to do something irreversible; the line as typed, and its request.
    Confirm(String, Request),
}

impl Question {
    /// The text of the question in the prompt.
    pub(super) fn text(&self) -> String {
        let what = match self {
            Self::Held => "Send them?".to_owned(),
            Self::Pasted(lines) => format!("Send {}?", counted(lines.len(), "line", "lines")),
            Self::Confirm(line, _) => format!("{}?", line.trim()),
        };
        format!("{what} (y/n)")
    }
}

/// Returns whether a request ends or removes something and so needs a confirmation.
pub(super) fn is_final(request: &Request) -> bool {
    matches!(request, Request::Kick { .. } | Request::Ban { .. } | Request::Shutdown { .. })
}

impl Session {
    /// Asks whether to send the lines that were typed without a connection.
    pub(super) fn ask_about_held(&mut self, effects: &mut Vec<Effect>) {
        let held = self.outgoing.held();
        let count = held.len();
        if count == 0 || self.question.contains(&Question::Held) {
            return;
        }
        let lines = counted(count, "line", "lines");
        let text = format!("-- {lines} may not have been sent while you were offline:");
        Self::tell(&text, effects);
        let shown: Vec<_> = held.take(HELD_SHOWN_MAX).map(|item| item.typed.clone()).collect();
        for typed in &shown {
            Self::tell(&format!("--   {typed}"), effects);
        }
        if count > shown.len() {
            Self::tell(&format!("--   and {} more", count - shown.len()), effects);
        }
        self.question.push_back(Question::Held);
    }

    /// Handles the answer to the first question.
    pub(super) fn answered_question(&mut self, now: &Now, yes: bool, effects: &mut Vec<Effect>) {
        match (self.question.pop_front(), yes) {
            (Some(Question::Held), true) => self.outgoing.release(),
            (Some(Question::Held), false) => {
                self.outgoing.forget_held();
                Self::tell("-- The lines were not sent.", effects);
            }
            (Some(Question::Pasted(lines)), true) => self.say_lines(now, lines, effects),
            (Some(Question::Pasted(_)), false) => {
                Self::tell("-- The lines were not sent.", effects)
            }
            (Some(Question::Confirm(line, request)), true) => {
                self.take(now, &line, request, effects);
            }
            (Some(Question::Confirm(..)), false) => Self::tell("-- Nothing was done.", effects),
            // The connection was lost before the answer came, and the question was dropped.
            (None, _) => {}
        }
    }
}
