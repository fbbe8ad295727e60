//! The terminal client `chat` with the real server: its arguments, without a terminal, and in a terminal.

#![cfg(all(feature = "client", feature = "server"))]
#![allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]

#[path = "../support/mod.rs"]
mod support;

mod arguments;
mod fake;
mod pipes;
mod relay;
mod statuses;
mod terminal;
mod tls;
mod via;

use std::process::{Command, Stdio};

use support::{Program, Server, command};

fn url(port: u16) -> String {
    format!("chat://127.0.0.1:{port}")
}

/// The client with these arguments, in pipes and without the settings of whoever runs the tests.
fn chat(arguments: &[&str]) -> Command {
    let mut command = command(env!("CARGO_BIN_EXE_chat"));
    command
        .args(arguments)
        .env("TZ", "UTC")
        .env("XDG_CONFIG_HOME", "/nonexistent")
        .env("XDG_STATE_HOME", "/nonexistent")
        .env_remove("NO_COLOR")
        .stdin(Stdio::piped());
    command
}

/// A running client called `bot`, in pipes.
fn bot(server: &Server, flags: &[&str]) -> Program {
    let url = url(server.port);
    let arguments = [&["bot", &url], flags].concat();
    Program::start(&mut chat(&arguments))
}
