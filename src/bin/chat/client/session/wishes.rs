//! The user's settings on the server, which last as long as the connection. After a reconnect, the client requests them
//! again: to suddenly show what the user had hidden would be worse than most failures.

use std::collections::BTreeSet;

use chatserv::chat::Request;

use super::super::Heard;
use super::rooms::same;

/// The maximum number of ignored people that are remembered across a reconnect. The server has a limit of its own.
const IGNORED_MAX: usize = 1_000;

/// The settings that last as long as a connection.
#[derive(Debug, Default)]
pub(super) struct Wishes {
    ignored: BTreeSet<String>,
    quiet: bool,
    /// `Some` while the user is away, with the reason if they gave one.
    away: Option<Option<String>>,
    operator: bool,
}

impl Wishes {
    /// Updates the settings from an answer of the server.
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

    /// Updates the name of a person whom the user may ignore.
    pub(super) fn renamed(&mut self, from: &str, to: &str) {
        if self.ignored.remove(from) {
            self.ignored.insert(to.to_owned());
        }
    }

    /// Removes a person from the ignored people, after the server has said that the user does not ignore them.
    pub(super) fn forget_ignored(&mut self, name: &str) {
        self.ignored.retain(|ignored| !same(ignored, name));
    }

    /// Returns whether the user ignores this person. The server hides the messages of ignored people, but it refuses to
    /// ignore a person who is not in the chat at the time of the reconnect.
    pub(super) fn ignores(&self, name: &str) -> bool {
        self.ignored.contains(name)
    }

    /// Returns whether the user ignores anybody.
    pub(super) fn ignores_anybody(&self) -> bool {
        !self.ignored.is_empty()
    }

    pub(super) fn is_away(&self) -> bool {
        self.away.is_some()
    }

    /// The requests that restore the settings.
    pub(super) fn again(&self) -> Vec<Request> {
        let ignored = self.ignored.iter().map(|name| Request::Ignore { name: Some(name.clone()) });
        let quiet = self.quiet.then_some(Request::Quiet { on: Some(true) });
        let away = self.away.clone().map(|reason| Request::Away { reason });
        ignored.chain(quiet).chain(away).collect()
    }

    /// Returns whether the user was an operator, and resets this. The password is not stored, so the client cannot log
    /// in again.
    pub(super) fn take_operator(&mut self) -> bool {
        std::mem::take(&mut self.operator)
    }
}
