//! `/ignore` and `/unignore`. The rules are in `state/ignores.rs`.

use super::super::client::ClientId;
use super::super::error::ChatError;
use super::super::event::Reaction;
use super::super::hub::Hub;
use super::super::message::Message;
use super::super::name::NameKey;
use super::super::request::without_at;

impl Hub {
    pub(super) fn ignore(&mut self, client: ClientId, typed: String, out: &mut Reaction) {
        let Some((found, name)) = self.people.find(&typed) else {
            return out.refuse(client, ChatError::NoSuchPerson(typed));
        };
        if found == client {
            return out.refuse(client, ChatError::NotYourself);
        }
        match self.extras.ignores.add(client, found, name.clone()) {
            Ok(()) => out.answer(client, Message::Ignored(name)),
            Err(_) => out.refuse(client, ChatError::TooManyIgnored),
        }
    }

    pub(super) fn unignore(&mut self, client: ClientId, typed: String, out: &mut Reaction) {
        let key = NameKey::of_typed(without_at(&typed));
        let ignores = &mut self.extras.ignores;
        match key.and_then(|key| ignores.take_off(client, &key, &self.people)) {
            Some(name) => out.answer(client, Message::Unignored(name)),
            None => out.refuse(client, ChatError::NotIgnored(typed)),
        }
    }
}
