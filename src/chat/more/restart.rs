//! The restart of a server whose people go on elsewhere, or come back to it.

use super::super::client::{ClientId, DisconnectReason};
use super::super::event::Reaction;
use super::super::hub::Hub;
use super::super::message::Message;
use super::super::state::RoomId;
use super::super::view::Protocol;

impl Hub {
    /// Ends the connections of these clients. Contract: everything that they have said so far has been answered before their
    /// farewell, and nothing is taken from them afterwards, so a program knows which of its lines to send again.
    ///
    /// Their names are held and their rooms stay open. One line sums up who does not come back soon.
    pub(in crate::chat) fn dismiss_for_restart(
        &mut self,
        clients: Vec<ClientId>,
        out: &mut Reaction,
    ) {
        out.fold_announcements();
        for client in clients {
            let is_plain = self.people.protocol(client) == Protocol::Plain;
            let name = self.people.name(client).filter(|_| is_plain && !self.settings.anonymous);
            let back = name.and_then(|name| Some((name, self.extras.reclaims.tell(client)?)));
            if self.people.knows(client) {
                out.tell(client, Message::Restart { back });
                self.dismiss(client, DisconnectReason::Restart, None, out);
            }
        }
    }

    /// Lets the rooms close again in which somebody was awaited.
    pub(super) fn await_no_more(&mut self, rooms: &[RoomId]) {
        for &room in rooms {
            self.rooms.await_no_more(room);
            self.rooms.close_if_empty(room);
        }
    }
}
