//! Entering rooms and leaving them. A part of the [`Hub`].
//!
//! A plain-text client is in exactly one room at any time. A JSON client may be in several rooms, or in none.

use super::client::ClientId;
use super::error::ChatError;
use super::event::Reaction;
use super::hub::Hub;
use super::message::Message;
use super::name::Name;
use super::punctuation::ROOM_SIGNS;
use super::request::{Line, Range, RequestError};
use super::state::{LOBBY, Movement, Page, RoomId};
use super::view::Protocol;
use crate::config::limits::{LIST_ENTRIES_MAX, ROOMS_PER_CLIENT_MAX};

impl Hub {
    pub(super) fn join_room(
        &mut self,
        client: ClientId,
        room: Line,
        history: Option<usize>,
        out: &mut Reaction,
    ) {
        let text = room.text.trim().trim_start_matches(ROOM_SIGNS).to_owned();
        let name = match Name::parse(&Line { text, altered: room.altered }) {
            Ok(name) => name,
            Err(error) => return out.refuse(client, ChatError::RoomName(error)),
        };
        let protocol = self.people.protocol(client);
        let Some(person) = self.people.person(client) else {
            return;
        };
        let current = person.rooms().first().copied();
        let existing = self.rooms.named(&name);
        if let Some(id) = existing.filter(|id| person.rooms().contains(id)) {
            return self.answer_in_room(client, id, out);
        }
        if protocol != Protocol::Plain && person.rooms().len() >= ROOMS_PER_CLIENT_MAX {
            return out.refuse(client, ChatError::TooManyRooms);
        }
        // Opening a room would let a muted client publish text: others see the name.
        if existing.is_none() && self.refuse_muted(client, out) {
            return;
        }
        let Some(id) = existing.or_else(|| self.rooms.open(&name, out.now.wall)) else {
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
            Protocol::Json | Protocol::Web => history.unwrap_or(0),
        };
        self.show_history(client, id, lines, out);
    }

    /// Leaves a room. A plain-text client goes back to the lobby.
    pub(super) fn part_room(&mut self, client: ClientId, room: Option<String>, out: &mut Reaction) {
        let Some(id) = self.own_room(client, room, out) else {
            return;
        };
        match self.people.protocol(client) {
            Protocol::Json | Protocol::Web => {
                let room = self.rooms.get(id).map(|room| room.name().clone());
                self.exit(client, id, out);
                if let (Some(room), Some(from)) = (room, self.people.name(client)) {
                    out.answer(client, Message::WentFromRoom { room, from, removed: None });
                }
            }
            Protocol::Plain if id == LOBBY => self.answer_in_room(client, LOBBY, out),
            Protocol::Plain => {
                self.exit(client, id, out);
                self.enter_and_tell(client, LOBBY, out);
            }
        }
    }

    /// The room that a request names, or else the one that a plain-text client is in. If the client is in no such room,
    /// refuses the request and returns `None`.
    pub(super) fn own_room(
        &self,
        client: ClientId,
        room: Option<String>,
        out: &mut Reaction,
    ) -> Option<RoomId> {
        let rooms = self.people.person(client)?.rooms();
        let id = match &room {
            Some(typed) => self.rooms.find(typed).filter(|id| rooms.contains(id)),
            None if self.people.protocol(client) == Protocol::Plain => rooms.first().copied(),
            None => None,
        };
        if id.is_none() {
            let missing = ChatError::Request(RequestError::MissingField("room".into()));
            out.refuse(client, room.map_or(missing, ChatError::NotInRoom));
        }
        id
    }

    /// Updates both lists, which must agree: the members of the room, and the rooms of the person.
    pub(super) fn enter(&mut self, client: ClientId, id: RoomId) {
        if let Some(person) = self.people.person(client) {
            self.rooms.enter(id, client, self.people.protocol(client), person.is_quiet());
            self.people.enter_room(client, id);
        }
    }

    fn enter_and_tell(&mut self, client: ClientId, id: RoomId, out: &mut Reaction) {
        self.enter(client, id);
        self.answer_in_room(client, id, out);
        self.announce_move(client, id, Movement::Arrived, out);
    }

    /// Undoes [`Hub::enter`], announces that, and closes the room if it is empty.
    pub(super) fn exit(&mut self, client: ClientId, id: RoomId, out: &mut Reaction) {
        self.rooms.leave(id, client);
        self.people.leave_room(client, id);
        self.announce_move(client, id, Movement::Left, out);
        self.rooms.close_if_empty(id);
    }

    fn answer_in_room(&self, client: ClientId, id: RoomId, out: &mut Reaction) {
        let (Some(room), Some(from)) = (self.rooms.get(id), self.people.name(client)) else {
            return;
        };
        let members = room.members().iter().take(LIST_ENTRIES_MAX);
        out.answer(
            client,
            Message::InRoom {
                room: room.name().clone(),
                from,
                members: members.filter_map(|&member| self.people.name(member)).collect(),
                total: room.members().len(),
                topic: room.topic().cloned(),
                epoch: room.epoch(),
                last_message_id: room.history().last_id(),
            },
        );
    }

    /// Sends the last messages that memory has, which the client did not ask for, if there are any.
    pub(super) fn show_history(
        &self,
        client: ClientId,
        id: RoomId,
        limit: usize,
        out: &mut Reaction,
    ) {
        let page = self.history_page(client, id, Range::Last, limit);
        if let Some((page, _)) = page.filter(|(page, _)| !page.messages.is_empty()) {
            out.tell(client, page.into_message(out.now.wall));
        }
    }

    /// The part of a room's history that memory has, without messages from people whom this client ignores; and the id from
    /// which on memory has all messages.
    pub(super) fn history_page(
        &self,
        client: ClientId,
        id: RoomId,
        range: Range,
        limit: usize,
    ) -> Option<(Page, u64)> {
        let room = self.rooms.get(id)?;
        let history = room.history();
        let part = history.part(range, limit, self.extras.ignores.hides(client, &self.people));
        let page = Page {
            room: room.name().clone(),
            epoch: room.epoch(),
            range,
            limit,
            gaps: history.gaps(range, &part),
            messages: part.messages,
            more: part.more,
        };
        Some((page, history.first_id()))
    }
}
