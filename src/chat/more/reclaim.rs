//! Taking a name back after the connection was lost.
//!
//! Each connection has a word that nobody can guess: `connect` tells programs theirs, and `/reclaim` tells people. With it, a
//! new connection takes the place of the old one, whether the server has noticed the loss or not. It never gives operator
//! rights: those end with the connection.

use std::sync::Arc;

use super::super::ban::Network;
use super::super::client::{ClientId, DisconnectReason};
use super::super::error::ChatError;
use super::super::event::{Effect, Reaction};
use super::super::hub::Hub;
use super::super::log_event::LogEvent;
use super::super::message::Message;
use super::super::name::{Name, NameKey};
use super::super::reclaim::{ReclaimWord, split_word};
use super::super::request::Line;
use super::super::state::{Held, LOBBY, Movement, Person};
use super::super::time::Time;
use super::super::view::{Protocol, Timestamps, View};
use crate::config::limits::RECLAIM_LINES_MAX;

impl Hub {
    /// `/reclaim`: tells the client its word.
    pub(super) fn tell_reclaim_word(&mut self, client: ClientId, out: &mut Reaction) {
        if self.settings.anonymous {
            return out.refuse(client, ChatError::NoNamesHere);
        }
        let word = self.extras.reclaims.tell(client);
        if let (Some(name), Some(word)) = (self.people.name(client), word) {
            out.answer(client, Message::ReclaimWord { name, word });
        }
    }

    /// Takes a name back by its word. A name that nobody has is chosen as usual.
    pub(in crate::chat) fn reclaim(
        &mut self,
        client: ClientId,
        line: &Line,
        word: &str,
        out: &mut Reaction,
    ) {
        let Some(address) = self.people.client(client).map(|state| state.address()) else {
            return;
        };
        let now = out.now.time;
        let key = match Name::parse(line).and_then(Name::of_person) {
            Ok(name) => name.key().clone(),
            Err(_) => return self.choose_name(client, line, out),
        };
        let holder = self.people.holder(&key);
        let is_banned = self.extras.bans.of_name(&key, out.now.wall).is_some();
        if is_banned || holder.is_none() && self.extras.reclaims.held_for(&key, now).is_none() {
            return self.choose_name(client, line, out);
        }
        let (reclaims, network) = (&mut self.extras.reclaims, Network::of(address.ip()));
        // This check comes first: without a try left, nobody may learn whether a word is right.
        if reclaims.tries_left(client, network, now) == 0 {
            return self.refuse_name(client, ChatError::NoReclaimTriesLeft, out);
        }
        let is_right = match holder {
            Some(holder) => reclaims.is_word_of(holder, word),
            None => reclaims.is_word_of_held(&key, word),
        };
        if !is_right {
            let tries_left = reclaims.count_wrong(client, network, now);
            out.log(LogEvent::WrongReclaimWord { client, address });
            return self.refuse_name(client, ChatError::WrongReclaimWord { tries_left }, out);
        }
        self.note_arrival(client, out);
        match holder {
            Some(holder) => self.take_over(holder, client, out),
            None => {
                if let Some(held) = self.extras.reclaims.take(&key) {
                    self.come_back(held, client, out);
                }
            }
        }
    }

    /// Whether a line ends with somebody's name and word. Somebody who had to take another name may type them too late.
    pub(in crate::chat) fn is_reclaim_word(&self, line: &str, now: Time) -> bool {
        let Some((before, word)) = split_word(line) else {
            return false;
        };
        let name = before.rsplit(char::is_whitespace).next().unwrap_or(before);
        let Some(key) = NameKey::of_typed(name) else {
            return false;
        };
        let reclaims = &self.extras.reclaims;
        match self.people.holder(&key) {
            Some(holder) => reclaims.is_word_of(holder, word),
            None => reclaims.held_for(&key, now).is_some() && reclaims.is_word_of_held(&key, word),
        }
    }

    /// Puts `client` in the place of a connection that the server still has. Nobody else notices.
    fn take_over(&mut self, former: ClientId, client: ClientId, out: &mut Reaction) {
        out.tell(former, Message::TakenBack);
        out.push(Effect::Disconnect { client: former, reason: DisconnectReason::TakenBack });
        let Some(person) = self.people.take_over(former, client) else {
            return;
        };
        let (since, quiet, rooms) =
            (person.active_at(), person.is_quiet(), person.rooms().to_vec());
        out.log(LogEvent::TookBack { client, name: person.name().clone(), former });
        self.seat(former, client, out);
        let protocol = self.people.protocol(client);
        for &room in &rooms {
            self.rooms.replace(room, former, client, protocol, quiet);
        }
        if protocol == Protocol::Plain {
            // Exactly one room, where a program may have several or none.
            rooms.iter().skip(1).for_each(|&room| self.exit(client, room, out));
            if rooms.is_empty() {
                self.enter(client, LOBBY);
                self.announce_move(client, LOBBY, Movement::Arrived, out);
            }
        }
        self.welcome_back(client, since, out);
    }

