//! `/reply`. (`/msg` is [`Hub::say_to_named`].)

use super::super::client::ClientId;
use super::super::error::ChatError;
use super::super::event::Reaction;
use super::super::hub::Hub;
use super::super::message::{Draft, Manner};
use super::super::named::Named;

impl Hub {
    /// Answers the last person who wrote to this client privately.
    pub(super) fn reply(&mut self, client: ClientId, text: String, out: &mut Reaction) {
        if self.refuse_muted(client, out) {
            return;
        }
        let last = self.people.person(client).and_then(|person| person.reply_to().cloned());
        let Some((writer, name)) = last else {
            return out.refuse(client, ChatError::NobodyToReplyTo);
        };
        // The id decides: the writer may have a new name by now, and somebody else the old one.
        let Some(name) = self.people.name(writer) else {
            return out.refuse(client, ChatError::NobodyOf(vec![name.to_string()]));
        };
        if let Some(person) = self.people.person_mut(client) {
            person.set_reply_to(writer, name.clone());
        }
        let draft = Draft { manner: Manner::Private, text, sent_at: None };
        self.say_to_people(client, Named::one(writer, name), draft, out);
    }
}
