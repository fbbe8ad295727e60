//! Joining and leaving the chat. A part of the [`Hub`].

use std::sync::Arc;

use super::client::{ClientId, DisconnectReason};
use super::command::parse_line;
use super::error::ChatError;
use super::event::{Effect, Reaction};
use super::hub::Hub;
use super::log_event::LogEvent;
use super::message::{Message, Removal};
use super::name::{Name, NameError, NameKey};
use super::reclaim::split_word;
use super::request::{Line, Request, RequestError};
use super::state::{LOBBY, Movement};
use super::time::Time;
use super::view::Protocol;
use crate::config::limits::NAME_REFUSALS_MAX;

/// The last letter of Latin. In the scripts beyond it, telnet takes common letters for the key that opens its prompt.
const LATIN_MAX: char = '\u{36f}';

impl Hub {
    /// Handles a line from a client without a name: a name, or one of the few commands that work without one.
    pub(super) fn unnamed_line(&mut self, client: ClientId, line: Line, out: &mut Reaction) {
        match parse_line(line.clone(), false) {
            // An empty line does not count as a refused name.
            Ok(None) => out.tell(client, Message::InputUsername),
            Ok(Some(Request::Chat { .. })) => match split_word(&line.text) {
                Some((name, word)) => {
                    let name = Line { text: name.to_owned(), altered: line.altered };
                    self.reclaim(client, &name, word, out);
                }
                None => self.choose_name(client, &line, out),
            },
            Ok(Some(Request::Help { about })) => {
                self.help(client, about, out);
                out.tell(client, Message::InputUsername);
            }
            Ok(Some(Request::Quit)) => self.quit(client, out),
            Ok(Some(_)) => {
                out.refuse(client, ChatError::NameFirst);
                out.tell(client, Message::InputUsername);
            }
            // A command is never taken for a name. An invalid command counts as a refused name.
            Err(ChatError::NotOperator) => self.refuse_name(client, ChatError::NameFirst, out),
            Err(error) => self.refuse_name(client, error, out),
        }
    }

    /// Handles a request from a program that has not sent `connect` yet.
    pub(super) fn unnamed_request(
        &mut self,
        client: ClientId,
        request: Request,
        out: &mut Reaction,
    ) {
        match request {
            Request::Connect { .. } if self.settings.anonymous => self.join_by_address(client, out),
            Request::Connect { name: Some(name), word: Some(word) } => {
                self.reclaim(client, &name, &word.0, out);
            }
            Request::Connect { name: Some(name), word: None } => {
                self.choose_name(client, &name, out)
            }
            Request::Connect { name: None, .. } => {
                out.refuse(
                    client,
                    ChatError::Request(RequestError::MissingField("username".into())),
                );
            }
            Request::Help { about } => self.help(client, about, out),
            Request::Ping => out.answer(client, Message::Pong),
            Request::Quit => self.quit(client, out),
            _ => out.refuse(client, ChatError::NameFirst),
        }
    }

    pub(super) fn choose_name(&mut self, client: ClientId, line: &Line, out: &mut Reaction) {
        let is_plain = self.people.protocol(client) == Protocol::Plain;
        if self.people.expect_password(client, false) {
            return self.refuse_name(client, ChatError::Name(NameError::AfterLogin), out);
        }
        match self.free_name(client, line, out) {
            Ok(name) => {
                if is_plain {
                    out.tell(client, Message::YourNameIs(name.shown().clone()));
                }
                self.join(client, name.shown().clone(), name.key().clone(), out);
            }
            Err(error) => {
                if is_plain && let ChatError::Name(reason) = &error {
                    self.people.expect_password(client, reason.invites_password());
                }
                self.refuse_name(client, error, out);
            }
        }
    }

    /// Parses a name that this client may take.
    ///
    /// # Errors
    /// The name breaks a rule of names, is banned, or belongs to somebody else.
    pub(super) fn free_name(
        &self,
        client: ClientId,
        line: &Line,
        out: &mut Reaction,
    ) -> Result<Name, ChatError> {
        let name = Name::parse(line).and_then(Name::of_person).map_err(|refusal| {
            out.log(LogEvent::NameRefused { client, refusal: refusal.clone() });
            ChatError::Name(refusal)
        })?;
        let shown = name.shown().clone();
        if self.extras.bans.of_name(name.key(), out.now.wall).is_some() {
            return Err(ChatError::NameBanned(shown));
        }
        if let Some(error) = self.refusal_of_held(name.key(), &shown, out.now.time) {
            return Err(error);
        }
        let is_other = |holder: &ClientId| *holder != client && !mutant!(NameIsTakenTwice);
        match self.people.holder(name.key()).filter(is_other) {
            Some(holder) => {
                let by = self.people.name(holder).unwrap_or_else(|| shown.clone());
                out.log(LogEvent::NameTaken { client, by: by.clone() });
                Err(ChatError::NameTaken { wanted: shown, by })
            }
            None => Ok(name),
        }
    }

    /// Refuses a name and asks again, unless that was the last attempt.
    pub(super) fn refuse_name(&mut self, client: ClientId, error: ChatError, out: &mut Reaction) {
        let Some(refusals) = self.people.count_refusal(client) else {
            return;
        };
        out.refuse(client, error);
        if refusals >= NAME_REFUSALS_MAX {
            out.tell(client, Message::TooManyNames);
            self.dismiss(client, DisconnectReason::NamesRefused, None, out);
        } else if self.people.protocol(client) == Protocol::Plain {
            out.tell(client, Message::InputUsername);
        }
    }

