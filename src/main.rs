//! The chat server: `cargo run --release -- --port 1337`, then `telnet localhost 1337`.

use std::env;
use std::fmt::{self, Display};
use std::io::{self, Write};
use std::process::ExitCode;

use chatserv::config::{self, Config, Outcome};
use chatserv::server::{Server, log, signals};

/// The settings are right, but the server could not start with them.
const EXIT_FAILURE: u8 = 1;
/// A setting is wrong: nothing was tried.
const EXIT_USAGE: u8 = 2;

fn main() -> ExitCode {
    match config::load(env::args_os(), env::vars_os()) {
        Ok(Outcome::Run(config)) => serve(config),
        Ok(Outcome::Check(config)) => print(&config.to_toml()),
        Ok(Outcome::Print(text)) => print(&text),
        Err(error) => fail(&error, EXIT_USAGE),
    }
}

/// Starts the server, says where it listens, and runs it until it is shut down.
fn serve(config: Config) -> ExitCode {
    log::start(config.log_level);
    let server = match Server::start(config) {
        Ok(server) => server,
        Err(error) => return fail(&error, EXIT_FAILURE),
    };
    let signals = match signals::watch(server.remote()) {
        Ok(signals) => signals,
        Err(error) => return fail(&NoThread(error), EXIT_FAILURE),
    };
    print(&format!(
        "Waiting for incoming connections on port {}\n",
        server.port()
    ));
    let ended = server.run();
    drop(signals);
    match ended {
        Ok(()) => {
            log::finish();
            ExitCode::SUCCESS
        }
        Err(error) => fail(&NoThread(error), EXIT_FAILURE),
    }
}

/// The system refuses a thread that the server cannot do without.
struct NoThread(io::Error);

impl Display for NoThread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "cannot start a thread: {}. Raise the limit on threads (ulimit -u, cgroup pids.max)",
            self.0
        )
    }
}

/// Prints to stdout. That stdout is closed is no reason not to serve, so an error is none; `println!` would panic.
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
    let _ = writeln!(io::stderr(), "chatserv: {error}");
    ExitCode::from(code)
}
