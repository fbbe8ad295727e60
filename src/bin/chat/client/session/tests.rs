//! Tests that play a script of events, like those of the Hub.

mod coming_back;
mod meeting;
mod moving;
mod scrollback;
mod talking;
mod trouble;

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::{TimeZone, offset};

use super::Session;
use crate::client::{Bell, Effect, Ending, Event, Now, Reading, Settings, Sign};

/// A client, its effects, and a server that the script plays.
struct Script {
    session: Session,
    elapsed: Duration,
    effects: Vec<Effect>,
}

/// The settings of a user at a terminal.
fn person() -> Settings {
    Settings {
        user: "luca".into(),
        servers: vec!["localhost:1337".into()],
        rooms: vec!["lobby".into()],
        bell: Bell::On,
        reconnect: true,
        interactive: true,
        time: "%H:%M".into(),
        quiet: false,
        reading: Reading::Commands,
    }
}

/// The settings of a program.
fn pipe() -> Settings {
    Settings { user: "bot".into(), interactive: false, ..person() }
}

impl Script {
    /// Starts a client.
    fn new(settings: Settings) -> Self {
        let mut script = Self {
            session: Session::new(settings, 1),
            elapsed: Duration::ZERO,
            effects: Vec::new(),
        };
        script.happens(Event::Started);
        script
    }

    /// Starts a client and lets it join the lobby, where the last message has this id.
    fn joined(settings: Settings, last_message_id: u64) -> Self {
        let mut script = Self::new(settings);
        script.connects(last_message_id);
        script.forget();
        script
    }

    /// The server accepts the client and lets it join the lobby.
    fn connects(&mut self, last_message_id: u64) {
        self.comes_in();
        let me = self.session.me.clone();
        let room = format!(
            r#""room":"lobby","from":"{me}","members":["{me}"],"total":1,"epoch":7,"last_message_id":{last_message_id}"#
        );
        self.answers("joinroom", &room);
        if self.sent().iter().any(|object| action(object) == "help") {
            self.answers("help", r#""commands":[]"#);
        }
    }

    /// The server accepts the client. Returns the ids of the client's next requests: its rooms, in order, and more.
    fn comes_in(&mut self) -> Vec<u64> {
        self.happens(Event::Connected);
        self.hears("server: Input username.");
        let me = self.session.me.clone();
        self.answers("connect", &format!(r#""from":"{me}","address":"127.0.0.1:4","clients":1"#));
        self.session.asked.keys().copied().collect()
    }

    /// The client has joined this room, which it requested with this id.
    fn enters(&mut self, id: u64, room: &str) {
        let me = self.session.me.clone();
        self.hears(&format!(
            r#"{{"action":"joinroom","room":"{room}","from":"{me}","members":["{me}"],"total":1,"epoch":1,"last_message_id":0,"id":{id}}}"#
        ));
    }

    fn happens(&mut self, event: Event) {
        let now = Now {
            elapsed: self.elapsed,
            wall: Timestamp::from_second(1_763_636_584)
                .unwrap()
                .to_zoned(TimeZone::fixed(offset(1)))
                .saturating_add(self.elapsed),
        };
        self.session.step(&now, event, &mut self.effects);
    }

    fn hears(&mut self, line: &str) {
        self.happens(Event::Received(line.into()));
    }

    fn types(&mut self, line: &str) {
        self.happens(Event::Typed(line.into()));
    }

    /// Lets time pass until the session's deadline.
    fn waits(&mut self) -> Duration {
        let until = self.session.deadline().expect("there is something to wait for");
        let waited = until - self.elapsed;
        self.elapsed = until;
        self.happens(Event::TimePassed);
        waited
    }

    /// Returns the id of the last request with this action.
    fn id_of(&self, action: &str) -> u64 {
        let begin = format!(r#"{{"action":"{action}""#);
        let sent = self.sent();
        let object = sent.iter().rev().find(|object| object.starts_with(&begin));
        let object = object.unwrap_or_else(|| panic!("no {action} in {sent:#?}"));
        let value: serde_json::Value = serde_json::from_str(object).unwrap();
        value["id"].as_u64().unwrap()
    }

    /// Answers the last request with this action by an object with the same action and these fields.
    fn answers(&mut self, action: &str, fields: &str) {
        self.answers_by(action, action, fields);
    }

    /// Answers the last request with this action by an object with another action.
    fn answers_by(&mut self, action: &str, answer: &str, fields: &str) {
        let id = self.id_of(action);
        self.hears(&format!(r#"{{"action":"{answer}",{fields},"id":{id}}}"#));
    }

    /// Refuses the last request with this action.
    fn refuses(&mut self, action: &str, code: &str) {
        self.answers_by(
            action,
            "error",
            &format!(r#""code":"{code}","message":"Because {code}.""#),
        );
    }

    /// Somebody else sends a message to the lobby.
    fn somebody_says(&mut self, id: u64, text: &str) {
        self.hears(&said("ann", id, text, None));
    }

    /// The objects that were sent since the last `forget`.
    fn sent(&self) -> Vec<String> {
        let sent = self.effects.iter().filter_map(|effect| match effect {
            Effect::Send(object) => Some(object.clone()),
            _ => None,
        });
        sent.collect()
    }

    /// The texts of the messages that were sent since the last `forget`.
    fn said(&self) -> Vec<String> {
        let objects = self.sent().into_iter();
        let values =
            objects.map(|object| serde_json::from_str::<serde_json::Value>(&object).unwrap());
        let chats = values.filter(|value| value["action"] == "chat");
        chats.map(|value| value["message"].as_str().unwrap().to_owned()).collect()
    }

    /// The lines that were shown since the last `forget`.
    fn screen(&self) -> Vec<String> {
        let lines = self.effects.iter().filter_map(|effect| match effect {
            Effect::Show(line) | Effect::Tell(line) => Some(line.text()),
            _ => None,
        });
        lines.collect()
    }

    /// The current prompt: the question, if there is one.
    fn prompt(&self) -> &str {
        let prompt = &self.session.prompt;
        prompt.question.as_ref().unwrap_or(&prompt.text)
    }

    /// The number of turns that the pipe got since the last `forget`.
    fn turns(&self) -> usize {
        self.effects.iter().filter(|effect| **effect == Effect::Turn).count()
    }

    fn has(&self, effect: &Effect) -> bool {
        self.effects.contains(effect)
    }

    fn ended(&self) -> Option<Ending> {
        self.effects.iter().find_map(|effect| match effect {
            Effect::End(ending) => Some(ending.clone()),
            _ => None,
        })
    }

    /// Forgets everything but what was sent.
    fn forget_but_sent(&mut self) {
        self.effects.retain(|effect| matches!(effect, Effect::Send(_)));
    }

    fn forget(&mut self) {
        self.effects.clear();
    }
}

/// The action of an object.
fn action(object: &str) -> String {
    let value: serde_json::Value = serde_json::from_str(object).unwrap();
    value["action"].as_str().unwrap().to_owned()
}

/// A message in the lobby.
fn said(from: &str, id: u64, text: &str, sent_at: Option<&str>) -> String {
    let sent_at = sent_at.map_or(String::new(), |at| format!(r#""sent_at":"{at}","#));
    format!(
        r#"{{"action":"chat","room":"lobby","message_id":{id},"message":"{text}","from":"{from}",{sent_at}"received_at":"2025-11-20T11:03:04.000Z"}}"#
    )
}
