//! What somebody says of themselves, and how they want to see and hear the others. A further part of [`Hub`].

use rustc_hash::FxHashSet;

use super::person::Away;
use super::reaction::Reaction;
use super::typed::note;
use super::{
    ChatError, ClientId, Effect, Hub, Line, LogEvent, Message, Protocol, Timestamps, View,
};

impl Hub {
    /// `/nick Bobby`. One's own name in other letters' case is free, too.
    pub(super) fn nick(&mut self, client: ClientId, wanted: &Line, out: &mut Reaction) {
        if self.settings.anonymous {
            return out.refuse(client, ChatError::NoNamesHere);
        }
        if self.is_muted(client, out) {
            return;
        }
        let name = match self.free_name(client, wanted, out) {
            Ok(name) => name,
            Err(why) => return out.refuse(client, why),
        };
        let Some(person) = self.person_mut(client) else {
            return;
        };
        let to = name.shown().clone();
        let from = std::mem::replace(&mut person.name, to.clone());
        let old = std::mem::replace(&mut person.key, name.key().clone());
        self.membership.rename(client, &old, name.key().clone());
        if old != *name.key() {
            self.recognise_ignored(client, name.key());
        }
        out.log(LogEvent::Renamed {
            client,
            from: from.clone(),
            to: to.clone(),
        });
        let message = Message::Renamed { from, to };
        out.send(self.companions(client), message.clone());
        out.answer(client, message);
    }

    /// Everybody who shares a room with somebody, each once.
    fn companions(&self, client: ClientId) -> Vec<ClientId> {
        let Some(person) = self.person(client) else {
            return Vec::new();
        };
        let rooms = person.rooms.iter().filter_map(|&id| self.rooms.get(id));
        let members = rooms.flat_map(|room| room.members.iter().copied());
        let mut seen = FxHashSet::default();
        seen.insert(client);
        members.filter(|&member| seen.insert(member)).collect()
    }

    pub(super) fn away(&mut self, client: ClientId, why: Option<String>, out: &mut Reaction) {
        let why = match note(why) {
            Ok(why) => why,
            Err(why) => return out.refuse(client, why),
        };
        // It is told to those who write to them.
        if why.is_some() && self.is_muted(client, out) {
            return;
        }
        let Some(person) = self.person_mut(client) else {
            return;
        };
        person.away = Some(Away {
            why: why.clone(),
            told: FxHashSet::default(),
        });
        let from = person.name.clone();
        out.answer(client, Message::NowAway { from, why });
    }

    pub(super) fn back(&mut self, client: ClientId, out: &mut Reaction) {
        if let Some(person) = self.person_mut(client) {
            person.away = None;
            let from = person.name.clone();
            out.answer(client, Message::NowBack { from });
        }
    }

    pub(super) fn quiet(&mut self, client: ClientId, on: Option<bool>, out: &mut Reaction) {
        let protocol = self.protocol_of(client);
        let Some(person) = self.person_mut(client) else {
            return;
        };
        let on = on.unwrap_or(!person.quiet);
        person.quiet = on;
        let listens = !on && protocol == Protocol::Plain;
        self.membership.listen(client, listens);
        out.answer(client, Message::Quiet { on });
    }

    pub(super) fn timestamps(
        &mut self,
        client: ClientId,
        show: Option<Timestamps>,
        out: &mut Reaction,
    ) {
        let protocol = self.protocol_of(client);
        let Some(person) = self.person_mut(client) else {
            return;
        };
        if let Some(show) = show {
            person.timestamps = show;
            // A JSON client is told all times anyway.
            if protocol == Protocol::Plain {
                let view = View::Plain(show);
                out.push(Effect::Show { client, view });
            }
        }
        out.answer(client, Message::TimestampsAre(person.timestamps));
    }
}
