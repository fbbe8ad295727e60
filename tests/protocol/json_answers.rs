//! Limits of answers.

use std::time::Duration;

use chatserv::chat::{
    ClientId, GlassView, Message, PersonListing, ReaderView, RoomListing, ThreadListing,
};
use chatserv::config::limits::{LIST_ENTRIES_MAX, NOTE_BYTES_MAX};
use chatserv::protocol::json::{ANSWER_BYTES_MAX, ID_BYTES_MAX};
use serde_json::Value;

use super::json_encoder::lines;
use super::json_samples::{ban, name, noon};
use super::json_samples_people::person;
use super::tag;

/// An answer, and its length with the line end.
fn answer(message: &Message) -> (Value, usize) {
    // The longest possible id.
    let id = "i".repeat(ID_BYTES_MAX - 2);
    let tag = tag(&format!("\"{id}\""));
    let lines = lines(message, tag.as_ref());
    assert_eq!(lines.len(), 1);
    let value: Value = serde_json::from_str(&lines[0]).unwrap();
    assert_eq!(value["id"], id);
    (value, lines[0].len() + 1)
}

/// Answers with this many entries and names of this many bytes, with the key of each list.
#[rustfmt::skip]
fn lists(count: usize, bytes: usize) -> Vec<(&'static str, Message)> {
    let long = name(&"n".repeat(bytes));
    let shown = PersonListing {
        rooms: vec![long.clone()],
        ..person()
    };
    let room = RoomListing {
        room: long.clone(),
        members: 1,
        topic: None,
    };
    let row = ThreadListing {
        name: long.to_string(),
        role: "reader",
        doing: "reading",
        alive: Duration::ZERO,
        queue: None,
        bytes_in: 0,
        bytes_out: 0,
    };
    let reader = ReaderView {
        client: ClientId(u64::MAX),
        is_own: true,
        name: Some(long.clone()),
        address: None,
        doing: "reading",
        alive: Duration::ZERO,
        bytes_in: u64::MAX,
        bytes_out: u64::MAX,
        unsent_bytes: u64::MAX,
        writer: None,
    };
    let readers = vec![reader; count];
    let glass = GlassView { readers, readers_total: count, ..GlassView::default() };
    let mut one_ban = ban();
    one_ban.name = Some(long.clone());
    vec![
        ("rooms", Message::Rooms { rooms: vec![room; count], total: count }),
        ("clients", Message::Who { room: None, people: vec![shown; count], total: count }),
        ("bans", Message::Bans { bans: vec![one_ban; count], total: count, now: noon() }),
        ("threads", Message::Threads { rows: vec![row; count], total: count }),
        ("readers", Message::Glass(Box::new(glass))),
        (
            "members",
            Message::InRoom {
                room: long.clone(),
                from: long.clone(),
                members: vec![long; count],
                total: count,
                topic: Some(name(&"\u{7f}".repeat(NOTE_BYTES_MAX))),
                epoch: u64::MAX,
                last_message_id: u64::MAX,
            },
        ),
    ]
}

#[test]
fn the_entries_of_a_list_are_limited() {
    for (count, shown, more) in [
        (LIST_ENTRIES_MAX, LIST_ENTRIES_MAX, Value::Null),
        (LIST_ENTRIES_MAX + 1, LIST_ENTRIES_MAX, true.into()),
    ] {
        for (key, message) in lists(count, 1) {
            let (answer, _) = answer(&message);
            assert_eq!(answer[key].as_array().unwrap().len(), shown, "{key}");
            assert_eq!(answer["total"], count, "{key}");
            assert_eq!(answer["more"], more, "{key}");
        }
    }
}

#[test]
fn the_bytes_of_a_list_are_limited() {
    for (key, message) in lists(LIST_ENTRIES_MAX, 1000) {
        let (answer, bytes) = answer(&message);
        assert!(bytes <= ANSWER_BYTES_MAX, "{key}: {bytes} bytes");
        let count = answer[key].as_array().unwrap().len();
        assert!(count > 50 && count < LIST_ENTRIES_MAX, "{key}: {count}");
        assert_eq!(answer["total"], LIST_ENTRIES_MAX, "{key}");
        assert_eq!(answer["more"], true, "{key}");
    }
}

#[test]
fn a_partial_list_says_so() {
    let people = vec![person(); 3];
    let (answer, _) = answer(&Message::Who { room: None, people, total: 5000 });
    assert_eq!(answer["clients"].as_array().unwrap().len(), 3);
    assert_eq!((&answer["total"], &answer["more"]), (&5000.into(), &true.into()));
}

#[test]
fn a_list_without_a_total_is_limited_too() {
    let (answer, bytes) = answer(&Message::Ignoring(vec![name(&"n".repeat(128)); 2000]));
    assert_eq!(answer["usernames"].as_array().unwrap().len(), LIST_ENTRIES_MAX);
    assert_eq!(answer["more"], true);
    assert!(bytes <= ANSWER_BYTES_MAX);
}
