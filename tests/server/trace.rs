//! `--trace` leaves a file for Perfetto, however the server ends.

use std::collections::BTreeMap;
use std::panic::{self, AssertUnwindSafe};

use chatserv::chat::ShutdownCause;
use chatserv::config::Config;
use rustix::process::Signal;
use serde_json::Value;

use crate::support::directory::Directory;
use crate::support::slow::Pair;
use crate::support::{Client, Server, until};

/// The activities of each thread, by its name. Checks the fields of each event.
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
                assert!(event["ts"].is_number() && event["dur"].is_number(), "{event}");
                let thread = &names[&event["tid"].as_u64().unwrap()];
                rows.entry(thread.clone()).or_default().push(name);
            }
            other => panic!("an event of the kind {other}"),
        }
    }
    rows
}

/// Expects these activities of a thread.
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
fn a_regular_end_leaves_the_activities_of_all_threads() {
    let directory = Directory::new("trace-ended");
    let path = directory.path("trace.json");
    directory.write("trace.json", "what was there before");
    let mut server = Server::start(&["--trace", &path]);
    let mut pair = Pair::join(&server);
    pair.exchange();
    until("the trace's thread writes", || directory.read("trace.json").starts_with('['));
    // Its own thread has a row in the table of threads, but not in the trace.
    let mut asking = Client::join(&server, "asking");
    asking.say("/threads");
    asking.skip_to("server: trace");
    server.signal(Signal::TERM);
    server.ends_well();

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
fn a_killed_server_leaves_an_array_without_its_end() {
    let directory = Directory::new("trace-killed");
    let mut server = Server::start(&["--trace", &directory.path("trace.json")]);
    let mut pair = Pair::join(&server);
    pair.exchange();
    until("the reader's activity is on the disk", || {
        directory.read("trace.json").contains("sending to the inbox")
    });
    server.signal(Signal::KILL);
    server.exit_status();
    let text = directory.read("trace.json");
    let events: Vec<Value> = serde_json::from_str(&format!("{text}]")).unwrap();
    did(&rows(&events), "reader-1", &["in read"]);
}

#[test]
fn a_panic_at_the_start_ends_the_trace_too() {
    let directory = Directory::new("trace-panicked");
    let config =
        Config { port: 0, trace: Some(directory.path("trace.json").into()), ..Config::default() };
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
