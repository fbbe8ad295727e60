//! The rules of the chat, by scripts of events: no socket, no thread, no clock. [`Chat::play`] describes the scripts.

/// Calls [`Chat::play`]. A macro, since rustfmt leaves its script alone.
macro_rules! play {
    ($chat:expr, $script:literal) => {
        $chat.play($script);
    };
}

mod bans;
mod chatting;
mod disk;
mod glass;
mod history;
mod joining;
mod json;
mod leaving;
mod mentions;
mod operators;
mod presence;
mod private;
mod reclaim;
mod restart;
mod rooms;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Duration;

use chatserv::chat::{
    Ban, ClientId, DisconnectReason, Effect, Event, GlassView, Hub, HubSettings, Input, Line,
    LogEvent, Message, Now, Protocol, ReaderView, ReclaimWord, Secret, Tag, Time, View,
};
use chatserv::config::{Glass, Operators};
use chatserv::protocol::{self, Decoded, Decoder};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

/// The settings of most tests.
const SETTINGS: HubSettings = HubSettings {
    anonymous: false,
    operators: Operators::Loopback,
    glass: Glass::Operators,
    announce_up_to: 500,
    log_messages: false,
    history_on_join: 10,
    motd: None,
    operator_password: None,
};

fn anonymous() -> HubSettings {
    HubSettings { anonymous: true, ..SETTINGS }
}

/// A reader that has done nothing yet.
fn reader(client: ClientId) -> ReaderView {
    ReaderView {
        client,
        is_own: false,
        name: None,
        address: None,
        doing: "in read",
        alive: Time::ZERO,
        bytes_in: 0,
        bytes_out: 0,
        unsent_bytes: 0,
        writer: None,
    }
}

/// A Hub and its clients. A test names each client by a letter.
struct Chat {
    hub: Hub,
    now: Time,
    /// By how much somebody has set the wall clock.
    clock_set_by: SignedDuration,
    ids: BTreeMap<char, ClientId>,
    heard: BTreeMap<ClientId, Vec<String>>,
    views: BTreeMap<ClientId, View>,
    /// The last bans to be kept.
    kept: Option<Vec<Ban>>,
    /// Clients that the Hub has disconnected.
    gone: BTreeSet<ClientId>,
    /// The same with reasons, up to [`Chat::forget`].
    disconnected: Vec<(char, DisconnectReason)>,
    admitted: Vec<char>,
    log: Vec<LogEvent>,
    /// Lines that are followed: their senders and their recipients.
    followed: Vec<(char, Vec<char>)>,
    shut_down: bool,
    /// The requests of the Hub to a history on disk.
    for_disk: Vec<Effect>,
}

impl Chat {
    fn new(settings: HubSettings) -> Self {
        Self::with_bans(settings, Vec::new())
    }

    fn with_bans(settings: HubSettings, bans: Vec<Ban>) -> Self {
        Self {
            hub: Hub::new(settings, bans, noon()),
            now: Time::ZERO,
            clock_set_by: SignedDuration::ZERO,
            ids: BTreeMap::new(),
            heard: BTreeMap::new(),
            views: BTreeMap::new(),
            kept: None,
            gone: BTreeSet::new(),
            disconnected: Vec::new(),
            admitted: Vec::new(),
            log: Vec::new(),
            followed: Vec::new(),
            shut_down: false,
            for_disk: Vec::new(),
        }
    }

    /// A chat with these people, each named by their letter in upper case.
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

    /// Plays a script, one step a line. A step begins with the letters of the clients that it concerns:
    ///
    /// ```text
    /// b: connect 192.0.2.1:1    connects from this address, or from one of this machine
    /// b: join 192.0.2.1:1       the same, and takes its letter in upper case as its name
    /// j: connect json           connects with JSON from the start
    /// j: join json              and takes its letter as its name
    /// j: join json lobby        and joins the lobby
    /// b: leave                  loses the connection
    /// b: dismiss                is sent away by its server, which restarts
    /// b: gone Banned            the Hub has disconnected it for this reason
    /// nobody gone               the Hub has disconnected nobody but those of earlier `gone` steps
    /// b: admitted               the Hub has admitted it
    /// a> hello                  sends a line; in it, {b} is the word by which b takes the name back
    /// b< A : hello              has heard this line, and since the last such step nothing but the lines of this and
    ///                           the following steps; with no text: nothing
    /// j<j {"action":"chat"}     the same for objects with at least these fields
    /// b<~ text                  has heard something that contains this, and maybe more
    /// b<!~ text                 has heard nothing that contains this
    /// b<# 3                     has heard this many lines
    /// wait 5                    five seconds pass
    /// clock -60                 somebody sets the wall clock back by a minute
    /// forget                    forgets everything heard and logged so far
    /// ```
    #[track_caller]
    fn play(&mut self, script: &str) {
        let steps = script.lines().map(str::trim);
        let steps = steps.filter(|step| !step.is_empty() && !step.starts_with("# "));
        let mut steps = steps.peekable();
        while let Some(step) = steps.next() {
            if step == "forget" {
                self.forget();
                continue;
            }
            if let Some(seconds) = step.strip_prefix("wait ") {
                self.wait(seconds.parse().unwrap());
                continue;
            }
            if let Some(seconds) = step.strip_prefix("clock ") {
                self.clock_set_by += SignedDuration::from_secs(seconds.parse().unwrap());
                continue;
            }
            if step == "nobody gone" {
                assert_eq!(self.disconnected, []);
                continue;
            }
            let (letters, step) = step.split_at(step.find(['>', '<', ':']).unwrap());
            if !step.starts_with('<') {
                letters.chars().for_each(|who| self.act(who, step));
                continue;
            }
            let mut expected = vec![step];
            let is_same = |next: &&str| next.starts_with(&format!("{letters}<"));
            while let Some(next) = steps.next_if(is_same) {
                expected.push(&next[letters.len()..]);
            }
            for who in letters.chars() {
                let heard = self.heard(who);
                check(who, &heard, &expected);
            }
        }
    }

