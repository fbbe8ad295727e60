//! What was said before.

use chatserv::chat::DisconnectReason;

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
    chat.connect_json('j');
    chat.ask('j', r#"{"action":"joinroom","room":"lobby"}"#);
    chat.forget();
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
        let answer: serde_json::Value = serde_json::from_str(&chat.heard('j')[0]).unwrap();
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
        let joined: serde_json::Value = serde_json::from_str(&told[0]).unwrap();
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
