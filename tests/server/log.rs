//! Whatever people send, an event is one line of the log and cannot control the terminal that shows it.

use crate::support::{Client, Server};

/// Text that would forge a line of the log or control a terminal.
const EVIL: [&str; 9] = [
    "a\u{1b}[2J\u{1b}[31mred",
    "a\u{1b}]0;title\u{7}b",
    "a\u{9b}31mb",
    "a\u{85}2026-01-01T00:00:00Z  INFO forged",
    "a\u{2028}b\u{2029}c",
    "a\u{202e}b",
    "a\u{8}b\u{7f}c\u{b}\u{c}\u{8}",
    "a\\n\"quoted\" name=\"bob\"",
    "a\u{200b}b\u{feff}c\u{e0041}",
];

#[test]
fn nobody_forges_a_line_of_the_log() {
    let flags = ["--log-messages", "--operators=nobody", "--log-level=debug"];
    let server = Server::start(&flags);
    let mut listener = Client::join(&server, "listener");
    let mut talker = Client::join(&server, "talker");
    listener.expect("server: A new client has connected to the chat: id = talker");
    for evil in EVIL {
        // As a name, with a taken name, as a command, and as a message.
        let mut stranger = Client::connect(&server);
        stranger.expect("server: Input username.");
        for name in [&format!("two words {evil}"), &format!("talker{evil}"), "talker"] {
            stranger.say(name);
            if stranger.line().starts_with("server: Your username is") {
                stranger.skip_to("client(s) connected");
            }
        }
        drop(stranger);
        talker.say(&format!("/word{evil}"));
        talker.skip_to("/help");
        talker.say(evil);
        let heard = listener.skip_to("talker : ");
        assert!(!heard.contains(char::is_control), "{heard:?}");
    }
    talker.say("SHUTDOWN");
    talker.skip_to("Only an operator of this chat may do that. See /help.");
    talker.say("the end");
    server.log(r#"text="the end""#);

    let log = server.log_so_far();
    for line in log.lines() {
        let (time, rest) = line.split_once(' ').unwrap_or_default();
        assert!(
            time.starts_with("20") && time.ends_with('Z') && !time.contains('\u{85}'),
            "{line:?}"
        );
        let level = rest.split_whitespace().next();
        assert!(matches!(level, Some("DEBUG" | "INFO" | "WARN")), "{line:?}");
        let steering = |c: char| {
            c.is_control()
                || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200b}' | '\u{feff}')
        };
        assert!(!line.contains(steering), "{line:?}");
        assert!(!line.starts_with("2026-01-01T00:00:00Z"), "{line:?}");
    }
}

#[test]
fn messages_are_not_logged_by_default() {
    let discreet = Server::start(&[]);
    let mut talker = Client::join(&discreet, "talker");
    talker.say("a secret");
    talker.say("/a-secret");
    talker.skip_to("/help");
    talker.say("/quit");
    discreet.log("quit");
    assert!(!discreet.log_so_far().contains("secret"));
}
