//! Names, and how one gets into the chat.

use chatserv::chat::{DisconnectReason, Event, Input, Line, LogEvent};

use crate::{Chat, SETTINGS, heard};

#[test]
fn the_classic_welcome() {
    let mut chat = Chat::new(SETTINGS);
    chat.connect('a');
    heard(&mut chat, 'a', &["server: Input username."]);
    assert!(chat.admitted.is_empty());
    chat.say('a', "Alice");
    heard(
        &mut chat,
        'a',
        &[
            "server: Your username is Alice.",
            "server: Congratulations! You've successfully joined the chat server.",
            "server: There are 1 client(s) connected to this server.",
        ],
    );
    assert_eq!(chat.admitted, ['a']);
    chat.connect('b');
    chat.say('b', "Bob");
    heard(
        &mut chat,
        'a',
        &["server: A new client has connected to the chat: id = Bob"],
    );
    assert_eq!(
        chat.heard('b').last().unwrap(),
        "server: There are 2 client(s) connected to this server."
    );
}

#[test]
fn an_anonymous_one_is_known_by_address() {
    let mut chat = Chat::with(
        "a",
        crate::HubSettings {
            anonymous: true,
            ..SETTINGS
        },
    );
    chat.connect_from('b', "[::1]:36832");
    heard(
        &mut chat,
        'b',
        &[
            "server: Congratulations! You've successfully joined the chat server.",
            "server: Your id is: '[::1]:36832'.",
            "server: There are 2 client(s) connected to this server.",
        ],
    );
    heard(
        &mut chat,
        'a',
        &["server: A new client has connected to the chat: id = [::1]:36832"],
    );
    chat.say('b', "hi");
    heard(&mut chat, 'a', &["[::1]:36832 : hi"]);
}

#[test]
fn a_name_is_taken_whatever_its_case_and_free_when_its_owner_is_gone() {
    let mut chat = Chat::new(SETTINGS);
    chat.connect('a');
    chat.say('a', "Alice");
    chat.connect('b');
    chat.forget();
    chat.say('b', "aLICE");
    heard(
        &mut chat,
        'b',
        &[
            "server: aLICE is taken: it looks like Alice, who is here. Choose another name.",
            "server: Input username.",
        ],
    );
    chat.leave('a', DisconnectReason::EndOfInput);
    chat.say('b', "Alice");
    assert_eq!(chat.heard('b')[0], "server: Your username is Alice.");
}

#[test]
fn look_alikes_are_taken_and_the_refusal_says_so() {
    let mut chat = Chat::new(SETTINGS);
    chat.connect('a');
    chat.say('a', "modern");
    chat.connect('b');
    chat.forget();
    chat.say('b', "modem");
    assert_eq!(
        chat.heard('b')[0],
        "server: modem is taken: it looks like modern, who is here. Choose another name."
    );
    // Styled letters are letters.
    chat.connect('c');
    chat.say('c', "Mike");
    chat.connect('d');
    chat.forget();
    chat.say('d', "\u{1d40c}ike");
    assert!(chat.heard('d')[0].contains("is taken"));
}

#[test]
fn an_empty_line_asks_again_without_counting() {
    let mut chat = Chat::new(SETTINGS);
    chat.connect('a');
    for _ in 0..10 {
        chat.say('a', "");
    }
    assert_eq!(chat.heard('a'), ["server: Input username."; 11]);
    chat.say('a', "Alice");
    assert_eq!(chat.admitted, ['a']);
}

#[test]
fn the_fourth_refusal_closes() {
    let mut chat = Chat::with("a", SETTINGS);
    chat.connect('b');
    chat.forget();
    for name in ["two words", "server", "@all"] {
        chat.say('b', name);
        let lines = chat.heard('b');
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert!(
            lines[0].starts_with("server: That is no username: "),
            "{lines:?}"
        );
        assert_eq!(lines[1], "server: Input username.");
    }
    chat.say('b', "A");
    heard(
        &mut chat,
        'b',
        &[
            "server: A is taken. Choose another name.",
            "server: Too many tries. Connect again when you have thought of a name.",
        ],
    );
    assert_eq!(chat.disconnected, [('b', DisconnectReason::NamesRefused)]);
    // Nobody has heard of them, and nothing they still send counts.
    heard(&mut chat, 'a', &[]);
    chat.say('b', "Bob");
    heard(&mut chat, 'a', &[]);
}

