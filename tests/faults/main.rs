//! Bad input, broken connections and a system that refuses: the process lives, the others notice at most that somebody
//! has left, and whoever did it is told as well as can be.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "in a test, an unwrap is an assertion, and a skipped one says so"
)]

#[path = "../support/mod.rs"]
mod support;

mod connections;
mod framing;
mod log;
mod logins;
mod system;

use support::{Client, Server};

/// Somebody who misbehaves, and somebody who would hear of it.
fn two(server: &Server) -> (Client, Client) {
    let mut hearer = Client::join(server, "hearer");
    let bad = Client::join(server, "bad");
    hearer.expect("server: A new client has connected to the chat: id = bad");
    (bad, hearer)
}
