//! Rooms: coming, going, topics, and who hears of it.

use chatserv::chat::DisconnectReason;

use crate::{Chat, SETTINGS, heard, heard_json};

#[test]
fn one_room_at_a_time_and_the_lobby_to_begin_with() {
    let mut chat = Chat::with("abc", SETTINGS);
    chat.say('a', "/join dev");
    heard(&mut chat, 'a', &["server: You are in room dev alone."]);
    heard(&mut chat, 'b', &["server: A has left room lobby"]);
    chat.forget();
    chat.say('b', "/join #Dev");
    heard(&mut chat, 'b', &["server: You are in room dev with A."]);
    heard(&mut chat, 'a', &["server: B has joined room dev"]);
    heard(&mut chat, 'c', &["server: B has left room lobby"]);
    // What is said stays in the room.
    chat.say('a', "only us");
    heard(&mut chat, 'b', &["A : only us"]);
    heard(&mut chat, 'c', &[]);
    chat.say('c', "anybody?");
    heard(&mut chat, 'a', &[]);
    chat.say('a', "/part");
    assert!(chat.heard('a')[0].starts_with("server: You are in room lobby with C"));
    heard(&mut chat, 'b', &["server: A has left room dev"]);
    heard(&mut chat, 'c', &["server: A has joined room lobby"]);
}

#[test]
fn being_there_already_changes_nothing() {
    let mut chat = Chat::with("ab", SETTINGS);
    chat.say('a', "/join lobby");
    heard(&mut chat, 'a', &["server: You are in room lobby with B."]);
    chat.say('a', "/part");
    heard(&mut chat, 'a', &["server: You are in room lobby with B."]);
    chat.say('a', "/part dev");
    assert_eq!(chat.heard('a').len(), 1);
    heard(&mut chat, 'b', &[]);
}

#[test]
fn an_empty_room_vanishes_with_its_past() {
    let mut chat = Chat::with("ab", SETTINGS);
    chat.say('a', "/join dev");
    chat.say('a', "to nobody");
    chat.say('a', "/topic rust");
    chat.say('a', "/part");
    chat.forget();
    chat.say('b', "/rooms");
    let rooms = chat.heard('b');
    assert!(!rooms.iter().any(|line| line.contains("dev")), "{rooms:?}");
    chat.say('b', "/join dev");
    heard(&mut chat, 'b', &["server: You are in room dev alone."]);
    // It ends with a connection, too.
    chat.leave('b', DisconnectReason::ReadError);
    chat.say('a', "/rooms");
    let rooms = chat.heard('a');
    assert!(!rooms.iter().any(|line| line.contains("dev")), "{rooms:?}");
}

#[test]
fn rooms_are_listed_with_their_people_and_topics() {
    let mut chat = Chat::with("abc", SETTINGS);
    chat.say('a', "/join dev");
    chat.say('b', "/join dev");
    chat.say('a', "/topic all about Rust");
    chat.forget();
    chat.say('c', "/rooms");
    let rooms = chat.heard('c').join("\n");
    let at = |text: &str| {
        rooms
            .find(text)
            .unwrap_or_else(|| panic!("{text} in {rooms}"))
    };
    assert!(at("dev") < at("lobby"), "the larger one first: {rooms}");
    assert!(rooms.contains("all about Rust"));
}

#[test]
fn a_topic_is_told_to_the_room() {
    let mut chat = Chat::with("ab", SETTINGS);
    chat.connect_from('c', "192.0.2.1:40000");
    chat.say('c', "C");
    for who in ['a', 'b', 'c'] {
        chat.say(who, "/join dev");
    }
    chat.forget();
    chat.say('c', "/topic tea");
    for who in ['a', 'b', 'c'] {
        assert!(chat.heard(who)[0].contains("tea"), "{who}");
    }
    chat.say('b', "/topic");
    assert!(chat.heard('b')[0].contains("tea"));
    heard(&mut chat, 'a', &[]);
    // The lobby's is the operators': everybody comes through it.
    chat.say('c', "/part");
    chat.forget();
    chat.say('c', "/topic mine");
    let refused = chat.heard('c');
    assert!(refused[0].contains("operator"), "{refused:?}");
    chat.say('a', "/part");
    chat.forget();
    chat.say('a', "/topic ours");
    assert!(chat.heard('c')[0].contains("ours"));
    chat.say('a', "/topic off");
    chat.forget();
    chat.say('c', "/topic");
    assert!(!chat.heard('c')[0].contains("ours"));
    chat.say('a', &format!("/topic {}", "x".repeat(401)));
    heard(&mut chat, 'c', &[]);
    assert_eq!(chat.heard('a').len(), 1);
}

#[test]
fn a_room_has_a_name_by_the_rules_of_names() {
    let mut chat = Chat::with("ab", SETTINGS);
    for room in ["server", "@you", "/etc", "two,three", &"x".repeat(33)] {
        chat.say('a', &format!("/join {room}"));
        let lines = chat.heard('a');
        assert!(
            lines[0].starts_with("server: That is no "),
            "{room}: {lines:?}"
        );
    }
    heard(&mut chat, 'b', &[]);
    // A look-alike is the same room.
    chat.say('a', "/join modern");
    chat.forget();
    chat.say('b', "/join modem");
    heard(&mut chat, 'b', &["server: You are in room modern with A."]);
}

#[test]
fn json_clients_are_in_many_rooms_but_not_in_any_number() {
    let mut chat = Chat::with("", SETTINGS);
    chat.connect_json('j');
    chat.forget();
    for number in 0..64 {
        chat.ask(
            'j',
            &format!(r#"{{"action":"joinroom","room":"r{number}"}}"#),
        );
    }
    assert_eq!(chat.heard('j').len(), 64);
    chat.ask('j', r#"{"action":"joinroom","room":"one-more","id":7}"#);
    heard_json(
        &mut chat,
        'j',
        &[r#"{"action":"error","code":"too_many_rooms","id":7}"#],
    );
    chat.ask('j', r#"{"action":"leaveroom","room":"r3"}"#);
    chat.ask('j', r#"{"action":"joinroom","room":"one-more"}"#);
    heard_json(
        &mut chat,
        'j',
        &[
            r#"{"action":"leaveroom","room":"r3","from":"j"}"#,
            r#"{"action":"joinroom","room":"one-more","total":1}"#,
        ],
    );
}

#[test]
fn above_a_number_of_hearers_movements_are_folded() {
    let mut chat = Chat::with(
        "abcd",
        crate::HubSettings {
            announce_up_to: 1,
            ..SETTINGS
        },
    );
    for who in ['x', 'y', 'z'] {
        chat.connect_json(who);
        chat.ask(who, r#"{"action":"joinroom","room":"dev"}"#);
    }
    for who in ['a', 'b', 'c'] {
        chat.say(who, "/join dev");
    }
    chat.forget();
    chat.say('d', "/join dev");
    chat.leave('x', DisconnectReason::EndOfInput);
    heard(&mut chat, 'a', &[]);
    heard(&mut chat, 'y', &[]);
    chat.wait(5);
    let told = chat.heard('a');
    assert!(
        told.iter().any(|line| line.contains("room dev")),
        "{told:?}"
    );
    let told = chat.heard('y');
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains(r#""code":"membership""#) && told[0].contains(r#""room":"dev""#));
    assert_eq!(chat.hub.deadline(), None);
}
