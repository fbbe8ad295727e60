//! Messages and commands.

use chatserv::chat::{Input, LogEvent, Stranger};
use chatserv::config::Operators;

use super::{Chat, HubSettings, SETTINGS};

#[test]
fn a_message_goes_to_everybody_else() {
    Chat::with("abc", SETTINGS).play(
        "
        a> hello
        a<
        bc< A : hello
        # An empty line is not said.
        a>
        b<
        ",
    );
}

#[test]
fn two_slashes_say_a_line_that_begins_with_one() {
    Chat::with("ab", SETTINGS).play(
        "
        a> //etc/passwd
        b< A : /etc/passwd
        a> /etc/passwd
        a< server: There is no command /etc/passwd. Try /help.
        a> /
        a< server: There is no command /. Try /help.
        b<
        ",
    );
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
fn abbreviations_work_except_for_destructive_commands() {
    const OVERVIEW: &str = "server: The most useful commands (/help all shows every command):";
    #[rustfmt::skip]
    let table = [
        ("/help", OVERVIEW),
        ("/HELP", OVERVIEW),
        ("/he", OVERVIEW),
        ("/help who", "server: /who [ROOM]"),
        ("/help whoo", "server: There is no command /whoo. Did you mean /who?"),
        ("/who", "server: 1 client(s) connected: A"),
        ("/w", "server: /w could be /who or /whois. Type a little more."),
        ("/names", "server: 1 client(s) connected: A"),
        ("/exi", "server: Type /exit in full to do that."),
        ("/q", "server: /q could be /quiet or /quit. Type a little more."),
        ("/shut", "server: Type /shutdown in full to do that."),
        ("/hepl", "server: There is no command /hepl. Did you mean /help?"),
    ];
    for (typed, answer) in table {
        let mut chat = Chat::with("a", SETTINGS);
        chat.say('a', typed);
        assert_eq!(chat.heard('a')[0], answer, "{typed}");
        assert!(chat.disconnected.is_empty(), "{typed}");
    }
}

#[test]
fn who_fits_on_a_screen() {
    let mut chat = Chat::new(SETTINGS);
    for number in 0..3_000_u32 {
        let who = char::from_u32(0x4e00 + number).unwrap();
        chat.connect(who);
        chat.say(who, &format!("somebody-with-a-name-{number}"));
    }
    chat.play("forget");
    chat.say('\u{4e00}', "/who");
    let lines = chat.heard('\u{4e00}');
    assert!(lines.len() < 50, "{} lines", lines.len());
    let fits = |line: &String| line.chars().count() <= 80;
    assert!(lines.iter().all(fits), "{lines:#?}");
    assert!(lines[0].starts_with("server: 3000 client(s) connected: somebody-with-a-name-0,"));
    let shown = lines.join("").matches("somebody").count();
    let rest = format!("server: … and {} more", 3_000 - shown);
    assert_eq!(lines.last(), Some(&rest));
}

#[test]
fn help_shows_operators_more() {
    let mut chat = Chat::with("a", SETTINGS);
    play! {chat, "
        b: join 192.0.2.1:40000
        forget
    "}
    for (who, knows) in [('a', true), ('b', false)] {
        chat.say(who, "/help");
        let lines = chat.heard(who);
        assert_eq!(lines.iter().any(|line| line.contains("/shutdown")), knows, "{lines:?}");
        assert!(lines.iter().all(|line| line.chars().count() <= 80), "{lines:?}");
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
        for word in ["SHUTDOWN", "SHUTDOWN ", "／shutdown"] {
            let mut chat = Chat::with("a", HubSettings { operators, ..SETTINGS });
            chat.connect_from('b', address);
            chat.say('b', "B");
            chat.forget();
            chat.say('b', word);
            let case = format!("{word} from {address}, operators: {operators:?}");
            assert_eq!(chat.shut_down, may, "{case}");
            if may {
                chat.play("a< server: The chat has been shut down");
            } else {
                // Refused, and not said to the others either.
                let refusal = "server: Only an operator of this chat may do that. See /help.";
                chat.play(&format!("b< {refusal}\na<"));
                assert!(matches!(chat.log[0], LogEvent::NotOperator { .. }));
            }
        }
    }
}

#[test]
fn shutdown_is_a_command_only_alone_and_in_capitals() {
    let mut chat = Chat::with("ab", SETTINGS);
    for text in ["shutdown", "SHUTDOWN now", "Shutdown", "SHUTDOWN.", " SHUTDOWN"] {
        chat.say('a', text);
        assert_eq!(chat.heard('b'), [format!("A : {text}")]);
    }
    assert!(!chat.shut_down);
}

#[test]
fn only_the_sender_hears_about_long_and_delayed_lines() {
    let mut chat = Chat::with("ab", SETTINGS);
    let wait = std::time::Duration::from_millis(2_400);
    #[rustfmt::skip]
    let table = [
        (Input::LineTooLong, "That line was too long and was not said: at most 4096 bytes."),
        (
            Input::HeldBack { lines: 12, wait },
            "Not so fast: at least 12 line(s) held back, the last for 3 s or more. Nothing is lost.",
        ),
        (Input::HeldBack { lines: 0, wait }, "Not so fast: the rest is read more slowly. Nothing is lost."),
    ];
    for (input, told) in table {
        chat.input('a', input);
        chat.play(&format!("a< server: {told}\nb<"));
    }
}

#[test]
fn another_protocol_is_answered_and_ends_the_connection() {
    for (stranger, answer) in [
        (Stranger::Http, "HTTP/1.1 400 "),
        (Stranger::Ssh, "server: This is a chat server"),
        (Stranger::Tls, ""),
    ] {
        for anonymous in [false, true] {
            let mut chat = Chat::new(HubSettings { anonymous, ..SETTINGS });
            chat.play("a: connect\nforget");
            chat.input('a', Input::Stranger(stranger));
            let first = chat.heard('a').into_iter().next().unwrap_or_default();
            assert!(first.starts_with(answer), "{first}");
            assert_eq!(chat.disconnected.len(), 1);
            // The rest of the packet does nothing.
            chat.say('a', "SHUTDOWN");
            assert!(!chat.shut_down);
        }
    }
}

#[test]
fn messages_are_logged_only_if_the_setting_says_so() {
    for log_messages in [false, true] {
        let mut chat = Chat::with("ab", HubSettings { log_messages, ..SETTINGS });
        chat.say('a', "a secret");
        let logged = format!("{:?}", chat.log).contains("a secret");
        assert_eq!(logged, log_messages);
    }
}
