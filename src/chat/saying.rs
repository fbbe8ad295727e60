//! What somebody says, and who gets it. A further part of [`Hub`].

use std::sync::Arc;

use super::announcing::others;
use super::mentions;
use super::reaction::Reaction;
use super::rooms::RoomId;
use super::typed::without_at;
use super::{
    Audience, ChatError, ChatMessage, ClientId, Hub, LogEvent, Manner, Message, Protocol,
    RequestError, SentAt, Target,
};
use crate::config::limits::NAMED_MAX;

/// Something that is about to be said.
pub(super) struct Saying {
    pub(super) manner: Manner,
    pub(super) text: String,
    pub(super) sent_at: Option<SentAt>,
}

/// Those who were named, each once and without the one who names them.
#[derive(Default)]
struct Named {
    here: Vec<(ClientId, Arc<str>)>,
    absent: Vec<String>,
    /// The one who names them was among them.
    oneself: bool,
}

impl Hub {
    /// Somebody says something.
    pub(super) fn say(
        &mut self,
        client: ClientId,
        target: Target,
        saying: Saying,
        out: &mut Reaction,
    ) {
        let room = match target {
            Target::People(names) => {
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                return self.say_to_named(client, &names, saying, out);
            }
            Target::Room(room) => Some(room),
            Target::Here => None,
        };
        if self.is_muted(client, out) {
            return;
        }
        // A JSON client that names no room may still name people.
        let room = if room.is_none() && self.protocol_of(client) == Protocol::Json {
            None
        } else {
            match self.own_room(client, room, out) {
                None => return,
                room => room,
            }
        };
        // Whom a message mentions gets it wherever they are. What one does, one does before all in the room.
        let mentioned = match saying.manner {
            Manner::Chat => self.named(client, &mentions::at_the_end_of(&saying.text)),
            Manner::Me | Manner::Private => Ok(Named::default()),
        };
        match (mentioned, room) {
            (Err(why), _) => out.refuse(client, why),
            (Ok(named), _) if !named.here.is_empty() => {
                self.say_to_people(client, named, saying, out);
            }
            (Ok(named), Some(id)) => self.say_in_room(client, id, named.absent, saying, out),
            (Ok(_), None) => {
                let missing = RequestError::MissingField("room");
                out.refuse(client, ChatError::Request(missing));
            }
        }
    }

    /// Somebody says something to people they name.
    pub(super) fn say_to_named(
        &mut self,
        client: ClientId,
        names: &[&str],
        saying: Saying,
        out: &mut Reaction,
    ) {
        if self.is_muted(client, out) {
            return;
        }
        match self.named(client, names) {
            Err(why) => out.refuse(client, why),
            Ok(named) if !named.here.is_empty() => self.say_to_people(client, named, saying, out),
            Ok(named) if named.absent.is_empty() && named.oneself => {
                out.refuse(client, ChatError::NotYourself);
            }
            Ok(named) => out.refuse(client, ChatError::NobodyOf(named.absent)),
        }
    }

    /// Answers whoever wrote last.
    pub(super) fn reply(&mut self, client: ClientId, text: String, out: &mut Reaction) {
        if self.is_muted(client, out) {
            return;
        }
        let writer = self
            .person(client)
            .and_then(|person| person.reply_to.clone());
        let Some((writer, name)) = writer else {
            return out.refuse(client, ChatError::NobodyToReplyTo);
        };
        // By their id: they may have another name by now, and somebody else theirs.
        let Some(name) = self.name_of(writer) else {
            return out.refuse(client, ChatError::NobodyOf(vec![name.to_string()]));
        };
        if let Some(person) = self.person_mut(client) {
            person.reply_to = Some((writer, name.clone()));
        }
        let named = Named {
            here: vec![(writer, name)],
            ..Named::default()
        };
        let saying = Saying {
            manner: Manner::Private,
            text,
            sent_at: None,
        };
        self.say_to_people(client, named, saying, out);
    }

