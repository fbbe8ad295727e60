//! Rooms: joining, leaving, topics, and who hears of them.

use super::{Chat, HubSettings, SETTINGS};

#[test]
fn a_person_is_in_one_room_and_begins_in_the_lobby() {
    play! {Chat::with("abc", SETTINGS), "
        a> /join dev
        a< server: You are in room dev alone.
        b< server: A has left room lobby
        forget
        b> /join #Dev
        b< server: You are in room dev with A.
        a< server: B has joined room dev
        c< server: B has left room lobby
        # Messages stay in the room.
        a> only us
        b< A : only us
        c<
        c> anybody?
        a<
        a> /part
        a<~ server: You are in room lobby with C
        b< server: A has left room dev
        c< server: A has joined room lobby
    "}
}

#[test]
fn joining_the_current_room_changes_nothing() {
    play! {Chat::with("ab", SETTINGS), "
        a> /join lobby
        a< server: You are in room lobby with B.
        a> /part
        a< server: You are in room lobby with B.
        a> /part dev
        a<# 1
        b<
    "}
}

#[test]
fn an_empty_room_vanishes_with_its_history() {
    let mut chat = Chat::with("ab", SETTINGS);
    play! {chat, "
        a> /join dev
        a> to nobody
        a> /topic rust
        a> /part
        forget
        b> /rooms
        b<!~ dev
        b> /join dev
        b< server: You are in room dev alone.
    "}
    // The end of a connection empties a room too.
    chat.play("b: leave");
    chat.play("a> /rooms");
    chat.play("a<!~ dev");
}

#[test]
fn rooms_are_listed_with_topics_largest_first() {
    let mut chat = Chat::with("abc", SETTINGS);
    play! {chat, "
        a> /join dev
        b> /join dev
        a> /topic all about Rust
        forget
        c> /rooms
    "}
    let rooms = chat.heard('c').join("\n");
    let (dev, lobby) = (rooms.find("dev").unwrap(), rooms.find("lobby").unwrap());
    assert!(dev < lobby, "{rooms}");
    assert!(rooms.contains("all about Rust"));
}

#[test]
fn the_room_hears_of_a_topic() {
    let mut chat = Chat::with("ab", SETTINGS);
    play! {chat, "
        c: join 192.0.2.1:40000
        abc> /join dev
        forget
        c> /topic tea
        abc<~ tea
        b> /topic
        b<~ tea
        a<
        # Only operators change the lobby's topic, since everybody comes through it.
        c> /part
        forget
        c> /topic mine
        c<~ operator
        a> /part
        forget
        a> /topic ours
        c<~ ours
        a> /topic off
        forget
        c> /topic
        c<!~ ours
    "}
    chat.say('a', &format!("/topic {}", "x".repeat(401)));
    play! {chat, "
        c<
        a<# 1
    "}
}

#[test]
fn room_names_follow_the_rules_of_names() {
    let mut chat = Chat::with("ab", SETTINGS);
    for room in ["server", "@you", "/etc", "two,three", &"x".repeat(33)] {
        chat.say('a', &format!("/join {room}"));
        chat.play("a<~ server: Invalid room name ");
    }
    play! {chat, "
        b<
        # A similar name is the same room.
        a> /join modern
        forget
        b> /join modem
        b< server: You are in room modern with A.
    "}
}

#[test]
fn a_json_client_is_in_at_most_64_rooms() {
    let mut chat = Chat::with("", SETTINGS);
    play! {chat, "
        j: join json
        forget
    "}
    for number in 0..64 {
        let room = format!("r{number}");
        chat.ask('j', &format!(r#"{{"action":"joinroom","room":"{room}"}}"#));
    }
    play! {chat, r#"
        j<# 64
        j> {"action":"joinroom","room":"one-more","id":7}
        j<j {"action":"error","code":"too_many_rooms","id":7}
        j> {"action":"leaveroom","room":"r3"}
        j> {"action":"joinroom","room":"one-more"}
        j<j {"action":"leaveroom","room":"r3","from":"j"}
        j<j {"action":"joinroom","room":"one-more","total":1}
    "#}
}

#[test]
fn above_a_number_of_hearers_movements_are_summarized() {
    let mut chat = Chat::with("abcd", HubSettings { announce_up_to: 1, ..SETTINGS });
    for who in ['x', 'y', 'z'] {
        chat.connect_json(who);
        chat.ask(who, r#"{"action":"joinroom","room":"dev"}"#);
    }
    play! {chat, "
        abc> /join dev
        forget
        d> /join dev
        x: leave
        ay<
        wait 5
    "}
    let told = chat.heard('a');
    assert!(told.iter().any(|line| line.contains("room dev")), "{told:?}");
    let told = chat.heard('y');
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains(r#""code":"membership""#) && told[0].contains(r#""room":"dev""#));
    // Until then, the names of the programs that left are held.
    chat.wait(60);
    assert_eq!(chat.hub.deadline(), None);
}

#[test]
fn a_hundred_thousand_rooms_leave_nothing_behind() {
    let mut chat = Chat::with("ab", SETTINGS);
    for number in 0..100_000 {
        chat.play(&format!("a> /join room{number}"));
        chat.play("forget");
    }
    chat.play("b> /rooms");
    let rooms = chat.heard('b').join("\n");
    assert_eq!(rooms.matches("room99999").count(), 1, "{rooms}");
    assert!(!rooms.contains("room99998") && rooms.lines().count() < 5, "{rooms}");
}
