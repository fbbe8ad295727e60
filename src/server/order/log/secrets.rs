//! Secrets of this node's clients, which the log must not hold: operator passwords, and the words for taking names back.

use super::Log;
use crate::chat::{Effect, Event, Input, Line, Message, Request, Secret, parse_line};

impl Log {
    /// The event without secrets. In the place of an operator password stands the one that the Hub knows if it was right,
    /// which is good for nothing else, or else none. In the place of a word for taking a name back stands its hash.
    pub(super) fn without_secrets(&mut self, event: Event) -> Event {
        match event {
            Event::Connected { client, address, protocol, word, by_proxy } => {
                Event::Connected { client, address, protocol, word: word.hashed(), by_proxy }
            }
            Event::Received { client, input } => {
                let input = match input {
                    Input::Request { request: Request::Op { password }, tag } => {
                        let request = Request::Op { password: self.judge(&password) };
                        Input::Request { request, tag }
                    }
                    Input::Request { request: Request::Typed { line, room, sent_at }, tag } => {
                        let request = Request::Typed { line: self.judge_line(line), room, sent_at };
                        Input::Request { request, tag }
                    }
                    Input::Line(line) => Input::Line(self.judge_line(line)),
                    other => other,
                };
                Event::Received { client, input }
            }
            Event::Reloaded { mut settings } => {
                let given = settings.operator_password.take();
                let known = self.known_password().filter(|_| given == self.password);
                // Another password is another word in the log, so that the Hub notices.
                let word =
                    || Secret(format!("{}:{}:{}", self.node, self.incarnation, self.submitted));
                settings.operator_password = given.as_ref().map(|_| known.unwrap_or_else(word));
                self.password = given;
                Event::Reloaded { settings }
            }
            other => other,
        }
    }

    /// The line, unless it is an `/op` with its password.
    fn judge_line(&self, line: Line) -> Line {
        // Most lines have no slash, and are no commands.
        let may_be_command = line.text.contains(['/', '\u{ff0f}']);
        match may_be_command.then(|| parse_line(line.clone(), false)) {
            Some(Ok(Some(Request::Op { password }))) => {
                let Secret(verdict) = self.judge(&password);
                Line { text: format!("/op {verdict}"), altered: line.altered }
            }
            _ => line,
        }
    }

    fn judge(&self, given: &Secret) -> Secret {
        let is_right = self.password.as_ref().is_some_and(|right| right.matches(given));
        let known = self.known_password().filter(|_| is_right);
        known.unwrap_or_else(|| Secret("wrong".to_owned()))
    }

    /// The word that stands for a password in the log.
    fn known_password(&self) -> Option<Secret> {
        self.replica.hub()?.settings().operator_password.clone()
    }

    /// Puts the words for taking a name back in the place of their hashes, for the clients of this node.
    pub(super) fn tell_words(&self, effects: &mut [Effect]) {
        for effect in effects {
            let (to, message) = match effect {
                Effect::Answer { to, message, .. } => (*to, message),
                Effect::Send { to, message } if to.len() == 1 => (to[0], message),
                _ => continue,
            };
            let told = match message {
                Message::Connected { word: Some(word), .. } => word,
                Message::ReclaimWord { word, .. } => word,
                Message::Restart { back: Some((_, word)) } => word,
                _ => continue,
            };
            if let Some(word) = self.words.get(&to) {
                *told = *word;
            }
        }
    }
}
