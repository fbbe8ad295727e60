//! What one has asked the server for, for as long as one is connected. Somebody who comes back by another connection wants
//! it again: to be shown suddenly what was hidden is worse than most of what can go wrong.

use std::collections::BTreeSet;

use chatserv::chat::Request;

use super::super::Heard;
use super::rooms::same;

/// So many people can be ignored over a lost connection. The server has a limit of its own.
const IGNORED_MAX: usize = 1_000;

/// What lasts as long as a connection.
#[derive(Debug, Default)]
pub(super) struct Wishes {
    ignored: BTreeSet<String>,
    quiet: bool,
    /// One is away; why.
    away: Option<Option<String>>,
    operator: bool,
}

impl Wishes {
    /// Learns from an answer of the server what one has.
    pub(super) fn learn(&mut self, answer: &Heard) {
        match answer {
            Heard::Ignore { username: Some(name), .. } if self.ignored.len() < IGNORED_MAX => {
                self.ignored.insert(name.clone());
            }
            Heard::Unignore { username } => {
                self.ignored.remove(username);
            }
            Heard::Quiet { on } => self.quiet = *on,
            Heard::Away { message } => self.away = Some(message.clone()),
            Heard::Back {} => self.away = None,
            Heard::Op {} => self.operator = true,
            _ => {}
        }
    }

    /// Somebody whom one may ignore has another name.
    pub(super) fn renamed(&mut self, from: &str, to: &str) {
        if self.ignored.remove(from) {
            self.ignored.insert(to.to_owned());
        }
    }

    /// One does not ignore this person, as the server says.
    pub(super) fn forget_ignored(&mut self, name: &str) {
        self.ignored.retain(|ignored| !same(ignored, name));
    }

    /// Whether one ignores this person. The server hides what they say; but one who was not here when one came back was
    /// refused to be ignored again.
    pub(super) fn ignores(&self, name: &str) -> bool {
        self.ignored.contains(name)
    }

    /// Whether one ignores anybody.
    pub(super) fn ignores_anybody(&self) -> bool {
        !self.ignored.is_empty()
    }

    /// What to ask for again.
    pub(super) fn again(&self) -> Vec<Request> {
        let ignored = self.ignored.iter().map(|name| Request::Ignore { name: Some(name.clone()) });
        let quiet = self.quiet.then_some(Request::Quiet { on: Some(true) });
        let away = self.away.clone().map(|reason| Request::Away { reason });
        ignored.chain(quiet).chain(away).collect()
    }

    /// Whether one was an operator by the password, which is kept nowhere. Asking forgets it.
    pub(super) fn was_operator(&mut self) -> bool {
        std::mem::take(&mut self.operator)
    }
}
