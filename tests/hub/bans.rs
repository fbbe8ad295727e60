//! Who is kept out, and for how long.

use chatserv::chat::{Ban, DisconnectReason, Event, Network, Protocol};
use chatserv::config::Operators;

use crate::operators::chat;
use crate::{Chat, HubSettings, SETTINGS, Time, heard, heard_json};

#[test]
fn who_is_banned_by_name_is_banned_by_address_too() {
    let mut chat = chat();
    chat.connect_from('x', "192.0.2.1:50000");
    chat.forget();
    chat.say('a', "/ban b 30m spam");
    let told = chat.heard('b').join("\n");
    assert!(told.contains("spam") && told.contains("30m"), "{told}");
    // From the same address, without a name yet.
    assert!(chat.disconnected.contains(&('x', DisconnectReason::Banned)));
    heard(
        &mut chat,
        'c',
        &["server: B has left the chat: banned by A (spam)"],
    );
    let kept = chat.kept.take().expect("a ban is kept at once");
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].network, Network::parse("192.0.2.1"));
    assert!(kept[0].until.is_some());
    // Neither under another name nor from another address.
    chat.connect_from('b', "192.0.2.1:40002");
    assert!(chat.heard('b').join("\n").contains("spam"));
    assert!(chat.disconnected.contains(&('b', DisconnectReason::Banned)));
    chat.connect_from('y', "192.0.2.9:40002");
    chat.forget();
    chat.say('y', "b");
    assert_eq!(chat.heard('y').last().unwrap(), "server: Input username.");
    chat.say('y', "Yve");
    chat.forget();
    chat.say('y', "/nick B");
    assert!(chat.heard('y')[0].contains("banned"));
    // It ends by itself.
    chat.now += Time::from_secs(30 * 60);
    chat.connect_from('b', "192.0.2.1:40003");
    heard(&mut chat, 'b', &["server: Input username."]);
}

#[test]
fn bans_are_listed_and_taken_back() {
    let mut chat = chat();
    chat.say('a', "/ban 192.0.2.7 2h");
    chat.say('a', "/ban 2001:db8::1");
    chat.say('a', "/ban somebody not here");
    chat.forget();
    chat.say('a', "/bans");
    let list = chat.heard('a').join("\n");
    for text in ["192.0.2.7", "2001:db8::/64", "somebody", "not here", "2h"] {
        assert!(list.contains(text), "{text} in {list}");
    }
    for whom in ["192.0.2.7", "2001:db8:0:0:9::9", "SOMEBODY"] {
        chat.say('a', &format!("/unban {whom}"));
        assert_eq!(chat.heard('a').len(), 1);
    }
    assert_eq!(chat.kept, Some(Vec::new()));
    chat.say('a', "/unban nobody");
    assert!(chat.heard('a')[0].contains("nobody"));
}

#[test]
fn loopback_is_never_banned_by_address() {
    let mut chat = chat();
    chat.connect('d');
    chat.say('d', "D");
    chat.forget();
    for address in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] {
        chat.say('a', &format!("/ban {address}"));
        assert_eq!(chat.heard('a').len(), 1);
        assert_eq!(chat.kept, None, "{address}");
    }
    // Who is banned by name and comes from there is banned by name only.
    chat.say('a', "/ban d");
    assert_eq!(chat.disconnected, [('d', DisconnectReason::Banned)]);
    assert_eq!(chat.kept.take().unwrap()[0].network, None);
    chat.connect('e');
    heard(&mut chat, 'e', &["server: Input username."]);
    // And nobody bans themselves.
    chat.say('a', "/ban a");
    assert!(chat.kept.is_none() && chat.disconnected.len() == 1);
}

