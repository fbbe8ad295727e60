//! The last part of every conversation: somebody leaves. A further part of [`Hub`].

use super::person::Standing;
use super::reaction::Reaction;
use super::{ClientId, DisconnectReason, Hub, LogEvent, Message, Removal, Time};

impl Hub {
    pub(super) fn quit(&mut self, client: ClientId, out: &mut Reaction) {
        out.answer(client, Message::Bye);
        self.dismiss(client, DisconnectReason::Quit, None, out);
    }

    /// Somebody types nothing. Whoever has no name yet is subject to the login deadline instead.
    pub(super) fn idle_too_long(
        &mut self,
        client: ClientId,
        left: Option<Time>,
        out: &mut Reaction,
    ) {
        if self.person(client).is_none() {
            return;
        }
        match left {
            Some(left) => out.tell(client, Message::IdleSoon { left }),
            None => {
                out.tell(client, Message::IdleBye);
                self.dismiss(client, DisconnectReason::Idle, None, out);
            }
        }
    }

    /// Ends a connection from this side, and forgets it. `removed` says which operator wants it, if one does.
    pub(super) fn dismiss(
        &mut self,
        client: ClientId,
        reason: DisconnectReason,
        removed: Option<Removal>,
        out: &mut Reaction,
    ) {
        if self.clients.contains_key(&client) {
            out.disconnect(client, reason);
            self.forget(client, reason, removed, out);
        }
    }

    /// The name is free, the others hear of it, and no event about this client means anything any more.
    pub(super) fn forget(
        &mut self,
        client: ClientId,
        reason: DisconnectReason,
        removed: Option<Removal>,
        out: &mut Reaction,
    ) {
        let Some(state) = self.clients.remove(&client) else {
            return;
        };
        let person = match state.standing {
            Standing::Unnamed { .. } => return out.log(LogEvent::LeftUnnamed { client, reason }),
            Standing::Joined(person) => *person,
        };
        self.membership.leave(client, &person.key);
        self.forget_ignores(client, &person);
        for &room in &person.rooms {
            self.rooms.leave(room, client);
        }
        out.log(LogEvent::Left {
            client,
            name: person.name.clone(),
            reason,
        });
        self.announce_departure(&person, removed.as_ref(), out);
        for &room in &person.rooms {
            self.rooms.drop_if_empty(room);
        }
    }
}
