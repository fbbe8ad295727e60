//! How the server's objects are shown to luca, whose current room is `lobby`, in Berlin at three minutes past noon.

mod lists;
mod sentences;

use jiff::Zoned;

use super::super::heard::read;
use super::super::{Heard, Role};
use super::*;

fn heard(json: &str) -> Heard {
    let read = read(json);
    read.unwrap_or_else(|error| panic!("{json} is no object of the server: {error}")).0
}

fn in_berlin() -> Zoned {
    "2026-11-20T12:03:30+01:00[Europe/Berlin]"
        .parse()
        .expect("this is a moment in a zone that is built in")
}

fn seen(json: &str) -> Vec<Line> {
    let viewer =
        Viewer { me: "luca", room: Some("lobby"), now: &in_berlin(), columns: 80, time: "%H:%M" };
    lines(&heard(json), viewer)
}

/// The lines without their roles.
fn texts(json: &str) -> Vec<String> {
    seen(json).iter().map(Line::text).collect()
}

/// Checks the lines of each object.
fn check_all(rows: &[(&str, &[&str])]) {
    for (json, expected) in rows {
        let texts = texts(json);
        assert_eq!(texts, *expected, "{json}");
    }
}

/// A message from three minutes past noon, with additional fields.
fn said(action: &str, from: &str, message: &str, rest: &str) -> String {
    format!(
        r#"{{"action":"{action}","from":"{from}","message":"{message}",{rest},"sent_at":"2026-11-20T12:03:04+01:00","received_at":"2026-11-20T11:03:04Z"}}"#
    )
}

const LOBBY: &str = r#""room":"lobby","message_id":7"#;
const DEV: &str = r#""room":"dev","message_id":7"#;
const ME: &str = r#""to":["luca"]"#;

#[test]
fn what_people_say_comes_with_their_time_and_their_name() {
    for (json, expected) in [
        (said("chat", "bob", "hello", LOBBY), "[12:03] bob: hello"),
        (said("me", "bob", "waves", LOBBY), "[12:03] * bob waves"),
        (said("chat", "bob", "hello", DEV), "[12:03] dev | bob: hello"),
        (said("me", "bob", "waves", DEV), "[12:03] dev | * bob waves"),
        (said("chat", "luca", "hello", LOBBY), "[12:03] luca: hello"),
        (said("me", "luca", "waves", LOBBY), "[12:03] * luca waves"),
        (said("msg", "bob", "hello", ME), "[12:03] bob -> you: hello"),
        (said("chat", "bob", "hello", ME), "[12:03] to you | bob: hello"),
        (said("me", "bob", "waves", ME), "[12:03] to you | * bob waves"),
        (said("msg", "bob", "hello", r#""to":["luca","mom"]"#), "[12:03] bob -> you, mom: hello"),
        (said("msg", "luca", "hello", r#""to":["bob"]"#), "[12:03] luca -> bob: hello"),
        (
            said("chat", "luca", "hello", r#""to":["bob","mom"]"#),
            "[12:03] to bob, mom | luca: hello",
        ),
        (said("chat", "bob", r"a\nb\u001b[2J\u2028c", LOBBY), "[12:03] bob: a b c"),
    ] {
        assert_eq!(texts(&json), [expected], "{json}");
    }
}

#[test]
fn each_piece_has_its_part() {
    use Role::*;
    let pieces = |json: &str| {
        let lines = seen(json);
        let [line] = &*lines else {
            panic!("{json} is no line, or several: {lines:?}");
        };
        line.pieces().map(|(role, text)| (role, text.to_owned())).collect::<Vec<_>>()
    };
    for (json, expected) in [
        (
            said("chat", "bob", "hello", DEV),
            &[(Time, "[12:03] "), (Room, "dev | "), (Name, "bob"), (Text, ": "), (Text, "hello")][..],
        ),
        (
            said("chat", "luca", "I, @luca", LOBBY),
            &[(Time, "[12:03] "), (Own, "luca"), (Text, ": "), (Text, "I, @luca")],
        ),
        (
            said("chat", "bob", "hi @Luca!", LOBBY),
            &[(Time, "[12:03] "), (Name, "bob"), (Text, ": "), (Mention, "hi @Luca!")],
        ),
        (
            said("chat", "bob", "luca: ping", LOBBY),
            &[(Time, "[12:03] "), (Name, "bob"), (Text, ": "), (Mention, "luca: ping")],
        ),
        (
            said("me", "bob", "waves", LOBBY),
            &[(Time, "[12:03] "), (Text, "* "), (Name, "bob"), (Text, " "), (Text, "waves")],
        ),
        (
            said("msg", "bob", "psst", ME),
            &[
                (Time, "[12:03] "),
                (Name, "bob"),
                (Private, " -> you"),
                (Text, ": "),
                (Mention, "psst"),
            ],
        ),
        (
            said("msg", "luca", "psst", r#""to":["bob"]"#),
            &[
                (Time, "[12:03] "),
                (Own, "luca"),
                (Private, " -> bob"),
                (Text, ": "),
                (Text, "psst"),
            ],
        ),
        (
            r#"{"action":"joinroom","room":"lobby","from":"ann"}"#.to_owned(),
            &[(Notice, "-- ann has joined lobby")],
        ),
        (
            r#"{"action":"error","code":"muted","message":"You are muted."}"#.to_owned(),
            &[(Error, "!! You are muted.")],
        ),
    ] {
        let expected: Vec<_> =
            expected.iter().map(|(role, text)| (*role, (*text).to_owned())).collect();
        assert_eq!(pieces(&json), expected, "{json}");
    }
}

#[test]
fn a_time_that_cannot_be_read_takes_nothing_else_with_it() {
    let json = r#"{"action":"chat","from":"bob","message":"hello","room":"lobby","sent_at":"now","received_at":"then"}"#;
    assert_eq!(texts(json), ["bob: hello"]);
}

#[test]
fn where_no_times_are_wanted_and_no_room_is_spoken_in() {
    let viewer = Viewer { me: "luca", room: None, now: &in_berlin(), columns: 80, time: "" };
    let lines = lines(&heard(&said("chat", "bob", "hello", LOBBY)), viewer);
    assert_eq!(lines.iter().map(Line::text).collect::<Vec<_>>(), ["lobby | bob: hello"]);
}

#[test]
fn the_past_is_shown_as_it_was_said_and_nothing_else() {
    let messages = [
        said("chat", "bob", "hello", LOBBY),
        said("me", "luca", "waves", LOBBY),
        r#"{"action":"joinroom","room":"lobby","from":"ann"}"#.to_owned(),
        r#"{"action":"history","room":"lobby","messages":[],"epoch":1}"#.to_owned(),
        r#"{"action":"news"}"#.to_owned(),
    ];
    let json = format!(
        r#"{{"action":"history","room":"lobby","messages":[{}],"epoch":1,"more":true}}"#,
        messages.join(",")
    );
    assert_eq!(texts(&json), ["[12:03] bob: hello", "[12:03] * luca waves"]);
    check_all(&[(r#"{"action":"history","room":"lobby","messages":[],"epoch":1}"#, &[])]);
}
