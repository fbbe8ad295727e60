//! The server with the programs that people really use: telnet clients, PuTTY's plink, netcat, and programs that came to
//! the wrong port. Bob, a client of the fixture, is always in the chat and checks what he hears.
//!
//! A test whose program is not installed prints `skipped: …` and passes; `scripts/test` installs them all. `cargo test
//! --test real_clients -- --nocapture` shows the skipped ones.

#![cfg(feature = "server")]
#![allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]

mod netcat;
mod plink;
mod program;
mod strangers;
#[path = "../support/mod.rs"]
mod support;
mod telnet;
