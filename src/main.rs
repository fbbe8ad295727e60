//! The chat server: `cargo run --release -- --port 1337`, then `telnet localhost 1337`.

use std::fmt::Display;
use std::io::{self, Write};
use std::process::ExitCode;

use chatserv::config::{self, Outcome};
use chatserv::server::{Server, log, signals};

/// A setting is wrong: nothing was tried.
const EXIT_USAGE: u8 = 2;
/// The settings are right, but the server could not start with them.
const EXIT_FAILURE: u8 = 1;

fn main() -> ExitCode {
    todo!()
}