    /// Joins an anonymous chat, where clients are known by their addresses. Two clients may have the same one: on two machines,
    /// or if one port of a client leads to two ports of a server. The second gets a number behind it, such as `-2`.
    pub(super) fn join_by_address(&mut self, client: ClientId, out: &mut Reaction) {
        let Some(state) = self.people.client(client) else {
            return;
        };
        let address = state.address().to_string();
        let (mut id, mut number) = (address.clone(), 1);
        while self.people.holder(&NameKey::of(&id)).is_some() {
            number += 1;
            id = format!("{address}-{number}");
        }
        let key = NameKey::of(&id);
        self.join(client, id.into(), key, out);
    }

    /// Logs the arrival of a client without a name, once, as soon as it says something. Health checks and port scans, which say
    /// nothing, would fill the log.
    pub(super) fn note_arrival(&mut self, client: ClientId, out: &mut Reaction) {
        if let Some(address) = self.people.notice(client) {
            out.log(LogEvent::Arrived { client, address });
        }
    }

    fn join(&mut self, client: ClientId, name: Arc<str>, key: NameKey, out: &mut Reaction) {
        self.note_arrival(client, out);
        let Some(state) = self.people.client(client) else {
            return;
        };
        let (address, protocol) = (state.address(), state.protocol());
        self.extras.ignores.recognise(client, &key, &self.people);
        self.people.join(client, name.clone(), key, out.now.time);
        out.push(Effect::Admit { client });
        out.log(LogEvent::Joined { client, name: name.clone() });
        let clients = self.people.count();
        match protocol {
            Protocol::Plain => {
                self.enter(client, LOBBY);
                out.tell(client, Message::Congratulations);
                if self.settings.anonymous {
                    out.tell(client, Message::YourId(name.clone()));
                }
                if name.contains(|c| c > LATIN_MAX) {
                    out.tell(client, Message::TelnetHint);
                }
                self.welcome(client, out);
                self.show_history(client, LOBBY, self.settings.history_on_join, out);
                out.tell(client, Message::ClientCount(clients));
            }
            Protocol::Json | Protocol::Web => {
                let word = (!self.settings.anonymous).then(|| self.extras.reclaims.tell(client));
                let (name, word, rooms) = (name.clone(), word.flatten(), None);
                out.answer(client, Message::Connected { name, address, clients, word, rooms });
                self.welcome(client, out);
            }
        }
        self.announce_arrival(client, &name, Movement::Arrived, out);
    }

    /// Sends the message of the day, and the notice of a planned shutdown.
    fn welcome(&self, client: ClientId, out: &mut Reaction) {
        if self.settings.motd.is_some() {
            out.tell(client, Message::Motd(self.settings.motd.clone()));
        }
        self.tell_planned_shutdown(client, out);
    }

    pub(super) fn tell_planned_shutdown(&self, client: ClientId, out: &mut Reaction) {
        if let Some(shutdown) = self.extras.planned_shutdown() {
            out.tell(client, shutdown.message(out.now.time));
        }
    }

    pub(super) fn login_timed_out(&mut self, client: ClientId, out: &mut Reaction) {
        // The client may have joined before the report arrived.
        if self.people.knows(client) && self.people.person(client).is_none() {
            out.tell(client, Message::LoginTimedOut);
            self.dismiss(client, DisconnectReason::LoginTimeout, None, out);
        }
    }

    /// Warns a silent client, or ends its connection. Clients without a name have the login deadline instead.
    pub(super) fn idle_too_long(
        &mut self,
        client: ClientId,
        left: Option<Time>,
        out: &mut Reaction,
    ) {
        if self.people.person(client).is_none() {
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

    pub(super) fn quit(&mut self, client: ClientId, out: &mut Reaction) {
        out.answer(client, Message::Bye);
        self.dismiss(client, DisconnectReason::Quit, None, out);
    }

    /// Ends a connection from this side and forgets the client. `removed` names the operator, if an operator did this.
    pub(super) fn dismiss(
        &mut self,
        client: ClientId,
        reason: DisconnectReason,
        removed: Option<Removal>,
        out: &mut Reaction,
    ) {
        if self.people.knows(client) {
            out.push(Effect::Disconnect { client, reason });
            self.forget(client, reason, removed, out);
        }
    }

    /// Removes a client, frees its name or holds it, and announces its departure. Later events about it have no effect.
    pub(super) fn forget(
        &mut self,
        client: ClientId,
        reason: DisconnectReason,
        removed: Option<Removal>,
        out: &mut Reaction,
    ) {
        if !matches!(reason, DisconnectReason::EndOfInput | DisconnectReason::ReadError) {
            // The server ends the connection, so the log says whose it was.
            self.note_arrival(client, out);
        }
        let Some(state) = self.people.remove(client) else {
            return;
        };
        self.extras.lookups.forget(client);
        let word = self.extras.reclaims.disconnect(client);
        let was_silent = !state.is_noticed();
        let Some(person) = state.into_person() else {
            return out.log(LogEvent::LeftUnnamed { client, reason, was_silent });
        };
        let word = word.filter(|_| reason.is_loss());
        let is_awaited = word.is_some() && reason == DisconnectReason::Restart;
        let rooms = word.map(|_| self.rooms_of(&person)).unwrap_or_default();
        self.extras.ignores.leave(client, word.is_some());
        for &room in person.rooms() {
            self.rooms.leave(room, client);
            if is_awaited {
                self.rooms.await_somebody(room);
            }
        }
        out.log(LogEvent::Left { client, name: person.name().clone(), reason });
        self.announce_departure(person.name(), person.rooms(), removed, out);
        for &room in person.rooms() {
            self.rooms.close_if_empty(room);
        }
        match word {
            Some(word) => self.hold_name(client, person, rooms, word, is_awaited, out.now.time),
            None => self.extras.ignores.forget(client),
        }
    }
}
