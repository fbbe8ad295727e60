//! The terminal client: `chat luca chat://localhost:1337`.
//!
//! # The thread map
//!
//! ```text
//!  server ──TCP──▶ socket ── Connected, Received ──┐                      ┌── send ──▶ server
//!                                                  ▼                      │
//!    keys ──▶ input ──▶ screen ── Typed ────▶  inboxes ═▶ main ═▶ Session ┤
//!                        │  ▲                      ▲                      │
//!            terminal ◀──┘  │   Ctrl-C ──▶ signals ┘                      │
//!                           └──────────────── show, prompt ───────────────┘
//! ```
//!
//! | thread | how many | blocks in | woken by | ends when | joined by |
//! |---|---|---|---|---|---|
//! | `main` | 1 | one `select` over the inbox, the connection's events and the session's deadline; a write to a socket that takes nothing for 10 s; a write to a full pipe | any of them | the session ends | the system |
//! | `socket` | 1 for each connection | `connect`; `read`; its full channel | the server; its socket shut down; the main thread, which takes an event or drops the channel | the connection ends | `main`, unless it is still connecting |
//! | `via` | 1 for each connection with `--via` | reading the stderr of the command | a line; its end | the command has closed its stderr | not joined, since what the command has started may keep its stderr |
//! | `input` | 1 | reading keys; the full channel to `screen`; at a pipe, waiting for its turn, and reading stdin | a key; a turn, a line | the terminal has gone, or the input ends | not joined, since nothing ends a read of a terminal or of stdin |
//! | `screen` | 1 at a terminal | one `select` over keys and nudges; a write to the terminal; the full inbox | a key; a line to show; a signal | the terminal is closed | the terminal, unless it is stuck |
//! | `signals` | 1 | waiting for a signal | SIGINT, SIGTERM, SIGHUP; at a terminal SIGTSTP, SIGCONT, SIGQUIT | `main` drops it | `main` |
//!
//! # Invariants
//!
//! 1. Only the main thread touches the [`Session`], which has all state and is pure.
//! 2. A pipe's next line is read after the session has processed the previous one: no faster than the server accepts
//!    them.
//! 3. The main thread never waits for a terminal. It waits for a pipe: a slow reader of stdout slows down the server.
//! 4. Each connection has its own channel, which is dropped with it. No event outlives its connection.
//! 5. A panic in any thread restores the terminal and ends the process with status 70.
//!
//! Reading order: `client`, the logic of the client, without threads; `run`, the main loop; `socket`, `signals`,
//! `pipe`, `terminal`, the I/O; `options`, `config`, `address`, the settings.

mod address;
mod charset;
mod client;
mod config;
mod lines;
mod log;
mod options;
mod pipe;
mod run;
mod signals;
mod socket;
mod status;
mod terminal;

use std::env;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, IsTerminal as _, Write};
use std::process::ExitCode;
use std::sync::Arc;

use crossbeam_channel::bounded;

use client::Session;
use log::Log;
use options::{Options, Outcome};
use pipe::Pipe;
use run::{Face, INBOX_EVENTS_MAX, Screen};
use socket::Route;
use status::Status;
use terminal::Terminal;

fn main() -> ExitCode {
    status::end_with_any_panic();
    let status = match options::load(env::args_os(), config::config_path()) {
        Ok(Outcome::Chat(options)) => chat(&options).unwrap_or_else(|error| {
            pipe::tell(&format!("chat: {error}"));
            Status::Refused
        }),
        Ok(Outcome::Print(text)) => {
            // `print!` would panic where stdout is closed.
            let _ = io::stdout().write_all(text.as_bytes());
            Status::Left
        }
        Err(wrong) => {
            pipe::tell(&wrong.to_string());
            Status::Misused
        }
    };
    status.into()
}

/// Runs the client until it ends.
fn chat(options: &Options) -> io::Result<Status> {
    let (sender, inbox) = bounded(INBOX_EVENTS_MAX);
    // JSON objects are for programs, even at a terminal.
    let at_terminal = terminal::is_capable() && !options.json;
    let colours = options.colours(at_terminal);
    let (face, board) = if at_terminal {
        let terminal = Terminal::open(config::history_path(), sender.clone(), colours)?;
        let board = Arc::clone(terminal.board());
        (Face::Terminal(terminal), Some(board))
    } else {
        (Face::Pipe(Pipe::open(sender.clone(), options.charset, options.json)?), None)
    };
    let signals = signals::watch(sender, board)?;
    let log = options.log.clone().map(Log::new);
    let mut screen = Screen::new(face, colours).logged(log);
    // The standard library offers randomness only in the keys of a hasher.
    let seed = RandomState::new().hash_one(());
    let mut session = Session::new(options.settings(at_terminal, io::stdin().is_terminal()), seed);
    let via = &options.via;
    let routes = options.server.addresses().iter();
    let routes: Vec<Route> =
        routes.map(|server| Route { server: server.clone(), via: via.clone() }).collect();
    let status = run::run(&mut session, &routes, &mut screen, &inbox);
    screen.close();
    drop(signals);
    Ok(status)
}
