//! The chat itself, as a state machine. One owner, one event at a time: what happens when somebody joins while
//! somebody else is being written to? The question does not arise, since events come one after the other.

use core::net::SocketAddr;
use std::collections::HashMap;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::{
    Announcement, Ban, ClientId, Command, DisconnectReason, Effect, Event, Input, Line, Membership,
    Message, NameKey, Notable, Now, Request, Secret, ShutdownCause, Time,
};
use crate::config::Operators;

/// How many names an answer to `/who` holds at the most. What fits on a screen is decided where it is put into words.
const WHO_NAMES_MAX: usize = 500;

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
    pub operator_word: Option<Secret>,
    /// Who is banned from before.
    pub bans: Vec<Ban>,
}

/// Somebody who is connected.
pub(super) struct Client {
    address: SocketAddr,
    pub(super) standing: Standing,
}

/// How far they have come.
pub(super) enum Standing {
    /// Has not given a name yet: not in the chat, and nobody has heard of them.
    Unnamed { refusals: u32 },
    /// In the chat. The key is that of a chosen name; an address needs none, since no two are the same.
    Joined {
        name: Arc<str>,
        key: Option<NameKey>,
    },
}

/// All the state of the chat, and its rules.
pub struct Hub {
    pub(super) settings: HubSettings,
    pub(super) clients: FxHashMap<ClientId, Client>,
    /// Who has which name. A plain map on purpose, with std's keyed hash: these keys are chosen by strangers.
    pub(super) names: HashMap<NameKey, ClientId>,
    pub(super) membership: Membership,
    pub(super) shutting_down: bool,
}

impl Hub {
    /// A chat with nobody in it.
    pub fn new(settings: HubSettings) -> Self {
        Self {
            clients: FxHashMap::default(),
            names: HashMap::new(),
            membership: Membership::new(settings.announce_up_to),
            settings,
            shutting_down: false,
        }
    }

    /// When the Hub wants [`Event::DeadlineReached`], if it waits for anything.
    pub fn deadline(&self) -> Option<Time> {
        self.membership.fold_due()
    }

    /// Takes one event and appends what is to be done about it, in the order in which it is to be done.
    ///
    /// An event about a client that the Hub has forgotten, or never knew, does nothing: reports from threads cross on
    /// their way, and the second of two reports of the same end is normal.
    pub fn step(&mut self, now: Now, event: Event, effects: &mut Vec<Effect>) {
        let now = now.time;
        match event {
            Event::Connected {
                client, address, ..
            } => self.connected(now, client, address, effects),
            Event::Received { client, input } => self.received(now, client, input, effects),
            Event::LoginTimedOut { client } => {
                if self.is_unnamed(client) {
                    self.say(client, Message::LoginTimedOut, effects);
                    self.dismiss(now, client, DisconnectReason::LoginTimeout, effects);
                }
            }
            Event::Disconnected { client, reason } => self.forget(now, client, reason, effects),
            Event::DeadlineReached => {
                if let Some(message) = self.membership.take_folded(now) {
                    effects.push(Effect::Send {
                        to: self.membership.everyone().to_vec(),
                        message,
                    });
                }
            }
            Event::ShutdownRequested { cause } => self.shut_down(cause, effects),
            Event::IdleTooLong { .. } | Event::Reloaded { .. } => {}
        }
    }

    fn connected(
        &mut self,
        now: Time,
        client: ClientId,
        address: SocketAddr,
        effects: &mut Vec<Effect>,
    ) {
        self.clients.insert(
            client,
            Client {
                address,
                standing: Standing::Unnamed { refusals: 0 },
            },
        );
        if self.shutting_down {
            // Was accepted in the moment the chat ended: hears what the others heard.
            self.say(client, Message::ShutDown, effects);
            self.dismiss(now, client, DisconnectReason::ServerShutdown, effects);
        } else if self.settings.anonymous {
            self.join(now, client, address.to_string().into(), None, effects);
        } else {
            self.say(client, Message::InputUsername, effects);
        }
    }

    fn received(&mut self, now: Time, client: ClientId, input: Input, effects: &mut Vec<Effect>) {
        let Some(state) = self.clients.get(&client) else {
            return;
        };
        let joined = match &state.standing {
            Standing::Joined { name, .. } => Some(name.clone()),
            Standing::Unnamed { .. } => None,
        };
        match (input, joined) {
            (Input::Line(line), Some(name)) => self.joined_line(now, client, name, line, effects),
            (Input::Line(line), None) => self.unnamed_line(now, client, line, effects),
            (Input::LineTooLong, Some(_)) => self.say(
                client,
                Message::LineTooLong(super::Protocol::Plain),
                effects,
            ),
            (Input::LineTooLong, None) => self.refuse_name(
                now,
                client,
                Message::LineTooLong(super::Protocol::Plain),
                effects,
            ),
            (Input::HeldBack { lines, wait }, _) => {
                self.say(client, Message::HeldBack { lines, wait }, effects);
            }
            (Input::LineEndless, _) => {
                self.say(client, Message::EndlessLine, effects);
                self.dismiss(now, client, DisconnectReason::EndlessLine, effects);
            }
            (Input::SpeaksJson | Input::Request { .. } | Input::Malformed { .. }, _) => {}
            (Input::EndOfTransmission, _) => self.quit(now, client, effects),
            (Input::Stranger(stranger), _) => {
                self.say(client, Message::WrongProtocol(stranger), effects);
                self.dismiss(now, client, DisconnectReason::Stranger, effects);
            }
        }
    }

