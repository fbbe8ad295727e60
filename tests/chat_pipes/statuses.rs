//! What the exit status says. `--help` lists all of them, and each has a test: that of a panic stands beside the code,
//! in `src/bin/chat/status.rs`, since nobody can have one from outside.

use rustix::process::Signal;

use crate::pipe::{Ended, Pipe, chat, url};
use crate::support::fake::Fake;
use crate::support::process::free_port;
use crate::support::{Client, Server};

/// It ended with this status and one sentence that contains `text`.
fn complains(ended: &Ended, status: i32, text: &str) {
    assert_eq!(ended.status, Some(status), "{ended:?}");
    let complaints: Vec<&String> = ended
        .stderr
        .iter()
        .filter(|line| line.starts_with("!! ") || line.starts_with("chat: "))
        .collect();
    assert_eq!(complaints.len(), 1, "{ended:?}");
    assert!(complaints[0].contains(text), "{ended:?}");
    assert!(
        !ended.stderr.iter().any(|line| line.contains("panicked")),
        "{ended:?}"
    );
    assert!(ended.stdout.is_empty(), "{ended:?}");
}

#[test]
fn help_and_the_manual_list_the_statuses_that_are_tested() {
    let ended = Pipe::start(&mut chat(&["--help"])).ends();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    let mut help = ended.stdout.iter().map(String::as_str);
    help.find(|line| *line == "Exit status:")
        .expect("there is a list of them");
    // Behind the statuses stands, with more blanks between, what they mean.
    let rows = help.filter_map(|row| row.trim().split_once("  "));
    let rows: Vec<(&str, &str)> = rows.map(|(status, why)| (status, why.trim())).collect();
    let statuses: Vec<&str> = rows.iter().map(|(status, _)| *status).collect();
    assert_eq!(statuses, ["0", "1", "2", "3", "70", "129, 130, 143"]);

    let manual = include_str!("../../src/guide/manual.md");
    let table = manual
        .split_once("| exit status | why |\n")
        .expect("the manual has the table")
        .1;
    let rows_there = table
        .lines()
        .skip(1)
        .map_while(|row| row.strip_prefix("| ")?.strip_suffix(" |"));
    let rows_there: Vec<(&str, &str)> =
        rows_there.filter_map(|row| row.split_once(" | ")).collect();
    assert_eq!(rows_there, rows);
}

#[test]
fn one_where_the_name_is_taken() {
    let server = Server::start(&[]);
    let _bot = Client::join(&server, "bot");
    let mut bot = Pipe::start(&mut chat(&["bot", &url(&server)]));
    bot.types("never said\n");
    complains(&bot.ends(), 1, "bot");
}

#[test]
fn one_where_nobody_listens() {
    let url = format!("chat://127.0.0.1:{}", free_port());
    complains(
        &Pipe::start(&mut chat(&["bot", &url])).ends(),
        1,
        "Nobody listens",
    );
}

#[test]
fn one_where_the_server_is_full() {
    let server = Server::start(&["--max-clients", "1"]);
    let _only = Client::join(&server, "bob");
    complains(
        &Pipe::start(&mut chat(&["bot", &url(&server)])).ends(),
        1,
        "full",
    );
}

#[test]
fn one_for_whoever_is_kicked() {
    let server = Server::start(&[]);
    let mut bob = Client::join(&server, "bob");
    let bot = Pipe::start(&mut chat(&["bot", &url(&server)]));
    bob.skip_to("id = bot");
    bob.say("/kick bot spam");
    let ended = bot.ends_by_itself();
    assert_eq!(ended.status, Some(1), "{ended:?}");
    assert!(
        ended
            .stderr
            .iter()
            .any(|line| line.contains("kicked by bob (spam)")),
        "{ended:?}"
    );
}

#[test]
fn two_for_bad_arguments() {
    for arguments in [
        &[][..],
        &["bot"],
        &["bot", "http://localhost:1337"],
        &["bot", "chat://x:0"],
    ] {
        let ended = Pipe::start(&mut chat(arguments)).ends();
        assert_eq!(ended.status, Some(2), "{arguments:?}: {ended:?}");
        assert!(
            ended.stderr.iter().any(|line| line.contains("Usage: chat")),
            "{ended:?}"
        );
    }
}

/// The server takes no line of more than 16 KiB, and the object around the text counts.
#[test]
fn three_where_a_line_was_too_long_and_the_rest_is_delivered() {
    let server = Server::start(&["--rate-limit", "off"]);
    let mut bob = Client::join(&server, "bob");
    for (too_long, why) in [(20_000, "too long"), (3_000_000, "not sent")] {
        let mut bot = Pipe::start(&mut chat(&["bot", &url(&server)]));
        bot.types(&format!("before\n{}\nafter\n", "x".repeat(too_long)));
        let ended = bot.ends();
        assert_eq!(bob.skip_to("bot : "), "bot : before");
        assert_eq!(bob.line(), "bot : after");
        complains(&ended, 3, why);
        bob.skip_to("bot has left the chat");
    }
}

#[test]
fn zero_after_a_signal_with_what_was_typed_delivered() {
    let server = Server::start(&[]);
    let mut bob = Client::join(&server, "bob");
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let mut bot = Pipe::start(&mut chat(&["bot", &url(&server)]));
        bot.types("hi\n");
        assert_eq!(bob.skip_to("bot : "), "bot : hi");
        bot.signals(signal);
        let ended = bot.ends_by_itself();
        assert_eq!(ended.status, Some(0), "{signal:?}: {ended:?}");
        bob.skip_to("bot has left the chat");
    }
}

#[test]
fn one_where_the_connection_is_lost_and_not_wanted_again() {
    let server = Server::start(&[]);
    let bot = Pipe::start(&mut chat(&["bot", &url(&server), "--no-reconnect"]));
    let ready = "Ready for messaging!";
    bot.stderr.wait_for(|line| line.contains(ready));
    server.signal(Signal::KILL);
    let ended = bot.ends_by_itself();
    complains(&ended, 1, "onnection");
}

#[test]
fn three_where_a_command_was_wrong_and_the_rest_is_delivered() {
    let server = Server::start(&[]);
    let mut bob = Client::join(&server, "bob");
    let mut bot = Pipe::start(&mut chat(&["bot", &url(&server)]));
    bot.types("/nonsense\nhi\n");
    let ended = bot.ends();
    assert_eq!(bob.skip_to("bot : "), "bot : hi");
    complains(&ended, 3, "There is no command /nonsense.");
}

/// A server that does not answer a good-bye is waited for, but not by whoever insists.
#[test]
fn the_number_of_a_second_signal_and_128_where_it_ends_the_client_at_once() {
    for (signal, status) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let fake = Fake::new();
        let url = format!("chat://127.0.0.1:{}", fake.port());
        let bot = Pipe::start(&mut chat(&["bot", &url]));
        let mut server = fake.welcomes();
        bot.signals(signal);
        server.hear("quit");
        bot.signals(signal);
        let ended = bot.ends_by_itself();
        assert_eq!(ended.status, Some(status), "{ended:?}");
    }
}
