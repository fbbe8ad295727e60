//! Who hears that somebody comes or goes, one by one or folded. A further part of [`Hub`].
//!
//! People on telnet hear who comes to the chat and who leaves it, wherever they are, and who comes to their room from
//! another one. JSON clients hear who comes to their rooms and goes from them. Nobody hears of one thing twice.

use std::sync::Arc;

use super::fold::Movement;
use super::person::Person;
use super::reaction::Reaction;
use super::rooms::{LOBBY, RoomId};
use super::{ClientId, Hub, Message, Protocol, Removal};
use crate::config::limits::ANNOUNCE_EVERY;

impl Hub {
    /// Somebody has joined the chat.
    pub(super) fn announce_arrival(
        &mut self,
        client: ClientId,
        protocol: Protocol,
        name: Arc<str>,
        out: &mut Reaction,
    ) {
        self.tell_listeners(Movement::Arrived, Some(client), out, || {
            Message::Arrived(name.clone())
        });
        if protocol == Protocol::Plain {
            self.tell_json_members(LOBBY, Movement::Arrived, None, out, |room| {
                Message::CameToRoom {
                    room,
                    from: name.clone(),
                }
            });
        }
    }

    /// Somebody has left the chat, and is in no list any more.
    pub(super) fn announce_departure(
        &mut self,
        person: &Person,
        removed: Option<&Removal>,
        out: &mut Reaction,
    ) {
        let name = &person.name;
        self.tell_listeners(Movement::Left, None, out, || Message::Left {
            name: name.clone(),
            removed: removed.cloned(),
        });
        for &room in &person.rooms {
            self.tell_json_members(room, Movement::Left, None, out, |room| {
                Message::WentFromRoom {
                    room,
                    from: name.clone(),
                    removed: removed.cloned(),
                }
            });
        }
    }

    /// Somebody who was in the chat already has come to a room.
    pub(super) fn announce_entry(
        &mut self,
        client: ClientId,
        room: RoomId,
        name: &Arc<str>,
        out: &mut Reaction,
    ) {
        let message = |room| Message::CameToRoom {
            room,
            from: name.clone(),
        };
        self.tell_plain_members(room, Movement::Arrived, client, out, message);
        self.tell_json_members(room, Movement::Arrived, Some(client), out, message);
    }

    /// Somebody who stays in the chat has gone from a room.
    pub(super) fn announce_exit(
        &mut self,
        client: ClientId,
        room: RoomId,
        name: &Arc<str>,
        out: &mut Reaction,
    ) {
        let message = |room| Message::WentFromRoom {
            room,
            from: name.clone(),
            removed: None,
        };
        self.tell_plain_members(room, Movement::Left, client, out, message);
        self.tell_json_members(room, Movement::Left, Some(client), out, message);
    }

    fn tell_listeners(
        &mut self,
        movement: Movement,
        except: Option<ClientId>,
        out: &mut Reaction,
        message: impl FnOnce() -> Message,
    ) {
        match others_if_few(
            self.membership.listeners(),
            except,
            self.settings.announce_up_to,
        ) {
            Some(to) => out.send(to, message()),
            None => {
                self.fold.count(movement);
                self.fold_due(out);
            }
        }
    }

    fn tell_json_members(
        &mut self,
        id: RoomId,
        movement: Movement,
        except: Option<ClientId>,
        out: &mut Reaction,
        message: impl FnOnce(Arc<str>) -> Message,
    ) {
        let announce_up_to = self.settings.announce_up_to;
        let Some(room) = self.rooms.get_mut(id) else {
            return;
        };
        match others_if_few(&room.json_members, except, announce_up_to) {
            Some(to) => out.send(to, message(room.name.clone())),
            None => {
                room.fold_for_json.count(movement);
                self.fold_room(id, out);
            }
        }
    }

    fn tell_plain_members(
        &mut self,
        id: RoomId,
        movement: Movement,
        except: ClientId,
        out: &mut Reaction,
        message: impl FnOnce(Arc<str>) -> Message,
    ) {
        let announce_up_to = self.settings.announce_up_to;
        let Some(room) = self.rooms.get(id) else {
            return;
        };
        // One more, since it may be the one it is about. Where there are many, nobody looks at each.
        if room.members.len() - room.json_members.len() <= announce_up_to + 1 {
            let to = self.plain_members_told(id, Some(except));
            if to.len() <= announce_up_to {
                return out.send(to, message(room.name.clone()));
            }
        }
        if let Some(room) = self.rooms.get_mut(id) {
            room.fold_for_plain.count(movement);
            self.fold_room(id, out);
        }
    }

    /// Those in a room who speak plain text and want to hear who comes and goes.
    fn plain_members_told(&self, id: RoomId, except: Option<ClientId>) -> Vec<ClientId> {
        let Some(room) = self.rooms.get(id) else {
            return Vec::new();
        };
        let mut told = others(&room.members, except);
        told.retain(|&member| {
            self.protocol_of(member) == Protocol::Plain
                && self.person(member).is_some_and(|person| !person.quiet)
        });
        told
    }

    fn fold_room(&mut self, id: RoomId, out: &mut Reaction) {
        if !self.folding_rooms.contains(&id) {
            self.folding_rooms.push(id);
        }
        self.fold_due(out);
    }

    fn fold_due(&mut self, out: &mut Reaction) {
        self.fold_due.get_or_insert(out.now.time + ANNOUNCE_EVERY);
    }

    /// One line for all that was folded, if its time has come.
    pub(super) fn tell_folded(&mut self, out: &mut Reaction) {
        if self.fold_due.take_if(|due| *due <= out.now.time).is_none() {
            return;
        }
        if let Some(message) = self.fold.take(None, self.membership.count()) {
            out.send(self.membership.listeners().to_vec(), message);
        }
        for id in std::mem::take(&mut self.folding_rooms) {
            let Some(room) = self.rooms.get_mut(id) else {
                continue;
            };
            let (name, present) = (room.name.clone(), room.members.len());
            let for_json = room.fold_for_json.take(Some(name.clone()), present);
            let for_plain = room.fold_for_plain.take(Some(name), present);
            if let Some(message) = for_json {
                out.send(room.json_members.clone(), message);
            }
            if let Some(message) = for_plain {
                out.send(self.plain_members_told(id, None), message);
            }
        }
    }
}

/// All but one, if those are at most `limit`; without a look at each where there are many more.
fn others_if_few(
    clients: &[ClientId],
    except: Option<ClientId>,
    limit: usize,
) -> Option<Vec<ClientId>> {
    if clients.len() > limit + 1 {
        return None;
    }
    let few = others(clients, except);
    (few.len() <= limit).then_some(few)
}

/// All but one.
pub(super) fn others(clients: &[ClientId], except: Option<ClientId>) -> Vec<ClientId> {
    let mut others = Vec::with_capacity(clients.len());
    others.extend(
        clients
            .iter()
            .copied()
            .filter(|&other| Some(other) != except),
    );
    others
}
