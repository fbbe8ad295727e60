//! One chat on several machines, against a real Redis, and whatever may happen to either. Conversations over three machines
//! are in `tests/conversations`.

#![cfg(feature = "cluster")]
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "in a test, an unwrap is an assertion, and a skipped one says so"
)]

#[path = "../support/mod.rs"]
mod support;

mod counted;
mod glass;
#[cfg(feature = "history")]
mod history;
mod loss;
mod machines;
mod metrics;
mod poison;
mod proxy;
#[cfg(feature = "client")]
mod restart;
mod secrets;
mod snapshots;
mod starts;
mod store;

use support::redis::Redis;
use support::{Server, chatserv};

/// The notices to everybody while the log does not answer, and when it does again.
const WAITING: &str = "The chat is waiting for its other machines.";
const GOES_ON: &str = "server: The chat goes on.";

/// The notice to everybody when lines were lost.
const REWOUND: &str = "server: The chat has lost its last moments. /history shows what is left.";

/// Starts a machine of the chat whose log is at this address.
fn machine_at(address: &str, node: &str, flags: &[&str]) -> Server {
    let all = ["--port", "0", "--cluster", address, "--node", node];
    Server::start_by(&mut chatserv(&[&all[..], flags].concat()))
}

fn machine(redis: &Redis, node: &str) -> Server {
    machine_at(&redis.address(), node, &[])
}