#[test]
fn bans_from_before_hold() {
    let bans = vec![Ban {
        name: None,
        network: Network::parse("192.0.2.1"),
        until: None,
        why: Some("spam".to_owned()),
        by: "A".into(),
    }];
    let mut chat = Chat::with_bans(SETTINGS, bans);
    chat.connect_from('b', "192.0.2.1:40000");
    assert!(chat.heard('b')[0].contains("spam"));
    assert_eq!(chat.disconnected, [('b', DisconnectReason::Banned)]);
    chat.connect_with('j', "192.0.2.1:40001", Protocol::Json);
    heard_json(
        &mut chat,
        'j',
        &[
            r#"{"action":"error","code":"banned"}"#,
            r#"{"action":"bye","reason":"banned"}"#,
        ],
    );
}

#[test]
fn settings_change_without_dropping_anyone() {
    let mut chat = chat();
    let settings = Box::new(HubSettings {
        motd: Some("New.".into()),
        operators: Operators::Nobody,
        ..SETTINGS
    });
    chat.step(Event::Reloaded { settings });
    assert_eq!(chat.disconnected, []);
    chat.say('a', "/kick b");
    assert!(chat.heard('a').join("\n").contains("Only an operator"));
    chat.connect('d');
    chat.say('d', "D");
    assert!(chat.heard('d').contains(&"server: New.".to_owned()));
}

#[test]
fn a_second_ban_takes_nothing_from_the_first_that_it_does_not_speak_of() {
    let mut chat = chat();
    chat.say('a', "/ban b first");
    chat.say('a', "/ban 192.0.2.1 30m second");
    chat.now += Time::from_secs(30 * 60);
    chat.connect_from('x', "192.0.2.1:50000");
    chat.forget();
    chat.say('x', "b");
    assert!(chat.heard('x')[0].contains("banned"));
    chat.say('x', "Xi");
    assert!(chat.admitted.contains(&'x'));
}

#[test]
fn what_can_ban_nobody_is_refused() {
    let mut chat = chat();
    for whom in [
        "10.0.0.0/8",
        "2001:db8::/48",
        "192.0.2.300",
        "2001:db8::g::1/64",
        "[2001:db8::1]:80",
        "fe80::1%eth0",
        "1.2.3",
        "server",
        "a,b",
        "@@",
    ] {
        chat.say('a', &format!("/ban {whom}"));
        assert_eq!(chat.kept, None, "{whom}");
        let told = chat.heard('a');
        assert!(
            told.len() == 1 && !told[0].contains("is banned"),
            "{told:?}"
        );
    }
    chat.connect_json('j');
    chat.forget();
    let long = "x".repeat(10_000);
    chat.ask('j', &format!(r#"{{"action":"ban","username":"{long}"}}"#));
    heard_json(
        &mut chat,
        'j',
        &[r#"{"action":"error","code":"name_refused"}"#],
    );
    assert_eq!(chat.kept, None);
}

#[test]
fn whoever_is_here_by_a_name_is_meant_whatever_it_looks_like() {
    let mut chat = chat();
    chat.connect_from('x', "192.0.2.9:50000");
    chat.say('x', "127.0.0.1");
    chat.forget();
    chat.say('a', "/ban 127.0.0.1 rude");
    assert_eq!(chat.disconnected, [('x', DisconnectReason::Banned)]);
    assert_eq!(chat.kept.unwrap()[0].network, Network::parse("192.0.2.9"));
}

#[test]
fn an_operator_does_not_ban_themselves_with_somebody_else() {
    let mut chat = Chat::with(
        "",
        HubSettings {
            operators: Operators::Anyone,
            ..SETTINGS
        },
    );
    for (who, port) in [('a', 1), ('b', 2)] {
        chat.connect_from(who, &format!("192.0.2.1:{port}"));
        chat.say(who, &who.to_string());
    }
    chat.say('a', "/ban b");
    assert_eq!(chat.disconnected, [('b', DisconnectReason::Banned)]);
    assert_eq!(chat.kept.as_ref().unwrap()[0].network, None);
    chat.say('a', "/ban 192.0.2.1");
    assert_eq!(chat.disconnected.len(), 1);
}
