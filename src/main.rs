//! The chat server: `cargo run --release -- --port 1337`, then `telnet localhost 1337`.

use std::env;
use std::fmt::Display;
use std::io::{self, Write};
use std::process::ExitCode;

use chatserv::chat::Protocol;
use chatserv::config::{self, Config, ConfigError, Outcome};
use chatserv::server::console::write_unless_stuck;
use chatserv::server::{NoThread, Server, log, signals};

/// The settings are right, but the server could not start with them.
const EXIT_FAILURE: u8 = 1;
/// A setting is wrong: nothing was tried.
const EXIT_USAGE: u8 = 2;

fn main() -> ExitCode {
    match settings() {
        Ok(Outcome::Run(config)) => serve(config),
        Ok(Outcome::Healthcheck(server)) => match server.check() {
            Ok(()) => ExitCode::SUCCESS,
            Err(unhealthy) => fail(&unhealthy, EXIT_FAILURE),
        },
        Ok(Outcome::Check(config)) => check(&config),
        Ok(Outcome::Print(text)) => print(&text),
        Err(error) => fail(&error, EXIT_USAGE),
    }
}

/// What the command line, the environment and the settings file say, now.
fn settings() -> Result<Outcome, ConfigError> {
    config::load(env::args_os(), env::vars_os())
}

/// Prints the settings in force, if the files that they name are such that a server could start with them.
fn check(config: &Config) -> ExitCode {
    // What the start would warn of is worth as much here.
    log::start(config.log_level);
    if let Err(error) = Server::check(config) {
        return fail(&error, EXIT_FAILURE);
    }
    log::finish();
    print(&config.to_toml())
}

/// Starts the server, says where it listens, and runs it until it is shut down.
fn serve(config: Config) -> ExitCode {
    log::start(config.log_level);
    let server = match Server::start(config) {
        Ok(server) => server,
        Err(error) => return fail(&error, EXIT_FAILURE),
    };
    let signals = match signals::watch(server.remote(), settings) {
        Ok(signals) => signals,
        Err(error) => return fail(&NoThread(error), EXIT_FAILURE),
    };
    let waiting: String = server
        .ports()
        .map(|(protocol, port)| match protocol {
            Protocol::Plain => format!("Waiting for incoming connections on port {port}\n"),
            Protocol::Json => format!("Waiting for incoming json connections on port {port}\n"),
        })
        .collect();
    let ended = server.run(|| write_unless_stuck(io::stdout(), &waiting));
    drop(signals);
    if let Err(error) = ended {
        return fail(&NoThread(error), EXIT_FAILURE);
    }
    log::finish();
    ExitCode::SUCCESS
}

/// Prints to stdout, for somebody who waits for it. `println!` would panic where stdout is closed.
fn print(text: &str) -> ExitCode {
    let mut stdout = io::stdout();
    let _ = stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush());
    ExitCode::SUCCESS
}

/// Says on stderr, behind what the log still holds, what is wrong.
fn fail(error: &dyn Display, code: u8) -> ExitCode {
    log::finish();
    write_unless_stuck(io::stderr(), &format!("chatserv: {error}\n"));
    ExitCode::from(code)
}
