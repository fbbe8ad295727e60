//! Rooms, and who hears of arrivals.

use std::collections::VecDeque;

use super::super::seam::WALL_START_SECONDS;
use super::super::words::{Words, list, pieces};
use super::{ClientId, LOBBY, Model, Protocol, Room, Scope};
use crate::config::limits;

impl Model {
    pub(super) fn open(&mut self, room: &str) {
        let now = WALL_START_SECONDS as u64 * 1_000 + self.ms;
        self.last_epoch = now.max(self.last_epoch + 1);
        let (epoch, history) = (self.last_epoch, VecDeque::new());
        self.rooms_opened += 1;
        let opened = Room {
            number: self.rooms_opened,
            awaited: 0,
            members: Vec::new(),
            epoch,
            last_id: 0,
            history,
            history_bytes: 0,
        };
        self.rooms.insert(room.to_owned(), opened);
    }

    pub(super) fn enter(&mut self, id: ClientId, room: &str) {
        if !self.rooms.contains_key(room) {
            self.open(room);
        }
        if let (Some(entered), Some(client)) = (self.rooms.get_mut(room), self.clients.get_mut(&id))
        {
            entered.members.push(id);
            client.rooms.push(room.to_owned());
        }
    }

    pub(super) fn remove_member(&mut self, room: &str, id: ClientId) {
        if let Some(room) = self.rooms.get_mut(room) {
            room.members.retain(|&member| member != id);
        }
        if let Some(client) = self.clients.get_mut(&id) {
            client.rooms.retain(|it| it != room);
        }
    }

    pub(super) fn close_if_empty(&mut self, room: &str) {
        let is_awaited = self.rooms.get(room).is_some_and(|room| room.awaited > 0);
        if room != LOBBY && self.members(room).is_empty() && !is_awaited {
            self.rooms.remove(room);
        }
    }

    fn exit(&mut self, id: ClientId, room: &str) {
        self.remove_member(room, id);
        self.announce_move_to_all(id, room, "leaveroom");
        self.close_if_empty(room);
    }

    pub(super) fn number(&self, room: &str) -> Option<u64> {
        self.rooms.get(room).map(|room| room.number)
    }

    /// The clients that hear the announcements of a scope.
    pub(super) fn audience(&self, scope: Scope) -> Vec<ClientId> {
        let is_person = |id: &ClientId| self.protocol(*id) == Protocol::Plain;
        let members = |number: u64| {
            let room = self.rooms.values().find(|room| room.number == number);
            room.map_or_else(Vec::new, |room| room.members.clone())
        };
        match scope {
            Scope::Chat => self.joined.iter().copied().filter(is_person).collect(),
            Scope::People(number) => members(number).into_iter().filter(is_person).collect(),
            Scope::Programs(number) => {
                members(number).into_iter().filter(|id| !is_person(id)).collect()
            }
        }
    }

    /// Announces that somebody has come or gone, or counts it if too many would hear it.
    pub(super) fn announce(
        &mut self,
        scope: Scope,
        has_come: bool,
        except: Option<ClientId>,
        words: &Words,
    ) {
        let mut audience = self.audience(scope);
        audience.retain(|&id| Some(id) != except);
        if audience.len() <= self.announce_up_to && !self.folds_all {
            return self.tell_all(&audience, words);
        }
        let counts = self.folded.entry(scope).or_default();
        *(if has_come { &mut counts.came } else { &mut counts.went }) += 1;
        self.folded_due.get_or_insert(self.now + limits::ANNOUNCE_EVERY);
    }

    fn announce_move_to_all(&mut self, id: ClientId, room: &str, action: &'static str) {
        if let Some(number) = self.number(room) {
            let scopes = [Scope::People(number), Scope::Programs(number)];
            self.announce_move(id, room, action, &scopes);
        }
    }

    pub(super) fn announce_move(
        &mut self,
        id: ClientId,
        room: &str,
        action: &'static str,
        scopes: &[Scope],
    ) {
        let name = self.name(id);
        let verb = if action == "joinroom" { "joined" } else { "left" };
        let fields = format!(r#","room":"{room}","from":"{name}""#);
        let words = Words::sentence(format!("{name} has {verb} room {room}"));
        let words = words.with_json(action, fields);
        for &scope in scopes {
            self.announce(scope, action == "joinroom", Some(id), &words);
        }
    }

    pub(super) fn join(&mut self, id: ClientId, room: &str) {
        let rooms = self.clients[&id].rooms.clone();
        if rooms.iter().any(|it| it == room) {
            return self.answer_in_room(id, room);
        }
        // Before the last room is left, which may close.
        if !self.rooms.contains_key(room) {
            self.open(room);
        }
        if self.protocol(id) == Protocol::Plain {
            rooms.iter().for_each(|current| self.exit(id, current));
        }
        self.enter_and_tell(id, room);
        if self.protocol(id) == Protocol::Plain {
            self.show_history(id, room);
        }
    }

    fn enter_and_tell(&mut self, id: ClientId, room: &str) {
        self.enter(id, room);
        self.answer_in_room(id, room);
        self.announce_move_to_all(id, room, "joinroom");
    }

    pub(super) fn part(&mut self, id: ClientId, room: Option<&str>) {
        let is_plain = self.protocol(id) == Protocol::Plain;
        let Some(room) = self.own_room(id, room) else {
            return;
        };
        if is_plain && room == LOBBY {
            return self.answer_in_room(id, LOBBY);
        }
        self.exit(id, &room);
        if is_plain {
            return self.enter_and_tell(id, LOBBY);
        }
        let fields = format!(r#","room":"{room}","from":"{}""#, self.name(id));
        self.tell(id, &Words::object("leaveroom", fields).answer());
    }

    /// The room that is named, or the one that somebody on plain text is in. Refuses the request if the client is not in it.
    pub(super) fn own_room(&mut self, id: ClientId, room: Option<&str>) -> Option<String> {
        let rooms = &self.clients[&id].rooms;
        let found = match room {
            Some(room) => rooms.iter().find(|it| *it == room).cloned(),
            None => rooms.first().cloned(),
        };
        if found.is_none() {
            let room = room.unwrap_or_default();
            let sentence = format!("You are not in room {room}. /join {room} goes there.");
            self.tell(id, &Words::error("not_in_room", &sentence));
        }
        found
    }

    fn answer_in_room(&mut self, id: ClientId, room: &str) {
        let members: Vec<String> =
            self.members(room).iter().map(|&member| self.name(member)).collect();
        let name = self.name(id);
        let others: Vec<String> =
            members.iter().filter(|member| **member != name).cloned().collect();
        let words = if others.is_empty() {
            Words::sentence(format!("You are in room {room} alone."))
        } else {
            let mut sentence = vec![format!("You are in room {room} with")];
            sentence.extend(pieces("", &others, "."));
            Words::wrapped(&sentence)
        };
        let (epoch, last_id) =
            self.rooms.get(room).map_or((0, 0), |room| (room.epoch, room.last_id));
        let fields = format!(
            r#","room":"{room}","from":"{name}","members":{},"total":{},"epoch":{epoch},"last_message_id":{last_id}"#,
            list(&members),
            members.len()
        );
        self.tell(id, &words.with_json("joinroom", fields).answer());
    }
}
