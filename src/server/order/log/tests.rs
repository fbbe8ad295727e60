//! The dispatcher's side of the log; the test plays the store, and another machine.

use crossbeam_channel::Receiver;
use jiff::Timestamp;

use super::super::author::Author;
use super::super::store_address::StoreAddress;
use super::*;
use crate::chat::{HubSettings, Protocol, ShutdownCause, Target};
use crate::config::{Config, RedisAddress};
use crate::server::ops::reload;

/// A machine that takes part together with another one.
struct Machine {
    log: Log,
    queue: Receiver<Work>,
    /// The log so far, as any other machine has it.
    copy: Replica,
    milliseconds: u64,
    /// The numbers of the entries of both.
    sequences: [u64; 2],
    incarnation: u64,
    settings: HubSettings,
}

const CLIENT: ClientId = ClientId(1 << 32 | 1);

fn apply(copy: &mut Replica, entry: Entry) {
    let opened = copy.open(entry).unwrap();
    for event in opened.events {
        copy.apply(opened.now, event, &mut Vec::new());
    }
}

impl Machine {
    fn new() -> Self {
        let settings = reload::Loaded::read(Config::default()).unwrap().hub_settings();
        let (sender, queue) = crossbeam_channel::unbounded();
        let (copies, _) = crossbeam_channel::bounded(1);
        let redis = RedisAddress::parse("redis://127.0.0.1:1/0").unwrap();
        let address = StoreAddress { redis, password: None, chat: "test".to_owned() };
        let author = Author { node: "a".to_owned(), incarnation: 1, sequence: 1 };
        let mut copy = Replica::default();
        let mut membership = Membership::simulated(address, Replica::default(), author, 1);
        let up = |node: &str| {
            let up = NodeUp::new(settings.clone(), limits::HISTORY_TOTAL_BYTES_MAX);
            (format!("{node}:1:1"), Content::Up(Box::new(up)))
        };
        for (by, content) in [up("a"), up("b")] {
            let first = entry(&copy, &by, 1_000_000, content);
            apply(&mut copy, first);
        }
        membership.replica = copy.clone();
        let log = Log::new(&mut membership, sender, copies, Arc::default(), Arc::default());
        let (milliseconds, sequences) = (1_000_000, [1, 1]);
        Self { log, queue, copy, milliseconds, sequences, incarnation: 1, settings }
    }

    /// Takes an event, and returns the effects.
    fn step(&mut self, seconds: u64, event: Event) -> Vec<Effect> {
        let now = Now { time: Time::from_secs(seconds), wall: Timestamp::UNIX_EPOCH };
        let mut effects = Vec::new();
        self.log.step(now, event, &mut effects);
        effects
    }

    /// One of the two machines appends this, and nobody has opened it yet.
    fn append(&mut self, of_other: bool, content: Content) -> Entry {
        let sequence = &mut self.sequences[usize::from(of_other)];
        *sequence += 1;
        let by = if of_other {
            format!("b:1:{sequence}")
        } else {
            format!("a:{}:{sequence}", self.incarnation)
        };
        let entry = entry(&self.copy, &by, self.milliseconds, content);
        apply(&mut self.copy, entry.clone());
        entry
    }

    fn open(&mut self, entry: Entry) -> Vec<Effect> {
        let (mut effects, mut due) = (Vec::new(), Vec::new());
        for (at, event) in self.log.open(entry, Time::ZERO, &mut effects) {
            self.log.apply(at, event, &mut effects);
        }
        self.log.close(&mut due, &mut effects);
        effects
    }

    /// The other machine goes on for so long that it gives this one up.
    fn beat_on(&mut self) -> Vec<Entry> {
        let beats = (0..12).map(|_| {
            self.milliseconds += 1_000;
            self.append(true, Content::Events(Vec::new()))
        });
        beats.collect()
    }

    fn is_given_up(&mut self) {
        for beat in self.beat_on() {
            self.open(beat);
        }
        assert!(matches!(self.log.standing, Standing::GivenUp));
    }

    /// The entry by which this machine has asked to take part again.
    fn up(&mut self) -> Entry {
        let up = self.queue.try_iter().find_map(|work| match work {
            Work::Up(incarnation, up) => Some((incarnation, up)),
            _ => None,
        });
        let (incarnation, up) = up.expect("it asks to take part again");
        (self.incarnation, self.sequences[0]) = (incarnation, 0);
        self.append(false, Content::Up(up))
    }
}

