//! What was said before.

use chatserv::chat::DisconnectReason;

use chatserv::config::limits::{HISTORY_ANSWER_BYTES_MAX, HISTORY_LINES_MAX};
use chatserv::protocol::json::{ANSWER_BYTES_MAX, ID_BYTES_MAX};
use serde_json::Value;

use crate::{Chat, SETTINGS, Time, heard, heard_json};

#[test]
fn a_newcomer_sees_the_last_lines_between_the_congratulation_and_the_count() {
    let mut chat = Chat::with(
        "a",
        crate::HubSettings {
            history_on_join: 2,
            motd: Some("Be kind.".into()),
            ..SETTINGS
        },
    );
    for text in ["one", "two", "three"] {
        chat.now += Time::from_secs(60);
        chat.say('a', text);
    }
    chat.connect('b');
    chat.say('b', "B");
    heard(
        &mut chat,
        'b',
        &[
            "server: Input username.",
            "server: Your username is B.",
            "server: Congratulations! You've successfully joined the chat server.",
            "server: Be kind.",
            "server: The last 2 line(s) in lobby:",
            "[12:02] A : two",
            "[12:03] A : three",
            "server: There are 2 client(s) connected to this server.",
        ],
    );
}

#[test]
fn past_lines_are_shown_on_request() {
    let mut chat = Chat::with("ab", SETTINGS);
    chat.say('a', "/history");
    assert_eq!(chat.heard('a').len(), 1);
    for number in 0..30 {
        chat.say('b', &format!("line {number}"));
    }
    chat.say('b', "/me waves");
    chat.say('b', "/msg a in private");
    chat.forget();
    chat.say('a', "/history 2");
    heard(
        &mut chat,
        'a',
        &[
            "server: The last 2 line(s) in lobby:",
            "[12:00] B : line 29",
            "[12:00] * B waves",
        ],
    );
    chat.say('a', "/history");
    assert_eq!(chat.heard('a').len(), 21);
    // Another room has another past.
    chat.say('a', "/join dev");
    chat.forget();
    chat.say('a', "/history");
    assert_eq!(chat.heard('a').len(), 1);
}

