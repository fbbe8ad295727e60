//! The player itself: a failing conversation is reported with its line, and examples are the same in every run.

use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde_json::json;

use crate::examples;
use crate::play;
use crate::player::holds;
use crate::script;
use crate::transcript::Transcript;

#[test]
fn a_syntax_error_is_reported_with_its_line() {
    let table = [
        ("ann: dance", "no such step"),
        ("ann:connect", "no such step"),
        ("ann", "no such step"),
        ("ann<!!", "no such step"),
        (": connect", "no such step"),
        ("sleep long", "no such step"),
        ("sleep -1", "cannot convert float seconds to Duration"),
        ("exit well", "no such step"),
        ("signal STOP", "no such signal"),
        ("file motd.txt", "no such step"),
        ("file ../motd.txt: x", "a file name contains no slash"),
        ("ann<~ (", "unclosed group"),
        ("ann<j {", "EOF while parsing"),
        (r"ann>> \q", r"\q: no such escape"),
        (r"ann>> \xg1", r"\xg1: no byte"),
        ("$ --motd 'a", "an unclosed quotation mark"),
    ];
    for (line, wanted) in table {
        let wrong = script::read(&format!("# a comment\n\n{line}\n")).unwrap_err();
        assert!(wrong.starts_with(&format!("3: {line}\n")), "{wrong}");
        assert!(wrong.contains(wanted), "{line}: {wrong}");
    }
}

