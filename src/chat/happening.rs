//! Random events of a few clients, for the property tests of the [`Hub`].

use std::time::Duration;

use jiff::Timestamp;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;

/// Something that happens to one of a few clients.
#[derive(Debug, Clone)]
pub(super) enum Happening {
    Connects(Protocol),
    Types(String),
    Asks(Request),
    SpeaksJson,
    TakesBack {
        name: String,
        is_right: bool,
    },
    Idles(bool),
    Leaves,
    /// The server sends it away, since it is about to restart.
    Restarts,
    DiskAnswers,
    TimePasses(u64),
}

const NAMES: [&str; 7] = ["ann", "Ann", "bob", "eve", "tom", "server", "nobody"];
const ROOMS: [&str; 4] = ["lobby", "dev", "#Dev", "tea"];

fn name() -> impl Strategy<Value = String> {
    select(&NAMES[..]).prop_map(str::to_owned)
}

fn room() -> impl Strategy<Value = String> {
    select(&ROOMS[..]).prop_map(str::to_owned)
}

pub(super) fn line(text: String) -> Line {
    let altered = false;
    Line { text, altered }
}

fn text() -> impl Strategy<Value = String> {
    let mentions = prop::collection::vec(name(), 0..3);
    mentions
        .prop_map(|names| names.iter().fold("hello".to_owned(), |text, name| text + " @" + name))
}

fn target() -> impl Strategy<Value = Target> {
    prop_oneof![
        Just(Target::Here),
        room().prop_map(Target::Room),
        prop::collection::vec(name(), 1..3).prop_map(Target::People),
    ]
}

fn request() -> impl Strategy<Value = Request> {
    let sent_at = None;
    prop_oneof![
        6 => name().prop_map(|name| Request::Connect { name: Some(line(name)), word: None }),
        6 => (target(), text()).prop_map(|(target, text)| Request::Chat { target, text, sent_at: None }),
        1 => (target(), text()).prop_map(|(target, text)| Request::Me { target, text, sent_at: None }),
        2 => (name(), text()).prop_map(move |(name, text)| Request::Private { to: vec![name], text, sent_at: sent_at.clone() }),
        1 => text().prop_map(|text| Request::Reply { text }),
        5 => (room(), prop::option::of(0..5_usize)).prop_map(|(room, history)| Request::Join { room: line(room), history }),
        3 => prop::option::of(room()).prop_map(|room| Request::Part { room }),
        1 => (prop::option::of(room()), prop::option::of(text())).prop_map(|(room, topic)| Request::Topic { room, topic }),
        3 => name().prop_map(|name| Request::Nick { name: line(name) }),
        1 => prop::option::of(text()).prop_map(|reason| Request::Away { reason }),
        1 => Just(Request::Back),
        2 => name().prop_map(|name| Request::Ignore { name: Some(name) }),
        1 => name().prop_map(|name| Request::Unignore { name }),
        1 => prop::option::of(any::<bool>()).prop_map(|on| Request::Quiet { on }),
        1 => Just(Request::Timestamps { show: Some(Timestamps::Time) }),
        1 => Just(Request::Who { room: None }),
        1 => Just(Request::Rooms),
        1 => name().prop_map(|name| Request::Whois { name }),
        2 => prop::option::of(room()).prop_map(|room| Request::History { room, range: Range::After(1), limit: Some(3) }),
        3 => (room(), 0..6_u64, 0..4_u8, 0..4_usize).prop_map(|(room, id, kind, limit)| Request::History {
            room: Some(room),
            range: match kind {
                0 => Range::Last,
                1 => Range::Before(id),
                2 => Range::After(id),
                _ => Range::Until(Moment::Exact(Timestamp::UNIX_EPOCH)),
            },
            limit: Some(limit),
        }),
        3 => prop::option::of(room()).prop_map(|room| Request::Search {
            words: "hello".to_owned(),
            from: None,
            room,
            before: None,
            cursor: None,
            limit: None,
        }),
        1 => Just(Request::Ping),
        1 => Just(Request::Help { about: None }),
        1 => Just(Request::Op { password: Secret("open sesame".to_owned()) }),
        1 => name().prop_map(|name| Request::Kick { name, reason: None }),
        1 => (name(), prop::option::of(1..5_u64)).prop_map(|(target, seconds)| Request::Ban {
            target,
            duration: seconds.map(Duration::from_secs),
            reason: None,
        }),
        1 => name().prop_map(|target| Request::Unban { target }),
        1 => name().prop_map(|name| Request::Mute { name }),
        1 => name().prop_map(|name| Request::Unmute { name }),
        1 => Just(Request::Bans),
        1 => Just(Request::Motd { text: Some("hello".to_owned()) }),
        1 => Just(Request::Threads),
        1 => Just(Request::Glass),
        1 => (target(), text(), 0..2_000_u64).prop_map(|(target, text, read)| {
            let mut moments = Box::<Moments>::default();
            moments.pass(Station::Read, Duration::from_millis(read));
            Request::Follow { target, text, moments }
        }),
        1 => Just(Request::Shutdown { after: Some(Duration::from_secs(3_600)), reason: None }),
        1 => Just(Request::CancelShutdown),
        1 => Just(Request::Reclaim),
        2 => (select(&["/me waves", "/msg ann hello", "//hello", "/part", "/topic", "/join dev", "/who", "/nick x", "/search hello", "/quit", "/nothing", "hello"][..]), prop::option::of(room()))
            .prop_map(|(typed, room)| Request::Typed { line: line(typed.to_owned()), room, sent_at: None }),
        1 => Just(Request::Quit),
    ]
}

pub(super) fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        4 => select(&[Protocol::Plain, Protocol::Json, Protocol::Web][..]).prop_map(Happening::Connects),
        4 => name().prop_map(Happening::Types),
        3 => text().prop_map(Happening::Types),
        2 => room().prop_map(|room| Happening::Types(format!("/join {room}"))),
        20 => request().prop_map(Happening::Asks),
        1 => Just(Happening::SpeaksJson),
        4 => (name(), any::<bool>()).prop_map(|(name, is_right)| Happening::TakesBack { name, is_right }),
        1 => any::<bool>().prop_map(Happening::Idles),
        1 => Just(Happening::Leaves),
        1 => Just(Happening::Restarts),
        5 => Just(Happening::DiskAnswers),
        2 => (0..10_u64).prop_map(Happening::TimePasses),
    ]
}
