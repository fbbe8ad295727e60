//! How long an answer may be.

use std::sync::Arc;

use chatserv::chat::{Manner, Message, PersonShown, RoomShown, ThreadShown};
use chatserv::protocol::json::{ANSWER_BYTES_MAX, ENTRIES_MAX};
use serde_json::Value;

use crate::json_encoder::lines;
use crate::json_samples::{ban, in_room, name, noon, said};
use crate::json_samples_people::person;
use crate::json_support::tag;

/// One answer, and how many bytes it has with its end.
fn answer(message: &Message) -> (Value, usize) {
    // As long an id as a request can bring with it.
    let tag = tag(&format!("\"{}\"", "i".repeat(16_000)));
    let lines = lines(message, tag.as_ref());
    assert_eq!(lines.len(), 1);
    let value: Value = serde_json::from_str(&lines[0]).unwrap();
    assert_eq!(value["id"].as_str().unwrap().len(), 16_000);
    (value, lines[0].len() + 1)
}

fn history(texts: impl IntoIterator<Item = String>) -> Message {
    let said = (1..).zip(texts);
    Message::History {
        room: name("dev"),
        said: said
            .map(|(id, text)| Arc::new(said_in(id, &text)))
            .collect(),
        more: false,
        epoch: u64::MAX,
        now: noon(),
    }
}

fn said_in(id: u64, text: &str) -> chatserv::chat::Said {
    said(in_room(id), Manner::Chat, text)
}

/// The ids in an answer to `history`.
fn ids(answer: &Value) -> Vec<u64> {
    let messages = answer["messages"].as_array().unwrap();
    messages
        .iter()
        .map(|message| message["message_id"].as_u64().unwrap())
        .collect()
}

#[test]
fn past_messages_that_are_too_many_bytes_are_the_last_ones() {
    let (whole, _) = answer(&history((0..100).map(|n| format!("message {n}"))));
    assert_eq!(ids(&whole), Vec::from_iter(1..=100));
    assert_eq!(whole["more"], false);

    let (cut, bytes) = answer(&history((0..100).map(|_| "\"".repeat(1000))));
    let ids = ids(&cut);
    assert!(bytes <= ANSWER_BYTES_MAX, "{bytes} bytes");
    assert!(bytes > ANSWER_BYTES_MAX - 3000, "{bytes} bytes are too few");
    assert!(ids.len() < 100 && ids.is_sorted() && ids.last() == Some(&100));
    assert_eq!(cut["more"], true);

    let (none, _) = answer(&history(["x".repeat(ANSWER_BYTES_MAX)]));
    assert_eq!(
        (none["messages"].as_array().unwrap().len(), &none["more"]),
        (0, &true.into())
    );
    let (empty, _) = answer(&history([]));
    assert_eq!(
        (empty["messages"].as_array().unwrap().len(), &empty["more"]),
        (0, &false.into())
    );
    // No answer has more entries than another.
    let (many, _) = answer(&history((0..600).map(|_| "x".to_owned())));
    assert_eq!((self::ids(&many)[0], &many["more"]), (101, &true.into()));
}

/// Lists of so many entries, of which each has a name of so many bytes, with the key of the list.
fn lists(count: usize, bytes: usize) -> Vec<(&'static str, Message)> {
    let long = name(&"n".repeat(bytes));
    let shown = PersonShown {
        rooms: vec![long.clone()],
        ..person()
    };
    let room = RoomShown {
        room: long.clone(),
        members: 1,
        topic: None,
    };
    let row = ThreadShown {
        name: long.to_string(),
        role: "reader",
        doing: "reading",
        bytes_in: 0,
        bytes_out: 0,
    };
    let mut one_ban = ban();
    one_ban.name = Some(long.clone());
    vec![
        (
            "rooms",
            Message::Rooms {
                rooms: vec![room; count],
                total: count,
            },
        ),
        (
            "clients",
            Message::Who {
                room: None,
                people: vec![shown; count],
                total: count,
            },
        ),
        (
            "bans",
            Message::Bans {
                bans: vec![one_ban; count],
                total: count,
                now: noon(),
            },
        ),
        (
            "threads",
            Message::Threads {
                rows: vec![row; count],
                total: count,
            },
        ),
        (
            "members",
            Message::InRoom {
                room: long.clone(),
                from: long.clone(),
                members: vec![long; count],
                total: count,
                topic: Some(name(&"\"".repeat(4000))),
                epoch: u64::MAX,
                last_message_id: u64::MAX,
            },
        ),
    ]
}

#[test]
fn a_list_has_so_many_entries_and_no_more() {
    for (count, shown, more) in [
        (ENTRIES_MAX, ENTRIES_MAX, Value::Null),
        (ENTRIES_MAX + 1, ENTRIES_MAX, true.into()),
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
fn a_list_has_so_many_bytes_and_no_more() {
    for (key, message) in lists(ENTRIES_MAX, 1000) {
        let (answer, bytes) = answer(&message);
        assert!(bytes <= ANSWER_BYTES_MAX, "{key}: {bytes} bytes");
        let count = answer[key].as_array().unwrap().len();
        assert!(count > 50 && count < ENTRIES_MAX, "{key}: {count}");
        assert_eq!(answer["total"], ENTRIES_MAX, "{key}");
        assert_eq!(answer["more"], true, "{key}");
    }
}

#[test]
fn a_list_that_begins_a_longer_one_says_so() {
    let people = vec![person(); 3];
    let (answer, _) = answer(&Message::Who {
        room: None,
        people,
        total: 5000,
    });
    assert_eq!(answer["clients"].as_array().unwrap().len(), 3);
    assert_eq!(
        (&answer["total"], &answer["more"]),
        (&5000.into(), &true.into())
    );
}

#[test]
fn a_list_without_a_total_is_cut_too() {
    let (answer, bytes) = answer(&Message::Ignoring(vec![name(&"n".repeat(128)); 2000]));
    assert_eq!(answer["usernames"].as_array().unwrap().len(), ENTRIES_MAX);
    assert_eq!(answer["more"], true);
    assert!(bytes <= ANSWER_BYTES_MAX);
}
