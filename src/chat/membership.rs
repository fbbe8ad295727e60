//! Who has joined: by name, in order, and who of them is told who comes and goes.
//!
//! Three views of the same people, which must agree. So they change together, and only here.

use std::collections::HashMap;

use super::{ClientId, NameKey};

/// The people in the chat.
#[derive(Debug, Default)]
pub(super) struct Membership {
    /// Who has which name. A plain map on purpose, with std's keyed hash: these keys are chosen by strangers.
    by_name: HashMap<NameKey, ClientId>,
    /// In order of joining.
    joined: Vec<ClientId>,
    /// Those of them who hear of every arrival and departure: on plain text, and not quiet.
    listeners: Vec<ClientId>,
}

impl Membership {
    /// Somebody is in the chat, by a name that nobody else has.
    pub(super) fn join(&mut self, client: ClientId, key: NameKey, listens: bool) {
        let before = self.by_name.insert(key, client);
        debug_assert!(before.is_none(), "a name has one owner");
        self.joined.push(client);
        if listens {
            self.listeners.push(client);
        }
    }

    /// Somebody is no more. The order of the others stays.
    pub(super) fn leave(&mut self, client: ClientId, key: &NameKey) {
        self.by_name.remove(key);
        self.joined.retain(|&other| other != client);
        self.listeners.retain(|&other| other != client);
    }

    /// Somebody has another name, and the old one is free.
    pub(super) fn rename(&mut self, client: ClientId, old: &NameKey, new: NameKey) {
        self.by_name.remove(old);
        self.by_name.insert(new, client);
    }

    /// Somebody wants to hear who comes and goes, or not.
    pub(super) fn listen(&mut self, client: ClientId, listens: bool) {
        self.listeners.retain(|&other| other != client);
        if listens {
            self.listeners.push(client);
        }
    }

    /// Who has a name.
    pub(super) fn holder(&self, key: &NameKey) -> Option<ClientId> {
        self.by_name.get(key).copied()
    }

    /// All who have joined, in that order.
    pub(super) fn everyone(&self) -> &[ClientId] {
        &self.joined
    }

    /// How many have joined.
    pub(super) fn count(&self) -> usize {
        self.joined.len()
    }

    /// Those who hear of every arrival and departure.
    pub(super) fn listeners(&self) -> &[ClientId] {
        &self.listeners
    }
}