    /// A line from somebody who is in the chat.
    fn joined_line(
        &mut self,
        now: Time,
        client: ClientId,
        name: Arc<str>,
        line: Line,
        effects: &mut Vec<Effect>,
    ) {
        let operator = self.is_operator(client);
        match Command::parse(line, operator) {
            Command::Empty => {}
            Command::Do(Request::Chat { text, .. }) => {
                if self.settings.log_messages {
                    effects.push(Effect::Log(Notable::Said {
                        name: name.clone(),
                        to: "lobby".into(),
                        text: text.clone(),
                    }));
                }
                let to = self.membership.others(client);
                effects.push(Effect::Send {
                    to,
                    message: Message::Said(Arc::new(super::Said {
                        from: name,
                        to: super::To::People(Vec::new()),
                        manner: super::Manner::Chat,
                        text,
                        sent_at: None,
                        received_at: jiff::Timestamp::UNIX_EPOCH,
                    })),
                });
            }
            Command::Do(Request::Help { .. }) => self.say(
                client,
                Message::Help {
                    operator,
                    about: None,
                },
                effects,
            ),
            Command::Do(Request::Who { .. }) => {
                let who = self.who();
                self.say(client, who, effects);
            }
            Command::Do(Request::Quit) => self.quit(now, client, effects),
            Command::Misused(word) => self.say(client, Message::Misused(word), effects),
            Command::Do(_) => self.shut_down(ShutdownCause::Operator(name), effects),
            Command::OperatorsOnly => {
                effects.push(Effect::Log(Notable::NotOperator { client }));
                self.say(client, Message::NotOperator, effects);
            }
            Command::TypeInFull(word) => self.say(client, Message::TypeInFull(word), effects),
            Command::Ambiguous(word, candidates) => {
                self.say(
                    client,
                    Message::AmbiguousCommand { word, candidates },
                    effects,
                );
            }
            Command::Unknown { word, near } => {
                self.say(client, Message::UnknownCommand { word, near }, effects)
            }
        }
    }

    pub(super) fn join(
        &mut self,
        now: Time,
        client: ClientId,
        name: Arc<str>,
        key: Option<NameKey>,
        effects: &mut Vec<Effect>,
    ) {
        let Some(state) = self.clients.get_mut(&client) else {
            return;
        };
        let by_address = key.is_none();
        state.standing = Standing::Joined {
            name: name.clone(),
            key,
        };
        self.membership.join(client);
        effects.push(Effect::Admit { client });
        effects.push(Effect::Log(Notable::Joined {
            client,
            name: name.clone(),
        }));
        self.say(client, Message::Congratulations, effects);
        if by_address {
            self.say(client, Message::YourId(name.clone()), effects);
        }
        self.say(
            client,
            Message::ClientCount(self.membership.count()),
            effects,
        );
        self.announce(now, client, Announcement::Arrived(name), effects);
    }

    pub(super) fn announce(
        &mut self,
        now: Time,
        client: ClientId,
        what: Announcement,
        effects: &mut Vec<Effect>,
    ) {
        let to = self.membership.others(client);
        if let Some(message) = self.membership.announce(now, to.len(), what) {
            effects.push(Effect::Send { to, message });
        }
    }

    pub(super) fn say(&self, client: ClientId, message: Message, effects: &mut Vec<Effect>) {
        effects.push(Effect::Send {
            to: vec![client],
            message,
        });
    }

    fn who(&self) -> Message {
        let shown = self.membership.everyone().iter().take(WHO_NAMES_MAX);
        Message::Who {
            room: None,
            people: shown
                .filter_map(|&client| self.name_of(client))
                .map(|name| super::PersonShown {
                    name,
                    rooms: Vec::new(),
                    idle: Time::ZERO,
                    away: false,
                })
                .collect(),
            total: self.membership.count(),
        }
    }

    pub(super) fn name_of(&self, client: ClientId) -> Option<Arc<str>> {
        match &self.clients.get(&client)?.standing {
            Standing::Joined { name, .. } => Some(name.clone()),
            Standing::Unnamed { .. } => None,
        }
    }

    fn is_unnamed(&self, client: ClientId) -> bool {
        matches!(
            self.clients.get(&client),
            Some(Client {
                standing: Standing::Unnamed { .. },
                ..
            })
        )
    }

    fn is_operator(&self, client: ClientId) -> bool {
        match self.settings.operators {
            Operators::Anyone => true,
            Operators::Nobody => false,
            Operators::Loopback => self
                .clients
                .get(&client)
                .is_some_and(|state| state.address.ip().is_loopback()),
        }
    }
}
