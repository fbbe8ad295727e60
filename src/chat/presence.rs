//! What somebody says of themselves, and how they want to see and hear the others. A further part of [`Hub`].

use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::asking::too_long;
use super::person::{Away, Person};
use super::reaction::Reaction;
use super::{
    ClientId, Effect, Hub, Line, Message, NameKey, Notable, Protocol, Refusal, Timestamps, View,
};
use crate::config::limits::{IGNORED_MAX, NOTE_BYTES_MAX};

impl Hub {
    /// `/nick Bobby`. One's own name in other letters' case is free, too.
    pub(super) fn nick(&mut self, client: ClientId, wanted: &Line, out: &mut Reaction) {
        if self.settings.anonymous {
            return out.refuse(client, Refusal::NoNamesHere);
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
        self.names.remove(&old);
        self.names.insert(name.key().clone(), client);
        // A new name is no way around what holds for the old one.
        if self.muted.contains(&old) {
            self.muted.insert(name.key().clone());
        }
        self.ignore_new_name(&old, name.key(), &to);
        out.log(Notable::Renamed {
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
        if why.as_ref().is_some_and(|why| why.len() > NOTE_BYTES_MAX) {
            return out.refuse(client, too_long());
        }
        let why: Option<Arc<str>> = why.filter(|why| !why.is_empty()).map(Into::into);
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

    pub(super) fn ignore(&mut self, client: ClientId, whom: Option<String>, out: &mut Reaction) {
        let Some(person) = self.person(client) else {
            return;
        };
        let Some(typed) = whom else {
            let names = person.ignores.iter().map(|(_, name)| name.clone());
            return out.answer(client, Message::Ignoring(names.collect()));
        };
        let Some((found, name)) = self.find(&typed) else {
            return out.refuse(client, Refusal::NoSuchPerson(typed));
        };
        if found == client {
            return out.refuse(client, Refusal::NotYourself);
        }
        if person.ignores.len() >= IGNORED_MAX {
            return out.refuse(client, Refusal::TooManyIgnored);
        }
        let key = NameKey::of(&name);
        self.add_ignored(client, key, name.clone());
        out.answer(client, Message::Ignored(name));
    }

    pub(super) fn unignore(&mut self, client: ClientId, whom: String, out: &mut Reaction) {
        let key = NameKey::of(whom.trim().trim_start_matches('@'));
        let Some(person) = self.person_mut(client) else {
            return;
        };
        let found = person.ignores.iter().position(|(other, _)| *other == key);
        let Some(at) = found else {
            return out.refuse(client, Refusal::NotIgnored(whom));
        };
        let (key, name) = person.ignores.remove(at);
        self.drop_ignored(client, &key);
        out.answer(client, Message::Unignored(name));
    }

    fn add_ignored(&mut self, client: ClientId, key: NameKey, name: Arc<str>) {
        let Some(person) = self.person_mut(client) else {
            return;
        };
        if person.ignores.iter().all(|(other, _)| *other != key) {
            person.ignores.push((key.clone(), name));
            self.ignored_by.entry(key).or_default().push(client);
        }
    }

    fn drop_ignored(&mut self, client: ClientId, key: &NameKey) {
        if let Some(ignoring) = self.ignored_by.get_mut(key) {
            ignoring.retain(|&other| other != client);
            if ignoring.is_empty() {
                self.ignored_by.remove(key);
            }
        }
    }

    /// Whoever ignores somebody goes on doing so under their new name.
    fn ignore_new_name(&mut self, old: &NameKey, new: &NameKey, name: &Arc<str>) {
        for ignoring in self.ignored_by.get(old).cloned().unwrap_or_default() {
            self.add_ignored(ignoring, new.clone(), name.clone());
        }
    }

    /// Somebody who is gone ignores nobody.
    pub(super) fn forget_ignores(&mut self, client: ClientId, person: &Person) {
        for (key, _) in &person.ignores {
            self.drop_ignored(client, key);
        }
    }

    pub(super) fn quiet(&mut self, client: ClientId, on: Option<bool>, out: &mut Reaction) {
        let protocol = self.protocol_of(client);
        let Some(person) = self.person_mut(client) else {
            return;
        };
        let on = on.unwrap_or(!person.quiet);
        person.quiet = on;
        self.listeners.retain(|&other| other != client);
        if !on && protocol == Protocol::Plain {
            self.listeners.push(client);
        }
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