fn entry(copy: &Replica, by: &str, milliseconds: u64, content: Content) -> Entry {
    Entry {
        position: copy.position() + 1,
        before: copy.last().to_owned(),
        author: by.parse().unwrap(),
        milliseconds,
        bytes: content.to_json().len(),
        content,
    }
}

fn connected() -> Event {
    Event::Connected {
        client: CLIENT,
        address: ([192, 0, 2, 1], 40_000).into(),
        protocol: Protocol::Plain,
        word: ReclaimWord::new([0; 16]),
        by_proxy: false,
    }
}

fn are_told(effects: &[Effect], news: &LinkNews) -> bool {
    effects.iter().any(|effect| {
        matches!(effect, Effect::Send { to, message: Message::Link(told) } if told == news && **to == [CLIENT])
    })
}

/// The settings may be loaded anew between the moment at which a machine asks to take part again and its entry.
#[test]
fn a_machine_that_was_given_up_takes_part_again_with_settings_that_are_new() {
    let mut machine = Machine::new();
    machine.is_given_up();
    machine.settings.announce_up_to = 3;
    let settings = Box::new(machine.settings.clone());
    let reloaded = machine.append(true, Content::Events(vec![Event::Reloaded { settings }]));
    machine.open(reloaded);
    let refused = machine.up();
    machine.open(refused);
    assert!(matches!(machine.log.standing, Standing::GivenUp));
    let accepted = machine.up();
    machine.open(accepted);
    assert!(matches!(machine.log.standing, Standing::Here));
    assert!(machine.log.take_first_client().is_some());
}

#[test]
fn a_machine_that_is_told_to_leave_while_it_is_given_up_leaves() {
    let mut machine = Machine::new();
    machine.step(0, connected());
    machine.is_given_up();
    machine.step(1, Event::ShutdownRequested { cause: ShutdownCause::Program });
    let up = machine.up();
    machine.open(up);
    assert!(matches!(machine.log.standing, Standing::Leaving(_)));
    assert_eq!(machine.log.take_first_client(), None);
    let left = machine.append(false, Content::Left);
    let effects = machine.open(left);
    assert!(effects.contains(&Effect::Shutdown), "{effects:?}");
    let farewell = |effect: &Effect| matches!(effect, Effect::Send { to, message: Message::ShutDown } if **to == [CLIENT]);
    assert!(effects.iter().any(farewell), "{effects:?}");
}

/// The start and the next end of a machine may both be among the entries that it has to skip.
#[test]
fn a_machine_that_skips_its_own_start_asks_again() {
    let mut machine = Machine::new();
    machine.is_given_up();
    machine.up();
    machine.beat_on();
    let loaded = Loaded { replica: machine.copy.clone(), is_rewound: false };
    machine.log.load(loaded, Time::ZERO, &[], &mut Vec::new());
    assert!(matches!(machine.log.standing, Standing::GivenUp));
    let up = machine.up();
    machine.open(up);
    assert!(matches!(machine.log.standing, Standing::Here));
}

#[test]
fn people_of_a_machine_that_is_given_up_are_told_that_it_waits() {
    let mut machine = Machine::new();
    machine.is_given_up();
    machine.step(1, connected());
    let effects = machine.step(3, Event::DeadlineReached);
    assert!(are_told(&effects, &LinkNews::Waiting), "{effects:?}");
    let effects = machine.step(4, connected());
    assert!(are_told(&effects, &LinkNews::Waiting), "{effects:?}");
    let beat = machine.append(true, Content::Events(Vec::new()));
    let effects = machine.open(beat);
    assert!(are_told(&effects, &LinkNews::GoesOn), "{effects:?}");
}

