//! The settings that are a choice among a few. The comments on the variants are part of `--help`.

use std::net::IpAddr;

use clap::ValueEnum;
use jiff::tz::TimeZone;

/// Where the server listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bind {
    /// 127.0.0.1 and ::1. The word is never looked up: an odd hosts file must not open the chat to a network.
    Localhost,
    /// One address, which may be the wildcard of its family.
    Address(IpAddr),
}

/// A count that may be switched off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// No limit.
    Off,
    /// This many are allowed, one more is not.
    AtMost(usize),
}

impl Limit {
    /// The number, or none where the limit is off.
    pub fn at_most(self) -> Option<usize> {
        match self {
            Self::Off => None,
            Self::AtMost(count) => Some(count),
        }
    }
}

/// How fast one connection may speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RateLimit {
    /// As fast as it can.
    Off,
    /// So many lines at once, and then so many a second; bytes are limited too, by constants in
    /// [`limits`](super::limits).
    Lines {
        /// Lines.
        burst: u32,
        /// Lines a second.
        per_second: u32,
    },
}

/// In which time zone the times are that people see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Zone {
    /// The one that this machine is set to.
    System,
    /// One of the IANA's time zone database.
    Named(TimeZone),
}

/// Who is an operator without giving the password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Operators {
    /// Who connects from the server's own machine
    #[default]
    Loopback,
    /// Nobody
    Nobody,
    /// Everyone, for a lesson
    Anyone,
}

/// Who writes to a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum DeliveryPolicy {
    /// The dispatcher with a send that never waits; what does not fit goes to a writer thread, for as long as the
    /// socket is full
    #[default]
    DirectThenWriter,
    /// A writer thread for each client: the easiest to read, and twice the threads
    Writer,
    /// The dispatcher alone: a client whose socket is full is cut
    Direct,
}

/// How much the log says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum LogLevel {
    /// What needs a person
    Error,
    /// Also what went wrong and was dealt with
    Warn,
    /// Also who came, who went and why
    #[default]
    Info,
    /// Also what every thread does
    Debug,
}
