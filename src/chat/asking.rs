//! What somebody asks for and only they are told. A further part of [`Hub`].

use std::cmp::Reverse;

use super::reaction::Reaction;
use super::rooms::{Room, RoomId};
use super::typed::note;
use super::{
    ChatError, ChatMessage, ClientId, HelpTopic, Hub, Message, PersonDetails, PersonListing, Range,
    RoomListing, find_help,
};
use crate::config::limits::{HISTORY_LINES_MAX, HISTORY_LINES_SHOWN, LIST_ENTRIES_MAX};

impl Hub {
    pub(super) fn help(&self, client: ClientId, about: Option<String>, out: &mut Reaction) {
        let operator = self.is_operator(client);
        let topic = match about.as_deref() {
            None => HelpTopic::Overview,
            Some(word) if word.eq_ignore_ascii_case("all") => HelpTopic::All,
            Some(typed) => match find_help(typed, operator) {
                Ok(help) => HelpTopic::Command(help.word),
                Err(command) => {
                    if let Some(error) = command.refusal() {
                        out.refuse(client, error);
                    }
                    return;
                }
            },
        };
        out.answer(client, Message::Help { operator, topic });
    }

    pub(super) fn who(&self, client: ClientId, room: Option<String>, out: &mut Reaction) {
        let (room, everybody) = match room {
            None => (None, self.membership.everyone()),
            Some(typed) => match self.rooms.find(&typed).and_then(|id| self.rooms.get(id)) {
                Some(room) => (Some(room.name.clone()), room.members.as_slice()),
                None => return out.refuse(client, ChatError::NoSuchRoom(typed)),
            },
        };
        let shown = everybody.iter().take(LIST_ENTRIES_MAX);
        let people = shown.filter_map(|&other| self.shown(other, out)).collect();
        let total = everybody.len();
        out.answer(
            client,
            Message::Who {
                room,
                people,
                total,
            },
        );
    }

    fn shown(&self, client: ClientId, out: &Reaction) -> Option<PersonListing> {
        let person = self.person(client)?;
        let rooms = person.rooms.iter();
        Some(PersonListing {
            name: person.name.clone(),
            rooms: rooms.filter_map(|&id| self.name_of_room(id)).collect(),
            idle: out.now.time.saturating_sub(person.active_at),
            away: person.away.is_some(),
        })
    }

    pub(super) fn whois(&self, client: ClientId, typed: String, out: &mut Reaction) {
        let Some((found, _)) = self.find(&typed) else {
            return out.refuse(client, ChatError::NoSuchPerson(typed));
        };
        let (Some(state), Some(person), Some(shown)) = (
            self.clients.get(&found),
            self.person(found),
            self.shown(found, out),
        ) else {
            return;
        };
        let muted = self.muted.contains(&person.key);
        let known = PersonDetails {
            person: shown,
            away_why: person.away.as_ref().and_then(|away| away.why.clone()),
            here_for: out.now.time.saturating_sub(person.joined_at),
            protocol: state.protocol,
            operator: self.is_operator(found),
            private: self.is_operator(client).then_some((state.address, muted)),
        };
        out.answer(client, Message::Whois(Box::new(known)));
    }

    pub(super) fn list_rooms(&self, client: ClientId, out: &mut Reaction) {
        let mut all: Vec<&Room> = self.rooms.iter().collect();
        // The largest first, and those of the same size by name, so that two lists look the same.
        let order = |room: &&Room| (Reverse(room.members.len()), room.name.clone());
        all.sort_by_cached_key(order);
        let shown = all.iter().take(LIST_ENTRIES_MAX).map(|room| RoomListing {
            room: room.name.clone(),
            members: room.members.len(),
            topic: room.topic.clone(),
        });
        let (rooms, total) = (shown.collect(), all.len());
        out.answer(client, Message::Rooms { rooms, total });
    }

    pub(super) fn topic(
        &mut self,
        client: ClientId,
        room: Option<String>,
        topic: Option<String>,
        out: &mut Reaction,
    ) {
        let Some(id) = self.own_room(client, room, out) else {
            return;
        };
        let (Some(by), Some(name)) = (self.name_of(client), self.name_of_room(id)) else {
            return;
        };
        let Some(topic) = topic else {
            let topic = self.rooms.get(id).and_then(|room| room.topic.clone());
            let (room, by) = (name, None);
            return out.answer(client, Message::Topic { room, topic, by });
        };
        if self.is_muted(client, out) {
            return;
        }
        // Everybody comes through the lobby, and nobody opened it.
        if id == super::rooms::LOBBY && !self.is_operator(client) {
            return out.refuse(client, ChatError::TopicIsOperators(name));
        }
        let topic = match note(Some(topic)) {
            Ok(topic) => topic,
            Err(why) => return out.refuse(client, why),
        };
        let Some(room) = self.rooms.get_mut(id) else {
            return;
        };
        room.topic = topic.clone();
        let mut hearers = super::announcing::others(&room.members, Some(client));
        self.drop_ignoring(client, &mut hearers);
        let message = Message::Topic {
            room: name,
            topic,
            by: Some(by),
        };
        out.send(hearers, message.clone());
        out.answer(client, message);
    }

    pub(super) fn history(
        &self,
        client: ClientId,
        room: Option<String>,
        range: Range,
        limit: Option<usize>,
        out: &mut Reaction,
    ) {
        let Some(id) = self.own_room(client, room, out) else {
            return;
        };
        let limit = limit.unwrap_or(HISTORY_LINES_SHOWN).min(HISTORY_LINES_MAX);
        if let Some(history) = self.past(client, id, range, limit, out) {
            out.answer(client, history);
        }
    }

    /// Shows past lines unasked, if there are any.
    pub(super) fn show_history(
        &self,
        client: ClientId,
        id: RoomId,
        range: Range,
        limit: usize,
        out: &mut Reaction,
    ) {
        match self.past(client, id, range, limit, out) {
            Some(Message::History { said, .. }) if said.is_empty() => {}
            Some(history) => out.tell(client, history),
            None => {}
        }
    }

    fn past(
        &self,
        client: ClientId,
        id: RoomId,
        range: Range,
        limit: usize,
        out: &Reaction,
    ) -> Option<Message> {
        let (person, room) = (self.person(client)?, self.rooms.get(id)?);
        let hidden =
            |speaker, said: &ChatMessage| self.is_hidden(&person.ignores, speaker, &said.from);
        let part = room.history.part(range, limit, hidden);
        Some(Message::History {
            room: room.name.clone(),
            said: part.said,
            more: part.more,
            epoch: room.epoch,
            now: out.now.wall,
        })
    }
}
