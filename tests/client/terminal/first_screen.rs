//! The first screen, and lines that are said and heard.

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use serde_json::json;

use super::meet;
use super::screen::{Screen, said};
use crate::support::{Client, Server, or_skip};

/// The screen before anything is said.
const FIRST_SCREEN: [&str; 4] = [
    "Connecting to server ...",
    "Connection to server established. Sending intro message...",
    "Registration successful.  Ready for messaging!",
    ">",
];

#[test]
fn the_first_screen_has_three_lines_and_a_prompt() {
    let server = Server::start(&[]);
    let screen = or_skip!(Screen::of("luca", &server));
    screen.until("the first screen", |lines| lines == FIRST_SCREEN);
    screen.says("hello");
    // Nothing came late.
    let lines = screen.until("one's own line", |lines| !said(lines, "luca").is_empty());
    assert_eq!(lines[..3], FIRST_SCREEN[..3]);
    assert_eq!(said(&lines[3..4], "luca"), ["hello"]);
    screen.until("a prompt, and nothing else", |lines| lines.len() == 5 && lines[4] == ">");
}

#[test]
fn messages_have_a_time_and_are_heard_once() {
    let (_server, mut bob, screen) = or_skip!(meet(&[]));
    screen.says("Hello Bob!");
    assert_eq!(bob.skip_to("luca : "), "luca : Hello Bob!");
    bob.hears_nothing();
    bob.say("Hello Luca!");
    let lines = screen.shows("bob: Hello Luca!");
    assert_eq!(said(&lines, "luca"), ["Hello Bob!"]);
    assert_eq!(said(&lines, "bob"), ["Hello Luca!"]);
    let lines = screen.prompts(">");
    let typed = lines.iter().filter(|line| line.starts_with("> ")).count();
    assert_eq!(typed, 0, "the typed line is still there: {lines:?}");
}

#[test]
fn times_are_the_senders_with_a_hint_at_another_zone_or_clock() {
    let server = Server::start(&[]);
    let screen = or_skip!(Screen::of("luca", &server));
    let mut bob = Client::join_json(&server, "bob", "lobby");
    // The terminal's zone is UTC.
    let now = Timestamp::now();
    let there = now.to_zoned(TimeZone::fixed(Offset::constant(5)));
    let mut say = |message: &str, sent_at: String| {
        let action =
            json!({"action": "chat", "room": "lobby", "message": message, "sent_at": sent_at});
        bob.send_object(&action);
        let lines = screen.shows(message);
        let line = lines.into_iter().find(|line| line.contains(message));
        line.unwrap_or_default()
    };
    // On another day, a date precedes the time.
    let zone = say("from afar", there.strftime("%FT%T%:z").to_string());
    let time = there.strftime("%H:%M +05:00] bob: from afar").to_string();
    assert!(zone.starts_with('[') && zone.ends_with(&time), "{zone}");
    // Half a minute more, against rounding down.
    let ahead = now.as_second() + 10 * 60 + 30;
    let ahead = Timestamp::from_second(ahead).unwrap();
    let clock = say("from the future", ahead.to_string());
    assert!(clock.ends_with(", clock 10 min ahead] bob: from the future"), "{clock}");
    let behind = Timestamp::from_second(now.as_second() - 3 * 60 * 60 - 30).unwrap();
    let clock = say("from the past", behind.to_string());
    assert!(clock.ends_with(" later] bob: from the past"), "{clock}");
}
