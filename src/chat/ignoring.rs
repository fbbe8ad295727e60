//! Who reads nothing of whom. A further part of [`Hub`].
//!
//! Whoever ignores somebody ignores the person for as long as they are here, whatever they call themselves, and the name
//! that they had then for when they come back. A name that they have given up is anybody's.

use std::sync::Arc;

use super::person::{Ignored, Person};
use super::reaction::Reaction;
use super::typed::without_at;
use super::{ChatError, ClientId, Hub, Message, NameKey};
use crate::config::limits::{IGNORED_BEFORE_MAX, IGNORED_MAX};

impl Hub {
    pub(super) fn ignore(&mut self, client: ClientId, whom: Option<String>, out: &mut Reaction) {
        let Some(person) = self.person(client) else {
            return;
        };
        let Some(typed) = whom else {
            let names = person.ignores.iter().map(|ignored| ignored.name.clone());
            return out.answer(client, Message::Ignoring(names.collect()));
        };
        let Some((found, name)) = self.find(&typed) else {
            return out.refuse(client, ChatError::NoSuchPerson(typed));
        };
        if found == client {
            return out.refuse(client, ChatError::NotYourself);
        }
        if person.ignores.iter().any(|ignored| ignored.client == found) {
            return out.answer(client, Message::Ignored(name));
        }
        if person.ignores.len() >= IGNORED_MAX {
            return out.refuse(client, ChatError::TooManyIgnored);
        }
        let key = NameKey::of(&name);
        // Ignored before by this name, which somebody else has had since then.
        self.take_back(client, |ignored| ignored.key == key);
        self.ignored_names
            .entry(key.clone())
            .or_default()
            .push(client);
        if let Some(person) = self.person_mut(client) {
            let name = name.clone();
            person.ignores.push(Ignored {
                key,
                name,
                client: found,
                before: Vec::new(),
            });
        }
        if let Some(person) = self.person_mut(found) {
            person.ignored_by.push(client);
        }
        out.answer(client, Message::Ignored(name));
    }

    pub(super) fn unignore(&mut self, client: ClientId, typed: String, out: &mut Reaction) {
        let key = NameKey::of(without_at(&typed));
        // By the name they have now, or by the one they had then.
        let holder = self.membership.holder(&key);
        let is_meant = |ignored: &Ignored| ignored.key == key || Some(ignored.client) == holder;
        match self.take_back(client, is_meant) {
            Some(name) => out.answer(client, Message::Unignored(name)),
            None => out.refuse(client, ChatError::NotIgnored(typed)),
        }
    }

    fn take_back(
        &mut self,
        client: ClientId,
        is_meant: impl Fn(&Ignored) -> bool,
    ) -> Option<Arc<str>> {
        let ignores = &mut self.person_mut(client)?.ignores;
        let at = ignores.iter().position(is_meant)?;
        let ignored = ignores.remove(at);
        self.forget_ignored(client, &ignored);
        Some(ignored.name)
    }

    fn forget_ignored(&mut self, client: ClientId, ignored: &Ignored) {
        if let Some(ignoring) = self.ignored_names.get_mut(&ignored.key) {
            ignoring.retain(|&other| other != client);
            if ignoring.is_empty() {
                self.ignored_names.remove(&ignored.key);
            }
        }
        if let Some(person) = self.person_mut(ignored.client) {
            person.ignored_by.retain(|&other| other != client);
        }
    }

    /// Somebody has this name from now on. Whoever ignores it takes them for the one they mean, unless that one is here.
    pub(super) fn recognise_ignored(&mut self, client: ClientId, key: &NameKey) {
        for ignoring in self.ignored_names.get(key).cloned().unwrap_or_default() {
            let Some(person) = self.person(ignoring) else {
                continue;
            };
            let is_here = |ignored: &Ignored| self.clients.contains_key(&ignored.client);
            let at = person
                .ignores
                .iter()
                .position(|ignored| ignored.key == *key);
            let Some(at) = at.filter(|&at| ignoring != client && !is_here(&person.ignores[at]))
            else {
                continue;
            };
            if let Some(person) = self.person_mut(ignoring) {
                let ignored = &mut person.ignores[at];
                let before = std::mem::replace(&mut ignored.client, client);
                ignored.before.push(before);
                if ignored.before.len() > IGNORED_BEFORE_MAX {
                    ignored.before.remove(0);
                }
            }
            if let Some(person) = self.person_mut(client) {
                person.ignored_by.push(ignoring);
            }
        }
    }

    /// Somebody who is gone ignores nobody.
    pub(super) fn forget_ignores(&mut self, client: ClientId, person: &Person) {
        for ignored in &person.ignores {
            self.forget_ignored(client, ignored);
        }
    }

    /// Whether somebody does not want to see what was said: by one who is ignored, or under an ignored name by one who is
    /// not here any more.
    pub(super) fn is_hidden(&self, ignores: &[Ignored], speaker: ClientId, name: &str) -> bool {
        if ignores.is_empty() {
            return false;
        }
        let is_here = self.clients.contains_key(&speaker);
        ignores.iter().any(|ignored| {
            ignored.client == speaker
                || ignored.before.contains(&speaker)
                || !is_here && ignored.key == NameKey::of(name)
        })
    }

    /// Takes out those who ignore the one who speaks. Nearly always, nobody does.
    pub(super) fn drop_ignoring(&self, speaker: ClientId, hearers: &mut Vec<ClientId>) {
        if let Some(person) = self
            .person(speaker)
            .filter(|person| !person.ignored_by.is_empty())
        {
            hearers.retain(|hearer| !person.ignored_by.contains(hearer));
        }
    }
}
