//! The history on disk, with the real server: restarts, crashes, full disks, damaged files, and two servers.

#![cfg(feature = "history")]
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "in a test, an unwrap is an assertion, and a skipped one says so"
)]

#[path = "../support/mod.rs"]
mod support;

mod commands;
mod disk;
mod file;
mod kills;
mod restart;
mod search;

use serde_json::{Value, json};
use support::directory::Directory;
use support::history::ask;
use support::{Client, Server};

/// The name of the file in the directory of a test.
const FILE: &str = "history.db";

/// A server with a history in this directory.
fn server(directory: &Directory) -> Server {
    Server::start(&["--history", &directory.path(FILE)])
}

/// Ends the chat in order.
fn end(mut server: Server) {
    let mut operator = Client::join(&server, "operator");
    operator.say("SHUTDOWN");
    server.ends_well();
}

/// The texts of the messages in an answer.
fn texts(answer: &Value) -> Vec<&str> {
    let messages = answer["messages"].as_array().unwrap();
    messages.iter().map(|message| message["message"].as_str().unwrap()).collect()
}

/// Searches until something is found: what was said a moment ago is found as soon as it has been heard.
fn search(client: &mut Client, words: &str) -> Value {
    ask(client, &json!({"action": "search", "words": words, "limit": 500}))
}
