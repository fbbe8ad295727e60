//! A property test of the Hub: copies of one chat that take the same events have the same effects and stay equal, byte for byte
//! as encoded. One copy takes every event as it is, one as decoded from JSON, and one is restored from its own encoding again
//! and again.
//!
//! Effects are compared after each event, the encoded states after every [`COMPARE_EVERY`] of them. The variable
//! `CHATSERV_LOCKSTEP_EVENTS`, set when the test is built, is the number of events.

use std::collections::{BTreeSet, VecDeque};

use jiff::Timestamp;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::happening::{Happening, happening, line};
use super::*;
use crate::config::{Glass, Operators};

const EVENTS: usize = 20_000;

/// After so many events, another chat with other settings begins.
const EVENTS_OF_A_CHAT: usize = 5_000;

/// After so many events, a node comes or goes.
const EVENTS_OF_A_NODE: usize = 200;

const COMPARE_EVERY: usize = 16;

const CLIENTS_MAX: usize = 12;

const NODES: u64 = 3;

/// Copies of one chat, and the clients on all its nodes.
struct Copies {
    hubs: Vec<Hub>,
    time: Time,
    connected: BTreeSet<ClientId>,
    next_client: u64,
    /// The lines that a history on disk has kept, and the requests that it got.
    disk: Vec<KeptLine>,
    asked: VecDeque<Question>,
    digest: Digest,
}

/// FNV-1a of all effects and states, which is the same in every build.
#[derive(Clone, Copy)]
struct Digest(u64);

impl Digest {
    fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

/// The ticket of a question to the history on disk, and how many lines are wanted.
type Question = (u64, usize);

impl Copies {
    fn new(number: usize) -> Self {
        let settings = HubSettings {
            anonymous: number % 4 == 3,
            operators: [Operators::Loopback, Operators::Anyone][number % 2],
            glass: [Glass::Everybody, Glass::Operators][number % 2],
            announce_up_to: [0, 2, 500][number % 3],
            log_messages: true,
            history_on_join: 3,
            motd: None,
            operator_password: Some(Secret("open sesame".to_owned())),
        };
        let hub = || {
            let mut hub = Hub::new(settings.clone(), Vec::new(), Timestamp::UNIX_EPOCH);
            if number % 4 < 2 {
                hub.remember(past());
            }
            // So little memory that older lines are only on disk.
            hub.limit_history(3_000);
            hub
        };
        Self {
            hubs: vec![hub(), hub(), hub()],
            time: Time::ZERO,
            connected: BTreeSet::new(),
            next_client: 0,
            disk: Vec::new(),
            asked: VecDeque::new(),
            digest: Digest::new(),
        }
    }

    /// The event that lets this happen to one of the clients.
    fn event(&mut self, who: usize, happening: Happening) -> Event {
        let someone = self.connected.iter().nth(who % self.connected.len().max(1));
        let client = someone.copied().unwrap_or(ClientId(u64::MAX));
        let Hub { people, extras, .. } = &self.hubs[0];
        let is_plain = people.protocol(client) == Protocol::Plain;
        let received = |input| Event::Received { client, input };
        let tag = Some(Tag("7".into()));
        match happening {
            Happening::Connects(protocol) if self.connected.len() < CLIENTS_MAX => {
                self.next_client += 1;
                let node = who as u64 % NODES + 1;
                let client = ClientId(node << 24 | self.next_client);
                self.connected.insert(client);
                let host = [[127, 0, 0, 1], [192, 0, 2, 1], [192, 0, 2, 2]][who % 3];
                let word = ReclaimWord::new(u128::from(client.0).to_be_bytes());
                let (address, by_proxy) = ((host, 40_000).into(), who.is_multiple_of(5));
                Event::Connected { client, address, protocol, word, by_proxy }
            }
            Happening::Types(text) if is_plain => received(Input::Line(line(text))),
            Happening::Types(_) => received(Input::LineTooLong),
            Happening::Asks(request) => received(Input::Request { request, tag }),
            Happening::TakesBack { name, is_right } => {
                let (reclaims, key) = (&extras.reclaims, NameKey::of(&name));
                let right = match people.holder(&key) {
                    Some(holder) => reclaims.word(holder),
                    None => reclaims.held_word(&key),
                };
                let right = right.filter(|_| is_right).map(ReclaimWord::written);
                let word = right.unwrap_or("0123456789abcdef".repeat(2));
                if is_plain {
                    return received(Input::Line(line(format!("{name} {word}"))));
                }
                let (name, word) = (Some(line(name)), Some(Secret(word)));
                received(Input::Request { request: Request::Connect { name, word }, tag })
            }
            Happening::SpeaksJson if people.person(client).is_none() => received(Input::SpeaksJson),
            Happening::Idles(is_over) => {
                Event::IdleTooLong { client, left: (!is_over).then_some(Time::from_secs(30)) }
            }
            Happening::DiskAnswers => match self.asked.pop_front() {
                Some((ticket, _)) if who == 0 => {
                    Event::Found { ticket, found: Err(LookupError::TooSlow) }
                }
                Some((ticket, limit)) => {
                    let from = self.disk.len().saturating_sub(limit);
                    let lines = self.disk[from..].to_vec();
                    let gaps = vec![Gap { first: 1, last: 2, cause: Loss::Full }];
                    let found = Found { lines, more: from > 0, gaps, cursor: Some(7) };
                    Event::Found { ticket, found: Ok(found) }
                }
                None => {
                    let before = Timestamp::UNIX_EPOCH + self.time;
                    Event::Forgotten { sender: NameKey::of("bob"), before }
                }
            },
            Happening::Restarts => Event::Dismissed { clients: vec![client] },
            Happening::TimePasses(seconds) => {
                self.time += Time::from_secs(seconds);
                Event::DeadlineReached
            }
            Happening::Connects(_) | Happening::SpeaksJson | Happening::Leaves => {
                self.connected.remove(&client);
                Event::Disconnected { client, reason: DisconnectReason::EndOfInput }
            }
        }
    }

