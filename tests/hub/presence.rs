//! New names, away, quiet, timestamps and idle clients.

use chatserv::chat::{Event, Timestamps, View};

use super::{Chat, SETTINGS, Time, anonymous};

#[test]
fn the_room_hears_of_a_new_name() {
    play! {Chat::with("abc", SETTINGS), "
        c> /join dev
        forget
        a> /nick Anna
        ab<~ A
        ab<~ Anna
        c<
        a> hello
        b< Anna : hello
        # The old name is free.
        x: connect
        x> A
        x: admitted
    "}
}

#[test]
fn nick_accepts_a_variant_of_the_own_name_only() {
    let mut chat = Chat::with("ab", SETTINGS);
    play! {chat, "
        a> /nick a
        b<~ a
    "}
    for name in ["B", "b", "server", "two,three", "modem "] {
        let before = chat.hub.deadline();
        chat.say('a', &format!("/nick {name}"));
        assert_eq!(chat.hub.deadline(), before);
    }
    chat.heard('b');
    play! {chat, "
        a> who am I?
        b< modem : who am I?
    "}
    // Refusals count only before the first name.
    for _ in 0..10 {
        chat.say('a', "/nick b");
    }
    chat.play("nobody gone");
}

#[test]
fn in_an_anonymous_chat_nobody_has_a_name() {
    play! {Chat::with("ab", anonymous()), "
        a> /nick Alice
        a<# 1
        b<
        a> hi
        b< 127.0.0.1:40001 : hi
    "}
}

#[test]
fn a_sender_hears_once_that_somebody_is_away() {
    let mut chat = Chat::with("abc", SETTINGS);
    play! {chat, "
        a> /away at lunch
        forget
    "}
    for line in ["/msg a hello", "are you there? @a"] {
        chat.say('b', line);
    }
    let told = chat.heard('b').join("\n");
    assert_eq!(told.matches("lunch").count(), 1, "{told}");
    play! {chat, "
        c> /msg a me too
        c<~ lunch
        c> /who
        c<~ away
        a> /back
        forget
        c> /msg a now?
        c< server: Delivered to A.
    "}
}

#[test]
fn a_quiet_client_hears_messages_but_no_joins_and_leaves() {
    let mut chat = Chat::with("abc", SETTINGS);
    play! {chat, "
        a> /quiet
        forget
        d: join
        d> /join dev
        d> /part
        b: leave
        a<
    "}
    assert!(chat.heard('c').len() >= 4);
    play! {chat, "
        c> hello
        a< C : hello
        a> /quiet off
        forget
        c: leave
        a< server: C has left the chat
    "}
}

#[test]
fn times_are_shown_on_request() {
    let mut chat = Chat::with("abc", SETTINGS);
    play! {chat, "
        b> /timestamp time
        c> /timestamp date
        forget
        wait 62
        a> hello
        b< [12:01] A : hello
        c< [2026-11-20 12:01] A : hello
        b> /timestamp
        b<~ time
        b> /timestamp off
    "}
    assert_eq!(chat.views[&chat.ids[&'b']], View::Plain(Timestamps::Off));
}

#[test]
fn idle_clients_are_warned_and_then_disconnected() {
    let mut chat = Chat::with("ab", SETTINGS);
    play! {chat, "
        j: join json
        x: connect
        forget
    "}
    let left = Some(Time::from_secs(30));
    for who in ['a', 'j', 'x'] {
        let client = chat.ids[&who];
        chat.step(Event::IdleTooLong { client, left });
    }
    play! {chat, r#"
        a<~ 30
        j<j {"action":"notice","code":"idle","seconds":30}
        # Without a name, the login deadline holds instead.
        x<
    "#}
    for who in ['a', 'j', 'x'] {
        let client = chat.ids[&who];
        chat.step(Event::IdleTooLong { client, left: None });
    }
    play! {chat, r#"
        a< server: Bye!
        j<j {"action":"bye","reason":"idle","message":"Bye!"}
        a: gone Idle
        j: gone Idle
        b< server: A has left the chat
        b< server: j has left the chat
    "#}
}

#[test]
fn whois_shows_operators_more() {
    let mut chat = Chat::with("a", SETTINGS);
    play! {chat, "
        b: join 192.0.2.1:40000
        b> /away asleep
        forget
    "}
    chat.now = Time::from_secs(600);
    chat.play("a> /whois b");
    let told = chat.heard('a').join("\n");
    for text in ["B", "lobby", "asleep", "192.0.2.1", "10m"] {
        assert!(told.contains(text), "{text} in {told}");
    }
    play! {chat, "
        b> /whois a
        b<!~ 127.0.0.1
        b> /whois dad
        b<~ dad
    "}
}
