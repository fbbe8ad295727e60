//! What is said, and what is asked with a slash.

use chatserv::chat::{Input, LogEvent, Stranger};
use chatserv::config::Operators;

use crate::{Chat, SETTINGS, heard};

#[test]
fn a_message_goes_to_every_other() {
    let mut chat = Chat::with("abc", SETTINGS);
    chat.say('a', "hello");
    heard(&mut chat, 'a', &[]);
    heard(&mut chat, 'b', &["A : hello"]);
    heard(&mut chat, 'c', &["A : hello"]);
}

#[test]
fn an_empty_line_is_none() {
    let mut chat = Chat::with("ab", SETTINGS);
    chat.say('a', "");
    heard(&mut chat, 'b', &[]);
}

#[test]
fn what_begins_with_a_slash_is_said_only_after_two() {
    let mut chat = Chat::with("ab", SETTINGS);
    chat.say('a', "//etc/passwd");
    heard(&mut chat, 'b', &["A : /etc/passwd"]);
    chat.say('a', "/etc/passwd");
    heard(&mut chat, 'b', &[]);
    heard(
        &mut chat,
        'a',
        &["server: There is no command /etc/passwd. Try /help."],
    );
    chat.say('a', "/");
    heard(
        &mut chat,
        'a',
        &["server: There is no command /. Try /help."],
    );
    heard(&mut chat, 'b', &[]);
}

#[test]
fn a_mistyped_command_is_quoted_only_in_part() {
    let mut chat = Chat::with("a", SETTINGS);
    chat.say('a', &format!("/{}", "é".repeat(2_000)));
    let lines = chat.heard('a');
    assert_eq!(lines.len(), 1);
    assert!(lines[0].chars().count() < 80, "{lines:?}");
}

#[test]
fn a_beginning_is_enough_but_not_for_what_ends_something() {
    for (typed, answer) in [
        ("/help", "server: Talk:"),
        ("/HELP", "server: Talk:"),
        ("/he", "server: Talk:"),
        ("/help who", "server: /who [ROOM]"),
        (
            "/help whoo",
            "server: There is no command /whoo. Did you mean /who?",
        ),
        ("/who", "server: 1 client(s) connected: A"),
        (
            "/w",
            "server: /w could be /who or /whois. Type a little more.",
        ),
        ("/names", "server: 1 client(s) connected: A"),
        ("/exi", "server: Type /exit in full to do that."),
        (
            "/q",
            "server: /q could be /quiet or /quit. Type a little more.",
        ),
        ("/shut", "server: Type /shutdown in full to do that."),
        (
            "/hepl",
            "server: There is no command /hepl. Did you mean /help?",
        ),
    ] {
        let mut chat = Chat::with("a", SETTINGS);
        chat.say('a', typed);
        assert_eq!(chat.heard('a')[0], answer, "{typed}");
        assert!(chat.disconnected.is_empty(), "{typed}");
    }
}

#[test]
fn who_is_told_in_lines_that_fit_a_terminal() {
    let mut chat = Chat::with("", SETTINGS);
    for number in 0..3_000_u32 {
        let who = char::from_u32(0x4e00 + number).unwrap();
        chat.connect(who);
        chat.say(who, &format!("somebody-with-a-name-{number}"));
    }
    chat.forget();
    chat.say('\u{4e00}', "/who");
    let lines = chat.heard('\u{4e00}');
    assert!(lines.len() < 50, "{} lines", lines.len());
    assert!(
        lines.iter().all(|line| line.chars().count() <= 80),
        "{lines:#?}"
    );
    assert!(lines[0].starts_with("server: 3000 client(s) connected: somebody-with-a-name-0,"));
    let shown: usize = lines
        .iter()
        .map(|line| line.matches("somebody").count())
        .sum();
    assert_eq!(
        *lines.last().unwrap(),
        format!("server: … and {} more", 3_000 - shown)
    );
}

#[test]
fn help_tells_operators_more() {
    let mut chat = Chat::with("a", SETTINGS);
    chat.connect_from('b', "192.0.2.1:40000");
    chat.say('b', "B");
    chat.forget();
    for (who, knows) in [('a', true), ('b', false)] {
        chat.say(who, "/help");
        let lines = chat.heard(who);
        assert_eq!(
            lines.iter().any(|line| line.contains("/shutdown")),
            knows,
            "{lines:?}"
        );
        assert!(
            lines.iter().all(|line| line.chars().count() <= 80),
            "{lines:?}"
        );
    }
}

