//! What only operators may do.

use chatserv::chat::{DisconnectReason, Event, LogEvent, Protocol, Secret};
use chatserv::config::Operators;

use crate::{Chat, HubSettings, SETTINGS, heard, heard_json};

/// A chat with the operator A on this machine, and B and C from elsewhere.
pub fn chat() -> Chat {
    chat_with(SETTINGS)
}

fn chat_with(settings: HubSettings) -> Chat {
    let mut chat = Chat::with("a", settings);
    chat.connect_from('b', "192.0.2.1:40000");
    chat.say('b', "B");
    chat.connect_from('c', "192.0.2.2:40000");
    chat.say('c', "C");
    chat.forget();
    chat
}

#[test]
fn anybody_else_is_refused_plainly() {
    let mut chat = chat();
    for line in [
        "/kick c",
        "/ban c",
        "/unban c",
        "/bans",
        "/mute c",
        "/unmute c",
        "/motd",
        "/threads",
        "/shutdown",
        "SHUTDOWN",
    ] {
        chat.say('b', line);
        heard(
            &mut chat,
            'b',
            &["server: Only an operator of this chat may do that. See /help."],
        );
        assert!(
            matches!(chat.log.pop(), Some(LogEvent::NotOperator { .. })),
            "{line}"
        );
    }
    heard(&mut chat, 'a', &[]);
    heard(&mut chat, 'c', &[]);
    chat.connect_with('j', "192.0.2.3:40000", Protocol::Json);
    chat.ask('j', r#"{"action":"connect","username":"j"}"#);
    chat.forget();
    chat.ask('j', r#"{"action":"shutdown","id":1}"#);
    heard_json(
        &mut chat,
        'j',
        &[r#"{"action":"error","code":"not_operator","id":1}"#],
    );
}

#[test]
fn a_kicked_one_is_told_why_and_so_are_the_others() {
    let mut chat = chat();
    chat.json_in_lobby('j');
    chat.say('a', "/kick B too loud");
    let told = chat.heard('b').join("\n");
    assert!(told.contains("too loud") && told.contains('A'), "{told}");
    heard(
        &mut chat,
        'c',
        &["server: B has left the chat: kicked by A (too loud)"],
    );
    heard_json(
        &mut chat,
        'j',
        &[
            r#"{"action":"leaveroom","room":"lobby","from":"B","reason":"kicked","by":"A","message":"too loud"}"#,
        ],
    );
    assert_eq!(chat.disconnected, [('b', DisconnectReason::Kicked)]);
    assert!(chat.log.iter().any(|notable| matches!(
        notable,
        LogEvent::Operated { what: "kick", why: Some(why), .. } if &**why == "too loud"
    )));
    chat.forget();
    chat.say('a', "/kick j");
    heard_json(
        &mut chat,
        'j',
        &[r#"{"action":"bye","reason":"kicked","by":"A"}"#],
    );
    // They may come back.
    chat.connect_from('b', "192.0.2.1:40001");
    chat.say('b', "B");
    assert!(chat.admitted.iter().filter(|&&who| who == 'b').count() == 2);
    for line in ["/kick dad", "/kick a"] {
        chat.forget();
        chat.say('a', line);
        assert!(chat.disconnected.is_empty() && chat.heard('a').len() == 1);
    }
}

#[test]
fn who_is_muted_is_heard_by_nobody_in_any_way() {
    let mut chat = chat();
    chat.say('a', "/mute b");
    chat.forget();
    for line in [
        "hello",
        "/me waves",
        "/msg c hi",
        "psst @c",
        "/topic mine",
        "/nick Bob",
        "/away an insult",
        "/join insults",
    ] {
        chat.say('b', line);
        let told = chat.heard('b');
        assert!(
            told.len() == 1 && told[0].contains("muted"),
            "{line}: {told:?}"
        );
    }
    heard(&mut chat, 'a', &[]);
    heard(&mut chat, 'c', &[]);
    // Nor after coming back.
    chat.leave('b', DisconnectReason::EndOfInput);
    chat.connect_from('b', "192.0.2.1:40001");
    chat.say('b', "B");
    chat.forget();
    chat.say('b', "hello again");
    heard(&mut chat, 'c', &[]);
    chat.say('a', "/unmute b");
    chat.forget();
    chat.say('b', "at last");
    heard(&mut chat, 'c', &["B : at last"]);
}

#[test]
fn the_word_makes_an_operator_and_is_told_to_nobody() {
    let mut chat = chat_with(HubSettings {
        operators: Operators::Nobody,
        operator_password: Some(Secret("open sesame".to_owned())),
        log_messages: true,
        ..SETTINGS
    });
    chat.say('a', "/kick c");
    assert!(chat.heard('a')[0].contains("Only an operator"));
    chat.say('b', "/op open sesame");
    heard(&mut chat, 'a', &[]);
    assert_eq!(chat.heard('b').len(), 1);
    assert!(!format!("{:?}", chat.log).contains("sesame"));
    chat.say('b', "/kick c");
    assert_eq!(chat.disconnected, [('c', DisconnectReason::Kicked)]);
}

#[test]
fn three_wrong_words_from_one_address_are_enough() {
    let mut chat = chat_with(HubSettings {
        operator_password: Some(Secret("right".to_owned())),
        ..SETTINGS
    });
    for number in 0..3 {
        chat.say('b', &format!("/op wrong{number}"));
        chat.forget();
    }
    // Another connection from there, and now the right word: too late.
    chat.connect_from('d', "192.0.2.1:50000");
    chat.say('d', "D");
    chat.forget();
    chat.say('d', "/op right");
    let told = chat.heard('d');
    chat.say('d', "/kick c");
    assert!(chat.disconnected.is_empty(), "{told:?}");
    chat.say('c', "/op right");
    chat.say('c', "/kick d");
    assert_eq!(chat.disconnected, [('d', DisconnectReason::Kicked)]);
    assert!(!format!("{:?}", chat.log).contains("right"));
}

#[test]
fn without_a_word_nobody_becomes_an_operator() {
    let mut chat = chat();
    chat.say('b', "/op anything");
    assert_eq!(chat.heard('b').len(), 1);
    chat.say('b', "/kick c");
    assert!(chat.disconnected.is_empty());
}

#[test]
fn the_message_of_the_day_changes_for_those_who_come() {
    let mut chat = chat();
    chat.say('a', "/motd");
    assert_eq!(chat.heard('a').len(), 1);
    chat.say('a', "/motd Be kind.");
    chat.connect('d');
    chat.say('d', "D");
    assert!(chat.heard('d').contains(&"server: Be kind.".to_owned()));
    chat.connect_json('j');
    assert!(chat.heard('j')[1].contains(r#"{"action":"motd","message":"Be kind."}"#));
    chat.say('a', "/motd off");
    chat.connect('e');
    chat.say('e', "E");
    assert!(!chat.heard('e').contains(&"server: Be kind.".to_owned()));
}

#[test]
fn the_end_can_be_planned_and_called_off() {
    let mut chat = chat();
    chat.say('a', "/shutdown cancel");
    assert_eq!(chat.heard('a').len(), 1);
    chat.say('a', "/shutdown in 5m a new version");
    for who in ['a', 'b', 'c'] {
        let told = chat.heard(who).join("\n");
        assert!(
            told.contains("5m") && told.contains("a new version"),
            "{told}"
        );
    }
    chat.connect('d');
    chat.say('d', "D");
    assert!(chat.heard('d').join("\n").contains("a new version"));
    chat.forget();
    chat.wait(4 * 60);
    for who in ['a', 'd'] {
        assert!(chat.heard(who).join("\n").contains("1m"));
    }
    chat.say('a', "/shutdown cancel");
    assert_eq!(chat.heard('b').len(), 2);
    assert_eq!(chat.hub.deadline(), None);
    chat.say('a', "/shutdown in 30s");
    chat.forget();
    chat.wait(20);
    assert!(chat.heard('b')[0].contains("10s"));
    chat.wait(10);
    assert!(chat.shut_down);
    heard(&mut chat, 'b', &["server: The chat has been shut down"]);
    assert!(
        chat.log
            .iter()
            .any(|notable| matches!(notable, LogEvent::ShuttingDown { .. }))
    );
}

#[test]
fn a_changed_word_has_to_be_given_anew() {
    let settings = |word: &str| HubSettings {
        operators: Operators::Nobody,
        operator_password: Some(Secret(word.to_owned())),
        ..SETTINGS
    };
    let mut chat = chat_with(settings("old"));
    chat.say('b', "/op old");
    for (word, may) in [("old", true), ("new", false)] {
        let settings = Box::new(settings(word));
        let bans = None;
        chat.step(Event::Reloaded { settings, bans });
        chat.forget();
        chat.say('b', "/bans");
        assert_eq!(
            chat.heard('b')[0].contains("Nobody is banned"),
            may,
            "{word}"
        );
    }
}
