//! Names that change, being away, being quiet, being idle.

use chatserv::chat::{DisconnectReason, Event, Timestamps, View};

use crate::{Chat, SETTINGS, Time, heard, heard_json};

#[test]
fn a_new_name_is_told_to_those_concerned() {
    let mut chat = Chat::with("abc", SETTINGS);
    chat.say('c', "/join dev");
    chat.forget();
    chat.say('a', "/nick Anna");
    for who in ['a', 'b'] {
        let told = chat.heard(who);
        assert!(
            told[0].contains("A ") && told[0].contains("Anna"),
            "{told:?}"
        );
    }
    heard(&mut chat, 'c', &[]);
    chat.say('a', "hello");
    heard(&mut chat, 'b', &["Anna : hello"]);
    // The old name is free.
    chat.connect('x');
    chat.say('x', "A");
    assert!(chat.admitted.contains(&'x'));
}

#[test]
fn ones_own_name_in_other_letters_is_free_and_others_are_not() {
    let mut chat = Chat::with("ab", SETTINGS);
    chat.say('a', "/nick a");
    assert!(chat.heard('b')[0].contains("a"));
    for name in ["B", "b", "server", "two,three", "modem "] {
        let before = chat.hub.deadline();
        chat.say('a', &format!("/nick {name}"));
        assert_eq!(chat.hub.deadline(), before);
    }
    chat.heard('b');
    chat.say('a', "who am I?");
    heard(&mut chat, 'b', &["modem : who am I?"]);
    // However many are refused: only before the name are they counted.
    for _ in 0..10 {
        chat.say('a', "/nick b");
    }
    assert!(chat.disconnected.is_empty());
}

#[test]
fn in_an_anonymous_chat_nobody_has_a_name() {
    let mut chat = Chat::with(
        "ab",
        crate::HubSettings {
            anonymous: true,
            ..SETTINGS
        },
    );
    chat.say('a', "/nick Alice");
    assert_eq!(chat.heard('a').len(), 1);
    heard(&mut chat, 'b', &[]);
    chat.say('a', "hi");
    heard(&mut chat, 'b', &["127.0.0.1:40001 : hi"]);
}

#[test]
fn who_writes_to_somebody_away_is_told_once() {
    let mut chat = Chat::with("abc", SETTINGS);
    chat.say('a', "/away at lunch");
    chat.forget();
    for line in ["/msg a hello", "are you there? @a"] {
        chat.say('b', line);
    }
    let told = chat.heard('b').join("\n");
    assert_eq!(told.matches("lunch").count(), 1, "{told}");
    chat.say('c', "/msg a me too");
    assert!(chat.heard('c').join("\n").contains("lunch"));
    chat.say('c', "/who");
    assert!(chat.heard('c').join("\n").contains("away"));
    chat.say('a', "/back");
    chat.forget();
    chat.say('c', "/msg a now?");
    heard(&mut chat, 'c', &["server: Delivered to A."]);
}

#[test]
fn who_is_quiet_hears_nobody_come_or_go_but_all_that_is_said() {
    let mut chat = Chat::with("abc", SETTINGS);
    chat.say('a', "/quiet");
    chat.forget();
    chat.connect('d');
    chat.say('d', "D");
    chat.say('d', "/join dev");
    chat.say('d', "/part");
    chat.leave('b', DisconnectReason::EndOfInput);
    heard(&mut chat, 'a', &[]);
    assert!(chat.heard('c').len() >= 4);
    chat.say('c', "hello");
    heard(&mut chat, 'a', &["C : hello"]);
    chat.say('a', "/quiet off");
    chat.forget();
    chat.leave('c', DisconnectReason::EndOfInput);
    heard(&mut chat, 'a', &["server: C has left the chat"]);
}

#[test]
fn times_are_shown_to_those_who_want_them() {
    let mut chat = Chat::with("abc", SETTINGS);
    chat.say('b', "/timestamp time");
    chat.say('c', "/timestamp date");
    chat.forget();
    chat.now = Time::from_secs(62);
    chat.say('a', "hello");
    heard(&mut chat, 'b', &["[12:01] A : hello"]);
    heard(&mut chat, 'c', &["[2026-11-20 12:01] A : hello"]);
    chat.say('b', "/timestamp");
    assert!(chat.heard('b')[0].contains("time"));
    chat.say('b', "/timestamp off");
    assert_eq!(chat.views[&chat.ids[&'b']], View::Plain(Timestamps::Off));
}

#[test]
fn idle_people_are_warned_and_then_sent_away() {
    let mut chat = Chat::with("ab", SETTINGS);
    chat.connect_json('j');
    chat.connect('x');
    chat.forget();
    let left = Some(Time::from_secs(30));
    for who in ['a', 'j', 'x'] {
        let client = chat.ids[&who];
        chat.step(Event::IdleTooLong { client, left });
    }
    assert!(chat.heard('a')[0].contains("30"));
    heard_json(
        &mut chat,
        'j',
        &[r#"{"action":"notice","code":"idle","seconds":30}"#],
    );
    // Whoever has no name yet has the login deadline instead.
    heard(&mut chat, 'x', &[]);
    for who in ['a', 'j', 'x'] {
        let client = chat.ids[&who];
        chat.step(Event::IdleTooLong { client, left: None });
    }
    heard(&mut chat, 'a', &["server: Bye!"]);
    heard_json(
        &mut chat,
        'j',
        &[r#"{"action":"bye","reason":"idle","message":"Bye!"}"#],
    );
    let reason = DisconnectReason::Idle;
    assert_eq!(chat.disconnected, [('a', reason), ('j', reason)]);
    heard(
        &mut chat,
        'b',
        &["server: A has left the chat", "server: j has left the chat"],
    );
}

#[test]
fn whois_tells_operators_more() {
    let mut chat = Chat::with("a", SETTINGS);
    chat.connect_from('b', "192.0.2.1:40000");
    chat.say('b', "B");
    chat.say('b', "/away asleep");
    chat.forget();
    chat.now = Time::from_secs(600);
    chat.say('a', "/whois b");
    let told = chat.heard('a').join("\n");
    for text in ["B", "lobby", "asleep", "192.0.2.1", "10m"] {
        assert!(told.contains(text), "{text} in {told}");
    }
    chat.say('b', "/whois a");
    assert!(!chat.heard('b').join("\n").contains("127.0.0.1"));
    chat.say('b', "/whois dad");
    assert!(chat.heard('b')[0].contains("dad"));
}
