//! Restarts: lines, topics and ids that are there again.

use serde_json::json;

use crate::support::directory::Directory;
use crate::support::{Client, Server, scrape, until};
use crate::{FILE, ask, end, server, texts};

#[test]
fn a_client_finds_what_it_has_missed_across_a_restart() {
    let directory = Directory::new("missed");
    let first = server(&directory);
    let mut ann = Client::join_json(&first, "ann", "dev");
    for text in ["one", "two", "three"] {
        ann.send_object(&json!({"action": "chat", "room": "dev", "message": text, "id": 1}));
        ann.skip_to_action("ack");
    }
    ask(&mut ann, &json!({"action": "topic", "room": "dev", "topic": "Rust"}));
    end(first);
    // Nobody is in the room now, and then somebody else.
    let second = server(&directory);
    let mut bob = Client::join_json(&second, "bob", "dev");
    bob.send_object(&json!({"action": "chat", "room": "dev", "message": "four", "id": 1}));
    assert_eq!(bob.skip_to_action("ack")["message_id"], 4);
    end(second);

    let third = server(&directory);
    let mut ann = Client::connect(&third);
    ann.line();
    ask(&mut ann, &json!({"action": "connect", "username": "ann"}));
    let joined = ask(&mut ann, &json!({"action": "joinroom", "room": "dev"}));
    assert_eq!((&joined["last_message_id"], &joined["topic"]), (&4.into(), &"Rust".into()));
    let missed = ask(&mut ann, &json!({"action": "history", "room": "dev", "after": 2}));
    assert_eq!(texts(&missed), ["three", "four"]);
    assert_eq!((&missed["more"], &missed["epoch"]), (&false.into(), &joined["epoch"]));
    assert_eq!(missed.get("gaps"), None, "an orderly end loses nothing");
}

#[test]
fn pages_go_back_beyond_memory_and_beyond_the_last_start() {
    let directory = Directory::new("pages");
    let say = |server: &Server, from: usize, to: usize| {
        let mut ann = Client::join_json(server, "ann", "dev");
        for number in from..to {
            let text = format!("line {number}");
            ann.send_object(&json!({"action": "chat", "room": "dev", "message": text}));
        }
        // Its answer follows all the lines.
        ask(&mut ann, &json!({"action": "who"}));
    };
    let first = server(&directory);
    say(&first, 1, 400);
    end(first);
    let second = server(&directory);
    say(&second, 400, 701);
    let mut bob = Client::join_json(&second, "bob", "dev");
    let (mut before, mut ids) = (u64::MAX, Vec::new());
    loop {
        let page = ask(
            &mut bob,
            &json!({"action": "history", "room": "dev", "before": before, "limit": 90}),
        );
        let messages = page["messages"].as_array().unwrap();
        let mut some: Vec<u64> =
            messages.iter().map(|it| it["message_id"].as_u64().unwrap()).collect();
        assert!(messages.iter().all(|it| it["message"] == format!("line {}", it["message_id"])));
        before = some[0];
        some.append(&mut ids);
        ids = some;
        if page["more"] == false {
            break;
        }
    }
    assert_eq!(ids, (1..=700).collect::<Vec<u64>>());
}

#[test]
fn a_newcomer_on_telnet_sees_the_last_lines_and_older_ones() {
    let directory = Directory::new("telnet");
    let first = server(&directory);
    let mut ann = Client::join(&first, "ann");
    for number in 1..=300 {
        ann.say(&format!("line {number}"));
    }
    ann.hears_nothing();
    end(first);
    let second = server(&directory);
    let mut bob = Client::connect(&second);
    bob.line();
    bob.say("bob");
    bob.skip_to("The last 10 line(s) in lobby:");
    for number in 291..=300 {
        assert!(bob.line().ends_with(&format!(" ann : line {number}")));
    }
    bob.say("/history 300");
    bob.skip_to("The last 300 line(s) in lobby:");
    for number in 1..=300 {
        assert!(bob.line().ends_with(&format!(" ann : line {number}")));
    }
    bob.hears_nothing();
}

#[test]
fn an_anonymous_chat_has_a_history_by_address() {
    let directory = Directory::new("anonymous");
    let file = directory.path(FILE);
    let server = Server::start(&["--history", &file, "--anonymous", "--json-port", "0"]);
    let mut one = Client::connect(&server);
    one.skip_to("client(s) connected");
    let id = one.stream().local_addr().unwrap();
    one.say("who am I?");
    one.say(&format!("/search who from:{id}"));
    one.skip_to("1 line(s) found in lobby, newest first:");
    assert!(one.line().ends_with(&format!("{id} : who am I?")));
}

#[test]
fn the_table_of_threads_has_the_archive_and_its_queue() {
    let directory = Directory::new("threads");
    let server = server(&directory);
    let mut ann = Client::join_json(&server, "ann", "dev");
    let table = ask(&mut ann, &json!({"action": "threads"}));
    let row = |role: &str| {
        let rows = table["threads"].as_array().unwrap();
        rows.iter().find(|row| row["role"] == role).cloned().unwrap()
    };
    assert_eq!(row("archive")["queued_lines"], 0);
    assert_eq!(row("search")["doing"], "waiting for work");
}

#[test]
fn the_metrics_show_what_waits_for_the_disk() {
    let directory = Directory::new("metrics");
    let server = Server::start(&["--history", &directory.path(FILE), "--metrics-port", "0"]);
    let port = scrape::port(&server);
    let mut ann = Client::join(&server, "ann");
    let waiting = || scrape::value(port, "chatserv_history_queue");
    until("lines wait", || {
        ann.say("a line");
        waiting() > 0.0
    });
    until("all lines are on disk", || waiting() == 0.0);
    assert!(!scrape::text(port).contains("chatserv_log_lag_entries"));
}
