//! The chat itself, as a state machine. One owner, one event at a time: what happens when somebody joins while
//! somebody else is being written to? The question does not arise, since events come one after the other.

use core::net::SocketAddr;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::banning::ban_notice;
use super::bans::Bans;
use super::ending::PlannedEnd;
use super::fold::Fold;
use super::membership::Membership;
use super::person::{Client, Person, Standing};
use super::reaction::Reaction;
use super::rooms::{RoomId, Rooms};
use super::tries::Tries;
use super::typed::without_at;
use super::{
    Ban, ChatError, ClientId, Command, DisconnectReason, Effect, Event, Input, Line, LogEvent,
    Message, NameKey, Network, Now, Protocol, Secret, Time, View,
};
use crate::config::Operators;

/// What of the settings the rules of the chat depend upon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HubSettings {
    /// Nobody is asked for a name; one is known by address and port.
    pub anonymous: bool,
    /// Who may use the operators' commands.
    pub operators: Operators,
    /// Join and leave lines are told one by one while at most this many people hear them.
    pub announce_up_to: usize,
    /// Whether what people say is reported to the log.
    pub log_messages: bool,
    /// How many past lines a newcomer to a room is shown, where their protocol shows any unasked.
    pub history_on_join: usize,
    /// The message of the day: one line or several.
    pub motd: Option<Arc<str>>,
    /// The word that makes an operator.
    pub operator_password: Option<Secret>,
}

/// All the state of the chat, and its rules.
pub struct Hub {
    pub(super) settings: HubSettings,
    pub(super) clients: FxHashMap<ClientId, Client>,
    pub(super) membership: Membership,
    pub(super) rooms: Rooms,
    /// By whom a name is ignored, for when somebody comes by that name.
    pub(super) ignored_names: HashMap<NameKey, Vec<ClientId>>,
    pub(super) muted: HashSet<NameKey>,
    pub(super) bans: Bans,
    pub(super) tries: Tries,
    pub(super) fold: Fold,
    /// The rooms where something is folded.
    pub(super) folding_rooms: Vec<RoomId>,
    /// When all that is folded is told; none while there is nothing to tell.
    pub(super) fold_due: Option<Time>,
    pub(super) planned_end: Option<PlannedEnd>,
    pub(super) shutting_down: bool,
}

impl Hub {
    /// A chat with nobody in it, and the bans from before. `now` is the time of day: no room may be taken for one of an
    /// earlier run.
    pub fn new(settings: HubSettings, bans: Vec<Ban>, now: jiff::Timestamp) -> Self {
        Self {
            bans: Bans::new(bans),
            settings,
            clients: FxHashMap::default(),
            membership: Membership::default(),
            rooms: Rooms::new(now),
            ignored_names: HashMap::new(),
            muted: HashSet::new(),
            tries: Tries::default(),
            fold: Fold::default(),
            folding_rooms: Vec::new(),
            fold_due: None,
            planned_end: None,
            shutting_down: false,
        }
    }

    /// When the Hub wants [`Event::DeadlineReached`], if it waits for anything.
    pub fn deadline(&self) -> Option<Time> {
        let end = self.planned_end.as_ref().map(PlannedEnd::next);
        [self.fold_due, end].into_iter().flatten().min()
    }