#[test]
fn the_senders_clock_is_shown_where_it_differs() {
    let mut chat = Chat::with("ab", SETTINGS);
    chat.connect_json('j');
    chat.ask('j', r#"{"action":"joinroom","room":"lobby"}"#);
    for (text, sent_at) in [
        ("late", "2026-11-20T13:58:00+02:00"),
        ("on time", "2026-11-20T13:00:30+01:00"),
    ] {
        chat.ask(
            'j',
            &format!(
                r#"{{"action":"chat","room":"lobby","message":"{text}","sent_at":"{sent_at}"}}"#
            ),
        );
    }
    chat.forget();
    chat.say('a', "/history");
    heard(
        &mut chat,
        'a',
        &[
            "server: The last 2 line(s) in lobby:",
            "[12:00, sent 13:58 +02:00] j : late",
            "[12:00] j : on time",
        ],
    );
}

#[test]
fn ids_grow_and_a_client_gets_what_it_missed() {
    let mut chat = Chat::with("a", SETTINGS);
    chat.json_in_lobby('j');
    for text in ["one", "two", "three", "four"] {
        chat.say('a', text);
    }
    heard_json(
        &mut chat,
        'j',
        &[
            r#"{"message":"one","message_id":1}"#,
            r#"{"message":"two","message_id":2}"#,
            r#"{"message":"three","message_id":3}"#,
            r#"{"message":"four","message_id":4}"#,
        ],
    );
    let mut ids = |request: &str| {
        chat.ask('j', request);
        let answer: Value = serde_json::from_str(&chat.heard('j')[0]).unwrap();
        let said = answer["messages"].as_array().unwrap();
        let ids: Vec<u64> = said
            .iter()
            .map(|said| said["message_id"].as_u64().unwrap())
            .collect();
        assert!(
            said.iter()
                .all(|said| said["action"] == "chat" && said["from"] == "A")
        );
        (ids, answer["more"] == true)
    };
    assert_eq!(
        ids(r#"{"action":"history","room":"lobby","after":2}"#),
        (vec![3, 4], false)
    );
    assert_eq!(
        ids(r#"{"action":"history","room":"lobby","after":1,"limit":2}"#),
        (vec![2, 3], true)
    );
    assert_eq!(
        ids(r#"{"action":"history","room":"lobby","before":3}"#),
        (vec![1, 2], false)
    );
    assert_eq!(
        ids(r#"{"action":"history","room":"lobby","limit":1}"#),
        (vec![4], true)
    );
    chat.ask('j', r#"{"action":"history","room":"dev"}"#);
    heard_json(
        &mut chat,
        'j',
        &[r#"{"action":"error","code":"not_in_room"}"#],
    );
}

#[test]
fn an_epoch_tells_that_ids_begin_anew() {
    let mut chat = Chat::with("", SETTINGS);
    let mut epochs = Vec::new();
    for _ in 0..2 {
        chat.connect_json('j');
        chat.forget();
        chat.ask('j', r#"{"action":"joinroom","room":"dev"}"#);
        chat.ask(
            'j',
            r#"{"action":"chat","room":"dev","message":"hi","id":1}"#,
        );
        let told = chat.heard('j');
        let joined: Value = serde_json::from_str(&told[0]).unwrap();
        assert_eq!(joined["last_message_id"], 0);
        epochs.push(joined["epoch"].as_u64().unwrap());
        assert!(told[1].contains(r#""message_id":1"#));
        chat.leave('j', DisconnectReason::EndOfInput);
    }
    assert_ne!(epochs[0], epochs[1]);
}

#[test]
fn json_clients_see_the_past_only_when_they_ask() {
    let mut chat = Chat::with("a", SETTINGS);
    chat.say('a', "hello");
    chat.connect_json('j');
    chat.forget();
    chat.ask('j', r#"{"action":"joinroom","room":"lobby"}"#);
    assert_eq!(chat.heard('j').len(), 1);
    chat.ask('j', r#"{"action":"leaveroom","room":"lobby"}"#);
    chat.forget();
    chat.ask('j', r#"{"action":"joinroom","room":"lobby","history":5}"#);
    heard_json(
        &mut chat,
        'j',
        &[
            r#"{"action":"joinroom","last_message_id":1}"#,
            r#"{"action":"history","room":"lobby","more":false}"#,
        ],
    );
}

/// How long the answer is, and whether it says that there is more, where all that is said in a room is said by somebody
/// with this name, takes so many bytes each, and is asked for with the longest `id`.
fn longest_answer(name: &str, text_bytes: usize) -> (usize, bool) {
    let mut chat = Chat::with("", SETTINGS);
    chat.connect_json('j');
    chat.forget();
    // What has to be escaped takes the most bytes, and a second may have any number of digits.
    let text = "\\\"".repeat(text_bytes);
    let sent_at = format!("2026-11-20T12:03:04.{}+01:00", "5".repeat(38));
    let chat_request =
        format!(r#"{{"action":"chat","room":"{name}","message":"{text}","sent_at":"{sent_at}"}}"#);
    chat.ask('j', &format!(r#"{{"action":"nick","username":"{name}"}}"#));
    chat.ask('j', &format!(r#"{{"action":"joinroom","room":"{name}"}}"#));
    for _ in 0..HISTORY_LINES_MAX {
        chat.ask('j', &chat_request);
    }
    let id = "i".repeat(ID_BYTES_MAX - 2);
    chat.forget();
    chat.ask(
        'j',
        &format!(r#"{{"action":"history","room":"{name}","limit":1000,"id":"{id}"}}"#),
    );
    let heard = chat.heard('j');
    let answer: Value = serde_json::from_str(&heard[0]).unwrap();
    assert_eq!(answer["action"], "history", "{}", heard[0]);
    assert_eq!(answer["id"], id);
    let messages = answer["messages"].as_array().unwrap();
    assert_eq!(messages[0]["sent_at"].as_str().map(str::len), Some(64));
    assert_eq!(
        messages[0]["message"].as_str().map(str::len),
        Some(text_bytes)
    );
    // With its end.
    (heard[0].len() + 1, answer["more"] == true)
}

#[test]
fn no_answer_is_longer_than_an_answer_may_be() {
    let mut longest = 0;
    // As many bytes as a name may have, and as many characters that have to be escaped.
    for name in ["𐐀".repeat(32), r#"\""#.repeat(32)] {
        for text_bytes in [1, 50, 100, 150, 1000, 4000, 7500] {
            let (bytes, more) = longest_answer(&name, text_bytes);
            assert!(bytes <= ANSWER_BYTES_MAX, "{text_bytes}: {bytes} bytes");
            longest = longest.max(if more { bytes } else { 0 });
        }
    }
    // The rows above do come near to the limit, so that they could show that it is too high.
    assert!(
        longest > HISTORY_ANSWER_BYTES_MAX - 8 * 1024,
        "{longest} bytes"
    );
}
