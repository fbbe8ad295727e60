//! The rules of the chat, by scripts of events: no socket, no thread, no clock.

#![allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]

mod bans;
mod chatting;
mod history;
mod joining;
mod json;
mod leaving;
mod mentions;
mod operators;
mod presence;
mod private;
mod rooms;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Duration;

use chatserv::chat::{
    Ban, ClientId, DisconnectReason, Effect, Event, Hub, HubSettings, Input, Line, LogEvent,
    Message, Now, Protocol, Tag, Time, View,
};
use chatserv::config::Operators;
use chatserv::protocol::{self, Decoded, Decoder};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value;

/// What holds where a test does not say otherwise.
const SETTINGS: HubSettings = HubSettings {
    anonymous: false,
    operators: Operators::Loopback,
    announce_up_to: 500,
    log_messages: false,
    history_on_join: 10,
    motd: None,
    operator_password: None,
};

/// A chat whose people are known to the test by a letter, and by what each of them has heard.
struct Chat {
    hub: Hub,
    now: Time,
    ids: BTreeMap<char, ClientId>,
    heard: BTreeMap<ClientId, Vec<String>>,
    views: BTreeMap<ClientId, View>,
    /// The bans that were to be kept last.
    kept: Option<Vec<Ban>>,
    /// Who has been disconnected, or is gone.
    gone: BTreeSet<ClientId>,
    /// Whom the Hub has disconnected, and why.
    disconnected: Vec<(char, DisconnectReason)>,
    admitted: Vec<char>,
    log: Vec<LogEvent>,
    shut_down: bool,
}

impl Chat {
    fn new(settings: HubSettings) -> Self {
        Self::with_bans(settings, Vec::new())
    }

    fn with_bans(settings: HubSettings, bans: Vec<Ban>) -> Self {
        Self {
            hub: Hub::new(settings, bans, noon()),
            now: Time::ZERO,
            ids: BTreeMap::new(),
            heard: BTreeMap::new(),
            views: BTreeMap::new(),
            kept: None,
            gone: BTreeSet::new(),
            disconnected: Vec::new(),
            admitted: Vec::new(),
            log: Vec::new(),
            shut_down: false,
        }
    }

    /// A chat with these people in it, each named by their letter in capitals, who have heard nothing yet.
    fn with(people: &str, settings: HubSettings) -> Self {
        let anonymous = settings.anonymous;
        let mut chat = Self::new(settings);
        for who in people.chars() {
            chat.connect(who);
            if !anonymous {
                chat.say(who, &who.to_uppercase().to_string());
            }
        }
        chat.forget();
        chat
    }

    /// Forgets all that was heard and logged so far.
    fn forget(&mut self) {
        self.heard.clear();
        self.log.clear();
        self.disconnected.clear();
    }

    fn step(&mut self, event: Event) {
        let mut effects = Vec::new();
        let now = Now {
            time: self.now,
            wall: noon() + self.now,
        };
        self.hub.step(now, event, &mut effects);
        for effect in effects {
            match effect {
                Effect::Send { to, message } => {
                    for client in to {
                        self.told(client, None, &message);
                    }
                }
                Effect::Answer { to, tag, message } => self.told(to, tag.as_ref(), &message),
                Effect::Show { client, view } => {
                    self.views.insert(client, view);
                }
                Effect::KeepBans(bans) => self.kept = Some(bans),
                Effect::TellThreads { client, tag } => {
                    let (rows, total) = (Vec::new(), 0);
                    self.told(client, tag.as_ref(), &Message::Threads { rows, total });
                }
                Effect::Admit { client } => self.admitted.push(self.letter(client)),
                Effect::Disconnect { client, reason } => {
                    self.gone.insert(client);
                    self.disconnected.push((self.letter(client), reason));
                }
                Effect::Shutdown => self.shut_down = true,
                Effect::Log(notable) => self.log.push(notable),
            }
        }
    }

    fn told(&mut self, client: ClientId, tag: Option<&Tag>, message: &Message) {
        let mut bytes = Vec::new();
        protocol::encode(
            message,
            tag,
            self.views[&client],
            &TimeZone::UTC,
            &mut bytes,
        );
        let text = String::from_utf8(bytes).unwrap();
        let who = self.letter(client);
        assert!(
            !self.gone.contains(&client),
            "{who} is told {text:?} after the end"
        );
        let lines = text.lines().map(str::to_owned);
        self.heard.entry(client).or_default().extend(lines);
    }