    fn say_in_room(
        &mut self,
        client: ClientId,
        id: RoomId,
        absent: Vec<String>,
        saying: Saying,
        out: &mut Reaction,
    ) {
        let (Some(from), Some(room)) = (self.name_of(client), self.rooms.get(id)) else {
            return;
        };
        let name = room.name.clone();
        let message_id = room.history.last_id() + 1;
        let mut hearers = others(&room.members, Some(client));
        self.drop_ignoring(client, &mut hearers);
        let to = Audience::Room {
            room: name.clone(),
            message_id,
        };
        let said = Arc::new(saying.by(from, to, out));
        self.log_said(&said, &name, out);
        self.rooms.keep(id, client, Arc::clone(&said));
        out.send(hearers, Message::Chat(said));
        if !absent.is_empty() || out.has_tag() {
            let delivered = Message::Delivered {
                to: Vec::new(),
                everybody_in: (!absent.is_empty()).then_some(name),
                absent,
                received_at: out.now.wall,
                message_id: Some(message_id),
            };
            out.answer(client, delivered);
        }
    }

    fn say_to_people(
        &mut self,
        client: ClientId,
        named: Named,
        saying: Saying,
        out: &mut Reaction,
    ) {
        let Some(from) = self.name_of(client) else {
            return;
        };
        let names: Vec<Arc<str>> = named.here.iter().map(|(_, name)| name.clone()).collect();
        let mut hearers: Vec<ClientId> = named.here.into_iter().map(|(id, _)| id).collect();
        // Whoever is ignored is not told so.
        self.drop_ignoring(client, &mut hearers);
        let said = Arc::new(saying.by(from.clone(), Audience::People(names.clone()), out));
        self.log_said(&said, &names.join(", "), out);
        let mut away = Vec::new();
        for &hearer in &hearers {
            if let Some(person) = self.person_mut(hearer) {
                person.reply_to = Some((client, from.clone()));
                if let Some(state) = &mut person.away
                    && state.told.insert(client)
                {
                    let name = person.name.clone();
                    let why = state.why.clone();
                    away.push(Message::IsAway { name, why });
                }
            }
        }
        out.send(hearers, Message::Chat(said));
        let delivered = Message::Delivered {
            to: names,
            absent: named.absent,
            everybody_in: None,
            received_at: out.now.wall,
            message_id: None,
        };
        out.answer(client, delivered);
        for message in away {
            out.tell(client, message);
        }
    }

    /// Who of those that were named is here.
    fn named(&self, client: ClientId, names: &[&str]) -> Result<Named, ChatError> {
        // To look names up costs far more than to send them: without a limit, one line could keep everybody waiting.
        if names.len() > NAMED_MAX {
            return Err(ChatError::TooManyNamed);
        }
        let mut named = Named::default();
        for name in names {
            match self.find(name) {
                Some((found, _)) if found == client => named.oneself = true,
                Some((found, shown)) => {
                    if named.here.iter().all(|&(other, _)| other != found) {
                        named.here.push((found, shown));
                    }
                }
                None => {
                    let absent = without_at(name).to_owned();
                    if !named.absent.contains(&absent) {
                        named.absent.push(absent);
                    }
                }
            }
        }
        Ok(named)
    }

    /// Whether nobody is to hear what somebody says; then they are told.
    pub(super) fn is_muted(&self, client: ClientId, out: &mut Reaction) -> bool {
        let muted = self
            .person(client)
            .is_some_and(|person| self.muted.contains(&person.key));
        if muted {
            out.refuse(client, ChatError::YouAreMuted);
        }
        muted
    }

    fn log_said(&self, said: &ChatMessage, to: &str, out: &mut Reaction) {
        if self.settings.log_messages {
            out.log(LogEvent::Chat {
                name: said.from.clone(),
                to: to.to_owned(),
                text: said.text.clone(),
            });
        }
    }
}

impl Saying {
    fn by(self, from: Arc<str>, to: Audience, out: &Reaction) -> ChatMessage {
        ChatMessage {
            from,
            to,
            manner: self.manner,
            text: self.text,
            sent_at: self.sent_at,
            received_at: out.now.wall,
        }
    }
}
