//! `--trace`: a file that Perfetto can draw, however the server ends.

#![allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]

mod support;

use std::collections::BTreeMap;
use std::panic::{self, AssertUnwindSafe};

use chatserv::chat::ShutdownCause;
use chatserv::config::Config;
use rustix::process::Signal;
use serde_json::Value;
use support::directory::Directory;
use support::process::until;
use support::slow::Pair;
use support::{Client, Server};

/// What each thread did, by its name. Each event is an object with what its kind needs.
fn rows(events: &[Value]) -> BTreeMap<String, Vec<String>> {
    let mut names = BTreeMap::new();
    let mut rows: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for event in events {
        assert!(event["pid"].is_u64(), "{event}");
        let name = event["name"].as_str().unwrap().to_owned();
        match event["ph"].as_str().unwrap() {
            "M" if name == "thread_name" => {
                let name = event["args"]["name"].as_str().unwrap().to_owned();
                names.insert(event["tid"].as_u64().unwrap(), name);
            }
            "M" => assert_eq!(name, "process_name"),
            "X" => {
                assert!(
                    event["ts"].is_number() && event["dur"].is_number(),
                    "{event}"
                );
                let thread = &names[&event["tid"].as_u64().unwrap()];
                rows.entry(thread.clone()).or_default().push(name);
            }
            other => panic!("an event of the kind {other}"),
        }
    }
    rows
}

fn did(rows: &BTreeMap<String, Vec<String>>, thread: &str, wanted: &[&str]) {
    for activity in wanted {
        assert!(
            rows[thread].iter().any(|done| done == activity),
            "{thread} never was {activity}: {:?}",
            rows[thread]
        );
    }
}

#[test]
fn a_server_that_ends_in_good_order_leaves_what_all_its_threads_did() {
    let directory = Directory::new("trace-ended");
    let path = directory.path("trace.json");
    directory.write("trace.json", "what was there before");
    let mut server = Server::start(&["--trace", &path]);
    let mut pair = Pair::join(&server);
    pair.exchange();
    until("the trace's thread runs", || {
        directory.read("trace.json").starts_with('[')
    });
    // It is a row of the table like any other, and not one of the trace.
    let mut asking = Client::join(&server, "asking");
    asking.say("/threads");
    asking.skip_to("server: trace");
    server.signal(Signal::TERM);
    assert!(server.exit_status().success());

    let events: Vec<Value> = serde_json::from_str(&directory.read("trace.json")).unwrap();
    let rows = rows(&events);
    let reader = ["in read", "waiting for its turn", "sending to the inbox"];
    did(&rows, "reader-1", &reader);
    did(&rows, "reader-2", &reader);
    let dispatcher = ["waiting for events", "dispatching", "sending to sockets"];
    did(&rows, "dispatcher", &dispatcher);
    did(&rows, "listener-v4", &["in accept"]);
    did(&rows, "signals", &["waiting for signals"]);
    assert!(!rows.contains_key("trace"));
}

#[test]
fn a_server_that_is_killed_leaves_an_array_without_its_end() {
    let directory = Directory::new("trace-killed");
    let mut server = Server::start(&["--trace", &directory.path("trace.json")]);
    let mut pair = Pair::join(&server);
    pair.exchange();
    until("what the reader did is on the disk", || {
        directory
            .read("trace.json")
            .contains("sending to the inbox")
    });
    server.signal(Signal::KILL);
    server.exit_status();
    let text = directory.read("trace.json");
    let events: Vec<Value> = serde_json::from_str(&format!("{text}]")).unwrap();
    did(&rows(&events), "reader-1", &["in read"]);
}

#[test]
fn a_server_whose_start_panics_ends_its_trace_as_well() {
    let directory = Directory::new("trace-panicked");
    let config = Config {
        port: 0,
        trace: Some(directory.path("trace.json").into()),
        ..Config::default()
    };
    let server = chatserv::server::Server::start(config).unwrap();
    let remote = server.remote();
    let ran = panic::catch_unwind(AssertUnwindSafe(|| {
        server.run(|| {
            remote.shut_down(ShutdownCause::Program);
            panic!("on purpose");
        })
    }));
    assert!(ran.is_err());
    let events: Vec<Value> = serde_json::from_str(&directory.read("trace.json")).unwrap();
    did(&rows(&events), "dispatcher", &["waiting for events"]);
}
