//! A server that is about to restart sends its people away one after the other, and ends.

use std::net::TcpStream;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::json;

use crate::support::{Client, Server, until};

const SOON: &str =
    "server: This server restarts: it disconnects you within 2s. Connect again then.";

#[test]
fn people_go_one_after_the_other_and_are_told_how_to_come_back() {
    let mut server = Server::start(&["--drain", "2s"]);
    let mut ann = Client::join(&server, "ann");
    let mut bot = Client::join_json(&server, "bot", "lobby");
    ann.skip_to("bot has joined room lobby");
    let mut unnamed = Client::connect(&server);
    unnamed.expect("server: Input username.");
    // Whoever is behind it has been connected too.
    server.log("bot");
    let start = Instant::now();
    server.signal(Signal::USR2);
    ann.expect(SOON);
    ann.expect("server: This server restarts. Connect again and give this as your name:");
    let word = ann.line();
    assert!(word.starts_with("server: ann ") && word.len() == "server: ann ".len() + 32, "{word}");
    ann.expect_end();
    assert!(start.elapsed() < Duration::from_secs(1), "the first one goes at once");
    // The others can still talk.
    let soon = bot.skip_to_action("notice");
    assert_eq!((&soon["code"], &soon["seconds"]), (&json!("restart"), &json!(2)));
    bot.send_object(&json!({"action": "chat", "room": "lobby", "message": "hi", "id": 7}));
    assert_eq!(bot.skip_to_action("ack")["id"], 7);
    let bye = bot.skip_to_action("bye");
    assert_eq!(bye["reason"], "restart", "{bye}");
    bot.expect_end();
    unnamed.expect(SOON);
    unnamed.ends_with("server: This server restarts. Connect again.");
    // Three of them, after 0, 2/3 and 4/3 of a second each.
    assert!(start.elapsed() >= Duration::from_millis(1_300), "{:?}", start.elapsed());
    server.ends_well();
    assert!(!server.log_so_far().contains("no listener is left"));
}

#[test]
fn nobody_is_accepted_any_more_and_a_second_signal_ends_at_once() {
    for (second, status) in [(Signal::USR2, 140), (Signal::TERM, 143)] {
        let mut server = Server::start(&["--drain", "1h"]);
        let mut people = ["ann", "bob"].map(|name| Client::join(&server, name));
        server.signal(Signal::USR2);
        people[0].skip_to("Connect again and give");
        until("nobody is accepted", || TcpStream::connect(server.address()).is_err());
        people[1].say("still here");
        server.signal(second);
        assert_eq!(server.exit_status().code(), Some(status));
    }
}

#[test]
fn an_empty_server_ends_at_once_and_one_whose_people_leave_by_themselves_does_not_wait() {
    let mut server = Server::start(&["--drain", "1h"]);
    server.signal(Signal::USR2);
    server.ends_well();
    let mut server = Server::start(&["--drain", "1h"]);
    let mut people = ["ann", "bob"].map(|name| Client::join(&server, name));
    server.signal(Signal::USR2);
    people[0].rest();
    people[1].say("/quit");
    people[1].rest();
    server.ends_well();
}
