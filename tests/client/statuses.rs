//! The exit statuses that `--help` lists. The status of a panic has its test in `src/bin/chat/status.rs`, since no input
//! causes one.

use std::fs::File;

use rustix::process::Signal;

use crate::fake::Fake;
use crate::support::directory::Directory;
use crate::support::{Client, Ended, Program, Server, command, free_port};
use crate::{bot, chat, url};

/// The client ended with this status and one complaint that contains `text`.
fn complains(ended: &Ended, status: i32, text: &str) {
    assert_eq!(ended.status, Some(status), "{ended:?}");
    let is_complaint = |line: &&str| line.starts_with("!! ") || line.starts_with("chat: ");
    let complaints: Vec<&str> = ended.stderr.lines().filter(is_complaint).collect();
    assert!(matches!(complaints[..], [one] if one.contains(text)), "{ended:?}");
    assert!(!ended.stderr.contains("panicked"), "{ended:?}");
    assert!(ended.stdout.is_empty(), "{ended:?}");
}

#[test]
fn help_and_the_manual_list_the_statuses_that_are_tested() {
    let ended = Program::start(&mut chat(&["--help"])).end();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    let mut help = ended.stdout.lines();
    help.find(|line| *line == "Exit status:").expect("there is a list of them");
    // Their meanings follow behind several blanks.
    let rows = help.filter_map(|row| row.trim().split_once("  "));
    let rows: Vec<(&str, &str)> = rows.map(|(status, reason)| (status, reason.trim())).collect();
    let statuses: Vec<&str> = rows.iter().map(|(status, _)| *status).collect();
    assert_eq!(statuses, ["0", "1", "2", "3", "70", "129, 130, 143"]);

    let manual = include_str!("../../src/guide/manual.md");
    let table = manual.split_once("| exit status | why |\n").expect("the manual has the table").1;
    let rows_there =
        table.lines().skip(1).map_while(|row| row.strip_prefix("| ")?.strip_suffix(" |"));
    let rows_there: Vec<(&str, &str)> =
        rows_there.filter_map(|row| row.split_once(" | ")).collect();
    assert_eq!(rows_there, rows);
}

#[test]
fn one_where_the_name_is_taken() {
    let server = Server::start(&[]);
    let _bot = Client::join(&server, "bot");
    let mut bot = bot(&server, &[]);
    bot.types("never said\n");
    complains(&bot.end(), 1, "bot");
}

#[test]
fn one_where_nobody_listens() {
    let port = free_port();
    let ended = Program::start(&mut chat(&["bot", &url(port)])).end();
    let sentence = format!("No server is listening at 127.0.0.1:{port}. Is it running?");
    complains(&ended, 1, &sentence);
}

#[test]
fn one_where_the_server_is_full() {
    let server = Server::start(&["--max-clients", "1"]);
    let _only = Client::join(&server, "bob");
    complains(&bot(&server, &[]).end(), 1, "full");
}

#[test]
fn one_after_a_kick() {
    let server = Server::start(&[]);
    let mut bob = Client::join(&server, "bob");
    let bot = bot(&server, &[]);
    bob.skip_to("id = bot");
    bob.say("/kick bot spam");
    let ended = bot.wait();
    assert_eq!(ended.status, Some(1), "{ended:?}");
    assert!(ended.stderr.contains("kicked by bob (spam)"), "{ended:?}");
}

/// The server accepts lines of up to 16 KiB, counting the object around the text.
#[test]
fn three_where_a_line_was_too_long_and_the_rest_is_delivered() {
    let server = Server::start(&["--rate-limit", "off"]);
    let mut bob = Client::join(&server, "bob");
    for (too_long, reason) in [(20_000, "too long"), (3_000_000, "not sent")] {
        let mut bot = bot(&server, &[]);
        bot.types(&format!("before\n{}\nafter\n", "x".repeat(too_long)));
        let ended = bot.end();
        assert_eq!(bob.skip_to("bot : "), "bot : before");
        assert_eq!(bob.line(), "bot : after");
        complains(&ended, 3, reason);
        bob.skip_to("bot has left the chat");
    }
}

