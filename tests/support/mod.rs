//! Fixtures for tests with real sockets: the server as a child process, programs beside it, and clients that read lines.
//!
//! No test sleeps and hopes. A test waits for a line, for a condition ([`until`]) or for the end of a program, each for
//! at most [`PATIENCE`]. [`Client::hears_nothing`] is a barrier: the answer to `/who` follows everything that came
//! before it.

#![allow(dead_code, unused_imports, reason = "each test binary uses a part of this")]
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "in a test, an unwrap is an assertion"
)]

/// The value of an option. Without one, the test ends: the option has reported what is not installed.
#[allow(unused_macros, reason = "each test binary uses a part of this")]
macro_rules! or_skip {
    ($option:expr) => {
        match $option {
            Some(value) => value,
            None => return,
        }
    };
}

pub(crate) use or_skip;

mod client;
pub mod directory;
pub mod history;
mod lines;
mod program;
pub mod redis;
pub mod scrape;
mod server;
pub mod slow;
pub mod strace;

use std::env;
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU16, Ordering};
use std::thread;
use std::time::{Duration, Instant};

pub use client::Client;
pub use lines::Lines;
pub use program::{Ended, Program, command};
pub use server::{BaseLine, Server, behind, chatserv};

/// How long a test waits for anything before it fails. Only a failing test waits this long.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Polls until `holds` returns true, for conditions that nothing reports, such as the end of a thread.
pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < end, "waited in vain until {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Finds an installed program. Prints `skipped: …` if there is none; the test then has nothing to do.
pub fn find(name: &str) -> Option<PathBuf> {
    let file = installed(name);
    if file.is_none() {
        eprintln!("skipped: {name} is not installed");
    }
    file
}

/// The path of a program, without a word about one that is missing.
pub fn installed(name: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?)
        .map(|directory| directory.join(name))
        .find(|file| file.is_file())
}

/// An unused port, for a server that cannot print which port it was given. It lies below the range from which the system
/// takes the ports of all other tests.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    loop {
        let port = NEXT.fetch_add(1, Ordering::Relaxed) + (std::process::id() % 20_000) as u16;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, 10_000 + port)).is_ok() {
            return 10_000 + port;
        }
    }
}
