//! `/op`, what only operators may do, and changed settings.

use std::sync::Arc;

use super::super::ban::Network;
use super::super::client::{ClientId, DisconnectReason};
use super::super::error::ChatError;
use super::super::event::Reaction;
use super::super::hub::Hub;
use super::super::log_event::LogEvent;
use super::super::message::{Draft, Manner, Message, Removal};
use super::super::name::NameKey;
use super::super::request::without_at;
use super::super::settings::{HubSettings, Secret};
use super::note;

impl Hub {
    /// `/op PASSWORD`. The password is never sent back or logged.
    pub(super) fn become_operator(
        &mut self,
        client: ClientId,
        password: &Secret,
        out: &mut Reaction,
    ) {
        let Some(address) = self.people.client(client).map(|state| state.address()) else {
            return;
        };
        let Some(right) = &self.settings.operator_password else {
            return out.refuse(client, ChatError::NoOperatorPassword);
        };
        let network = Network::of(address.ip());
        let (attempts, now) = (&mut self.extras.password_attempts, out.now.time);
        let Some(person) = self.people.person_mut(client) else {
            return;
        };
        // These checks come first: without an attempt left, nobody may learn whether a password is right.
        if person.password_tries_left() == 0 {
            return out.refuse(client, ChatError::NoPasswordTriesLeft);
        }
        if attempts.left(network, now) == 0 {
            return out.refuse(client, ChatError::TooManyPasswordAttempts);
        }
        if !right.matches(password) {
            person.count_wrong_password();
            let tries_left = attempts.count(network, now).min(person.password_tries_left());
            out.log(LogEvent::WrongOperatorPassword { client, address });
            return out.refuse(client, ChatError::WrongOperatorPassword { tries_left });
        }
        person.accept_password();
        out.log(LogEvent::BecameOperator { client, name: person.name().clone() });
        out.answer(client, Message::OperatorNow);
    }

    pub(super) fn kick(
        &mut self,
        client: ClientId,
        typed: String,
        reason: Option<String>,
        out: &mut Reaction,
    ) {
        let Some((found, name)) = self.people.find(&typed) else {
            return out.refuse(client, ChatError::NoSuchPerson(typed));
        };
        if found == client {
            return out.refuse(client, ChatError::NotYourself);
        }
        let reason = match note(reason) {
            Ok(reason) => reason,
            Err(error) => return out.refuse(client, error),
        };
        let Some(by) = self.people.name(client) else {
            return;
        };
        self.log_operation(client, "kick", &name, reason.clone(), out);
        out.tell(found, Message::Kicked { by: by.clone(), reason: reason.clone() });
        let removal = Removal { banned: false, by, reason };
        self.dismiss(found, DisconnectReason::Kicked, Some(removal), out);
        out.answer(client, Message::Removed(name));
    }

    /// Refuses the request if the client is muted, and returns whether it is.
    pub(in crate::chat) fn refuse_muted(&self, client: ClientId, out: &mut Reaction) -> bool {
        let muted =
            self.people.person(client).is_some_and(|person| self.extras.is_muted(person.key()));
        if muted {
            out.refuse(client, ChatError::YouAreMuted);
        }
        muted
    }

    /// Refuses what the client may not say: a muted client says nothing, and nobody says aloud the word by which a name can be
    /// taken back. Returns whether it has refused it.
    pub(in crate::chat) fn refuse_to_say(
        &self,
        client: ClientId,
        draft: &Draft,
        out: &mut Reaction,
    ) -> bool {
        let is_chat = draft.manner == Manner::Chat;
        if is_chat && self.is_reclaim_word(&draft.text, out.now.time) {
            out.refuse(client, ChatError::ReclaimWordSaid);
            return true;
        }
        self.refuse_muted(client, out)
    }

    /// Mutes a name, or lifts that. Coming back under the same name changes nothing, and a muted client cannot change its
    /// name.
    pub(super) fn mute(&mut self, client: ClientId, typed: String, on: bool, out: &mut Reaction) {
        let (found, name) = match self.people.find(&typed) {
            Some((found, name)) => (Some(found), name),
            None => (None, Arc::from(without_at(&typed))),
        };
        if found == Some(client) {
            return out.refuse(client, ChatError::NotYourself);
        }
        let is_known = |key: &NameKey| if on { found.is_some() } else { self.extras.is_muted(key) };
        let Some(key) = NameKey::of_typed(&name).filter(is_known) else {
            return out.refuse(client, ChatError::NoSuchPerson(typed));
        };
        if !on {
            self.extras.unmute(&key);
        } else if !self.extras.mute(key) {
            return out.refuse(client, ChatError::TooManyMuted);
        }
        self.log_operation(client, if on { "mute" } else { "unmute" }, &name, None, out);
        out.answer(client, Message::Muted { name, on });
    }

    pub(super) fn motd(&mut self, client: ClientId, text: Option<String>, out: &mut Reaction) {
        if let Some(text) = text {
            self.log_operation(client, "motd", "", None, out);
            self.settings.motd = (!text.is_empty()).then(|| text.into());
        }
        out.answer(client, Message::Motd(self.settings.motd.clone()));
    }

    /// Keeps no more than this much history in all rooms together, where memory is limited. Called before anybody is here.
    pub fn limit_history(&mut self, bytes_max: usize) {
        self.rooms.limit_history(bytes_max);
    }

    /// Applies changed settings.
    pub(in crate::chat) fn reload(&mut self, settings: HubSettings) {
        // The old password may have leaked, so everybody who used it must give the new one.
        if settings.operator_password != self.settings.operator_password {
            self.people.revoke_passwords();
        }
        self.settings = settings;
    }
}