#[test]
fn flags_and_bytes_are_parsed() {
    let lines =
        script::read("$ --port 0 --motd 'a b'\"c\" ''\nann>> \\xff\\r\\n\\0é\\\\\n").unwrap();
    let read: Vec<String> = lines.iter().map(|line| format!("{:?}", line.step)).collect();
    assert!(read[0].contains(r#"["--port", "0", "--motd", "a bc", ""]"#), "{read:?}");
    assert!(read[1].contains("[255, 13, 10, 0, 195, 169, 92]"), "{read:?}");
}

/// Ann joins, and the log's own thread has written a line.
const JOINED: &str =
    "$ --port 0\nann: connect\nann> ann\nann<~ client\\(s\\) connected\nstderr~ .\n";

#[test]
fn a_failing_step_is_reported_with_its_line() {
    let table = [
        ("ann> /who", "ann< server: nobody", "got \"server: 1 client(s) connected: ann\""),
        ("ann> /who", "ann<j {\"action\": \"who\"}", "got \"server: 1 client"),
        ("ann> /who", "ann<!", "got \"server: 1 client"),
        ("ann> /who", "ann<eof", "got \"server: 1 client"),
        ("ann> /quit", "ann<~ ^no such line$", "the connection ended after [\"server: Bye!\"]"),
        ("ann> SHUTDOWN", "exit 3", "the server ended with exit status: 0"),
        ("ann: close", "ann> hello?", "ann is not connected"),
        ("ann: reset", "bob<!", "bob is not connected"),
    ];
    for (does, hears, wanted) in table {
        let played = play("check", &format!("{JOINED}{does}\n{hears}\n"));
        let wrong = played.outcome.unwrap_err();
        let place = format!("tests/chats/check.chat:7: {hears}\n");
        assert!(wrong.starts_with(&place), "{wrong}");
        assert!(wrong.contains(wanted), "{wrong}");
        assert!(wrong.contains("\n    log: "), "no log: {wrong}");
    }
}

#[test]
fn a_step_without_a_server_fails() {
    let wrong = play("no-start", "ann: connect\n").outcome.unwrap_err();
    assert_eq!(wrong, "tests/chats/no-start.chat:1: ann: connect\n    no server was started");
}

#[test]
fn an_object_may_have_more_fields_than_wanted() {
    let got = json!({"action": "who", "clients": [{"name": "ann", "idle": 3}], "total": 1});
    let table = [
        (json!({}), true),
        (json!({"action": "who", "total": 1}), true),
        (json!({"action": "{any}"}), true),
        (json!({"missing": "{any}"}), false),
        (json!({"total": "1"}), false),
        (json!({"clients": [{"name": "ann"}]}), true),
        (json!({"clients": ["{any}"]}), true),
        (json!({"clients": []}), false),
        (json!({"clients": [{"name": "bob"}]}), false),
    ];
    for (wanted, should) in table {
        assert_eq!(holds(&wanted, &got), should, "{wanted}");
    }
}

#[test]
fn an_example_is_the_same_in_every_run() {
    let mut transcript = Transcript::default();
    let id = |port| SocketAddr::from(([127, 0, 0, 1], port));
    transcript.connected("ann", id(5123), None);
    transcript.connected("bob", id(51234), Some("json"));
    transcript.typed("ann", "at [10:00], 2026-01-02T03:04:05Z");
    let table = [
        ("Your id is: '127.0.0.1:5123'.", "Your id is: '127.0.0.1:40000'."),
        ("127.0.0.1:51234 : hi", "127.0.0.1:40001 : hi"),
        ("127.0.0.1:5", "127.0.0.1:5"),
        (
            "Waiting for incoming json connections on port 4242",
            "Waiting for incoming json connections on port 1338",
        ),
        (
            "Waiting for incoming connections on port 4242",
            "Waiting for incoming connections on port 1337",
        ),
        (
            r#"{"received_at":"2027-03-04T05:06:07.089Z","sent_at":"2026-01-02T03:04:05Z"}"#,
            r#"{"received_at":"2026-11-20T11:03:04.000Z","sent_at":"2026-01-02T03:04:05Z"}"#,
        ),
        ("[09:10] bob : hi", "[12:03] bob : hi"),
        ("[2027-03-04 09:10] bob : hi", "[2026-11-20 12:03] bob : hi"),
        ("bob : at [10:00]", "bob : at [10:00]"),
        (r#""epoch":17,"idle_seconds":3"#, r#""epoch":1763636400000,"idle_seconds":0"#),
        (r#"{"epoch":"a-b"}"#, r#"{"epoch":1763636400000}"#),
    ];
    for (line, shown) in table {
        assert_eq!(transcript.stable(line), shown);
        assert_eq!(transcript.stable(shown), shown, "once more");
    }
}

#[test]
fn an_example_shows_what_each_person_types_and_sees() {
    let text = format!(
        "{JOINED}bob: connect\nbob> bob\n== Hello\nann<~ id = bob\nann> hi\nbob<~ ann\nbob: close\n\nann> no example\n"
    );
    let played = play("example", &text);
    played.outcome.unwrap();
    assert_eq!(
        played.transcript.render("Hello").unwrap(),
        "ann < server: A new client has connected to the chat: id = bob\n\
         ann > hi\n\
         bob < ann : hi\n\
         bob   (closes the connection)\n"
    );
    assert_eq!(played.transcript.render("Goodbye"), None);
}

#[test]
fn a_block_is_named_after_a_part_of_a_conversation() {
    let text = format!("{JOINED}== One\nann> hi\n== Two\nann> bye\n");
    let played = [play("a", &text)];
    let generate = |name: &str| examples::generate(name, &played);
    let one = "```text\nann > hi\n```\n";
    assert_eq!(generate("chats/a.chat: One").as_deref(), Some(one));
    let both = "```text\n# One\nann > hi\n\n# Two\nann > bye\n```\n";
    assert_eq!(generate("chats/a.chat: *").as_deref(), Some(both));
    assert_eq!(generate("commands"), None);
    for (name, reason) in [
        ("chats/a.chat: Three", "no part with this title"),
        ("chats/b.chat: One", "no such conversation"),
        ("chats/a.chat", "expected chats/NAME.chat: TITLE"),
    ] {
        let panic = catch_unwind(AssertUnwindSafe(|| generate(name))).unwrap_err();
        let message = panic.downcast_ref::<String>().unwrap();
        assert!(message.contains(reason), "{message}");
    }
}
