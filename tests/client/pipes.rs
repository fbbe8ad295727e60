//! The client in a pipe: lines go in and come out.

use std::fmt::Write;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, pipe};
use std::os::unix::fs::PermissionsExt as _;

use regex::Regex;
use serde_json::Value;

use crate::support::directory::Directory;
use crate::support::{Client, Program, Server, until};
use crate::{bot, chat, url};

/// A server and bob in it.
fn start() -> (Server, Client) {
    let server = Server::start(&[]);
    let bob = Client::join(&server, "bob");
    (server, bob)
}

#[test]
fn a_piped_line_is_delivered_and_nothing_is_printed() {
    let (server, mut bob) = start();
    let mut bot = bot(&server, &[]);
    bot.types("hi\n");
    let ended = bot.end();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert!(ended.stdout.is_empty(), "{ended:?}");
    assert_eq!(bob.skip_to("bot : "), "bot : hi");
    // There was one line.
    assert!(bob.skip_to("bot").ends_with("has left the chat"));
    for line in ended.stderr.lines() {
        assert!(!line.contains('\u{1b}') && !line.starts_with('>'), "{line}");
    }
}

#[test]
fn a_last_line_without_a_line_end_counts() {
    let (server, mut bob) = start();
    let mut bot = bot(&server, &[]);
    bot.types("one\r\n\ntwo");
    assert_eq!(bot.end().status, Some(0));
    assert_eq!(bob.skip_to("bot : "), "bot : one");
    assert_eq!(bob.line(), "bot : two");
}

#[test]
fn without_input_nothing_is_said() {
    let (server, mut bob) = start();
    let ended = bot(&server, &[]).end();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    bob.skip_to("bot has left the chat");
}

#[test]
fn what_others_say_is_printed_as_plain_text() {
    let (server, mut bob) = start();
    let mut bot = bot(&server, &[]);
    bob.skip_to("bot has joined room lobby");
    bob.say("hello bot");
    let line = bot.stdout.wait_for(|line| line.contains("hello"));
    assert_eq!(line.split_at("[12:03]".len()).1, " bob: hello bot");
    bot.types("one's own line\n");
    bob.skip_to("bot : ");
    bob.say("and the last one");
    bot.stdout.wait_for(|line| line.contains("last"));
    let ended = bot.end();
    let printed = ended.stdout;
    assert!(!printed.contains(['\u{1b}', '\u{7}']), "{printed:?}");
    assert!(!printed.contains("own line"), "{printed:?}");
}

#[test]
fn commands_work_in_a_pipe() {
    let (server, mut bob) = start();
    let mut bot = bot(&server, &["--room", "lobby", "--room", "dev"]);
    bot.types("/switch dev\nto dev\n/switch lobby\nto the lobby\n/msg bob to bob\n");
    assert_eq!(bot.end().status, Some(0));
    assert_eq!(bob.skip_to("bot : "), "bot : to the lobby");
    assert_eq!(bob.line(), "bot -> bob : to bob");
}

#[test]
fn with_literal_every_line_is_said_as_it_is() {
    let (server, mut bob) = start();
    let mut bot = bot(&server, &["--literal"]);
    let lines =
        ["/etc/passwd", "//x", "/shutdown", "SHUTDOWN", "  /quit", "/kick bob", "/nonsense"];
    bot.types(&(lines.join("\n") + "\n"));
    let ended = bot.end();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    bob.skip_to("bot has joined room lobby");
    for line in lines {
        assert_eq!(bob.line(), format!("bot : {line}"));
    }
    bob.skip_to("bot has left the chat");
}

