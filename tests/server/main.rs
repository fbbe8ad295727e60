//! The server's process with real sockets: chatting, bad input, broken connections, slow clients, signals, files, and a
//! system that refuses what it needs.

#![cfg(feature = "server")]
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "in a test, an unwrap is an assertion, and a skipped one says so"
)]

#[path = "../support/mod.rs"]
mod support;

mod connections;
mod drain;
mod files;
mod flood;
mod framing;
mod glass;
mod healthcheck;
mod injected;
mod log;
mod logins;
mod metrics;
mod one_chat;
mod pause;
mod process;
mod proxied;
mod reload;
mod service;
mod shutdown;
mod slow_client;
mod system;
mod trace;
#[cfg(feature = "web")]
mod web;

use support::{Client, Server};

const FAREWELL: &str = "server: The chat has been shut down";

/// A client called `bad` that misbehaves, and one that would hear of it.
fn two(server: &Server) -> (Client, Client) {
    let mut listener = Client::join(server, "listener");
    let bad = Client::join(server, "bad");
    listener.expect("server: A new client has connected to the chat: id = bad");
    (bad, listener)
}
