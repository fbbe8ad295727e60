//! Step 5 of the path of a message: choosing its recipients.
//!
//! The recipients are the other members of the room, or the people whom the message mentions at its end, without those who
//! ignore the sender. The result is one [`Effect::Send`](super::event::Effect::Send) with a shared message, which the
//! dispatcher encodes and delivers.

use std::sync::Arc;

use super::client::ClientId;
use super::error::ChatError;
use super::event::Reaction;
use super::hub::Hub;
use super::log_event::LogEvent;
use super::message::{Audience, ChatMessage, Draft, Manner, Message};
use super::named::Named;
use super::request::{RequestError, Target};
use super::state::{RoomId, all_but};
use super::view::Protocol;

impl Hub {
    /// Says something to a room, or to the people that the text mentions, wherever they are.
    pub(super) fn say(
        &mut self,
        client: ClientId,
        target: Target,
        draft: Draft,
        out: &mut Reaction,
    ) {
        let room = match target {
            Target::People(names) => return self.say_to_named(client, &names, draft, out),
            Target::Room(room) => Some(room),
            Target::Here => None,
        };
        if self.refuse_to_say(client, &draft, out) {
            return;
        }
        // A JSON client is in no room by default, but it may still mention people.
        let needs_room = room.is_some() || self.people.protocol(client) == Protocol::Plain;
        let room = if needs_room { self.own_room(client, room, out) } else { None };
        if needs_room && room.is_none() {
            // `own_room` has refused the request.
            return;
        }
        // `/me` always goes to the whole room.
        let named = match draft.manner {
            Manner::Chat => self.mentioned(client, &draft.text),
            Manner::Me | Manner::Private => Ok(Named::default()),
        };
        match (named, room) {
            (Err(error), _) => out.refuse(client, error),
            (Ok(named), _) if !named.present.is_empty() => {
                self.say_to_people(client, named, draft, out)
            }
            (Ok(named), Some(room)) => self.say_in_room(client, room, named.absent, draft, out),
            (Ok(_), None) => {
                out.refuse(client, ChatError::Request(RequestError::MissingField("room".into())))
            }
        }
    }

    /// Says something to the people with these names, and to nobody else.
    pub(super) fn say_to_named(
        &mut self,
        client: ClientId,
        names: &[String],
        draft: Draft,
        out: &mut Reaction,
    ) {
        if self.refuse_to_say(client, &draft, out) {
            return;
        }
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        match self.look_up(client, &names) {
            Err(error) => out.refuse(client, error),
            Ok(named) if !named.present.is_empty() => self.say_to_people(client, named, draft, out),
            Ok(named) if named.absent.is_empty() && named.includes_sender => {
                out.refuse(client, ChatError::NotYourself);
            }
            Ok(named) => out.refuse(client, ChatError::NobodyOf(named.absent)),
        }
    }

    fn say_in_room(
        &mut self,
        client: ClientId,
        id: RoomId,
        absent: Vec<String>,
        draft: Draft,
        out: &mut Reaction,
    ) {
        let (Some(person), Some(room)) = (self.people.person(client), self.rooms.get(id)) else {
            return;
        };
        let (from, key, name) = (person.name().clone(), person.key().clone(), room.name().clone());
        let message_id = room.history().last_id() + 1;
        let mut recipients = all_but(room.members(), Some(client));
        self.extras.ignores.remove_ignoring(client, &mut recipients);
        let to = Audience::Room { room: name.clone(), message_id };
        let message = Arc::new(draft.into_message(from, to, out.now.wall));
        self.log_message(&message, &name, out);
        out.keep(self.rooms.record(id, client, key, out.now.time, Arc::clone(&message)));
        out.send(recipients, Message::Chat(message));
        if !absent.is_empty() || out.has_tag() {
            let everybody_in = (!absent.is_empty()).then_some(name);
            let (received_at, message_id) = (out.now.wall, Some(message_id));
            out.answer(
                client,
                Message::Delivered {
                    to: Vec::new(),
                    absent,
                    everybody_in,
                    received_at,
                    message_id,
                },
            );
        }
    }

    pub(super) fn say_to_people(
        &mut self,
        client: ClientId,
        named: Named,
        draft: Draft,
        out: &mut Reaction,
    ) {
        let Some(from) = self.people.name(client) else {
            return;
        };
        let names: Vec<Arc<str>> = named.present.iter().map(|(_, name)| name.clone()).collect();
        let mut recipients: Vec<ClientId> = named.present.into_iter().map(|(id, _)| id).collect();
        // The sender is not told who ignores them.
        self.extras.ignores.remove_ignoring(client, &mut recipients);
        let message = Arc::new(draft.into_message(
            from.clone(),
            Audience::People(names.clone()),
            out.now.wall,
        ));
        self.log_message(&message, &names.join(", "), out);
        let mut notices = Vec::new();
        for &recipient in &recipients {
            if let Some(person) = self.people.person_mut(recipient) {
                person.set_reply_to(client, from.clone());
                notices.extend(person.away_notice(client));
            }
        }
        out.send(recipients, Message::Chat(message));
        let (absent, received_at) = (named.absent, out.now.wall);
        out.answer(
            client,
            Message::Delivered {
                to: names,
                absent,
                everybody_in: None,
                received_at,
                message_id: None,
            },
        );
        for notice in notices {
            out.tell(client, notice);
        }
    }

    fn log_message(&self, message: &ChatMessage, to: &str, out: &mut Reaction) {
        if self.settings.log_messages {
            let (name, text) = (message.from.clone(), message.text.clone());
            out.log(LogEvent::Chat { name, to: to.to_owned(), text });
        }
    }
}