    fn act(&mut self, who: char, step: &str) {
        let step = &self.ids.iter().fold(step.to_owned(), |step, (letter, &id)| {
            step.replace(&format!("{{{letter}}}"), &word_of(id).written())
        });
        let (sign, text) = step.split_once(' ').unwrap_or((step, ""));
        let (word, address) = text.trim_end().split_once(' ').unwrap_or((text.trim_end(), ""));
        match (sign, word, address) {
            (">", ..) if self.views[&self.ids[&who]] == View::Json => self.ask(who, text),
            (">", ..) => self.say(who, text),
            (":", "admitted", "") => assert!(self.admitted.contains(&who), "{who}"),
            (":", "gone", reason) => {
                let is_it = |gone: &(char, DisconnectReason)| {
                    gone.0 == who && format!("{:?}", gone.1) == reason
                };
                let at = self.disconnected.iter().position(is_it);
                let at = at.unwrap_or_else(|| panic!("{who} {reason}: {:?}", self.disconnected));
                self.disconnected.remove(at);
            }
            (":", "dismiss", "") => self.step(Event::Dismissed { clients: vec![self.ids[&who]] }),
            (":", "leave", "") => self.leave(who, DisconnectReason::EndOfInput),
            (":", "join", "json") => self.connect_json(who),
            (":", "join", "json lobby") => {
                self.connect_json(who);
                self.ask(who, r#"{"action":"joinroom","room":"lobby"}"#);
            }
            (":", "connect", "") => self.connect(who),
            (":", "join", address) => {
                self.act(who, &format!(": connect {address}"));
                self.say(who, &who.to_uppercase().to_string());
            }
            (":", "connect", "json") => {
                let port = 40_000 + self.next_number();
                self.connect_with(who, &format!("127.0.0.1:{port}"), Protocol::Json);
            }
            (":", "connect", address) => match address.strip_prefix("json ") {
                Some(address) => self.connect_with(who, address, Protocol::Json),
                None => self.connect_from(who, address),
            },
            _ => panic!("no such step: {step}"),
        }
    }

    /// Forgets everything heard and logged so far.
    fn forget(&mut self) {
        self.heard.clear();
        self.log.clear();
        self.disconnected.clear();
    }

    fn step(&mut self, event: Event) {
        let mut effects = Vec::new();
        let now = Now { time: self.now, wall: noon() + self.now + self.clock_set_by };
        self.hub.step(now, event, &mut effects);
        for effect in effects {
            match effect {
                Effect::Send { to, message } => {
                    for &client in &*to {
                        self.told(client, None, &message);
                    }
                }
                Effect::Answer { to, tag, message } => self.told(to, tag.as_ref(), &message),
                Effect::SetView { client, view } => {
                    self.views.insert(client, view);
                }
                Effect::SaveBans(bans) => self.kept = Some(bans),
                Effect::AnswerThreads { client, tag } => {
                    let (rows, total) = (Vec::new(), 0);
                    self.told(client, tag.as_ref(), &Message::Threads { rows, total });
                }
                Effect::AnswerGlass { client, tag } => {
                    // All that the server knows of its threads, without names and addresses.
                    let mut view = GlassView {
                        readers: self.ids.values().map(|&client| reader(client)).collect(),
                        readers_total: self.ids.len(),
                        ..GlassView::default()
                    };
                    self.hub.name_readers(client, &mut view);
                    self.told(client, tag.as_ref(), &Message::Glass(Box::new(view)));
                }
                Effect::Follow { client, to, .. } => {
                    let to = to.iter().map(|&client| self.letter(client)).collect();
                    self.followed.push((self.letter(client), to));
                }
                Effect::Admit { client } => self.admitted.push(self.letter(client)),
                Effect::Disconnect { client, reason } => {
                    self.gone.insert(client);
                    self.disconnected.push((self.letter(client), reason));
                }
                Effect::Shutdown => self.shut_down = true,
                Effect::Keep(_)
                | Effect::KeepTopic { .. }
                | Effect::Fetch(_)
                | Effect::Search(_)
                | Effect::CatchUp(_) => self.for_disk.push(effect),
                Effect::Log(notable) => self.log.push(notable),
            }
        }
    }

    fn told(&mut self, client: ClientId, tag: Option<&Tag>, message: &Message) {
        let mut bytes = Vec::new();
        protocol::encode(message, tag, self.views[&client], &TimeZone::UTC, &mut bytes);
        let text = String::from_utf8(bytes).unwrap();
        let who = self.letter(client);
        assert!(!self.gone.contains(&client), "{who} is told {text:?} after the end");
        let lines = text.lines().map(str::to_owned);
        self.heard.entry(client).or_default().extend(lines);
    }

    fn letter(&self, client: ClientId) -> char {
        let found = self.ids.iter().find(|&(_, &id)| id == client);
        *found.expect("an effect about somebody who never came").0
    }

    /// Connects from this machine. A letter that was used before names the new client from then on.
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

    /// Connects a JSON client whose name is its letter.
    fn connect_json(&mut self, who: char) {
        let port = 40_000 + self.next_number();
        self.connect_with(who, &format!("127.0.0.1:{port}"), Protocol::Json);
        self.ask(who, &format!(r#"{{"action":"connect","username":"{who}"}}"#));
    }

    fn connect_with(&mut self, who: char, address: &str, protocol: Protocol) {
        let client = ClientId(self.next_number());
        self.ids.insert(who, client);
        self.views.insert(client, protocol.into());
        self.step(Event::Connected {
            client,
            address: address.parse::<SocketAddr>().unwrap(),
            protocol,
            word: word_of(client),
            by_proxy: false,
        });
    }

    fn input(&mut self, who: char, input: Input) {
        let client = self.ids[&who];
        self.step(Event::Received { client, input });
    }

    fn say(&mut self, who: char, text: &str) {
        self.input(who, Input::Line(Line { text: text.to_owned(), altered: false }));
    }

    /// Sends a line from a JSON client.
    fn ask(&mut self, who: char, json: &str) {
        let mut decoded = Decoded::default();
        let line = format!("{json}\n");
        Decoder::new(Protocol::Json, false).feed(line.as_bytes(), self.now, &mut decoded);
        for input in decoded.inputs {
            self.input(who, input);
        }
    }

    fn leave(&mut self, who: char, reason: DisconnectReason) {
        self.step(Event::Disconnected { client: self.ids[&who], reason });
    }

    fn wait(&mut self, seconds: u64) {
        self.now += Duration::from_secs(seconds);
        if self.hub.deadline().is_some_and(|deadline| deadline <= self.now) {
            self.step(Event::DeadlineReached);
        }
    }

    /// The messages that a client has heard since the last call.
    fn heard(&mut self, who: char) -> Vec<String> {
        self.heard.remove(&self.ids[&who]).unwrap_or_default()
    }
}

/// The word by which a client takes its name back.
fn word_of(client: ClientId) -> ReclaimWord {
    ReclaimWord::new((u128::MAX - u128::from(client.0)).to_be_bytes())
}

/// Compares what a client has heard with consecutive steps of a script.
#[track_caller]
fn check(who: char, heard: &[String], expected: &[&str]) {
    let all = heard.join("\n");
    let mut exact = Vec::new();
    for step in expected {
        let (sign, text) = step.split_once(' ').unwrap_or((step, ""));
        match sign {
            "<" | "<j" => exact.push((sign, text)),
            "<~" => assert!(all.contains(text), "{who}{step}: {heard:#?}"),
            "<!~" => assert!(!all.contains(text), "{who}{step}: {heard:#?}"),
            "<#" => assert_eq!(heard.len().to_string(), text, "{who}: {heard:#?}"),
            _ => panic!("no such step: {step}"),
        }
    }
    if exact.is_empty() {
        return;
    }
    if exact == [("<", "")] {
        exact.clear();
    }
    assert_eq!(heard.len(), exact.len(), "{who}: {exact:#?}: {heard:#?}");
    for (line, (sign, expected)) in heard.iter().zip(exact) {
        if sign == "<" {
            assert_eq!(line, expected, "{who}: {heard:#?}");
            continue;
        }
        let object: Value = serde_json::from_str(line).unwrap();
        let expected: Value = serde_json::from_str(expected).unwrap();
        for (key, value) in expected.as_object().unwrap() {
            assert_eq!(object.get(key), Some(value), "{who}: {key} in {line}");
        }
    }
}

/// The time at which every chat begins.
fn noon() -> Timestamp {
    "2026-11-20T12:00:00Z".parse().unwrap()
}
