//! A server that attacks the terminals of its clients.

use serde_json::json;

use super::screen::{Screen, Setup};
use crate::fake::{Fake, said};
use crate::support::Client;
use crate::support::or_skip;
use crate::url;

/// Luca at a terminal, in a room of a server that the test plays.
fn meet_fake() -> Option<(Screen, Client)> {
    let fake = Fake::new();
    let screen = Setup::chat(&["luca", &url(fake.port())]).open()?;
    let server = fake.welcome();
    screen.is_ready();
    Some((screen, server))
}

/// The screen shows nothing but text, and what was there before is still there.
fn is_unharmed(screen: &Screen) {
    let lines = screen.lines();
    assert_eq!(lines[0], "Connecting to server ...");
    let obeyed =
        |c: char| c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c) || c == '\u{2028}';
    let stray = lines.iter().find(|line| line.contains(obeyed));
    assert_eq!(stray, None);
    let title = screen.knows("#{pane_title}");
    assert!(!title.contains("owned"), "{title}");
    assert_eq!(screen.knows("#{alternate_on} #{cursor_flag}"), "0 1");
    let forged = lines.iter().any(|line| line.starts_with("[12:03] ann: forged"));
    assert!(!forged, "{lines:#?}");
}

#[test]
fn messages_and_names_are_only_text() {
    let (screen, mut server) = or_skip!(meet_fake());
    let attacks = [
        "a title: \u{1b}]0;owned\u{7}",
        "a clear screen: \u{1b}[2J\u{1b}[H\u{1b}[3J",
        "another screen: \u{1b}[?1049h\u{1b}[?25l",
        "C1: \u{9b}2J\u{9d}0;owned\u{9c}",
        "lines: \r\n[12:03] ann: forged\r[12:03] ann: forged\u{2028}[12:03] ann: forged",
        "bidi: \u{202e}olleh\u{2066}",
        "backspaces: \u{8}\u{8}\u{8}\u{8}\u{7f}",
    ];
    for (number, attack) in (1..).zip(attacks) {
        server.send_object(&said(&format!("bob{attack}"), attack, number));
        server.send_object(&json!({"action": "notice", "code": attack, "message": attack}));
        server.send_object(&json!({"action": "error", "code": attack, "message": attack}));
        server.send_object(&json!({"action": "joinroom", "room": attack, "from": attack}));
        let topic = json!({"action": "topic", "room": "lobby", "topic": attack, "from": attack});
        server.send_object(&topic);
    }
    server.send_object(&said("bob", "the end", 100));
    screen.shows("bob: the end");
    is_unharmed(&screen);
    screen.prompts(">");
}

#[test]
fn a_line_that_is_no_object_is_not_shown_raw() {
    let (screen, mut server) = or_skip!(meet_fake());
    for line in [
        "\u{1b}]0;owned\u{7}\u{1b}[2J",
        "{\"action\":\"chat\u{1b}[2J",
        "[[[[",
        "{}",
        r#"{"action":7}"#,
        r#"{"action":"chat"}"#,
        r#"{"action":"something new","message":"\u001b[2J"}"#,
    ] {
        server.send(format!("{line}\n").as_bytes());
    }
    server.send(b"\xff\xfe\xfd\n");
    server.send_object(&said("bob", "the end", 1));
    screen.shows("bob: the end");
    is_unharmed(&screen);
}

#[test]
fn a_goodbye_is_only_text() {
    let (screen, mut server) = or_skip!(meet_fake());
    let message = "Go away. \u{1b}]0;owned\u{7}\u{1b}[2J";
    server.send_object(&json!({"action": "bye", "reason": "kicked", "message": message}));
    server.half_close();
    screen.shows("Go away.");
    screen.ends_with(1);
    is_unharmed(&screen);
}
