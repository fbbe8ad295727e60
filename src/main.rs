//! The chat server: `cargo run --release -- --port 1337`, then `telnet localhost 1337`.

use std::env;
use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use chatserv::config::{self, Config, ConfigError, ExportOptions, ForgetOptions, Outcome};
use chatserv::healthcheck::{Health, Healthcheck};
use chatserv::server::console::write_unless_stuck;
#[cfg(feature = "history")]
use chatserv::server::history;
use chatserv::server::{PortKind, Server, StartError, log, memory, signals};

/// The server cannot start: a file is missing or wrong, a port is taken, or the system is short of something.
const EXIT_FAILURE: u8 = 1;
/// A setting is wrong.
const EXIT_USAGE: u8 = 2;

#[cfg(not(feature = "history"))]
const NO_HISTORY: &str =
    "this program was built without a history on disk. Build it with `--features history`";

fn main() -> ExitCode {
    match settings() {
        Ok(Outcome::Run(config)) => serve(config),
        Ok(Outcome::Healthcheck(address, config)) => healthcheck(address.as_deref(), &config),
        Ok(Outcome::Check(config)) => check(&config),
        Ok(Outcome::Export(options)) => export(&options),
        Ok(Outcome::Forget(options)) => forget(&options),
        Ok(Outcome::Print(text)) => print(&text),
        Err(error) if error.is_about_a_file() => fail(&error, EXIT_FAILURE),
        Err(error) => fail(&error, EXIT_USAGE),
    }
}

/// Loads the settings from the command line, the environment and the settings file.
fn settings() -> Result<Outcome, ConfigError> {
    config::load(env::args_os(), env::vars_os())
}

fn healthcheck(address: Option<&str>, config: &Config) -> ExitCode {
    match Healthcheck::new(address, config) {
        Ok(server) => match server.check() {
            Ok(Health::Serving) => ExitCode::SUCCESS,
            Ok(Health::Waiting) => print("The server waits for the other machines of its chat.\n"),
            Err(unhealthy) => fail(&unhealthy, EXIT_FAILURE),
        },
        Err(error) => fail(&error, EXIT_USAGE),
    }
}

/// Prints the lines of a history.
#[cfg(feature = "history")]
fn export(options: &ExportOptions) -> ExitCode {
    let mut out = io::BufWriter::new(io::stdout().lock());
    match history::export(options, &mut out) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error, EXIT_FAILURE),
    }
}

/// Removes a person's lines from a history.
#[cfg(feature = "history")]
fn forget(options: &ForgetOptions) -> ExitCode {
    match history::forget(options) {
        Ok(removed) => print(&format!("{removed}.\n")),
        Err(error) => fail(&error, EXIT_FAILURE),
    }
}

#[cfg(not(feature = "history"))]
fn export(_: &ExportOptions) -> ExitCode {
    fail(&NO_HISTORY, EXIT_FAILURE)
}

#[cfg(not(feature = "history"))]
fn forget(_: &ForgetOptions) -> ExitCode {
    fail(&NO_HISTORY, EXIT_FAILURE)
}

/// Prints the effective settings if a server could start with them.
fn check(config: &Config) -> ExitCode {
    // The warnings that a start logs are useful here too.
    start_log(config);
    if let Err(error) = Server::check(config) {
        return fail(&error, EXIT_FAILURE);
    }
    log::finish();
    print(&config.to_toml())
}

/// Starts the server, prints its ports, and runs it until it is shut down.
fn serve(config: Config) -> ExitCode {
    memory::share_one_arena();
    start_log(&config);
    let server = match Server::start(config) {
        Ok(server) => server,
        Err(error) => return fail(&error, EXIT_FAILURE),
    };
    let signals = match signals::watch(server.remote(), settings) {
        Ok(signals) => signals,
        Err(error) => return fail(&StartError::Thread(error), EXIT_FAILURE),
    };
    let page = server.page().unwrap_or_default();
    let metrics = server.metrics().map(|address| format!("Waiting for scrapers at {address}\n"));
    let waiting: String = server
        .ports()
        .map(|(kind, port)| match kind {
            PortKind::Plain => format!("Waiting for incoming connections on port {port}\n"),
            PortKind::Json => format!("Waiting for incoming json connections on port {port}\n"),
            PortKind::Web => format!("Waiting for browsers at {}\n", link(&page)),
            PortKind::Proxied => {
                format!("Waiting for incoming connections of a proxy on port {port}\n")
            }
        })
        .chain(metrics)
        .collect();
    let ended = server.run(|| write_unless_stuck(io::stdout(), &waiting));
    drop(signals);
    if let Err(error) = ended {
        return fail(&StartError::Thread(error), EXIT_FAILURE);
    }
    log::finish();
    ExitCode::SUCCESS
}

/// An address, which terminals show as a link.
fn link(address: &str) -> String {
    if io::stdout().is_terminal() {
        format!("\x1b]8;;{address}\x1b\\{address}\x1b]8;;\x1b\\")
    } else {
        address.to_owned()
    }
}

fn start_log(config: &Config) {
    log::start(config.log_level);
    if let Some(warning) = config::injected_variables(env::vars_os()) {
        tracing::warn!("{warning}");
    }
}

/// Prints to stdout. `println!` would panic if stdout were closed.
fn print(text: &str) -> ExitCode {
    let mut stdout = io::stdout();
    let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    ExitCode::SUCCESS
}

/// Finishes the log, then prints an error to stderr.
fn fail(error: &dyn Display, code: u8) -> ExitCode {
    log::finish();
    write_unless_stuck(io::stderr(), &format!("chatserv: {error}\n"));
    ExitCode::from(code)
}