#[test]
fn what_was_seen_is_logged_with_its_date_and_again_behind_it() {
    let (server, mut bob) = start();
    let directory = Directory::new("log");
    let path = directory.path("seen");
    for text in ["hello bot", "hello again"] {
        let bot = bot(&server, &["--log", &path]);
        bob.skip_to("bot has joined room lobby");
        bob.say(text);
        bot.stdout.wait_for(|line| line.contains(text));
        assert_eq!(bot.end().status, Some(0));
        bob.skip_to("bot has left the chat");
    }
    let log = directory.read("seen");
    let said = r"(?m)^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+00:00 \[\d\d:\d\d\] bob: (.*)$";
    let said: Vec<&str> = Regex::new(said)
        .unwrap()
        .captures_iter(&log)
        .map(|line| line.extract::<1>().1[0])
        .collect();
    assert_eq!(said, ["hello bot", "hello again"], "{log}");
    assert_eq!(log.matches("+00:00 Registration successful.").count(), 2, "{log}");
    let mode = fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_log_that_cannot_be_written_is_told_once_and_chatting_goes_on() {
    let (server, mut bob) = start();
    let mut bot = bot(&server, &["--log", "/nowhere/seen"]);
    bot.types("hi\n");
    assert_eq!(bob.skip_to("bot : "), "bot : hi");
    let ended = bot.end();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    let sentence =
        "!! Nothing more is logged: /nowhere/seen cannot be written: No such file or directory.";
    assert_eq!(ended.stderr.matches("!! ").count(), 1, "{ended:?}");
    assert!(ended.stderr.contains(sentence), "{ended:?}");
}

#[test]
fn latin1_is_read_where_it_is_asked_for() {
    let (server, mut bob) = start();
    let directory = Directory::new("latin1");
    directory.write_private("lines", b"caf\xe9\n\x80 5\n");
    let file = File::open(directory.path("lines")).unwrap();
    let arguments = ["bot", &url(server.port), "--from", "latin1"];
    let ended = Program::start(chat(&arguments).stdin(file)).end();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert_eq!(bob.skip_to("bot : "), "bot : café");
    assert_eq!(bob.line(), "bot : € 5");
}

/// Flood control accepts 16 KiB a second, which is most of the time that this takes.
#[test]
fn a_file_of_ten_thousand_lines_arrives_whole_and_in_order() {
    const LINES: usize = 10_000;
    let server = Server::start(&["--rate-limit", "50,1000/s"]);
    let mut bob = Client::join(&server, "bob");
    let directory = Directory::new("ten-thousand-lines");
    let text = (0..LINES).fold(String::new(), |mut text, number| {
        let _ = writeln!(text, "line {number}");
        text
    });
    directory.write("lines", &text);
    let file = File::open(directory.path("lines")).unwrap();
    let bot = Program::start(chat(&["bot", &url(server.port)]).stdin(file));
    assert_eq!(bob.skip_to("bot : "), "bot : line 0");
    for number in 1..LINES {
        bob.expect(&format!("bot : line {number}"));
    }
    let ended = bot.end();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert!(ended.stdout.is_empty(), "{ended:?}");
    assert!(bob.skip_to("bot").ends_with("has left the chat"));
}

#[test]
fn a_closed_stdout_ends_the_client_quietly() {
    let (server, mut bob) = start();
    for flags in [&[][..], &["--json"]] {
        let (printed, stdout) = pipe().unwrap();
        let url = url(server.port);
        let mut command = chat(&[&["bot", &url], flags].concat());
        let mut bot = Program::start(command.stdout(stdout));
        // The command holds the writing end too.
        drop(command);
        bob.skip_to("bot has joined room lobby");
        bob.say("the first line");
        // Like `head -1`, which closes its end after the line.
        let mut lines = BufReader::new(printed).lines().map(Result::unwrap);
        lines.find(|line| line.contains("the first line")).unwrap();
        drop(lines);
        // A process that another test starts may hold the reading end for a moment.
        until("the client has ended", || {
            bob.say("another line");
            bot.has_ended()
        });
        let ended = bot.wait();
        assert_eq!(ended.status, Some(0), "{ended:?}");
        let complains = |line: &str| line.starts_with("!!") || line.contains("ipe");
        assert!(!ended.stderr.lines().any(complains), "{ended:?}");
        bob.skip_to("bot has left the chat");
    }
}

#[test]
fn with_json_every_printed_line_is_an_object() {
    let (server, mut bob) = start();
    let mut bot = bot(&server, &["--json"]);
    bob.skip_to("bot has joined room lobby");
    bob.say("hello \"bot\" \\ 日本");
    bot.stdout.wait_for(|line| line.contains("hello"));
    bot.types("/who\nhi\n");
    bob.skip_to("bot : hi");
    let ended = bot.end();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    let objects: Vec<Value> = ended
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect();
    assert!(objects.iter().all(Value::is_object), "{ended:?}");
    let actions: Vec<&str> =
        objects.iter().filter_map(|object| object["action"].as_str()).collect();
    for action in ["connect", "joinroom", "chat", "who", "ack"] {
        assert!(actions.contains(&action), "{action}: {actions:?}");
    }
    let said = objects.iter().find(|object| object["action"] == "chat").unwrap();
    assert_eq!(said["message"], "hello \"bot\" \\ 日本");
    assert_eq!(said["from"], "bob");
}