#[test]
fn what_was_cleaned_is_no_name_although_it_looks_like_one() {
    let mut chat = Chat::new(SETTINGS);
    chat.connect('a');
    chat.forget();
    chat.input(
        'a',
        Input::Line(Line {
            text: "Alice".into(),
            altered: true,
        }),
    );
    assert!(chat.heard('a')[0].starts_with("server: That is no username: "));
    assert!(matches!(chat.log[0], LogEvent::NameRefused { .. }));
}

#[test]
fn commands_before_the_name() {
    let mut chat = Chat::new(SETTINGS);
    chat.connect('a');
    chat.forget();
    chat.say('a', "/help");
    let help = chat.heard('a');
    assert_eq!(help[0], "server: Talk:");
    assert_eq!(help.last().unwrap(), "server: Input username.");
    chat.say('a', "/who");
    heard(
        &mut chat,
        'a',
        &[
            "server: First choose a username, then that.",
            "server: Input username.",
        ],
    );
    // An operator's word is no name either, and from somebody without one it does nothing.
    chat.say('a', "SHUTDOWN");
    heard(
        &mut chat,
        'a',
        &[
            "server: First choose a username, then that.",
            "server: Input username.",
        ],
    );
    assert!(!chat.shut_down);
    chat.say('a', "/xyzzy");
    heard(
        &mut chat,
        'a',
        &[
            "server: There is no command /xyzzy. Try /help.",
            "server: Input username.",
        ],
    );
    chat.connect('b');
    chat.forget();
    chat.say('b', "/quit");
    heard(&mut chat, 'b', &["server: Bye!"]);
    assert_eq!(chat.disconnected, [('b', DisconnectReason::Quit)]);
}

#[test]
fn the_login_deadline_holds_only_for_who_has_no_name() {
    let mut chat = Chat::with("a", SETTINGS);
    chat.connect('b');
    chat.forget();
    for who in ['a', 'b'] {
        let client = chat.ids[&who];
        chat.step(Event::LoginTimedOut { client });
    }
    heard(&mut chat, 'a', &[]);
    heard(
        &mut chat,
        'b',
        &["server: You gave no username in time. Connect again to try once more."],
    );
    assert_eq!(chat.disconnected, [('b', DisconnectReason::LoginTimeout)]);
}

#[test]
fn who_never_gave_a_name_was_never_there() {
    let mut chat = Chat::with("a", SETTINGS);
    chat.connect('b');
    chat.say('a', "anybody?");
    heard(&mut chat, 'b', &["server: Input username."]);
    chat.leave('b', DisconnectReason::EndOfInput);
    heard(&mut chat, 'a', &[]);
}

#[test]
fn above_a_number_of_hearers_arrivals_are_folded() {
    let mut chat = Chat::with(
        "ab",
        crate::HubSettings {
            announce_up_to: 1,
            ..SETTINGS
        },
    );
    // Two hear of c, and that is more than one.
    chat.connect('c');
    chat.say('c', "C");
    chat.leave('b', DisconnectReason::EndOfInput);
    chat.connect('d');
    chat.say('d', "D");
    heard(&mut chat, 'a', &[]);
    chat.wait(4);
    heard(&mut chat, 'a', &[]);
    chat.wait(1);
    heard(
        &mut chat,
        'a',
        &["server: 2 clients have connected and 1 has left; 3 are here."],
    );
    // And then there is nothing to tell until somebody comes or goes.
    assert_eq!(chat.hub.deadline(), None);
    chat.wait(60);
    heard(&mut chat, 'a', &[]);
}

/// The kernel gives a port again as soon as its connection is gone, and the report of that may come later.
#[test]
fn whoever_comes_from_an_address_that_is_still_here_takes_its_place() {
    let mut chat = Chat::with(
        "w",
        crate::HubSettings {
            anonymous: true,
            ..SETTINGS
        },
    );
    for who in ['a', 'b'] {
        chat.connect_from(who, "127.0.0.1:50000");
    }
    assert_eq!(chat.disconnected, [('a', DisconnectReason::ReadError)]);
    chat.leave('a', DisconnectReason::ReadError);
    chat.forget();
    chat.say('w', "/msg 127.0.0.1:50000 there?");
    assert_eq!(chat.heard('b').len(), 1);
}
