//! The chat server: `cargo run --release -- --port 1337`, then `telnet localhost 1337`.

use std::env;
use std::fmt::{self, Display};
use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::process::ExitCode;

use chatserv::config::{self, Config, Outcome};
use chatserv::server::{Server, log, signals};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// The settings are right, but the server could not start with them.
const EXIT_FAILURE: u8 = 1;
/// How long a stream may take no byte before nothing is written to it.
const STUCK_AFTER: Timespec = Timespec {
    tv_sec: 1,
    tv_nsec: 0,
};
/// A setting is wrong: nothing was tried.
const EXIT_USAGE: u8 = 2;

fn main() -> ExitCode {
    match config::load(env::args_os(), env::vars_os()) {
        Ok(Outcome::Run(config)) => serve(config),
        Ok(Outcome::Healthcheck(server)) => match server.check() {
            Ok(()) => ExitCode::SUCCESS,
            Err(unhealthy) => fail(&unhealthy, EXIT_FAILURE),
        },
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
    let port = server.port();
    let ended = server.run(|| {
        let waiting = format!("Waiting for incoming connections on port {port}\n");
        write_unless_stuck(io::stdout(), &waiting);
    });
    drop(signals);
    if let Err(error) = ended {
        return fail(&NoThread(error), EXIT_FAILURE);
    }
    log::finish();
    ExitCode::SUCCESS
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

/// Writes a short text, but not where nobody reads and the pipe is full: a write would wait there for ever. A pipe that
/// takes anything takes 4 KiB. An error means that nobody can be told.
fn write_unless_stuck(mut stream: impl Write + AsFd, text: &str) {
    let ready = |stream: BorrowedFd<'_>| {
        let mut wanted = [PollFd::from_borrowed_fd(stream, PollFlags::OUT)];
        poll(&mut wanted, Some(&STUCK_AFTER))
    };
    if ready(stream.as_fd()).is_ok_and(|ready| ready > 0) {
        let _ = stream
            .write_all(text.as_bytes())
            .and_then(|()| stream.flush());
    }
}