#[test]
fn only_an_operator_shuts_down() {
    for (operators, address, may) in [
        (Operators::Loopback, "127.0.0.1:1", true),
        (Operators::Loopback, "127.9.9.9:1", true),
        (Operators::Loopback, "[::1]:1", true),
        (Operators::Loopback, "192.0.2.1:1", false),
        (Operators::Nobody, "127.0.0.1:1", false),
        (Operators::Anyone, "192.0.2.1:1", true),
    ] {
        for word in ["SHUTDOWN", " SHUTDOWN ", "/shutdown"] {
            let mut chat = Chat::with(
                "a",
                crate::HubSettings {
                    operators,
                    ..SETTINGS
                },
            );
            chat.connect_from('b', address);
            chat.say('b', "B");
            chat.forget();
            chat.say('b', word);
            assert_eq!(
                chat.shut_down, may,
                "{word} from {address}, operators: {operators:?}"
            );
            if may {
                heard(&mut chat, 'a', &["server: The chat has been shut down"]);
            } else {
                // Refused, and not said to the others either.
                heard(
                    &mut chat,
                    'b',
                    &["server: Only an operator of this chat may do that. See /help."],
                );
                heard(&mut chat, 'a', &[]);
                assert!(matches!(chat.log[0], LogEvent::NotOperator { .. }));
            }
        }
    }
}

#[test]
fn only_the_bare_word_in_capitals_is_a_command() {
    let mut chat = Chat::with("ab", SETTINGS);
    for text in ["shutdown", "SHUTDOWN now", "Shutdown", "SHUTDOWN."] {
        chat.say('a', text);
        assert_eq!(chat.heard('b'), [format!("A : {text}")]);
    }
    assert!(!chat.shut_down);
}

#[test]
fn a_line_too_long_is_told_to_its_sender_only() {
    let mut chat = Chat::with("ab", SETTINGS);
    chat.input('a', Input::LineTooLong);
    heard(
        &mut chat,
        'a',
        &["server: That line was too long and was not said: at most 4096 bytes."],
    );
    heard(&mut chat, 'b', &[]);
}

#[test]
fn who_is_held_back_is_told() {
    let mut chat = Chat::with("ab", SETTINGS);
    let wait = std::time::Duration::from_millis(2_400);
    chat.input('a', Input::HeldBack { lines: 12, wait });
    heard(
        &mut chat,
        'a',
        &[
            "server: Not so fast: at least 12 line(s) held back, the last for 3 s or more. Nothing is lost.",
        ],
    );
    chat.input('a', Input::HeldBack { lines: 0, wait });
    heard(
        &mut chat,
        'a',
        &["server: Not so fast: the rest is read more slowly. Nothing is lost."],
    );
    heard(&mut chat, 'b', &[]);
}

#[test]
fn strangers_are_answered_in_their_own_manner_and_sent_away() {
    for (stranger, answer) in [
        (Stranger::Http, "HTTP/1.1 400 "),
        (Stranger::Ssh, "server: This is a chat server"),
        (Stranger::Tls, ""),
    ] {
        for anonymous in [false, true] {
            let mut chat = Chat::new(crate::HubSettings {
                anonymous,
                ..SETTINGS
            });
            chat.connect('a');
            chat.forget();
            chat.input('a', Input::Stranger(stranger));
            let first = chat.heard('a').into_iter().next().unwrap_or_default();
            assert!(first.starts_with(answer), "{first}");
            assert_eq!(chat.disconnected.len(), 1);
            // Whatever else was in the same packet does nothing.
            chat.say('a', "SHUTDOWN");
            assert!(!chat.shut_down);
        }
    }
}

#[test]
fn what_people_say_is_logged_only_on_request() {
    for log_messages in [false, true] {
        let mut chat = Chat::with(
            "ab",
            crate::HubSettings {
                log_messages,
                ..SETTINGS
            },
        );
        chat.say('a', "a secret");
        let logged = format!("{:?}", chat.log).contains("a secret");
        assert_eq!(logged, log_messages);
    }
}
