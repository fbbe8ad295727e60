//! The last part of every conversation: somebody leaves, or the chat ends. A further part of [`Hub`].

use super::hub::Standing;
use super::{
    Announcement, ClientId, DisconnectReason, Effect, Hub, Membership, Message, Notable,
    ShutdownCause, Time,
};

impl Hub {
    pub(super) fn quit(&mut self, now: Time, client: ClientId, effects: &mut Vec<Effect>) {
        self.say(client, Message::Bye, effects);
        self.dismiss(now, client, DisconnectReason::Quit, effects);
    }

    /// Ends a connection from this side, and forgets it.
    pub(super) fn dismiss(
        &mut self,
        now: Time,
        client: ClientId,
        reason: DisconnectReason,
        effects: &mut Vec<Effect>,
    ) {
        effects.push(Effect::Disconnect { client, reason });
        self.forget(now, client, reason, effects);
    }

    /// The name is free, the others hear of it, and no event about this client means anything any more.
    pub(super) fn forget(
        &mut self,
        now: Time,
        client: ClientId,
        reason: DisconnectReason,
        effects: &mut Vec<Effect>,
    ) {
        let Some(state) = self.clients.remove(&client) else {
            return;
        };
        match state.standing {
            Standing::Unnamed { .. } => {
                effects.push(Effect::Log(Notable::LeftUnnamed { client, reason }))
            }
            Standing::Joined { name, key } => {
                if let Some(key) = key {
                    self.names.remove(&key);
                }
                self.membership.leave(client);
                effects.push(Effect::Log(Notable::Left {
                    client,
                    name: name.clone(),
                    reason,
                }));
                self.announce(now, client, Announcement::Left(name), effects);
            }
        }
    }

    pub(super) fn shut_down(&mut self, cause: ShutdownCause, effects: &mut Vec<Effect>) {
        if std::mem::replace(&mut self.shutting_down, true) {
            return;
        }
        effects.push(Effect::Log(Notable::ShuttingDown {
            cause,
            joined: self.membership.count(),
        }));
        // Everybody who is connected, with a name or without one, in the order in which they came.
        let mut everybody: Vec<ClientId> = self.clients.keys().copied().collect();
        everybody.sort_unstable();
        effects.push(Effect::Send {
            to: everybody.clone(),
            message: Message::ShutDown,
        });
        for client in everybody {
            effects.push(Effect::Disconnect {
                client,
                reason: DisconnectReason::ServerShutdown,
            });
        }
        effects.push(Effect::Shutdown);
        // Nobody hears anybody leave: all leave at once.
        self.clients.clear();
        self.names.clear();
        self.membership = Membership::new(self.settings.announce_up_to);
    }
}
