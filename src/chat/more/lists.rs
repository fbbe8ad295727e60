//! Requests for information, which only the client itself sees; and the topic of a room.

use super::super::client::ClientId;
use super::super::command::find_help;
use super::super::error::ChatError;
use super::super::event::{Effect, Reaction};
use super::super::hub::Hub;
use super::super::message::{HelpTopic, Message, PersonDetails, PersonListing, RoomListing};
use super::super::state::{LOBBY, Room, all_but};
use super::note;
use crate::config::limits::LIST_ENTRIES_MAX;

impl Hub {
    pub(in crate::chat) fn help(
        &self,
        client: ClientId,
        about: Option<String>,
        out: &mut Reaction,
    ) {
        let operator = self.is_operator(client);
        let topic = match about.as_deref() {
            None => HelpTopic::Overview,
            Some(word) if word.eq_ignore_ascii_case("all") => HelpTopic::All,
            Some(typed) => match find_help(typed, operator) {
                Ok(help) => HelpTopic::Command(help.word),
                Err(error) => return out.refuse(client, error),
            },
        };
        out.answer(client, Message::Help { operator, topic });
    }

    pub(super) fn who(&self, client: ClientId, room: Option<String>, out: &mut Reaction) {
        let (room, everybody) = match room {
            None => (None, self.people.everyone()),
            Some(typed) => match self.rooms.find(&typed).and_then(|id| self.rooms.get(id)) {
                Some(room) => (Some(room.name().clone()), room.members()),
                None => return out.refuse(client, ChatError::NoSuchRoom(typed)),
            },
        };
        let listed = everybody.iter().take(LIST_ENTRIES_MAX);
        let people = listed.filter_map(|&other| self.listing(other, out)).collect();
        out.answer(client, Message::Who { room, people, total: everybody.len() });
    }

    fn listing(&self, client: ClientId, out: &Reaction) -> Option<PersonListing> {
        let person = self.people.person(client)?;
        let rooms = person.rooms().iter().filter_map(|&id| self.rooms.get(id));
        Some(PersonListing {
            name: person.name().clone(),
            rooms: rooms.map(|room| room.name().clone()).collect(),
            idle: out.now.time.saturating_sub(person.active_at()),
            away: person.is_away(),
            machine: self.extras.node_of(client).cloned(),
        })
    }

    pub(super) fn whois(&self, client: ClientId, typed: String, out: &mut Reaction) {
        let Some((found, _)) = self.people.find(&typed) else {
            return out.refuse(client, ChatError::NoSuchPerson(typed));
        };
        let (Some(state), Some(listing)) = (self.people.client(found), self.listing(found, out))
        else {
            return;
        };
        let Some(person) = state.person() else {
            return;
        };
        let muted = self.extras.is_muted(person.key());
        let details = PersonDetails {
            person: listing,
            away_why: person.away_reason().cloned(),
            here_for: out.now.time.saturating_sub(person.joined_at()),
            protocol: state.protocol(),
            operator: self.is_operator(found),
            private: self.is_operator(client).then(|| (state.address(), muted)),
        };
        out.answer(client, Message::Whois(Box::new(details)));
    }

    pub(super) fn list_rooms(&self, client: ClientId, out: &mut Reaction) {
        let mut all: Vec<&Room> = self.rooms.iter().map(|(_, room)| room).collect();
        let total = all.len();
        // Rooms of the same size are sorted by name, so that the order is always the same. Of very many rooms, only those that
        // are listed are sorted.
        let order = |one: &&Room, other: &&Room| {
            let by_size = other.members().len().cmp(&one.members().len());
            by_size.then_with(|| one.name().cmp(other.name()))
        };
        if total > LIST_ENTRIES_MAX {
            all.select_nth_unstable_by(LIST_ENTRIES_MAX, order);
            all.truncate(LIST_ENTRIES_MAX);
        }
        all.sort_unstable_by(order);
        let listed = all.iter().map(|room| RoomListing {
            room: room.name().clone(),
            members: room.members().len(),
            topic: room.topic().cloned(),
        });
        out.answer(client, Message::Rooms { rooms: listed.collect(), total });
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
        let (Some(by), Some(room)) = (self.people.name(client), self.rooms.get(id)) else {
            return;
        };
        let (name, epoch) = (room.name().clone(), room.epoch());
        let Some(topic) = topic else {
            let topic = room.topic().cloned();
            return out.answer(client, Message::Topic { room: name, topic, by: None });
        };
        let mut recipients = all_but(room.members(), Some(client));
        if self.refuse_muted(client, out) {
            return;
        }
        // The lobby belongs to nobody, and everybody comes through it.
        if id == LOBBY && !self.is_operator(client) {
            return out.refuse(client, ChatError::TopicIsOperators(name));
        }
        let topic = match note(Some(topic)) {
            Ok(topic) => topic,
            Err(error) => return out.refuse(client, error),
        };
        self.rooms.set_topic(id, topic.clone());
        if self.rooms.are_kept() {
            out.push(Effect::KeepTopic { epoch, room: name.clone(), topic: topic.clone() });
        }
        self.extras.ignores.remove_ignoring(client, &mut recipients);
        let message = Message::Topic { room: name, topic, by: Some(by) };
        out.send(recipients, message.clone());
        out.answer(client, message);
    }
}
