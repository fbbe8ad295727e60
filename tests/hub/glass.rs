//! The glass view: who may look, whose names they see, and lines that are followed.

use std::time::Duration;

use chatserv::chat::{Event, LogEvent, Secret};
use chatserv::config::Glass;
use serde_json::{Value, json};

use super::{Chat, HubSettings, SETTINGS};

/// The operator `a` on this machine and `b` from elsewhere, both programs in the lobby; `t` with telnet, `u` without a name.
fn chat(glass: Glass) -> Chat {
    let operator_password = Some(Secret("open sesame".to_owned()));
    let mut chat = Chat::new(HubSettings { glass, operator_password, ..SETTINGS });
    play! {chat, r#"
        a: join json lobby
        b: connect json 192.0.2.1:41000
        b> {"action":"connect","username":"b"}
        b> {"action":"joinroom","room":"lobby"}
        t: join 192.0.2.2:42000
        u: connect 192.0.2.3:43000
        forget
    "#}
    chat
}

/// The readers that this client sees.
fn readers(chat: &mut Chat, who: char) -> Vec<Value> {
    chat.forget();
    chat.ask(who, r#"{"action":"glass","id":7}"#);
    let heard = chat.heard(who);
    let [answer] = &heard[..] else { panic!("one answer: {heard:?}") };
    let answer: Value = serde_json::from_str(answer).unwrap();
    assert_eq!((&answer["action"], &answer["id"]), (&json!("glass"), &json!(7)));
    answer["readers"].as_array().unwrap().clone()
}

#[test]
fn only_operators_see_names_and_addresses() {
    let mut chat = chat(Glass::Everybody);
    let seen = readers(&mut chat, 'a');
    let names: Vec<&Value> = seen.iter().map(|reader| &reader["username"]).collect();
    // Someone without a name has an address only.
    assert_eq!(names, [&json!("a"), &json!("b"), &json!("T"), &Value::Null]);
    assert_eq!(seen[1]["address"], "192.0.2.1:41000");
    assert_eq!(seen[3]["address"], "192.0.2.3:43000");
    let own: Vec<&Value> = seen.iter().map(|reader| &reader["own"]).collect();
    assert_eq!(own, [&json!(true), &Value::Null, &Value::Null, &Value::Null]);
    // The others see as many readers, and themselves.
    let seen = readers(&mut chat, 'b');
    assert_eq!(seen.len(), 4);
    for (at, reader) in seen.iter().enumerate() {
        let is_own = at == 1;
        for key in ["username", "address", "own"] {
            assert_eq!(reader.get(key).is_some(), is_own, "{key} of {reader}");
        }
        assert_eq!(reader["doing"], "in read");
    }
    assert_eq!(
        (&seen[1]["username"], &seen[1]["address"]),
        (&json!("b"), &json!("192.0.2.1:41000"))
    );
    // The password shows them all.
    chat.ask('b', r#"{"action":"op","password":"open sesame"}"#);
    assert_eq!(readers(&mut chat, 'b')[2]["username"], "T");
}

#[test]
fn the_setting_says_who_may_look() {
    let actions = [
        r#"{"action":"glass","id":1}"#,
        r#"{"action":"follow","room":"lobby","message":"hi","id":1}"#,
    ];
    for (glass, who, code) in [
        (Glass::Off, 'a', Some("no_glass")),
        (Glass::Off, 'b', Some("no_glass")),
        (Glass::Operators, 'a', None),
        (Glass::Operators, 'b', Some("glass_is_operators")),
        (Glass::Everybody, 'a', None),
        (Glass::Everybody, 'b', None),
    ] {
        let mut chat = chat(glass);
        for action in actions {
            chat.forget();
            chat.followed.clear();
            chat.ask(who, action);
            let heard = chat.heard(who);
            let answer: Value = serde_json::from_str(&heard[0]).unwrap();
            assert_eq!(answer["id"], 1);
            assert_eq!(answer["code"].as_str(), code, "{glass:?} {who}: {answer}");
            let is_logged =
                chat.log.iter().any(|event| matches!(event, LogEvent::NotOperator { .. }));
            assert_eq!(is_logged, code == Some("glass_is_operators"));
            // A refused line is not said.
            let is_said = code.is_none() && action.contains("follow");
            assert_eq!(chat.followed.len(), usize::from(is_said));
            assert_eq!(chat.heard('t').len(), usize::from(is_said));
        }
    }
}

#[test]
fn a_change_of_the_setting_holds_at_once() {
    let mut chat = chat(Glass::Everybody);
    assert_eq!(readers(&mut chat, 'b').len(), 4);
    let settings = Box::new(HubSettings { glass: Glass::Off, ..SETTINGS });
    chat.step(Event::Reloaded { settings });
    play! {chat, r#"
        forget
        b> {"action":"glass"}
        b<j {"action":"error","code":"no_glass"}
    "#}
}

#[test]
fn a_line_that_is_followed_is_said_like_any_other() {
    let mut chat = chat(Glass::Everybody);
    play! {chat, r#"
        b> {"action":"follow","room":"lobby","message":"Hello!","id":1}
        b<j {"action":"ack","message_id":1,"id":1}
        a<j {"action":"chat","room":"lobby","message":"Hello!","from":"b","message_id":1}
        t< b : Hello!
        b> {"action":"follow","to":["a"],"message":"Only you.","id":2}
        b<j {"action":"ack","to":["a"],"id":2}
        a<j {"action":"chat","to":["a"],"message":"Only you."}
        t<
        b> {"action":"follow","room":"lobby","message":"Where are you? @T","id":3}
        b<j {"action":"ack","to":["T"],"id":3}
        t<~ Where are you?
    "#}
    let to = |recipients: &str| ('b', recipients.chars().collect::<Vec<char>>());
    assert_eq!(chat.followed, [to("at"), to("a"), to("t")]);
    // Nobody else is there: it is said to nobody, and followed all the same.
    play! {chat, r#"
        b> {"action":"joinroom","room":"empty"}
        forget
        b> {"action":"follow","room":"empty","message":"Echo?","id":4}
        b<j {"action":"ack","id":4}
    "#}
    assert_eq!(chat.followed.pop(), Some(to("")));
}

#[test]
fn a_refused_line_is_followed_up_to_the_hub() {
    let mut chat = chat(Glass::Everybody);
    play! {chat, r#"
        a> {"action":"mute","username":"b"}
        forget
        b> {"action":"follow","room":"lobby","message":"Hello?","id":1}
        b<j {"action":"error","code":"muted","id":1}
        b> {"action":"follow","room":"nowhere","message":"Hello?","id":2}
        b<j {"action":"error","id":2}
        t<
    "#}
    assert_eq!(chat.followed, [('b', vec![]), ('b', vec![])]);
}

#[test]
fn looking_is_no_sign_of_life() {
    let mut chat = chat(Glass::Everybody);
    chat.wait(90);
    chat.ask('b', r#"{"action":"glass"}"#);
    chat.forget();
    chat.ask('a', r#"{"action":"who"}"#);
    let answer: Value = serde_json::from_str(&chat.heard('a')[0]).unwrap();
    assert_eq!(answer["clients"][1]["idle_seconds"], Duration::from_secs(90).as_secs());
}