    fn letter(&self, client: ClientId) -> char {
        let found = self.ids.iter().find(|&(_, &id)| id == client);
        *found.expect("an effect about somebody who never came").0
    }

    /// Somebody comes from this machine. A letter that was used before stands for somebody new from then on.
    fn connect(&mut self, who: char) {
        let port = 40_000 + self.next_number();
        self.connect_from(who, &format!("127.0.0.1:{port}"));
    }

    fn next_number(&self) -> u64 {
        self.ids.values().map(|id| id.0).max().unwrap_or(0) + 1
    }

    fn connect_from(&mut self, who: char, address: &str) {
        self.connect_with(who, address, Protocol::Plain);
    }

    /// A JSON client comes and connects, named by its letter.
    fn connect_json(&mut self, who: char) {
        let port = 40_000 + self.next_number();
        self.connect_with(who, &format!("127.0.0.1:{port}"), Protocol::Json);
        self.ask(
            who,
            &format!(r#"{{"action":"connect","username":"{who}"}}"#),
        );
    }

    /// The same, and it is in the lobby. Nobody has heard anything yet.
    fn json_in_lobby(&mut self, who: char) {
        self.connect_json(who);
        self.ask(who, r#"{"action":"joinroom","room":"lobby"}"#);
        self.forget();
    }

    fn connect_with(&mut self, who: char, address: &str, protocol: Protocol) {
        let client = ClientId(self.next_number());
        self.ids.insert(who, client);
        self.views.insert(client, protocol.into());
        self.step(Event::Connected {
            client,
            address: address.parse::<SocketAddr>().unwrap(),
            protocol,
        });
    }

    fn input(&mut self, who: char, input: Input) {
        let client = self.ids[&who];
        self.step(Event::Received { client, input });
    }

    fn say(&mut self, who: char, text: &str) {
        self.input(
            who,
            Input::Line(Line {
                text: text.to_owned(),
                altered: false,
            }),
        );
    }

    /// A JSON client sends a line.
    fn ask(&mut self, who: char, json: &str) {
        let mut decoded = Decoded::default();
        let line = format!("{json}\n");
        Decoder::new(Protocol::Json, false).feed(line.as_bytes(), self.now, &mut decoded);
        for input in decoded.inputs {
            self.input(who, input);
        }
    }

    fn leave(&mut self, who: char, reason: DisconnectReason) {
        self.step(Event::Disconnected {
            client: self.ids[&who],
            reason,
        });
    }

    fn wait(&mut self, seconds: u64) {
        self.now += Duration::from_secs(seconds);
        if self
            .hub
            .deadline()
            .is_some_and(|deadline| deadline <= self.now)
        {
            self.step(Event::DeadlineReached);
        }
    }

    /// What somebody has heard since they were last asked.
    fn heard(&mut self, who: char) -> Vec<String> {
        self.heard.remove(&self.ids[&who]).unwrap_or_default()
    }
}

/// Compares what somebody has heard, line by line.
#[track_caller]
fn heard(chat: &mut Chat, who: char, expected: &[&str]) {
    assert_eq!(chat.heard(who), expected, "{who}");
}

/// Compares what a JSON client has heard with objects that must be in there, each with these fields at least.
#[track_caller]
fn heard_json(chat: &mut Chat, who: char, expected: &[&str]) {
    let lines = chat.heard(who);
    assert_eq!(lines.len(), expected.len(), "{who}: {lines:#?}");
    for (line, expected) in lines.iter().zip(expected) {
        let object: Value = serde_json::from_str(line).unwrap();
        let expected: Value = serde_json::from_str(expected).unwrap();
        for (key, value) in expected.as_object().unwrap() {
            assert_eq!(object.get(key), Some(value), "{who}: {key} in {line}");
        }
    }
}

/// The time of day at which every chat begins.
fn noon() -> Timestamp {
    "2026-11-20T12:00:00Z".parse().unwrap()
}
