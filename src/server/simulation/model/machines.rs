//! The part of the model that a chat on several machines needs.

use super::super::words::Words;
use super::{ClientId, Model, Time};

/// News about the log, from a machine to its own people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    Waiting,
    GoesOn,
    PlaceLost,
    NotSaid(String),
    Skipped,
}

impl News {
    pub fn words(&self) -> Words {
        let (code, sentence) = match self {
            Self::Waiting => (
                "waiting",
                "The chat is waiting for its other machines. What you type waits, too.".to_owned(),
            ),
            Self::GoesOn => ("goes_on", "The chat goes on.".to_owned()),
            Self::PlaceLost => (
                "place_lost",
                "This machine was cut off, and you have left the chat. Join it again.".to_owned(),
            ),
            Self::Skipped => (
                "skipped",
                "This machine was too slow, and some lines were skipped. See /history.".to_owned(),
            ),
            Self::NotSaid(text) => {
                ("not_said", format!("Nobody received this, say it again: {text}"))
            }
        };
        let message = super::quote(&sentence);
        let fields = format!(r#","code":"{code}","message":{message}"#);
        Words::sentence(sentence).with_json("notice", fields)
    }
}

impl Model {
    /// A machine is gone, and the clients with it to which it gave ids by these starts.
    pub fn machine_gone(&mut self, starts: &[u64]) {
        self.folds_all = true;
        let is_lost = |id: &&ClientId| starts.contains(&id.start());
        for id in self.clients.keys().filter(is_lost).copied().collect::<Vec<_>>() {
            self.leave(id, None, false);
        }
        self.folds_all = false;
    }

    /// The first brace of this client has been decoded, and the server says nothing more to it in plain text.
    pub fn decodes_json(&mut self, id: ClientId) {
        self.decoded_json.push(id);
    }

    /// Whether announcements are due that were counted.
    pub fn has_folded_due(&self, now: Time) -> bool {
        self.folded_due.is_some_and(|due| due <= now)
    }
}
