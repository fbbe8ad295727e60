//! Bans: of names, of addresses, and for how long.

use chatserv::chat::{Ban, Event, Network};
use chatserv::config::Operators;

use super::operators::chat;
use super::{Chat, HubSettings, SETTINGS};

#[test]
fn a_ban_by_name_bans_the_address_too() {
    let mut chat = chat();
    play! {chat, "
        x: connect 192.0.2.1:50000
        forget
        a> /ban b 30m spam
        b<~ spam
        c< server: B has left the chat: banned by A (spam)
        # x has the same address and no name yet.
        x: gone Banned
    "}
    let kept = chat.kept.take().expect("a ban is kept at once");
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].network, Network::parse("192.0.2.1"));
    assert!(kept[0].until.is_some());
    play! {chat, "
        # Neither under another name nor from another address.
        b: connect 192.0.2.1:40002
        b<~ for another 30m (spam)
        y: connect 192.0.2.9:40002
        forget
        y> b
        y<~ server: Input username.
        y> Yve
        forget
        y> /nick B
        y<~ banned
        # It ends by itself.
        wait 1800
        b: connect 192.0.2.1:40003
        b< server: Input username.
    "}
}

/// One address may be a whole class.
#[test]
fn a_ban_by_name_spares_an_address_that_others_share() {
    let mut chat = chat();
    play! {chat, "
        x: join 192.0.2.1:50000
        y: join 192.0.2.1:50001
        forget
        a> /ban x
        x: gone Banned
        nobody gone
        a<~ server: X is banned until /unban lifts the ban.
        a<~ server: 2 others share this address: /ban 192.0.2.1 bans all.
    "}
    assert_eq!(chat.kept.take().unwrap()[0].network, None);
    play! {chat, r#"
        # The operator may want it all the same.
        a> /ban 192.0.2.1
        b: gone Banned
        y: gone Banned
        k: connect json [2001:db8:0:1::1]:1
        k> {"action":"connect","username":"k"}
        l: connect json [2001:db8:0:1::2]:1
        l> {"action":"connect","username":"l"}
        j: join json
        forget
        # An IPv6 network is one address.
        j> {"action":"ban","username":"k"}
        j<j {"action":"ban","username":"k","shared_address":"2001:db8:0:1::/64","shared_with":1}
        k: gone Banned
        nobody gone
    "#}
}

#[test]
fn bans_are_listed_and_lifted() {
    let mut chat = chat();
    play! {chat, "
        a> /ban 192.0.2.7 2h
        a> /ban 2001:db8::1
        a> /ban somebody not here
        forget
        a> /bans
        a<~ 192.0.2.7
        a<~ 2001:db8::/64
        a<~ somebody
        a<~ not here
        a<~ 2h
        a> /unban 192.0.2.7
        a<# 1
        a> /unban 2001:db8:0:0:9::9
        a<# 1
        a> /unban SOMEBODY
        a<# 1
        a> /unban nobody
        a<~ nobody
    "}
    assert_eq!(chat.kept, Some(Vec::new()));
}

#[test]
fn loopback_is_never_banned_by_address() {
    let mut chat = chat();
    play! {chat, "
        d: join
        forget
    "}
    for address in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] {
        chat.say('a', &format!("/ban {address}"));
        chat.play("a<# 1");
        assert_eq!(chat.kept, None, "{address}");
    }
    play! {chat, "
        # Somebody from there is banned by name only.
        a> /ban d
        d: gone Banned
    "}
    assert_eq!(chat.kept.take().unwrap()[0].network, None);
    play! {chat, "
        e: connect
        e< server: Input username.
        # Nobody bans themselves.
        a> /ban a
    "}
    chat.play("nobody gone");
    assert_eq!(chat.kept, None);
}

#[test]
fn bans_from_the_file_hold() {
    let bans = vec![Ban {
        name: None,
        network: Network::parse("192.0.2.1"),
        until: None,
        reason: Some("spam".to_owned()),
        by: "A".into(),
    }];
    let mut chat = Chat::with_bans(SETTINGS, bans);
    play! {chat, r#"
        b: connect 192.0.2.1:40000
        b<~ spam
        j: connect json 192.0.2.1:40001
        j<j {"action":"error","code":"banned"}
        j<j {"action":"bye","reason":"banned"}
        b: gone Banned
        j: gone Banned
    "#}
}

#[test]
fn a_reload_changes_settings_without_disconnecting_anybody() {
    let mut chat = chat();
    let settings = Box::new(HubSettings {
        motd: Some("New.".into()),
        operators: Operators::Nobody,
        ..SETTINGS
    });
    chat.step(Event::Reloaded { settings });
    play! {chat, "
        nobody gone
        a> /kick b
        a<~ Only an operator
        d: join
        d<~ server: New.
    "}
}

#[test]
fn a_second_ban_keeps_the_rest_of_the_first() {
    play! {chat(), "
        a> /ban b first
        a> /ban 192.0.2.1 30m second
        wait 1800
        x: connect 192.0.2.1:50000
        forget
        x> b
        x<~ banned
        x> Xi
        x: admitted
    "}
}

#[test]
fn a_ban_of_what_is_no_name_and_no_address_is_refused() {
    let mut chat = chat();
    let wrong = "10.0.0.0/8 2001:db8::/48 192.0.2.300 2001:db8::g::1/64 [2001:db8::1]:80 fe80::1%eth0 1.2.3 \
                 server a,b ";
    for target in wrong.split(' ') {
        chat.say('a', &format!("/ban {target}"));
        chat.play("a<!~ is banned\na<# 1");
        assert_eq!(chat.kept, None, "{target}");
    }
    play! {chat, "
        j: join json
        forget
    "}
    let long = "x".repeat(10_000);
    chat.ask('j', &format!(r#"{{"action":"ban","username":"{long}"}}"#));
    chat.play(r#"j<j {"action":"error","code":"name_refused"}"#);
    assert_eq!(chat.kept, None);
}

#[test]
fn a_name_that_looks_like_an_address_is_banned_as_a_name() {
    let mut chat = chat();
    play! {chat, "
        x: connect 192.0.2.9:50000
        x> 127.0.0.1
        forget
        a> /ban 127.0.0.1 rude
        x: gone Banned
    "}
    assert_eq!(chat.kept.unwrap()[0].network, Network::parse("192.0.2.9"));
}

#[test]
fn an_operator_does_not_ban_themselves_by_address() {
    let mut chat = Chat::new(HubSettings { operators: Operators::Anyone, ..SETTINGS });
    play! {chat, "
        a: connect 192.0.2.1:1
        b: connect 192.0.2.1:2
        a> a
        b> b
        a> /ban b
        b: gone Banned
    "}
    assert_eq!(chat.kept.as_ref().unwrap()[0].network, None);
    chat.play("a> /ban 192.0.2.1\nnobody gone");
}

#[test]
fn operators_hear_that_bans_cannot_be_saved() {
    let mut chat = chat();
    chat.step(Event::BansNotSaved { reason: "No space left on device".to_owned() });
    play! {chat, "
        a< server: The bans cannot be saved: No space left on device. A restart would lose the latest changes. Fix this, and repeat them.
        bc<
    "}
}
