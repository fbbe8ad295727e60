//! Step 4 of the path of a message: the chat as a state machine.
//!
//! The Hub has one owner and takes one event at a time, so it needs no locks.
//!
//! The `impl Hub` is split into one file for each part of the conversation: `login` (joining and leaving the chat), `join`
//! (entering and leaving rooms), [`say`](Hub::say), `announce` (arrivals and departures), and `more` (everything that the
//! classic chat does not have, behind one `match` arm: [`Hub::more`]). Two methods of `login` appear in many places:
//! `dismiss` ends a connection from this side, and `forget` removes a client whose connection is over.

use core::net::SocketAddr;

use serde::{Deserialize, Serialize};

use super::ban::Ban;
use super::client::{ClientId, DisconnectReason};
use super::command::parse_line;
use super::error::ChatError;
use super::event::{Effect, Event, Input, Reaction};
use super::log_event::LogEvent;
use super::message::{Draft, Manner, Message};
use super::request::{Line, Request};
use super::settings::HubSettings;
use super::state::{Extras, People, Rooms};
use super::time::{Now, Time};
use super::view::{Protocol, View};
use crate::config::Operators;

/// All state of the chat, and its rules.
#[derive(Clone, Serialize, Deserialize)]
pub struct Hub {
    pub(super) settings: HubSettings,
    pub(super) people: People,
    pub(super) rooms: Rooms,
    pub(super) extras: Extras,
    pub(super) shutting_down: bool,
}

impl Hub {
    /// Creates an empty chat with the bans of the last run. The epochs of its rooms start at `now`, so that they differ
    /// from those of other runs.
    pub fn new(settings: HubSettings, bans: Vec<Ban>, now: jiff::Timestamp) -> Self {
        Self {
            settings,
            people: People::default(),
            rooms: Rooms::new(now),
            extras: Extras::new(bans),
            shutting_down: false,
        }
    }

    /// When the Hub next needs an [`Event::DeadlineReached`], if at all.
    pub fn deadline(&self) -> Option<Time> {
        self.extras.deadline()
    }

    /// Takes one event and appends its effects, in the order in which to carry them out.
    ///
    /// An event about a client that the Hub does not know has no effect. Such events are normal: several threads may report
    /// the same end.
    pub fn step(&mut self, now: Now, event: Event, effects: &mut Vec<Effect>) {
        let out = &mut Reaction::new(now, effects);
        match event {
            Event::Received { client, input } => self.received(client, input, out),
            Event::Connected { client, address, protocol, word, by_proxy } => {
                self.extras.reclaims.connect(client, word);
                self.people.connect(client, address, protocol, by_proxy);
                self.connected(client, address, protocol, out)
            }
            Event::LoginTimedOut { client } => self.login_timed_out(client, out),
            Event::IdleTooLong { client, left } => self.idle_too_long(client, left, out),
            Event::Disconnected { client, reason } => self.forget(client, reason, None, out),
            Event::Dismissed { clients } => self.dismiss_for_restart(clients, out),
            Event::DeadlineReached => {
                self.announce_folded(out);
                self.release_names(now.time);
                self.check_planned_shutdown(out);
            }
            Event::Reloaded { settings } => self.reload(*settings),
            Event::BansNotSaved { reason } => self.bans_not_saved(reason, out),
            Event::MachineCame { start, name } => self.extras.add_start(start, name),
            Event::MachineGone { starts } => self.machine_gone(&starts, out),
            Event::Rewound => self.rewound(out),
            Event::Found { ticket, found } => self.found(ticket, found, out),
            Event::Forgotten { sender, before } => self.rooms.forget_lines(&sender, before),
            Event::ShutdownRequested { cause } => self.shut_down(cause, None, out),
        }
    }

    fn connected(
        &mut self,
        client: ClientId,
        address: SocketAddr,
        protocol: Protocol,
        out: &mut Reaction,
    ) {
        if self.shutting_down {
            // Accepted at the moment the chat ended.
            out.tell(client, Message::ShutDown);
            self.dismiss(client, DisconnectReason::ServerShutdown, None, out);
        } else if let Some(notice) = self.extras.ban_notice(address.ip(), out.now) {
            out.log(LogEvent::TurnedAway { client, address });
            out.tell(client, notice);
            self.dismiss(client, DisconnectReason::Banned, None, out);
        } else if protocol == Protocol::Plain {
            if self.settings.anonymous {
                self.join_by_address(client, out);
            } else {
                out.tell(client, Message::InputUsername);
            }
        }
    }

