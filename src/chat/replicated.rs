//! The part of the [`Hub`] that a chat on several machines needs: copies that are equal.

use jiff::Timestamp;

use super::ban::Ban;
use super::client::ClientId;
use super::event::Effect;
use super::hub::Hub;
use super::kept::Past;
use super::settings::HubSettings;
use super::view::{Protocol, View};
use crate::config::limits::SNAPSHOT_PERSON_BYTES;

/// The number of the rules: raised by every change after which the same events have other effects, or the state another
/// encoding. Machines with other rules cannot take part in a chat.
pub const RULES: u32 = 5;

impl Hub {
    /// Encodes the whole state as JSON. Equal states have equal bytes, whatever has happened to their hash maps.
    pub fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("the state has no map in JSON whose keys are not numbers")
    }

    /// About how many bytes [`Hub::encode`] gives, without looking at each of them.
    pub fn snapshot_bytes(&self) -> usize {
        self.people.count() * SNAPSHOT_PERSON_BYTES + self.rooms.history_bytes()
    }

    /// The chat that [`Hub::encode`] has encoded, by the same rules.
    ///
    /// # Errors
    /// The bytes are no JSON, or not that of a chat.
    pub fn restore(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes)
    }

    /// The settings that are in force.
    pub fn settings(&self) -> &HubSettings {
        &self.settings
    }

    /// Whether this client is connected and has chosen a name.
    pub fn has_joined(&self, client: ClientId) -> bool {
        self.people.person(client).is_some()
    }

    /// All clients, with and without a name, oldest first.
    pub fn clients(&self) -> Vec<ClientId> {
        self.people.connected()
    }

    /// Tells the server, which has loaded the state, how to encode for these clients. Returns those that have joined.
    pub fn introduce(&self, clients: &[ClientId], effects: &mut Vec<Effect>) -> Vec<ClientId> {
        let mut joined = Vec::new();
        for &client in clients {
            let view = match (self.people.protocol(client), self.people.person(client)) {
                (Protocol::Plain, Some(person)) => View::Plain(person.timestamps()),
                (protocol, _) => protocol.into(),
            };
            effects.push(Effect::SetView { client, view });
            if self.people.person(client).is_some() {
                effects.push(Effect::Admit { client });
                joined.push(client);
            }
        }
        joined
    }

    /// Whether what people say in rooms is kept on disk.
    pub fn is_kept(&self) -> bool {
        self.rooms.are_kept()
    }

    /// From now on, what people say in rooms is kept on disk, or not.
    pub fn set_kept(&mut self, is_kept: bool) {
        match (self.is_kept(), is_kept) {
            (false, true) => self.remember(Past::default()),
            (true, false) => self.rooms.keep_no_more(),
            _ => {}
        }
    }

    /// All rooms with their last messages, as memory has them.
    pub fn past(&self) -> Past {
        self.rooms.past()
    }

    /// The tickets of the lookups of these clients that have no answer yet.
    pub fn lookups_of(&self, clients: &[ClientId]) -> Vec<u64> {
        self.extras.lookups.tickets_of(clients)
    }

    /// All bans that have not expired.
    pub fn bans(&self, now: Timestamp) -> Vec<Ban> {
        self.extras.bans.all(now)
    }

    /// Whether the chat is over.
    pub fn is_shutting_down(&self) -> bool {
        self.shutting_down
    }
}
