//! The rules of the chat, by scripts of events: no socket, no thread, no clock.

#![allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]

mod chatting;
mod joining;
mod leaving;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use chatserv::chat::{
    ClientId, DisconnectReason, Effect, Event, Hub, HubSettings, Input, Line, Message, Notable,
    Now, Protocol, Time,
};
use chatserv::config::Operators;
use chatserv::protocol::phrases;

/// What holds where a test does not say otherwise.
const SETTINGS: HubSettings = HubSettings {
    anonymous: false,
    operators: Operators::Loopback,
    announce_up_to: 500,
    log_messages: false,
    history_on_join: 10,
    motd: None,
    operator_word: None,
    bans: Vec::new(),
};

/// A chat whose people are known to the test by a letter, and by what each of them has heard.
struct Chat {
    hub: Hub,
    now: Time,
    ids: BTreeMap<char, ClientId>,
    heard: BTreeMap<ClientId, Vec<String>>,
    /// Whom the Hub has disconnected, and why.
    disconnected: Vec<(char, DisconnectReason)>,
    admitted: Vec<char>,
    log: Vec<Notable>,
    shut_down: bool,
}

impl Chat {
    fn new(settings: HubSettings) -> Self {
        Self {
            hub: Hub::new(settings, jiff::Timestamp::UNIX_EPOCH),
            now: Time::ZERO,
            ids: BTreeMap::new(),
            heard: BTreeMap::new(),
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
            wall: jiff::Timestamp::UNIX_EPOCH + self.now,
        };
        self.hub.step(now, event, &mut effects);
        for effect in effects {
            match effect {
                Effect::Send { to, message } => self.told(&to, &message),
                Effect::Answer { to, message, .. } => self.told(&[to], &message),
                Effect::Show { .. } | Effect::TellThreads { .. } | Effect::KeepBans(_) => {}
                Effect::Admit { client } => self.admitted.push(self.letter(client)),
                Effect::Disconnect { client, reason } => {
                    self.disconnected.push((self.letter(client), reason));
                }
                Effect::Shutdown => self.shut_down = true,
                Effect::Log(notable) => self.log.push(notable),
            }
        }
    }

    fn told(&mut self, to: &[ClientId], message: &Message) {
        let mut bytes = Vec::new();
        phrases::encode(message, &mut bytes);
        let text = String::from_utf8(bytes).unwrap();
        for &client in to {
            let who = self.letter(client);
            let gone = self.disconnected.iter().any(|&(other, _)| other == who);
            assert!(!gone, "{who} is told {text:?} after the end");
            let lines = text.split_terminator("\r\n").map(str::to_owned);
            self.heard.entry(client).or_default().extend(lines);
        }
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
        let client = ClientId(self.next_number());
        self.ids.insert(who, client);
        self.step(Event::Connected {
            client,
            address: address.parse::<SocketAddr>().unwrap(),
            protocol: Protocol::Plain,
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
