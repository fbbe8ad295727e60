//! The question whether what was typed without a connection should still be sent.

use chatserv::chat::Request;

use super::Session;
use crate::client::phrases::counted;
use crate::client::wire::{self, Typed};
use crate::client::{Effect, Now};

/// How many of the lines that wait for an answer are shown with the question.
const HELD_SHOWN_MAX: usize = 5;

/// Whether somebody has been asked what to do with the lines that were typed without a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Question {
    /// They have not.
    None,
    /// They have, above the line that they were typing.
    Told,
    /// They have, and the prompt asks.
    InPrompt,
    /// The prompt asks, but the connection is lost again.
    Stale,
}

impl Session {
    /// Asks whether what was typed without a connection should still be sent.
    pub(super) fn ask_about_held(&mut self, effects: &mut Vec<Effect>) {
        let held = self.outgoing.held();
        let count = held.len();
        if count == 0 || matches!(self.question, Question::Told | Question::InPrompt) {
            return;
        }
        let lines = counted(count, "line", "lines");
        let text = format!("-- Not sent while there was no connection, or perhaps not: {lines}:");
        Self::tell(&text, effects);
        let shown: Vec<_> = held.take(HELD_SHOWN_MAX).map(|item| item.typed.clone()).collect();
        for typed in &shown {
            Self::tell(&format!("--   {typed}"), effects);
        }
        if count > shown.len() {
            Self::tell(&format!("--   and {} more", count - shown.len()), effects);
        }
        Self::tell("-- Send them now? Type y or n.", effects);
        self.question = match self.question {
            Question::Stale => Question::InPrompt,
            _ => Question::Told,
        };
    }

    /// Takes the answer to that question. Somebody who was typing when it came may finish that line first; from then on
    /// the prompt asks, and nothing else is an answer.
    pub(super) fn answered_question(
        &mut self,
        now: &Now,
        line: &str,
        effects: &mut Vec<Effect>,
    ) -> bool {
        let answer = line.trim().to_lowercase();
        if self.question == Question::Stale {
            self.question = Question::None;
            let is_answer = ["y", "yes", "n", "no"].contains(&answer.as_str());
            if is_answer {
                let text = "-- There is no connection again. You will be asked once more.";
                Self::tell(text, effects);
            }
            return is_answer;
        }
        match answer.as_str() {
            "y" | "yes" => self.outgoing.release(),
            "n" | "no" => {
                self.outgoing.forget_held();
                Self::tell("-- They are not sent.", effects);
            }
            _ if self.question == Question::Told => {
                self.question = Question::InPrompt;
                return false;
            }
            _ if wire::understand(line) == Typed::Ask(Request::Quit) => {
                self.input_ended(now, effects);
                return true;
            }
            _ => {
                Self::complain("Please type y or n.", effects);
                return true;
            }
        }
        self.question = Question::None;
        true
    }
}