    /// A node is gone, or comes, or the log has lost entries.
    fn node_event(&mut self, who: usize) -> Event {
        let start = who as u64 % NODES + 1;
        if who == CLIENTS_MAX / 2 {
            return Event::Rewound;
        }
        if who < CLIENTS_MAX / 2 {
            let name = format!("n{start}").into();
            return Event::MachineCame { start, name };
        }
        self.connected.retain(|client| client.start() != start);
        Event::MachineGone { starts: vec![start] }
    }

    /// Lets every copy take an event, and compares the effects.
    fn step(&mut self, event: &Event) {
        let now = Now { time: self.time, wall: Timestamp::UNIX_EPOCH + self.time };
        let json = serde_json::to_vec(event).expect("every event can be written as JSON");
        let decoded: Event =
            serde_json::from_slice(&json).expect("an event can be read as it was written");
        assert_eq!(decoded, *event);
        let mut first: Vec<Effect> = Vec::new();
        self.hubs[0].step(now, event.clone(), &mut first);
        for hub in &mut self.hubs[1..] {
            let mut effects = Vec::new();
            hub.step(now, decoded.clone(), &mut effects);
            assert_eq!(effects, first, "{event:?}");
        }
        self.digest.add(format!("{first:?}").as_bytes());
        for effect in first {
            match effect {
                Effect::Disconnect { client, .. } => drop(self.connected.remove(&client)),
                Effect::Keep(lines) => self.disk.extend(lines),
                Effect::Fetch(Fetch { ticket, limit, .. })
                | Effect::Search(Search { ticket, limit, .. }) => {
                    self.asked.push_back((ticket, limit));
                }
                _ => {}
            }
        }
    }

    /// Compares the states as encoded, and restores the last copy if this is the moment.
    fn compare(&mut self, restores: bool) {
        let encoded: Vec<Vec<u8>> = self.hubs.iter().map(Hub::encode).collect();
        self.digest.add(&encoded[0]);
        for other in &encoded[1..] {
            let differs = encoded[0].iter().zip(other).position(|(ours, theirs)| ours != theirs);
            let from = differs.unwrap_or(0).saturating_sub(100);
            let excerpt = |bytes: &[u8]| {
                String::from_utf8_lossy(&bytes[from..bytes.len().min(from + 200)]).into_owned()
            };
            assert!(encoded[0] == *other, "{}\n{}", excerpt(&encoded[0]), excerpt(other));
        }
        if restores {
            let last = self.hubs.len() - 1;
            self.hubs[last] =
                Hub::restore(&encoded[0]).expect("a chat can be restored as it was encoded");
            assert_eq!(self.hubs[last].encode(), encoded[0]);
        }
    }
}

/// A room that an earlier run has left asleep, with a gap and a topic.
fn past() -> Past {
    let message = ChatMessage {
        from: "bob".into(),
        to: Audience::Room { room: "tea".into(), message_id: 4 },
        manner: Manner::Chat,
        text: "hello".to_owned(),
        sent_at: None,
        received_at: Timestamp::UNIX_EPOCH,
    };
    let tea = PastRoom {
        name: "tea".into(),
        epoch: 3,
        topic: Some("green".into()),
        last_id: 5,
        lines: vec![message.into()],
        gaps: vec![Gap { first: 5, last: 5, cause: Loss::Crash }],
    };
    Past { last_epoch: 9, rooms: vec![tea] }
}

#[test]
fn copies_that_take_the_same_events_stay_equal() {
    let events = option_env!("CHATSERV_LOCKSTEP_EVENTS")
        .map_or(EVENTS, |text| text.parse().expect("the variable is the number of events"));
    let _ = run(events);
}

/// Machines with the same number take part in one chat, whatever their versions. So other effects or another encoding of the
/// state need another number. If only this test has changed, note the digest alone.
#[cfg(feature = "cluster")]
#[test]
fn other_effects_have_another_number() {
    let digest = run(4_000);
    assert_eq!(
        (RULES, format!("{digest:016x}")),
        (5, "88062e52df70eeff".to_owned()),
        "raise RULES"
    );
}

/// Lets copies of chats take so many events. Returns the digest of the effects and states.
fn run(events: usize) -> u64 {
    let mut runner = TestRunner::deterministic();
    let strategy = (0..CLIENTS_MAX, happening(), 0..8_usize);
    let mut chats = 0;
    let mut copies = Copies::new(chats);
    for number in 0..events {
        if number % EVENTS_OF_A_CHAT == EVENTS_OF_A_CHAT - 1 || copies.hubs[0].shutting_down {
            chats += 1;
            let digest = copies.digest;
            copies = Copies { digest, ..Copies::new(chats) };
        }
        let (who, happening, dice) = strategy
            .new_tree(&mut runner)
            .expect("the strategies of events reject nothing")
            .current();
        let is_of_node = number % EVENTS_OF_A_NODE == 0;
        let event = if is_of_node { copies.node_event(who) } else { copies.event(who, happening) };
        copies.step(&event);
        if number % COMPARE_EVERY == 0 {
            copies.compare(dice == 0);
        }
    }
    copies.digest.0
}
