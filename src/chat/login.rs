//! The first part of every conversation: somebody has no name yet and gives one. A further part of [`Hub`].

use std::sync::Arc;

use super::person::{Client, Person, Standing};
use super::reaction::Reaction;
use super::rooms::LOBBY;
use super::{
    ChatError, ClientId, Command, DisconnectReason, Effect, Hub, Line, LogEvent, Message, Name,
    NameKey, Protocol, Range, Request, RequestError,
};
use crate::config::limits::NAME_REFUSALS_MAX;

impl Hub {
    /// A line from somebody who has no name yet: a name, or one of the few commands that make sense without one.
    pub(super) fn unnamed_line(&mut self, client: ClientId, line: Line, out: &mut Reaction) {
        match Command::parse(line.clone(), false) {
            // An empty line asks again, and is no refusal.
            Command::Empty => out.tell(client, Message::InputUsername),
            Command::Do(Request::Chat { .. }) => self.choose_name(client, &line, out),
            Command::Do(Request::Help { about }) => {
                self.help(client, about, out);
                out.tell(client, Message::InputUsername);
            }
            Command::Do(Request::Quit) => self.quit(client, out),
            Command::Do(_) => {
                out.refuse(client, ChatError::NameFirst);
                out.tell(client, Message::InputUsername);
            }
            // What is meant as a command is never taken for a name. What cannot be done here counts like a refused name.
            Command::OperatorsOnly => self.refuse_name(client, ChatError::NameFirst, out),
            other => {
                if let Some(why) = other.refusal() {
                    self.refuse_name(client, why, out);
                }
            }
        }
    }

    /// A request from a program that has not connected yet.
    pub(super) fn unnamed_request(
        &mut self,
        client: ClientId,
        request: Request,
        out: &mut Reaction,
    ) {
        match request {
            Request::Connect { .. } if self.settings.anonymous => {
                self.join_by_address(client, out);
            }
            Request::Connect { name: Some(name) } => self.choose_name(client, &name, out),
            Request::Connect { name: None } => {
                let missing = RequestError::MissingField("username");
                out.refuse(client, ChatError::Request(missing));
            }
            Request::Help { about } => self.help(client, about, out),
            Request::Ping => out.answer(client, Message::Pong),
            Request::Quit => self.quit(client, out),
            _ => out.refuse(client, ChatError::NameFirst),
        }
    }

    fn choose_name(&mut self, client: ClientId, line: &Line, out: &mut Reaction) {
        match self.free_name(client, line, out) {
            Ok(name) => {
                if self.protocol_of(client) == Protocol::Plain {
                    out.tell(client, Message::YourNameIs(name.shown().clone()));
                }
                self.join(client, name.shown().clone(), name.key().clone(), out);
            }
            Err(why) => self.refuse_name(client, why, out),
        }
    }

    /// A name that this client may have: a name at all, nobody else's, and not banned.
    pub(super) fn free_name(
        &self,
        client: ClientId,
        line: &Line,
        out: &mut Reaction,
    ) -> Result<Name, ChatError> {
        let name = match Name::parse(line) {
            Ok(name) => name,
            Err(refusal) => {
                let logged = refusal.clone();
                out.log(LogEvent::NameRefused {
                    client,
                    refusal: logged,
                });
                return Err(ChatError::Name(refusal));
            }
        };
        if self.bans.of_name(name.key(), out.now.wall).is_some() {
            return Err(ChatError::NameBanned(name.shown().clone()));
        }
        let holder = self.membership.holder(name.key());
        match holder.filter(|&holder| holder != client) {
            Some(holder) => {
                let by = self.name_of(holder).unwrap_or_else(|| name.shown().clone());
                out.log(LogEvent::NameTaken {
                    client,
                    by: by.clone(),
                });
                let wanted = name.shown().clone();
                Err(ChatError::NameTaken { wanted, by })
            }
            None => Ok(name),
        }
    }

    /// Says why a name is none and asks again, unless that was the last try.
    pub(super) fn refuse_name(&mut self, client: ClientId, why: ChatError, out: &mut Reaction) {
        let Some(Client {
            standing: Standing::Unnamed { refusals },
            protocol,
            ..
        }) = self.clients.get_mut(&client)
        else {
            return;
        };
        *refusals += 1;
        out.refuse(client, why);
        if *refusals >= NAME_REFUSALS_MAX {
            out.tell(client, Message::TooManyNames);
            self.dismiss(client, DisconnectReason::NamesRefused, None, out);
        } else if *protocol == Protocol::Plain {
            out.tell(client, Message::InputUsername);
        }
    }

    /// Lets somebody in where nobody has a name.
    pub(super) fn join_by_address(&mut self, client: ClientId, out: &mut Reaction) {
        if let Some(state) = self.clients.get(&client) {
            let name: Arc<str> = state.address.to_string().into();
            let key = NameKey::of(&name);
            self.join(client, name, key, out);
        }
    }

    fn join(&mut self, client: ClientId, name: Arc<str>, key: NameKey, out: &mut Reaction) {
        let Some(state) = self.clients.get(&client) else {
            return;
        };
        let (address, protocol) = (state.address, state.protocol);
        // The connection that had this address before is over, although nobody has told us yet.
        if let Some(before) = self.membership.holder(&key) {
            self.dismiss(before, DisconnectReason::ReadError, None, out);
        }
        let person = Person::new(name.clone(), key.clone(), out.now.time);
        if let Some(state) = self.clients.get_mut(&client) {
            state.standing = Standing::Joined(Box::new(person));
        }
        let listens = protocol == Protocol::Plain;
        self.membership.join(client, key.clone(), listens);
        self.recognise_ignored(client, &key);
        out.push(Effect::Admit { client });
        out.log(LogEvent::Joined {
            client,
            name: name.clone(),
        });
        let count = self.membership.count();
        match protocol {
            Protocol::Plain => {
                self.enter(client, LOBBY);
                out.tell(client, Message::Congratulations);
                if self.settings.anonymous {
                    out.tell(client, Message::YourId(name.clone()));
                }
                self.welcome(client, out);
                let lines = self.settings.history_on_join;
                self.show_history(client, LOBBY, Range::Last, lines, out);
                out.tell(client, Message::ClientCount(count));
            }
            Protocol::Json => {
                let connected = Message::Connected {
                    name: name.clone(),
                    address,
                    clients: count,
                };
                out.answer(client, connected);
                self.welcome(client, out);
            }
        }
        self.announce_arrival(client, protocol, name, out);
    }

    /// What newcomers are told besides.
    fn welcome(&self, client: ClientId, out: &mut Reaction) {
        if self.settings.motd.is_some() {
            out.tell(client, Message::Motd(self.settings.motd.clone()));
        }
        if let Some(end) = &self.planned_end {
            out.tell(client, end.told(out.now.time));
        }
    }
}
