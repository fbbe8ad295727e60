//! The chat as the programs meet it that people really have: telnet clients, PuTTY's plink, netcat, and strangers that
//! came to the wrong port. Somebody called Bob, from the fixture, is always there and says what he hears.
//!
//! A test whose program is not installed says `skipped: …` and passes; `scripts/test` installs them all. To see which
//! were skipped: `cargo test --test real_clients -- --nocapture`.

#![allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]

mod netcat;
mod plink;
mod program;
mod strangers;
#[path = "../support/mod.rs"]
mod support;
mod telnet;
