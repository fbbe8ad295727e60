//! The text of each message for people.

mod answers;
mod help;
mod lists;
mod operators;
mod people;
mod said;
mod tables;

use std::collections::HashSet;
use std::sync::Arc;

use chatserv::chat::{Message, Timestamps};
use chatserv::protocol::plain;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use unicode_width::UnicodeWidthStr;

/// A message and its lines, separated by LF and without the prefix `server: `.
type Row = (Message, String);

fn row(message: Message, lines: &str) -> Row {
    (message, lines.into())
}

fn name(name: &str) -> Arc<str> {
    name.into()
}

fn names(names: &[&str]) -> Vec<Arc<str>> {
    names.iter().map(|&name| name.into()).collect()
}

fn typed(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.into()).collect()
}

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn berlin() -> TimeZone {
    TimeZone::get("Europe/Berlin").unwrap()
}

/// The encoded lines of a message, without their CR LF.
fn lines(message: &Message, timestamps: Timestamps, zone: &TimeZone) -> Vec<String> {
    let mut out = b"before ".to_vec();
    plain::encode(message, timestamps, zone, &mut out);
    let text = String::from_utf8(out.split_off("before ".len())).unwrap();
    assert_eq!(out, b"before ", "the buffer was overwritten");
    let mut lines: Vec<String> = text.split("\r\n").map(str::to_owned).collect();
    assert_eq!(lines.pop().as_deref(), Some(""), "{text:?} ends in CR LF");
    for line in &lines {
        assert!(!line.contains(char::is_control), "{line:?}");
    }
    lines
}

/// The lines of a message of the server, in UTC and without the prefix. They fit into 80 columns.
fn servers(message: &Message) -> Vec<String> {
    let lines = lines(message, Timestamps::Off, &TimeZone::UTC);
    // Three sentences are wider.
    let may_be_wide = matches!(
        message,
        Message::HeldBack { .. } | Message::TooSlow | Message::BansNotSaved { .. }
    );
    lines
        .iter()
        .map(|line| {
            assert!(may_be_wide || line.width() <= 80, "too wide: {line:?}");
            let own = line.strip_prefix("server: ");
            own.unwrap_or_else(|| panic!("whose is {line:?}?")).into()
        })
        .collect()
}

/// The rows of all files.
fn all_rows() -> Vec<Row> {
    let mut rows = people::rows();
    rows.extend(answers::rows());
    rows.extend(operators::rows());
    rows.extend(operators::at_the_end());
    rows.extend(lists::rows());
    rows.extend(tables::rows());
    rows
}

#[test]
fn every_message_has_its_text() {
    for (message, expected) in all_rows() {
        assert_eq!(servers(&message).join("\n"), expected, "{message:?}");
    }
}

#[test]
fn every_message_is_in_a_table() {
    let told: HashSet<String> = all_rows()
        .iter()
        .map(|(message, _)| {
            let debug = format!("{message:?}");
            let debug = debug.strip_prefix("Error(").unwrap_or(&debug);
            debug.split([' ', '(', ')']).next().unwrap().into()
        })
        .collect();
    // These have tests of their own, since they lack the prefix `server: `, are too long for a row, or are for programs.
    let elsewhere =
        ["Error", "Chat", "Typed", "History", "Found", "Help", "WrongProtocol", "Closed", "Glass"];

    let messages = include_str!("../../src/chat/message.rs");
    let refusals = include_str!("../../src/chat/error.rs");
    let body = |source: &'static str, start| {
        let (_, body) = source.split_once(start).unwrap();
        body.split_once("\n}").unwrap().0
    };
    let variants: Vec<&str> = body(messages, "pub enum Message {")
        .lines()
        .chain(body(refusals, "pub enum ChatError {").lines())
        .filter_map(|line| line.strip_prefix("    "))
        .filter(|line| line.starts_with(char::is_uppercase))
        .map(|line| line.split([' ', '(', ',']).next().unwrap())
        .collect();
    assert!(variants.len() > 80, "{variants:?}");
    for variant in variants {
        assert!(told.contains(variant) || elsewhere.contains(&variant), "{variant} is in no table");
    }
}