    fn received(&mut self, client: ClientId, input: Input, out: &mut Reaction) {
        let Some(state) = self.people.client(client) else {
            return;
        };
        let (protocol, has_joined) = (state.protocol(), state.person().is_some());
        if !has_joined && !input.is_keepalive() {
            self.note_arrival(client, out);
        }
        if let Some(person) = self.people.person_mut(client)
            && !input.is_keepalive()
        {
            person.touch(out.now.time);
        }
        match input {
            Input::Line(line) if has_joined => self.joined_line(client, line, out),
            Input::Line(line) => self.unnamed_line(client, line, out),
            Input::SpeaksJson => {
                self.people.speak_json(client);
                out.push(Effect::SetView { client, view: View::Json });
            }
            Input::Request { request, tag } => {
                out.set_tag(tag);
                if has_joined {
                    self.request(client, request, out);
                } else {
                    self.unnamed_request(client, request, out);
                }
            }
            Input::BadRequest { reason, tag } => {
                out.set_tag(tag);
                out.refuse(client, ChatError::Request(reason));
            }
            Input::LineTooLong if has_joined || protocol != Protocol::Plain => {
                out.refuse(client, ChatError::LineTooLong(protocol));
            }
            Input::LineTooLong => self.refuse_name(client, ChatError::LineTooLong(protocol), out),
            Input::HeldBack { lines, wait } => out.tell(client, Message::HeldBack { lines, wait }),
            Input::LineEndless => {
                out.tell(client, Message::EndlessLine);
                self.dismiss(client, DisconnectReason::EndlessLine, None, out);
            }
            Input::EndOfTransmission => self.quit(client, out),
            Input::Stranger(stranger) => {
                out.tell(client, Message::WrongProtocol(stranger));
                self.dismiss(client, DisconnectReason::Stranger, None, out);
            }
            Input::Closed(code) => {
                out.tell(client, Message::Closed(code));
                self.dismiss(client, DisconnectReason::Closed(code), None, out);
            }
        }
    }

    /// Handles a line from somebody who has joined. You can skip [`parse_line`] at first: it turns a line without a slash
    /// into a [`Request::Chat`].
    fn joined_line(&mut self, client: ClientId, line: Line, out: &mut Reaction) {
        if let Some(request) = self.parse(client, line, out) {
            self.request(client, request, out);
        }
    }

    pub(super) fn parse(
        &self,
        client: ClientId,
        line: Line,
        out: &mut Reaction,
    ) -> Option<Request> {
        parse_line(line, self.is_operator(client)).unwrap_or_else(|error| {
            if error == ChatError::NotOperator {
                out.log(LogEvent::NotOperator { client });
            }
            out.refuse(client, error);
            None
        })
    }

    /// Carries out a request. Each has one answer, except that a chat message to a room needs none.
    pub(super) fn request(&mut self, client: ClientId, request: Request, out: &mut Reaction) {
        match request {
            Request::Chat { target, text, sent_at } => {
                self.say(client, target, Draft { manner: Manner::Chat, text, sent_at }, out);
            }
            Request::Me { target, text, sent_at } => {
                self.say(client, target, Draft { manner: Manner::Me, text, sent_at }, out);
            }
            Request::Connect { .. } => out.refuse(client, ChatError::AlreadyConnected),
            Request::Join { room, history } => self.join_room(client, room, history, out),
            Request::Part { room } => self.part_room(client, room, out),
            Request::Ping => out.answer(client, Message::Pong),
            Request::Quit => self.quit(client, out),
            request => self.more(client, request, out),
        }
    }

    pub(super) fn is_operator(&self, client: ClientId) -> bool {
        let Some(state) = self.people.client(client) else {
            return false;
        };
        let by_setting = match self.settings.operators {
            Operators::Anyone => true,
            Operators::Nobody => false,
            // Any page in a browser on this machine comes from loopback, and so does whoever reaches a proxy on it.
            Operators::Loopback => {
                state.address().ip().is_loopback()
                    && state.protocol() != Protocol::Web
                    && !state.is_by_proxy()
            }
        };
        by_setting || state.person().is_some_and(|person| person.gave_password())
    }
}
