//! The types of settings that are not plain numbers or paths. `--help` shows the comments on the variants of a `ValueEnum`.

use std::net::IpAddr;

use clap::ValueEnum;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

/// Where the server listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bind {
    /// 127.0.0.1 and ::1. The name is not looked up, because a wrong hosts file must not open the chat to a network.
    Localhost,
    /// One address, which may be the wildcard of its family.
    Address(IpAddr),
}

/// How fast one connection may send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are self-explanatory")]
pub enum RateLimit {
    /// No limit.
    Off,
    /// A burst of lines, then this many lines a second. Constants in [`limits`](super::limits) limit the bytes.
    Lines { burst: u32, per_second: u32 },
}

/// The time zone in which people see times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Zone {
    /// The time zone of this machine.
    System,
    /// A time zone from the IANA database.
    Named(TimeZone),
}

/// The people who are operators without a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum, Serialize, Deserialize)]
pub enum Operators {
    /// Clients on the server's own machine
    #[default]
    Loopback,
    /// Nobody
    Nobody,
    /// Everyone, for a lesson
    Anyone,
}

/// The people who may look at the threads in a browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum, Serialize, Deserialize)]
pub enum Glass {
    /// Nobody
    Off,
    /// Operators
    #[default]
    Operators,
    /// Everybody in the chat, for a lesson; only operators see the names and addresses of others
    Everybody,
}

/// The thread that writes to a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum DeliveryPolicy {
    /// The dispatcher, with a send that never blocks; a writer thread while the socket is full
    #[default]
    DirectThenWriter,
    /// A writer thread for each client: the simplest way, with twice the threads
    Writer,
    /// The dispatcher alone; a client whose socket is full is disconnected
    Direct,
}

/// The least severe level to log.
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

/// How `chatserv export` prints a line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// A line for people, with date, time and room.
    #[default]
    Text,
    /// An object, as JSON clients receive it.
    Json,
}