/// Its reader has watched the login deadline once, and may not even be woken.
#[test]
fn somebody_who_does_not_give_the_name_again_is_sent_away() {
    let mut machine = Machine::new();
    machine.step(0, connected());
    machine.is_given_up();
    let up = machine.up();
    machine.open(up);
    machine.log.expect_names(vec![CLIENT], Time::from_secs(60));
    let arrived = machine.append(false, Content::Events(vec![connected()]));
    machine.open(arrived);
    let mut sent_away = |seconds| {
        machine.step(seconds, Event::DeadlineReached);
        let events = machine.queue.try_iter();
        let mut events = events.filter_map(|work| match work {
            Work::Event(event) => Some(event),
            _ => None,
        });
        events.any(|event| event == Event::LoginTimedOut { client: CLIENT })
    };
    assert!(!sent_away(59));
    assert!(sent_away(60));
    assert!(!sent_away(61));
}

/// Its decoder has switched for good, so it must not be taken for a person when it arrives again.
#[test]
fn a_program_whose_first_line_is_lost_is_still_a_program() {
    let mut machine = Machine::new();
    machine.is_given_up();
    machine.step(1, connected());
    let effects = machine.step(1, Event::Received { client: CLIENT, input: Input::SpeaksJson });
    assert_eq!(effects, [Effect::SetView { client: CLIENT, view: View::Json }]);
}

/// The end of the chat may be among the entries that a slow machine skips.
#[test]
fn a_machine_that_skips_the_end_of_the_chat_ends() {
    let mut machine = Machine::new();
    machine.step(0, connected());
    let ended = Event::ShutdownRequested { cause: ShutdownCause::Program };
    machine.append(true, Content::Events(vec![ended]));
    assert!(machine.copy.hub().is_none());
    let loaded = Loaded { replica: machine.copy.clone(), is_rewound: false };
    let (mut effects, mut due) = (Vec::new(), Vec::new());
    machine.log.load(loaded, Time::ZERO, &[CLIENT], &mut effects);
    machine.log.close(&mut due, &mut effects);
    assert!(effects.contains(&Effect::Shutdown), "{effects:?}");
    let farewell = |effect: &Effect| matches!(effect, Effect::Send { to, message: Message::ShutDown } if **to == [CLIENT]);
    assert!(effects.iter().any(farewell), "{effects:?}");
}

#[test]
fn a_line_that_comes_too_late_for_a_machine_that_leaves_is_given_back() {
    let mut machine = Machine::new();
    machine.step(0, connected());
    machine.step(1, Event::ShutdownRequested { cause: ShutdownCause::Program });
    let line = crate::chat::Line { text: "hello".to_owned(), altered: false };
    machine.step(1, Event::Received { client: CLIENT, input: Input::Line(line) });
    let (target, sent_at) = (Target::Here, None);
    let requests = [
        Request::Me { target, text: "waves".to_owned(), sent_at },
        Request::Private { to: vec!["Bob".to_owned()], text: "psst".to_owned(), sent_at: None },
        Request::Reply { text: "yes".to_owned() },
    ];
    for request in requests {
        let input = Input::Request { request, tag: None };
        machine.step(1, Event::Received { client: CLIENT, input });
    }
    let left = machine.append(false, Content::Left);
    let effects = machine.open(left);
    for text in ["hello", "waves", "psst", "yes"] {
        assert!(are_told(&effects, &LinkNews::NotSaid(text.to_owned())), "{text}: {effects:?}");
    }
}

/// The file of a machine is its own: what the chat has says nothing of it.
#[test]
fn a_machine_without_a_history_takes_part_again_without_one() {
    let mut machine = Machine::new();
    machine.is_given_up();
    let Content::Up(up) = machine.up().content else { panic!("a start") };
    assert_eq!(up.past, None);
}

#[test]
fn settings_that_were_loaded_while_a_machine_was_given_up_are_those_of_the_chat() {
    let mut machine = Machine::new();
    machine.is_given_up();
    let settings = Box::new(HubSettings { announce_up_to: 3, ..machine.settings.clone() });
    machine.step(1, Event::Reloaded { settings });
    let up = machine.up();
    machine.open(up);
    let reloaded = machine.queue.try_iter().find_map(|work| match work {
        Work::Event(event @ Event::Reloaded { .. }) => Some(event),
        _ => None,
    });
    let entry = machine.append(false, Content::Events(vec![reloaded.expect("it is appended")]));
    machine.open(entry);
    assert_eq!(machine.copy.hub().unwrap().settings().announce_up_to, 3);
    assert_eq!(machine.log.confirmed, machine.log.submitted);
}
