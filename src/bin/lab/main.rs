#![doc = include_str!("lesson.md")]
#![allow(dead_code)]

mod chat;
mod client;
mod experiment;
mod experiments;
mod figure;
mod options;
mod serve;
mod serving;
mod talk;
mod variants;
mod watch;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;

use options::{Command, Options};

fn main() -> ExitCode {
    let done = match Options::parse().command {
        Some(Command::Serve(arguments)) => serve::serve(&arguments),
        Some(Command::Client { how, port }) => client::client(how, port),
        Some(Command::Watch { port }) => watch::watch(port),
        _ => Err(io::Error::other("to be written")),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "lab: {error}");
            ExitCode::FAILURE
        }
    }
}
