//! People's names and absences, and what they want to see.

use rustc_hash::FxHashSet;

use super::super::client::ClientId;
use super::super::error::ChatError;
use super::super::event::{Effect, Reaction};
use super::super::hub::Hub;
use super::super::log_event::LogEvent;
use super::super::message::Message;
use super::super::request::Line;
use super::super::view::{Protocol, Timestamps, View};
use super::note;

impl Hub {
    /// Changes a name. A client may also take its own name in another case.
    pub(super) fn nick(&mut self, client: ClientId, wanted: &Line, out: &mut Reaction) {
        if self.settings.anonymous {
            return out.refuse(client, ChatError::NoNamesHere);
        }
        if self.refuse_muted(client, out) {
            return;
        }
        let name = match self.free_name(client, wanted, out) {
            Ok(name) => name,
            Err(error) => return out.refuse(client, error),
        };
        if self.people.holder(name.key()) != Some(client) {
            self.extras.ignores.recognise(client, name.key(), &self.people);
        }
        let Some(from) = self.people.rename(client, &name) else {
            return;
        };
        let to = name.shown().clone();
        out.log(LogEvent::Renamed { client, from: from.clone(), to: to.clone() });
        let message = Message::Renamed { from, to };
        out.send(self.companions(client), message.clone());
        out.answer(client, message);
    }

    /// Everybody who shares a room with this client, each once.
    fn companions(&self, client: ClientId) -> Vec<ClientId> {
        let Some(person) = self.people.person(client) else {
            return Vec::new();
        };
        let rooms = person.rooms().iter().filter_map(|&id| self.rooms.get(id));
        let mut seen = FxHashSet::from_iter([client]);
        rooms
            .flat_map(|room| room.members())
            .copied()
            .filter(|&member| seen.insert(member))
            .collect()
    }

    pub(super) fn away(&mut self, client: ClientId, reason: Option<String>, out: &mut Reaction) {
        let reason = match note(reason) {
            Ok(reason) => reason,
            Err(error) => return out.refuse(client, error),
        };
        // The reason would let a muted client publish text.
        if reason.is_some() && self.refuse_muted(client, out) {
            return;
        }
        if let Some(person) = self.people.person_mut(client) {
            person.set_away(reason.clone());
            let from = person.name().clone();
            out.answer(client, Message::NowAway { from, reason });
        }
    }

    pub(super) fn back(&mut self, client: ClientId, out: &mut Reaction) {
        if let Some(person) = self.people.person_mut(client) {
            person.set_back();
            let from = person.name().clone();
            out.answer(client, Message::NowBack { from });
        }
    }

    pub(super) fn quiet(&mut self, client: ClientId, on: Option<bool>, out: &mut Reaction) {
        let Some(person) = self.people.person(client) else {
            return;
        };
        let on = on.unwrap_or(!person.is_quiet());
        if self.people.protocol(client) == Protocol::Plain {
            for &room in person.rooms() {
                self.rooms.set_quiet(room, client, on);
            }
        }
        self.people.set_quiet(client, on);
        out.answer(client, Message::Quiet { on });
    }

    pub(super) fn timestamps(
        &mut self,
        client: ClientId,
        show: Option<Timestamps>,
        out: &mut Reaction,
    ) {
        let protocol = self.people.protocol(client);
        let Some(person) = self.people.person_mut(client) else {
            return;
        };
        if let Some(show) = show {
            person.set_timestamps(show);
            // JSON messages always carry their times.
            if protocol == Protocol::Plain {
                out.push(Effect::SetView { client, view: View::Plain(show) });
            }
        }
        out.answer(client, Message::TimestampsAre(person.timestamps()));
    }
}
