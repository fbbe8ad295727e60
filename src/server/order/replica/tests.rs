//! Entries as nodes read them: copies, gaps, silence, misfits, snapshots.

use super::*;
use crate::chat::{DisconnectReason, Input, Line, Protocol, ReclaimWord};
use crate::config::Config;
use crate::server::ops::reload::Loaded;

/// A log, and a node that reads it.
struct Reading {
    replica: Replica,
    milliseconds: u64,
}

impl Reading {
    fn new() -> Self {
        Self { replica: Replica::default(), milliseconds: 1_000_000 }
    }

    fn entry(&self, author: &str, content: Content) -> Entry {
        Entry {
            position: self.replica.position + 1,
            before: self.replica.last.clone(),
            author: author.parse().unwrap(),
            milliseconds: self.milliseconds,
            bytes: content.to_json().len(),
            content,
        }
    }

    /// Reads the next entry, and returns whether it counts and the effects.
    fn read(&mut self, author: &str, content: Content) -> (Opened, Vec<Effect>) {
        let entry = self.entry(author, content);
        let mut opened = self.replica.open(entry).unwrap();
        let mut effects = Vec::new();
        for event in std::mem::take(&mut opened.events) {
            self.replica.apply(opened.now, event, &mut effects);
        }
        (opened, effects)
    }

    fn clients(&self) -> usize {
        self.replica.hub().map_or(0, |hub| hub.clients().len())
    }
}

fn up(announce_up_to: usize) -> Content {
    let loaded = Loaded::read(Config { announce_up_to, ..Config::default() }).unwrap();
    let settings = loaded.hub_settings();
    Content::Up(Box::new(NodeUp {
        rules: "1".to_owned(),
        settings,
        history_bytes: limits::HISTORY_TOTAL_BYTES_MAX,
        bans: Vec::new(),
        past: None,
        starts: Vec::new(),
    }))
}

fn beat() -> Content {
    Content::Events(Vec::new())
}

fn connected(start: u64) -> Content {
    Content::Events(vec![Event::Connected {
        client: ClientId::first_of(start),
        address: ([192, 0, 2, 1], 40_000).into(),
        protocol: Protocol::Plain,
        word: ReclaimWord::new([0; 16]),
        by_proxy: false,
    }])
}

fn line(start: u64, text: &str) -> Content {
    let input = Input::Line(Line { text: text.to_owned(), altered: false });
    Content::Events(vec![Event::Received { client: ClientId::first_of(start), input }])
}

#[test]
fn a_copy_of_an_entry_has_no_effect() {
    let mut log = Reading::new();
    assert_eq!(log.read("a:7:1", up(500)).0.start, Some(1));
    assert!(log.read("a:7:2", connected(1)).0.is_fresh);
    assert!(!log.read("a:7:3", line(1, "ann")).1.is_empty());
    for copy in [("a:7:3", line(1, "ann")), ("a:7:2", connected(1)), ("a:7:1", up(500))] {
        let (opened, effects) = log.read(copy.0, copy.1);
        assert!(!opened.is_fresh && effects.is_empty(), "{effects:?}");
    }
    // An older incarnation, a node that has not come, and another incarnation that has not either.
    for stranger in ["a:6:9", "b:1:2", "a:8:2"] {
        assert!(!log.read(stranger, connected(9)).0.is_fresh, "{stranger}");
    }
    assert_eq!(log.clients(), 1);
}

#[test]
fn a_gap_and_another_past_are_noticed() {
    let mut log = Reading::new();
    log.read("a:7:1", up(500));
    let mut gap = log.entry("a:7:2", beat());
    gap.position += 1;
    assert_eq!(log.replica.open(gap).err(), Some(Broken { position: 3 }));
    let mut other = log.entry("a:7:2", beat());
    other.before = Author { node: "b".into(), incarnation: 1, sequence: 1 }.to_string();
    assert_eq!(log.replica.open(other).err(), Some(Broken { position: 2 }));
    let next = log.entry("a:7:2", beat());
    assert!(log.replica.open(next).is_ok());
}

/// After a loss, an entry that was sent twice may be at the same position in both pasts.
#[test]
fn another_past_with_the_same_author_at_the_same_position_is_noticed() {
    let pasts = ["b:8:2", "b:8:3"].map(|between| {
        let mut log = Reading::new();
        log.read("a:7:1", up(500));
        log.read("b:8:1", up(500));
        log.read(between, beat());
        log.milliseconds += if between == "b:8:3" { 1 } else { 0 };
        log.read("a:7:2", beat());
        log
    });
    let [mut ours, theirs] = pasts;
    let next = theirs.entry("a:7:3", beat());
    assert_eq!(ours.replica.open(next).err(), Some(Broken { position: 5 }));
}

