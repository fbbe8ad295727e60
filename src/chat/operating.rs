//! What only operators may do, and how one becomes one. A further part of [`Hub`].

use std::sync::Arc;

use super::reaction::Reaction;
use super::typed::{note, without_at};
use super::{
    ChatError, ClientId, DisconnectReason, Hub, LogEvent, Message, NameKey, Network, Removal,
    Secret,
};

impl Hub {
    /// `/op WORD`. The word itself is never told, logged or sent back.
    pub(super) fn become_operator(&mut self, client: ClientId, word: &Secret, out: &mut Reaction) {
        let Some(address) = self.clients.get(&client).map(|state| state.address) else {
            return;
        };
        let network = Network::of(address.ip());
        let Some(right) = &self.settings.operator_password else {
            return out.refuse(client, ChatError::NoOperatorPassword);
        };
        // Before the word is looked at: whoever has no try left must not learn whether it was the right one.
        if self.tries.left(network, out.now.time) == 0 {
            return out.refuse(client, ChatError::TooManyPasswordAttempts);
        }
        if !right.is(word) {
            let tries_left = self.tries.count(network, out.now.time);
            out.log(LogEvent::WrongOperatorPassword { client, address });
            return out.refuse(client, ChatError::WrongOperatorPassword { tries_left });
        }
        if let Some(person) = self.person_mut(client) {
            person.gave_password = true;
            let name = person.name.clone();
            out.log(LogEvent::BecameOperator { client, name });
            out.answer(client, Message::OperatorNow);
        }
    }

    pub(super) fn kick(
        &mut self,
        client: ClientId,
        typed: String,
        why: Option<String>,
        out: &mut Reaction,
    ) {
        let Some((found, name)) = self.find(&typed) else {
            return out.refuse(client, ChatError::NoSuchPerson(typed));
        };
        if found == client {
            return out.refuse(client, ChatError::NotYourself);
        }
        let why = match note(why) {
            Ok(why) => why,
            Err(refusal) => return out.refuse(client, refusal),
        };
        let Some(by) = self.name_of(client) else {
            return;
        };
        self.log_operation(client, "kick", &name, why.clone(), out);
        let removal = Removal {
            banned: false,
            by,
            why,
        };
        out.tell(
            found,
            Message::Kicked {
                by: removal.by.clone(),
                why: removal.why.clone(),
            },
        );
        self.dismiss(found, DisconnectReason::Kicked, Some(removal), out);
        out.answer(client, Message::Removed(name));
    }

    /// Holds for the name, so that leaving and coming back changes nothing. Whoever is muted can take no other one.
    pub(super) fn mute(&mut self, client: ClientId, typed: String, on: bool, out: &mut Reaction) {
        let (found, name) = match self.find(&typed) {
            Some((found, name)) => (Some(found), name),
            None => (None, Arc::from(without_at(&typed))),
        };
        let key = NameKey::of(&name);
        if found == Some(client) {
            return out.refuse(client, ChatError::NotYourself);
        }
        if on && found.is_none() || !on && !self.muted.contains(&key) {
            return out.refuse(client, ChatError::NoSuchPerson(typed));
        }
        if on {
            self.muted.insert(key);
        } else {
            self.muted.remove(&key);
        }
        let what = if on { "mute" } else { "unmute" };
        self.log_operation(client, what, &name, None, out);
        out.answer(client, Message::Muted { name, on });
    }

    pub(super) fn motd(&mut self, client: ClientId, text: Option<String>, out: &mut Reaction) {
        if let Some(text) = text {
            self.log_operation(client, "motd", "", None, out);
            self.settings.motd = (!text.is_empty()).then(|| text.into());
        }
        out.answer(client, Message::Motd(self.settings.motd.clone()));
    }

    /// What an operator does stands in the log.
    pub(super) fn log_operation(
        &self,
        client: ClientId,
        what: &'static str,
        whom: &str,
        why: Option<Arc<str>>,
        out: &mut Reaction,
    ) {
        if let Some(by) = self.name_of(client) {
            out.log(LogEvent::Operated {
                by,
                what,
                whom: whom.to_owned(),
                why,
            });
        }
    }
}