    /// Lets somebody come back whose loss was announced. So is the return.
    fn come_back(&mut self, held: Held, client: ClientId, out: &mut Reaction) {
        let Held { client: former, person, mut rooms, is_awaited, .. } = held;
        let awaited_in = if is_awaited { person.rooms().to_vec() } else { Vec::new() };
        let (since, name) = (person.active_at(), person.name().clone());
        self.people.come_back(former, client, person);
        out.log(LogEvent::TookBack { client, name: name.clone(), former });
        self.seat(former, client, out);
        let protocol = self.people.protocol(client);
        if protocol == Protocol::Plain {
            rooms.truncate(1);
        }
        for room in &rooms {
            let open = self.rooms.named(room);
            if let Some(id) = open.or_else(|| self.rooms.open(room, out.now.wall)) {
                self.enter(client, id);
            }
        }
        let is_nowhere = self.people.person(client).is_some_and(|it| it.rooms().is_empty());
        if protocol == Protocol::Plain && is_nowhere {
            self.enter(client, LOBBY);
        }
        self.await_no_more(&awaited_in);
        self.welcome_back(client, since, out);
        if is_awaited {
            out.fold_announcements();
            return self.announce_arrival(client, &name, Movement::Returned, out);
        }
        self.announce_arrival(client, &name, Movement::Arrived, out);
    }

    /// The common part of both ways of coming back: the client is in the chat, and people who know `former` know `client`.
    fn seat(&mut self, former: ClientId, client: ClientId, out: &mut Reaction) {
        if former != client {
            self.extras.lookups.forget(former);
            self.extras.reclaims.disconnect(former);
        }
        self.extras.ignores.take_over(former, client);
        out.push(Effect::Admit { client });
    }

    /// Tells somebody that they are back, and shows people on plain text what was said since their last line. Programs ask
    /// for what they have missed.
    fn welcome_back(&mut self, client: ClientId, since: Time, out: &mut Reaction) {
        let Some(state) = self.people.client(client) else {
            return;
        };
        let (address, protocol) = (state.address(), state.protocol());
        let Some(person) = state.person() else {
            return;
        };
        let (name, timestamps) = (person.name().clone(), person.timestamps());
        let ids = person.rooms().to_vec();
        let rooms = ids.iter().filter_map(|&id| Some(self.rooms.get(id)?.name().clone())).collect();
        match protocol {
            Protocol::Plain => {
                if timestamps != Timestamps::Off {
                    out.push(Effect::SetView { client, view: View::Plain(timestamps) });
                }
                out.tell(client, Message::WelcomeBack { name, rooms });
                if let Some(&room) = ids.first() {
                    let missed = self.rooms.get(room).map_or(0, |it| it.history().since(since));
                    let limit = missed.min(RECLAIM_LINES_MAX);
                    self.show_history(client, room, limit, out);
                }
            }
            Protocol::Json | Protocol::Web => {
                let word = self.extras.reclaims.tell(client);
                let clients = self.people.count();
                let rooms = Some(rooms);
                out.answer(client, Message::Connected { name, address, clients, word, rooms });
            }
        }
        if let Some(person) = self.people.person_mut(client) {
            person.touch(out.now.time);
        }
        self.tell_planned_shutdown(client, out);
    }

    /// The rooms of somebody who is about to leave, by their names.
    pub(in crate::chat) fn rooms_of(&self, person: &Person) -> Vec<Name> {
        let rooms = person.rooms().iter().filter_map(|&id| self.rooms.get(id));
        let lines = rooms.map(|room| Line { text: room.name().to_string(), altered: false });
        lines.filter_map(|line| Name::parse(&line).ok()).collect()
    }

    /// Holds a name for somebody who has lost the connection and knows the word.
    pub(in crate::chat) fn hold_name(
        &mut self,
        client: ClientId,
        person: Box<Person>,
        rooms: Vec<Name>,
        word: ReclaimWord,
        is_awaited: bool,
        now: Time,
    ) {
        self.release_names(now);
        self.extras.reclaims.hold(client, person, rooms, word, is_awaited, now);
    }

    /// Frees the names that have been held for long enough.
    pub(in crate::chat) fn release_names(&mut self, now: Time) {
        while let Some(held) = self.extras.reclaims.release(now) {
            self.extras.ignores.forget(held.client);
            if held.is_awaited {
                self.await_no_more(held.person.rooms());
            }
        }
    }

    /// The refusal of a name that is held for somebody else.
    pub(in crate::chat) fn refusal_of_held(
        &self,
        key: &NameKey,
        wanted: &Arc<str>,
        now: Time,
    ) -> Option<ChatError> {
        let left = self.extras.reclaims.held_for(key, now)?;
        Some(ChatError::NameHeld { name: wanted.clone(), left })
    }
}