#[test]
fn a_silent_node_is_given_up_by_the_time_of_the_log() {
    let mut log = Reading::new();
    log.read("a:7:1", up(500));
    log.read("b:8:1", up(500));
    log.read("b:8:2", connected(2));
    log.read("b:8:3", line(2, "bob"));
    // Nobody could append for an hour, which counts as two seconds.
    log.milliseconds += 3_600_000;
    log.read("a:7:2", beat());
    for number in 3..=10 {
        log.milliseconds += 1_000;
        let (opened, _) = log.read(&format!("a:7:{number}"), beat());
        assert!(opened.gone.is_empty(), "{number}");
    }
    // The clock of the store goes back, and nothing of what follows is earlier.
    let before = log.replica.time;
    log.milliseconds -= 5_000;
    log.read("a:7:11", beat());
    assert_eq!(log.replica.time, before);
    log.milliseconds += 5_001;
    let (opened, effects) = log.read("a:7:12", beat());
    assert_eq!(opened.gone, ["b"]);
    let is_left = |effect: &Effect| {
        let reason = DisconnectReason::MachineGone;
        matches!(effect, Effect::Log(crate::chat::LogEvent::Left { reason: it, .. }) if *it == reason)
    };
    assert!(effects.iter().any(is_left), "{effects:?}");
    assert_eq!(log.clients(), 0);
    // Its later entries do not count until it starts again.
    assert!(!log.read("b:8:4", connected(2)).0.is_fresh);
    assert!(!log.read("b:8:1", up(500)).0.is_fresh);
    let again = log.read("b:9:1", up(500)).0;
    assert_eq!((again.start, again.is_fresh), (Some(3), true));
}

#[test]
fn a_node_that_does_not_fit_is_not_taken_in() {
    let mut log = Reading::new();
    log.read("a:7:1", up(500));
    let told = log.read("b:8:1", up(7)).0.misfit.unwrap();
    assert!(told.starts_with("announce-up-to is 7 here and 500 on the other machines"), "{told}");
    assert_eq!(log.replica.incarnation("b"), None);
    // Another process takes over the name of the only node: nobody else is there whom it would have to fit.
    log.read("a:7:2", connected(1));
    let (opened, _) = log.read("a:9:1", up(7));
    assert_eq!((opened.misfit, opened.start), (None, Some(2)));
    assert_eq!(log.clients(), 0);
    assert_eq!(log.replica.hub().unwrap().settings().announce_up_to, 7);
}

#[test]
fn a_snapshot_is_the_whole_state_and_nodes_take_turns() {
    let mut log = Reading::new();
    log.read("a:7:1", up(500));
    log.read("b:8:1", up(500));
    log.read("a:7:2", connected(1));
    log.read("a:7:3", line(1, "ann"));
    let mut turns = Vec::new();
    for number in 4..=3 * limits::SNAPSHOT_ENTRIES {
        log.read(&format!("a:7:{number}"), beat());
        turns.extend(log.replica.keeper().map(|node| (log.replica.position, node.to_owned())));
        let author = Author { node: "b".into(), incarnation: 8, sequence: number };
        log.read(&author.to_string(), beat());
        turns.extend(log.replica.keeper().map(|node| (log.replica.position, node.to_owned())));
    }
    let every = limits::SNAPSHOT_ENTRIES;
    let expected = (1..=turns.len() as u64)
        .map(|it| (it * every, if it % 2 == 1 { "b".to_owned() } else { "a".to_owned() }));
    assert!(turns.len() >= 5 && turns.iter().cloned().eq(expected), "{turns:?}");
    // Large entries count by their bytes.
    let large = "x".repeat(limits::SNAPSHOT_LOG_BYTES);
    log.read("a:7:9998", line(1, &large));
    assert!(log.replica.keeper().is_some());
    let bytes = log.replica.encode();
    let mut restored = Replica::restore(&bytes).unwrap();
    assert_eq!(restored.encode(), bytes);
    // Both go on in the same way.
    let mut clone = Reading { replica: log.replica.clone(), milliseconds: log.milliseconds };
    let entry = clone.entry("a:7:9999", line(1, "hello"));
    restored.open(entry).unwrap();
    clone.read("a:7:9999", line(1, "hello"));
    assert_eq!(restored.position, clone.replica.position);
    assert_eq!(restored.last, clone.replica.last);
}

