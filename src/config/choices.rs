//! Types of settings. `--help` shows the comments on the variants of a `ValueEnum`.

use std::net::IpAddr;

use clap::ValueEnum;
use jiff::tz::TimeZone;

/// Where the server listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bind {
    /// 127.0.0.1 and ::1. The name is not looked up: a wrong hosts file must not open the chat to a network.
    Localhost,
    /// One address, which may be the wildcard of its family.
    Address(IpAddr),
}

/// How fast one connection may send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names of the fields have their units")]
pub enum RateLimit {
    /// No limit.
    Off,
    /// Lines at once, then lines a second. Constants in [`limits`](super::limits) limit the bytes too.
    Lines { burst: u32, per_second: u32 },
}

/// The time zone of the times that people see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Zone {
    /// The zone of this machine.
    System,
    /// A zone of the IANA database.
    Named(TimeZone),
}

/// Who is an operator without giving the password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Operators {
    /// Clients on the server's own machine
    #[default]
    Loopback,
    /// Nobody
    Nobody,
    /// Everyone, for a lesson
    Anyone,
}

/// Which thread writes to a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum DeliveryPolicy {
    /// The dispatcher with a send that never blocks; a writer thread while the socket is full
    #[default]
    DirectThenWriter,
    /// A writer thread for each client: the simplest code, and twice the threads
    Writer,
    /// The dispatcher alone: a client whose socket is full is cut
    Direct,
}

/// The least important level to log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum LogLevel {
    /// Errors that need attention
    Error,
    /// Also errors that were handled
    Warn,
    /// Also who came, who left and why
    #[default]
    Info,
    /// Also what every thread does
    Debug,
}
