//! The history of rooms.

use chatserv::chat::DisconnectReason;
use chatserv::config::limits::{HISTORY_ANSWER_BYTES_MAX, HISTORY_LINES_MAX};
use chatserv::protocol::json::{ANSWER_BYTES_MAX, ID_BYTES_MAX};
use serde_json::Value;

use super::{Chat, HubSettings, SETTINGS};

#[test]
fn a_newcomer_sees_the_last_lines_within_the_welcome() {
    let mut chat = Chat::with(
        "a",
        HubSettings { history_on_join: 2, motd: Some("Be kind.".into()), ..SETTINGS },
    );
    play! {chat, "
        wait 60
        a> one
        wait 60
        a> two
        wait 60
        a> three
        b: join
        b< server: Input username.
        b< server: Your username is B.
        b< server: Congratulations! You've successfully joined the chat server.
        b< server: Be kind.
        b< server: The last 2 line(s) in lobby:
        b< [12:02] A : two
        b< [12:03] A : three
        b< server: There are 2 client(s) connected to this server.
    "}
}

#[test]
fn past_lines_are_shown_on_request() {
    let mut chat = Chat::with("ab", SETTINGS);
    play! {chat, "
        a> /history
        a<# 1
    "}
    for number in 0..30 {
        chat.say('b', &format!("line {number}"));
    }
    play! {chat, "
        b> /me waves
        b> /msg a in private
        forget
        a> /history 2
        a< server: The last 2 line(s) in lobby:
        a< [12:00] B : line 29
        a< [12:00] * B waves
        a> /history
        a<# 21
        # Another room has another history.
        a> /join dev
        forget
        a> /history
        a<# 1
    "}
}

#[test]
fn a_sender_with_another_clock_is_shown_with_it() {
    let mut chat = Chat::with("ab", SETTINGS);
    play! {chat, r#"
        j: join json lobby
    "#}
    for (text, sent_at) in
        [("late", "2026-11-20T13:58:00+02:00"), ("on time", "2026-11-20T13:00:30+01:00")]
    {
        let head = r#"{"action":"chat","room":"lobby","message""#;
        chat.ask('j', &format!(r#"{head}:"{text}","sent_at":"{sent_at}"}}"#));
    }
    play! {chat, "
        forget
        a> /history
        a< server: The last 2 line(s) in lobby:
        a< [12:00, sent 13:58 +02:00] j : late
        a< [12:00] j : on time
    "}
}

#[test]
fn a_client_gets_the_missed_messages_by_their_ids() {
    let mut chat = Chat::with("a", SETTINGS);
    play! {chat, r#"
        j: join json lobby
        forget
    "#}
    for text in ["one", "two", "three", "four"] {
        chat.say('a', text);
    }
    play! {chat, r#"
        j<j {"message":"one","message_id":1}
        j<j {"message":"two","message_id":2}
        j<j {"message":"three","message_id":3}
        j<j {"message":"four","message_id":4}
    "#}
    let mut ids = |request: &str| {
        chat.ask('j', request);
        let answer: Value = serde_json::from_str(&chat.heard('j')[0]).unwrap();
        let said = answer["messages"].as_array().unwrap();
        let ids = said.iter().map(|said| said["message_id"].as_u64().unwrap());
        let is_chat = |said: &Value| said["action"] == "chat" && said["from"] == "A";
        assert!(said.iter().all(is_chat));
        (ids.collect::<Vec<u64>>(), answer["more"] == true)
    };
    for (range, expected) in [
        (r#""after":2"#, (vec![3, 4], false)),
        (r#""after":1,"limit":2"#, (vec![2, 3], true)),
        (r#""before":3"#, (vec![1, 2], false)),
        (r#""limit":1"#, (vec![4], true)),
    ] {
        let request = format!(r#"{{"action":"history","room":"lobby",{range}}}"#);
        assert_eq!(ids(&request), expected, "{range}");
    }
    play! {chat, r#"
        j> {"action":"history","room":"dev"}
        j<j {"action":"error","code":"not_in_room"}
    "#}
}

#[test]
fn a_new_epoch_means_that_ids_begin_anew() {
    let mut chat = Chat::with("", SETTINGS);
    let mut epochs = Vec::new();
    for _ in 0..2 {
        play! {chat, r#"
            j: join json
            forget
            j> {"action":"joinroom","room":"dev"}
            j> {"action":"chat","room":"dev","message":"hi","id":1}
        "#}
        let told = chat.heard('j');
        let joined: Value = serde_json::from_str(&told[0]).unwrap();
        assert_eq!(joined["last_message_id"], 0);
        epochs.push(joined["epoch"].as_u64().unwrap());
        assert!(told[1].contains(r#""message_id":1"#));
        chat.leave('j', DisconnectReason::Quit);
    }
    assert_ne!(epochs[0], epochs[1]);
}

#[test]
fn json_clients_get_history_only_on_request() {
    play! {Chat::with("a", SETTINGS), r#"
        a> hello
        j: join json
        forget
        j> {"action":"joinroom","room":"lobby"}
        j<# 1
        j> {"action":"leaveroom","room":"lobby"}
        forget
        j> {"action":"joinroom","room":"lobby","history":5}
        j<j {"action":"joinroom","last_message_id":1}
        j<j {"action":"history","room":"lobby","more":false}
    "#}
}

/// The length of the answer to a `history` with the longest `id`, and whether it says that there is more. Everything in the
/// room was said by somebody with this name and takes this many bytes.
fn longest_answer(name: &str, text_bytes: usize) -> (usize, bool) {
    let mut chat = Chat::with("", SETTINGS);
    chat.connect_json('j');
    chat.forget();
    // Escaped characters take the most bytes, and a second may have any number of digits.
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
    chat.ask('j', &format!(r#"{{"action":"history","room":"{name}","limit":1000,"id":"{id}"}}"#));
    let heard = chat.heard('j');
    let answer: Value = serde_json::from_str(&heard[0]).unwrap();
    assert_eq!(answer["action"], "history", "{}", heard[0]);
    assert_eq!(answer["id"], id);
    let messages = answer["messages"].as_array().unwrap();
    assert_eq!(messages[0]["sent_at"].as_str().map(str::len), Some(64));
    assert_eq!(messages[0]["message"].as_str().map(str::len), Some(text_bytes));
    // With its line end.
    (heard[0].len() + 1, answer["more"] == true)
}

#[test]
fn no_history_answer_exceeds_the_limit() {
    let mut longest = 0;
    // Names with the most bytes, and with the most characters to escape.
    for name in ["𐐀".repeat(32), r"\\".repeat(32)] {
        for text_bytes in [1, 50, 100, 150, 1000, 4000, 7500] {
            let (bytes, more) = longest_answer(&name, text_bytes);
            assert!(bytes <= ANSWER_BYTES_MAX, "{text_bytes}: {bytes} bytes");
            longest = longest.max(if more { bytes } else { 0 });
        }
    }
    // Some answers come near the limit, so a limit that is too high would show.
    assert!(longest > HISTORY_ANSWER_BYTES_MAX - 8 * 1024, "{longest} bytes");
}