#[test]
fn a_large_state_is_stored_less_often() {
    let mut log = Reading::new();
    log.read("a:7:1", up(0));
    let mut number = 1;
    let mut read = |log: &mut Reading, content: Content| {
        number += 1;
        log.read(&format!("a:7:{number}"), content);
        log.replica.keeper().is_some()
    };
    for person in 0..1_000 {
        let client = ClientId(ClientId::first_of(1).0 + person);
        let address = ([192, 0, 2, 1], 40_000).into();
        let word = ReclaimWord::new(u128::from(person).to_be_bytes());
        let (protocol, by_proxy) = (Protocol::Plain, false);
        let connected = Event::Connected { client, address, protocol, word, by_proxy };
        let input = Input::Line(Line { text: format!("person-{person}"), altered: false });
        read(&mut log, Content::Events(vec![connected, Event::Received { client, input }]));
    }
    while !read(&mut log, beat()) {}
    let (stored, estimated) = (log.replica.encode().len(), log.replica.snapshot_bytes);
    assert!(estimated > 3 * limits::SNAPSHOT_LOG_BYTES, "{estimated}");
    assert!((stored / 2..=stored * 2).contains(&estimated), "{stored} {estimated}");
    // Both beats and lines have to add up to as much.
    let contents: [fn() -> Content; 2] = [beat, || line(1, &"x".repeat(10_000))];
    for content in contents {
        let needed = log.replica.snapshot_bytes;
        let each = content().to_json().len() + limits::LOG_ENTRY_OVERHEAD_BYTES;
        let before = log.replica.position;
        while !read(&mut log, content()) {}
        let entries = (log.replica.position - before) as usize;
        assert_eq!(entries, needed.div_ceil(each), "{needed}");
    }
}

/// A node whose start was lost comes back with the number of that start, unless another one has got it.
#[test]
fn a_number_of_a_lost_start_is_not_given_again() {
    let mut log = Reading::new();
    assert_eq!(log.read("a:7:1", up(500)).0.start, Some(1));
    assert!(log.replica.are_free("b", &[2]) && !log.replica.are_free("b", &[1, 2]));
    let Content::Up(mut again) = up(500) else { unreachable!() };
    again.starts = vec![2];
    assert_eq!(log.read("b:9:1", Content::Up(again)).0.start, Some(3));
    assert_eq!(log.replica.starts_of("b"), [2, 3]);
    assert!(log.replica.are_free("b", &[2, 3, 4]) && !log.replica.are_free("c", &[2]));
    log.read("b:9:2", connected(2));
    log.read("b:9:3", line(2, "bob"));
    assert_eq!(log.read("c:9:1", up(500)).0.start, Some(4));
    log.read("b:9:4", Content::Left);
    assert_eq!(log.clients(), 0);
}

#[test]
fn a_loss_is_told_once() {
    let mut log = Reading::new();
    log.read("a:7:1", up(500));
    log.read("b:8:1", up(500));
    log.read("a:7:2", connected(1));
    log.read("a:7:3", line(1, "ann"));
    let is_told =
        |effects: &[Effect]| effects.iter().any(|effect| matches!(effect, Effect::Send { .. }));
    assert!(is_told(&log.read("a:7:4", Content::Rewound).1));
    assert!(!is_told(&log.read("b:8:2", Content::Rewound).1));
    for number in 5..=10 {
        log.milliseconds += 1_000;
        log.read(&format!("a:7:{number}"), beat());
    }
    assert!(is_told(&log.read("b:8:3", Content::Rewound).1));
}

/// Prints how long the dispatcher is stopped by a snapshot: `cargo test --release --all-features --lib copy_of -- --ignored
/// --nocapture`.
#[test]
#[ignore = "a measurement"]
fn the_time_of_a_copy_of_the_state() {
    use std::io::Write;
    use std::time::Instant;
    for people in [1_000, 10_000, 100_000] {
        let mut log = Reading::new();
        log.read("a:7:1", up(0));
        for (number, person) in (2..).zip(0..people) {
            let client = ClientId(ClientId::first_of(1).0 + person);
            let address =
                ([10, (person >> 16) as u8, (person >> 8) as u8, person as u8], 40_000).into();
            let received = |text: String| {
                let input = Input::Line(Line { text, altered: false });
                Event::Received { client, input }
            };
            let word = ReclaimWord::new(u128::from(person).to_be_bytes());
            let mut events = vec![
                Event::Connected {
                    client,
                    address,
                    protocol: Protocol::Plain,
                    word,
                    by_proxy: false,
                },
                received(format!("person-{person}")),
                received(format!("/join room-{}", person / 40)),
            ];
            let text =
                "a line of eighty bytes, more or less, as people write them when they chat a lot";
            events.extend((0..20).map(|line| received(format!("{text} {line}"))));
            log.read(&format!("a:7:{number}"), Content::Events(events));
        }
        let timed = |what: &str, since: Instant| {
            let line = format!("{people} people, {what}: {:?}\n", since.elapsed());
            std::io::stdout().write_all(line.as_bytes()).unwrap();
        };
        let since = Instant::now();
        let copy = log.replica.clone();
        timed("copy", since);
        let since = Instant::now();
        let bytes = copy.encode();
        timed(&format!("encode {} bytes", bytes.len()), since);
        let since = Instant::now();
        drop(copy);
        timed("drop of the copy", since);
        let since = Instant::now();
        Replica::restore(&bytes).unwrap();
        timed("restore", since);
    }
}
