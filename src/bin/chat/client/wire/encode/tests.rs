use std::collections::BTreeSet;

use chatserv::chat::{Input, Secret, SentAt, Tag};
use chatserv::protocol::json::actions;
use chatserv::protocol::{Decoded, Decoder};
use jiff::tz;
use proptest::prelude::*;

use super::*;
use crate::client::wire::{Typed, understand};

const SENT_AT: &str = "2026-11-20T12:03:04+01:00";

/// Decodes a line as the server would.
fn decoded(line: &str) -> Vec<Input> {
    let mut decoder = Decoder::new(Protocol::Json, false);
    let mut decoded = Decoded::default();
    decoder.feed(format!("{line}\n").as_bytes(), Duration::ZERO, &mut decoded);
    decoded.inputs
}

/// The request that the server has to decode: the same, with the fields that the client adds.
fn as_sent(mut request: Request) -> Request {
    match &mut request {
        Request::Chat { target, sent_at, .. } | Request::Me { target, sent_at, .. } => {
            if *target == Target::Here {
                *target = Target::Room("dev".into());
            }
            *sent_at = Some(now());
        }
        Request::Private { sent_at, .. } => *sent_at = Some(now()),
        Request::Part { room } | Request::Topic { room, .. } | Request::History { room, .. } => {
            room.get_or_insert("dev".into());
        }
        // A program gets no history unless it requests one.
        Request::Join { history, .. } => {
            history.get_or_insert(0);
        }
        _ => {}
    }
    request
}

fn now() -> SentAt {
    SentAt { written: SENT_AT.into(), at: SENT_AT.parse().unwrap(), zone: tz::offset(1) }
}

/// Encodes a request, decodes it as the server would, and returns its action.
#[track_caller]
fn check(request: Request) -> String {
    let line = encode(&request, Some("dev"), SENT_AT, 7).unwrap();
    let expected = Input::Request { request: as_sent(request), tag: Some(Tag("7".into())) };
    assert_eq!(decoded(&line), [expected], "{line}");
    assert!(line.ends_with(",\"id\":7}"), "{line}");
    let object: serde_json::Value = serde_json::from_str(&line).unwrap();
    object["action"].as_str().unwrap().to_owned()
}

#[track_caller]
fn asked(line: &str) -> Request {
    match understand(line) {
        Typed::Ask(request) => request,
        other => panic!("{line:?}: {other:?}"),
    }
}

#[test]
fn the_server_understands_each_line_as_it_was_meant() {
    let mut spoken = BTreeSet::new();
    for line in [
        "hello",
        "{\"action\":\"shutdown\"}",
        "a \"quoted\" word, a \\ and \\\" and \\u001b",
        "\u{1b}]0;title\u{7}bell\u{0} and \u{9b}31mred\u{7f}",
        "one\u{2028}two\u{2029}three\nfour\r",
        "👩‍👩‍👧 日本語 e\u{301} \u{feff}",
        "/msg ann,bob, eve hi \"there\"",
        "/reply \\o/",
        "/me waves",
        "/rooms",
        "/join #dev",
        "/part",
        "/topic off",
        "/topic Rust \"and\" more",
        "/history 50",
        "/history 50 before:2026-11-20",
        "/who #dev",
        "/whois @bob",
        "/ignore bob",
        "/unignore bob",
        "/nick \"Bob\\Lee",
        "/away at lunch",
        "/back",
        "/quiet",
        "/op open \"sesame\"",
        "/help /msg",
        "/quit",
        "/kick bob do not shout",
        "/ban bob 1h 30m spam",
        "/ban 2001:db8::/64 45d",
        "/unban bob",
        "/reclaim",
        "/bans",
        "/mute bob",
        "/unmute bob",
        "/motd off",
        "/motd Welcome",
        "/threads",
        "/shutdown in 90s a new machine",
        "/shutdown cancel",
        "/search tea \"and\" cake from:bob before:2026-11-20T14:30 in:dev",
        "/search from:bob before:2026-11-20T14:30+01:00",
    ] {
        spoken.insert(check(asked(line)));
    }
    let line = |text: &str| Line { text: text.into(), altered: false };
    let people = || Target::People(vec!["ann".into(), "bob".into()]);
    for request in [
        Request::Connect { name: Some(line("luca")), word: None },
        Request::Connect { name: Some(line("luca")), word: Some(Secret("0123".into())) },
        Request::Connect { name: None, word: None },
        Request::Join { room: line("dev"), history: Some(20) },
        Request::Chat { target: Target::Room("other".into()), text: "hi".into(), sent_at: None },
        Request::Chat { target: people(), text: "hi".into(), sent_at: None },
        Request::Me { target: people(), text: "waves".into(), sent_at: None },
        Request::History { room: Some("other".into()), range: Range::After(7), limit: Some(200) },
        Request::History { room: None, range: Range::Before(u64::MAX), limit: None },
        Request::Op { password: Secret("\u{1b} a word is never cleaned".into()) },
        Request::Ping,
        // The client takes lines apart itself.
        Request::Typed { line: line("/me waves"), room: Some("dev".into()), sent_at: None },
    ] {
        spoken.insert(check(request));
    }
    // These are for a picture of the threads.
    spoken.extend(["follow", "glass"].map(str::to_owned));
    let all: BTreeSet<String> = actions().map(|action| action.name.to_owned()).collect();
    assert_eq!(spoken, all, "an action that nothing here asks for");
}

#[test]
fn without_a_room_only_what_needs_none_is_sent() {
    for line in ["hello", "/me waves", "/part", "/topic", "/history"] {
        assert_eq!(
            encode(&asked(line), None, SENT_AT, 7),
            Err("You are in no room. /join ROOM joins one.".into()),
            "{line}"
        );
    }
    for line in ["/msg ann hi", "/part dev", "/who", "/join dev", "/quit"] {
        assert!(encode(&asked(line), None, SENT_AT, 7).is_ok(), "{line}");
    }
    let times = Request::Timestamps { show: None };
    assert!(encode(&times, Some("dev"), SENT_AT, 7).is_err());
}

#[test]
fn a_line_that_the_server_would_not_read_is_not_sent() {
    let around = encode(&asked("x"), Some("dev"), SENT_AT, 7).unwrap().len() - 1;
    let longest = "x".repeat(JSON_LINE_BYTES_MAX - around);
    check(asked(&longest));
    assert_eq!(
        encode(&asked(&(longest.clone() + "x")), Some("dev"), SENT_AT, 7),
        Err("That line was too long and was not said: at most 16384 bytes.".into())
    );
    // The limit counts encoded bytes: a quotation mark takes two.
    let quoted = format!("{}\"", &longest[1..]);
    assert!(encode(&asked(&quoted), Some("dev"), SENT_AT, 7).is_err());
}

proptest! {
    #[test]
    fn whatever_is_typed_arrives_as_it_was_meant(
        line in prop_oneof![any::<String>(), "/(msg|ban|kick|join|topic|nick|away|op|motd|shutdown) [ -~]{0,20}\\PC*"],
    ) {
        if let Typed::Ask(request) = understand(&line) {
            check(request);
        }
    }

    #[test]
    fn a_length_of_time_arrives_as_it_was_typed(seconds in 1..u64::MAX, nanos in 0..1_000_000_000_u32) {
        check(Request::Shutdown {
            after: Some(Duration::new(seconds, nanos)),
            reason: None,
        });
    }
}
