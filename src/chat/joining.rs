//! Coming to a room and going from it. A further part of [`Hub`].
//!
//! Whoever speaks plain text is in exactly one room at any time; a JSON client is in as many as it likes, or in none.

use std::sync::Arc;

use super::reaction::Reaction;
use super::rooms::{LOBBY, RoomId};
use super::{ChatError, ClientId, Hub, Line, Message, Name, Protocol, Range, RequestError};
use crate::config::limits::{LIST_ENTRIES_MAX, ROOMS_PER_CLIENT_MAX};

impl Hub {
    /// `/join dev`
    pub(super) fn join_room(
        &mut self,
        client: ClientId,
        room: Line,
        history: Option<usize>,
        out: &mut Reaction,
    ) {
        let wanted = Line {
            text: room.text.trim().trim_start_matches('#').to_owned(),
            altered: room.altered,
        };
        let name = match Name::parse(&wanted) {
            Ok(name) => name,
            Err(refusal) => {
                return out.refuse(client, ChatError::RoomName(refusal));
            }
        };
        let protocol = self.protocol_of(client);
        let Some(person) = self.person(client) else {
            return;
        };
        let current = person.rooms.first().copied();
        let full = person.rooms.len() >= ROOMS_PER_CLIENT_MAX;
        let existing = self.rooms.named(&name);
        if let Some(id) = existing.filter(|id| person.rooms.contains(id)) {
            return self.answer_in_room(client, id, out);
        }
        if protocol == Protocol::Json && full {
            return out.refuse(client, ChatError::TooManyRooms);
        }
        // The name of a new room is something that others read.
        if existing.is_none() && self.is_muted(client, out) {
            return;
        }
        let room = existing.or_else(|| self.rooms.make(&name, out.now.wall));
        let Some(id) = room else {
            return out.refuse(client, ChatError::NoMoreRooms);
        };
        if protocol == Protocol::Plain
            && let Some(current) = current
        {
            self.exit(client, current, out);
        }
        self.enter_and_tell(client, id, out);
        let lines = match protocol {
            Protocol::Plain => history.unwrap_or(self.settings.history_on_join),
            Protocol::Json => history.unwrap_or(0),
        };
        self.show_history(client, id, Range::Last, lines, out);
    }

    /// `/part`: from plain text's one room, back to the lobby; for JSON, out of a room.
    pub(super) fn part_room(&mut self, client: ClientId, room: Option<String>, out: &mut Reaction) {
        let Some(id) = self.own_room(client, room, out) else {
            return;
        };
        match self.protocol_of(client) {
            Protocol::Json => {
                let room = self.name_of_room(id);
                let from = self.name_of(client);
                self.exit(client, id, out);
                if let (Some(room), Some(from)) = (room, from) {
                    let removed = None;
                    let left = Message::WentFromRoom {
                        room,
                        from,
                        removed,
                    };
                    out.answer(client, left);
                }
            }
            Protocol::Plain if id == LOBBY => self.answer_in_room(client, LOBBY, out),
            Protocol::Plain => {
                self.exit(client, id, out);
                self.enter_and_tell(client, LOBBY, out);
            }
        }
    }

    /// Which room a request means: the one it names, or the one that somebody on plain text is in. None, and answered,
    /// where they are not in it.
    pub(super) fn own_room(
        &self,
        client: ClientId,
        room: Option<String>,
        out: &mut Reaction,
    ) -> Option<RoomId> {
        let rooms = &self.person(client)?.rooms;
        let id = match &room {
            Some(typed) => self.rooms.find(typed).filter(|id| rooms.contains(id)),
            None if self.protocol_of(client) == Protocol::Plain => rooms.first().copied(),
            None => None,
        };
        if id.is_none() {
            let missing = ChatError::Request(RequestError::MissingField("room"));
            out.refuse(client, room.map_or(missing, ChatError::NotInRoom));
        }
        id
    }

    pub(super) fn name_of_room(&self, id: RoomId) -> Option<Arc<str>> {
        self.rooms.get(id).map(|room| room.name.clone())
    }

    /// Both lists that must agree: who is in the room, and which rooms they are in.
    pub(super) fn enter(&mut self, client: ClientId, id: RoomId) {
        self.rooms.enter(id, client, self.protocol_of(client));
        if let Some(person) = self.person_mut(client) {
            person.rooms.push(id);
        }
    }

    fn enter_and_tell(&mut self, client: ClientId, id: RoomId, out: &mut Reaction) {
        self.enter(client, id);
        self.answer_in_room(client, id, out);
        if let Some(name) = self.name_of(client) {
            self.announce_entry(client, id, &name, out);
        }
    }

    fn exit(&mut self, client: ClientId, id: RoomId, out: &mut Reaction) {
        self.rooms.leave(id, client);
        if let Some(person) = self.person_mut(client) {
            person.rooms.retain(|&room| room != id);
        }
        if let Some(name) = self.name_of(client) {
            self.announce_exit(client, id, &name, out);
        }
        self.rooms.drop_if_empty(id);
    }

    fn answer_in_room(&self, client: ClientId, id: RoomId, out: &mut Reaction) {
        let (Some(room), Some(from)) = (self.rooms.get(id), self.name_of(client)) else {
            return;
        };
        let members = room.members.iter().take(LIST_ENTRIES_MAX);
        let answer = Message::InRoom {
            room: room.name.clone(),
            from,
            members: members.filter_map(|&member| self.name_of(member)).collect(),
            total: room.members.len(),
            topic: room.topic.clone(),
            epoch: room.epoch,
            last_message_id: room.history.last_id(),
        };
        out.answer(client, answer);
    }
}