#[test]
fn zero_after_a_signal_and_the_typed_lines_are_delivered() {
    let server = Server::start(&[]);
    let mut bob = Client::join(&server, "bob");
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let mut bot = bot(&server, &[]);
        bot.types("hi\n");
        assert_eq!(bob.skip_to("bot : "), "bot : hi");
        bot.signal(signal);
        let ended = bot.wait();
        assert_eq!(ended.status, Some(0), "{signal:?}: {ended:?}");
        bob.skip_to("bot has left the chat");
    }
}

#[test]
fn one_after_a_lost_connection_without_reconnecting() {
    let server = Server::start(&[]);
    let bot = bot(&server, &["--no-reconnect"]);
    let ready = "Ready for messaging!";
    bot.stderr.wait_for(|line| line.contains(ready));
    server.signal(Signal::KILL);
    let ended = bot.wait();
    complains(&ended, 1, "onnection");
}

#[test]
fn three_where_a_command_was_wrong_and_the_rest_is_delivered() {
    let server = Server::start(&[]);
    let mut bob = Client::join(&server, "bob");
    let mut bot = bot(&server, &[]);
    bot.types("/nonsense\nhi\n");
    let ended = bot.end();
    assert_eq!(bob.skip_to("bot : "), "bot : hi");
    complains(&ended, 3, "There is no command /nonsense.");
}

/// A bot says again what it has heard, and somebody has said `//shutdown`. Everybody who comes from here is an operator.
#[test]
fn three_where_an_operator_s_command_comes_from_a_pipe() {
    let server = Server::start(&[]);
    let mut bob = Client::join(&server, "bob");
    for command in ["/shutdown", "SHUTDOWN", "/kick bob"] {
        let mut bot = bot(&server, &[]);
        bot.types(&format!("{command}\nstill here\n"));
        let ended = bot.end();
        assert_eq!(bob.skip_to("bot : "), "bot : still here");
        complains(&ended, 3, "--commands");
        bob.skip_to("bot has left the chat");
    }
    let mut bot = bot(&server, &["--commands", "--no-reconnect"]);
    bot.types("/shutdown\n");
    bob.skip_to("shut down");
    bot.wait();
}

#[test]
fn three_where_a_line_is_not_utf8_and_the_rest_is_delivered() {
    let server = Server::start(&[]);
    let mut bob = Client::join(&server, "bob");
    let directory = Directory::new("not-utf8");
    directory.write_private("lines", b"before\ncaf\xe9\nafter\n");
    let file = File::open(directory.path("lines")).unwrap();
    let ended = Program::start(chat(&["bot", &url(server.port)]).stdin(file)).end();
    assert_eq!(bob.skip_to("bot : "), "bot : before");
    assert_eq!(bob.line(), "bot : after");
    complains(&ended, 3, "line 2 is not UTF-8");
}

/// The client waits for a server that does not answer its `quit`, until a second signal.
#[test]
fn a_second_signal_ends_the_client_at_once_with_128_and_its_number() {
    for (signal, status) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let fake = Fake::new();
        let bot = Program::start(&mut chat(&["bot", &url(fake.port())]));
        let mut server = fake.welcome();
        bot.signal(signal);
        server.skip_to_action("quit");
        bot.signal(signal);
        let ended = bot.wait();
        assert_eq!(ended.status, Some(status), "{ended:?}");
    }
}

/// `nohup` and jobs in the background ignore signals, and a test that sends one must not depend on that.
#[test]
fn tests_pass_where_their_parent_ignores_signals() {
    let this = std::env::current_exe().unwrap();
    let script = r#"trap '' INT HUP; exec "$0" --exact "$1""#;
    let test = "statuses::zero_after_a_signal_and_the_typed_lines_are_delivered";
    let mut shell = command("sh");
    shell.args(["-c", script]).arg(this).arg(test);
    let ended = Program::start(&mut shell).end();
    assert!(ended.stdout.contains("1 passed"), "{ended:?}");
}
