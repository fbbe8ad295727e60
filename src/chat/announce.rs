//! Announcements of arrivals and departures. A part of the [`Hub`].
//!
//! Plain-text clients that are not `/quiet` hear who joins and leaves the chat, and who moves to or from their room. JSON
//! clients hear who enters and leaves their rooms. Nobody hears of the same movement twice.

use std::sync::Arc;

use super::client::ClientId;
use super::event::Reaction;
use super::hub::Hub;
use super::message::{Message, Removal};
use super::state::{Movement, RoomId, Scope, all_but};
use super::view::Protocol;

impl Hub {
    /// Announces that somebody has joined the chat or is back, and is in rooms already.
    pub(super) fn announce_arrival(
        &mut self,
        client: ClientId,
        name: &Arc<str>,
        movement: Movement,
        out: &mut Reaction,
    ) {
        let arrived = |_| Message::Arrived(name.clone());
        self.announce(Scope::Chat, movement, Some(client), out, arrived);
        let rooms = self.people.person(client).map(|person| person.rooms().to_vec());
        for room in rooms.unwrap_or_default() {
            let scope = Scope::Room(room, Protocol::Json);
            let came = |room| Message::CameToRoom { room, from: name.clone() };
            self.announce(scope, movement, Some(client), out, came);
        }
    }

    /// Announces that somebody has left the chat. The client must already be removed from all lists.
    pub(super) fn announce_departure(
        &mut self,
        name: &Arc<str>,
        rooms: &[RoomId],
        removed: Option<Removal>,
        out: &mut Reaction,
    ) {
        let left = |_| Message::Left { name: name.clone(), removed: removed.clone() };
        self.announce(Scope::Chat, Movement::Left, None, out, left);
        for &room in rooms {
            let went =
                |room| Message::WentFromRoom { room, from: name.clone(), removed: removed.clone() };
            self.announce(Scope::Room(room, Protocol::Json), Movement::Left, None, out, went);
        }
    }

    /// Announces that somebody who stays in the chat has entered or left a room.
    pub(super) fn announce_move(
        &mut self,
        client: ClientId,
        room: RoomId,
        movement: Movement,
        out: &mut Reaction,
    ) {
        let Some(from) = self.people.name(client) else {
            return;
        };
        for protocol in [Protocol::Plain, Protocol::Json] {
            let message = |room| match movement {
                Movement::Arrived | Movement::Returned => {
                    Message::CameToRoom { room, from: from.clone() }
                }
                Movement::Left => Message::WentFromRoom { room, from: from.clone(), removed: None },
            };
            self.announce(Scope::Room(room, protocol), movement, Some(client), out, message);
        }
    }

    /// Announces a movement to a scope at once, or only counts it if the scope is too large. `message` gets the name of
    /// the scope's room, or an empty name for the whole chat.
    fn announce(
        &mut self,
        scope: Scope,
        movement: Movement,
        except: Option<ClientId>,
        out: &mut Reaction,
        message: impl FnOnce(Arc<str>) -> Message,
    ) {
        let Some((room, recipients)) = self.recipients(scope) else {
            return;
        };
        let limit = self.settings.announce_up_to;
        // One more than the limit, since `except` may be among them. A larger scope is not even copied.
        if recipients.len() <= limit.saturating_add(1) && !out.folds_announcements() {
            let to = all_but(recipients, except);
            if to.len() <= limit {
                return out.send(to, message(room.unwrap_or_default()));
            }
        }
        self.extras.folded.count(scope, movement, out.now.time);
    }

    /// Sends each scope one line with its counts, if they are due.
    pub(super) fn announce_folded(&mut self, out: &mut Reaction) {
        for (scope, counts) in self.extras.folded.take_due(out.now.time) {
            let Some((room, recipients)) = self.recipients(scope) else {
                continue;
            };
            let present = match scope {
                Scope::Chat => self.people.count(),
                Scope::Room(id, _) => self.rooms.get(id).map_or(0, |room| room.members().len()),
            };
            let (arrived, left) = (counts.arrived, counts.left);
            out.send(
                recipients.to_vec(),
                Message::MembershipChanged { room, arrived, left, present },
            );
        }
    }

    /// The room of a scope, and the clients that hear its announcements; `None` if the room has closed.
    fn recipients(&self, scope: Scope) -> Option<(Option<Arc<str>>, &[ClientId])> {
        match scope {
            Scope::Chat => Some((None, self.people.listeners())),
            Scope::Room(id, protocol) => {
                let room = self.rooms.get(id)?;
                Some((Some(room.name().clone()), room.recipients(protocol)))
            }
        }
    }
}