    /// Takes one event and appends what is to be done about it, in the order in which it is to be done.
    ///
    /// An event about a client that the Hub has forgotten, or never knew, does nothing: reports from threads cross on
    /// their way, and the second of two reports of the same end is normal.
    pub fn step(&mut self, now: Now, event: Event, effects: &mut Vec<Effect>) {
        let out = &mut Reaction::new(now, effects);
        match event {
            Event::Connected {
                client,
                address,
                protocol,
            } => self.connected(client, address, protocol, out),
            Event::Received { client, input } => self.received(client, input, out),
            Event::LoginTimedOut { client } => {
                if self.clients.contains_key(&client) && self.person(client).is_none() {
                    out.tell(client, Message::LoginTimedOut);
                    self.dismiss(client, DisconnectReason::LoginTimeout, None, out);
                }
            }
            Event::IdleTooLong { client, left } => self.idle_too_long(client, left, out),
            Event::Disconnected { client, reason } => self.forget(client, reason, None, out),
            Event::DeadlineReached => {
                self.tell_folded(out);
                self.look_at_planned_end(out);
            }
            Event::Reloaded { settings, bans } => self.reload(*settings, bans, out),
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
        let standing = Standing::Unnamed { refusals: 0 };
        let newcomer = Client {
            address,
            protocol,
            standing,
        };
        self.clients.insert(client, newcomer);
        if self.shutting_down {
            // Was accepted in the moment the chat ended: hears what the others heard.
            out.tell(client, Message::ShutDown);
            self.dismiss(client, DisconnectReason::ServerShutdown, None, out);
        } else if let Some(ban) = self
            .bans
            .of_network(Network::of(address.ip()), out.now.wall)
        {
            let told = ban_notice(ban, out.now);
            out.log(LogEvent::TurnedAway { client, address });
            out.tell(client, told);
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
        let Some(state) = self.clients.get_mut(&client) else {
            return;
        };
        let protocol = state.protocol;
        let has_joined = state.person().is_some();
        if let Some(person) = state.person_mut()
            && !input.is_sign_of_life()
        {
            person.active_at = out.now.time;
        }
        match input {
            Input::Line(line) if has_joined => self.joined_line(client, line, out),
            Input::Line(line) => self.unnamed_line(client, line, out),
            Input::SpeaksJson => {
                state.protocol = Protocol::Json;
                let view = View::Json;
                out.push(Effect::Show { client, view });
            }
            Input::Request { request, tag } => {
                out.asked_with(tag);
                if has_joined {
                    self.request(client, request, out);
                } else {
                    self.unnamed_request(client, request, out);
                }
            }
            Input::BadRequest { why, tag } => {
                out.asked_with(tag);
                out.refuse(client, ChatError::Request(why));
            }
            Input::LineTooLong if has_joined || protocol == Protocol::Json => {
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
        }
    }

    /// A line from somebody who is in the chat.
    fn joined_line(&mut self, client: ClientId, line: Line, out: &mut Reaction) {
        match Command::parse(line, self.is_operator(client)) {
            Command::Empty => {}
            Command::Do(request) => self.request(client, request, out),
            other => self.misunderstood(client, other, out),
        }
    }

    /// What somebody typed is no command that they can use.
    fn misunderstood(&mut self, client: ClientId, command: Command, out: &mut Reaction) {
        if command == Command::OperatorsOnly {
            out.log(LogEvent::NotOperator { client });
        }
        if let Some(why) = command.refusal() {
            out.refuse(client, why);
        }
    }

    pub(super) fn person(&self, client: ClientId) -> Option<&Person> {
        self.clients.get(&client)?.person()
    }

    pub(super) fn person_mut(&mut self, client: ClientId) -> Option<&mut Person> {
        self.clients.get_mut(&client)?.person_mut()
    }

    pub(super) fn name_of(&self, client: ClientId) -> Option<Arc<str>> {
        self.person(client).map(|person| person.name.clone())
    }

    pub(super) fn protocol_of(&self, client: ClientId) -> Protocol {
        let state = self.clients.get(&client);
        state.map_or(Protocol::Plain, |state| state.protocol)
    }

    /// Whoever is here by the name that somebody typed, with or without an `@`.
    pub(super) fn find(&self, typed: &str) -> Option<(ClientId, Arc<str>)> {
        let client = self.membership.holder(&NameKey::of(without_at(typed)))?;
        Some((client, self.name_of(client)?))
    }

    pub(super) fn is_operator(&self, client: ClientId) -> bool {
        let Some(state) = self.clients.get(&client) else {
            return false;
        };
        let by_setting = match self.settings.operators {
            Operators::Anyone => true,
            Operators::Nobody => false,
            Operators::Loopback => state.address.ip().is_loopback(),
        };
        by_setting || state.person().is_some_and(|person| person.gave_password)
    }
}
