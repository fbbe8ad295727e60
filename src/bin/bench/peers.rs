//! The servers that are measured, ours among them: what they are called, how they are started, what they speak.

pub mod floor;
mod irc;
pub mod label;
mod nats;
mod ncat;
mod ours;
mod program;
mod redis;
mod running;
#[cfg(test)]
mod tests;

use std::io;

use crate::floor::Sends;
use chatserv::config::DeliveryPolicy as Delivery;
use chatserv::load::Names;
use chatserv::load::dialect::Dialect;
pub use running::Running;

/// One server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peer {
    /// `chatserv`, by each of its ways to deliver.
    Ours(Delivery),
    /// The least that one thread with epoll can do.
    Floor(Sends),
    /// `redis-server`, pub/sub.
    Redis,
    /// `nats-server`.
    Nats,
    /// `ncat --chat`.
    Ncat,
    /// `ngircd`.
    Ngircd,
    /// `inspircd`.
    Inspircd,
}

/// All of them, in the order of the tables.
pub const ALL: [Peer; 10] = [
    Peer::Ours(Delivery::DirectThenWriter),
    Peer::Floor(Sends::Gathered),
    Peer::Redis,
    Peer::Nats,
    Peer::Floor(Sends::Each),
    Peer::Ours(Delivery::Direct),
    Peer::Ours(Delivery::Writer),
    Peer::Ngircd,
    Peer::Inspircd,
    Peer::Ncat,
];

/// Those that every workload compares.
pub const MAIN: [Peer; 4] = [
    Peer::Ours(Delivery::DirectThenWriter),
    Peer::Floor(Sends::Gathered),
    Peer::Redis,
    Peer::Nats,
];

/// What a server has to be able to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Demand {
    /// Connections.
    pub people: usize,
    /// The length of what is said, in bytes.
    pub payload_bytes: usize,
}

impl Peer {
    /// What it is called in tables and records.
    pub fn label(self) -> &'static str {
        match self {
            Peer::Ours(Delivery::DirectThenWriter) => label::OURS,
            Peer::Ours(Delivery::Direct) => label::OURS_DIRECT,
            Peer::Ours(Delivery::Writer) => label::OURS_WRITER,
            Peer::Floor(Sends::Gathered) => label::FLOOR,
            Peer::Floor(Sends::Each) => label::FLOOR_EACH,
            Peer::Redis => label::REDIS,
            Peer::Nats => label::NATS,
            Peer::Ncat => label::NCAT,
            Peer::Ngircd => label::NGIRCD,
            Peer::Inspircd => label::INSPIRCD,
        }
    }

    /// Its version, in its own words.
    ///
    /// # Errors
    /// It is not there; the text says how to get it.
    pub fn version(self) -> Result<String, String> {
        match self {
            Peer::Ours(_) => ours::version(),
            Peer::Floor(_) => Ok(floor::version()),
            Peer::Redis => redis::version(),
            Peer::Nats => nats::version(),
            Peer::Ncat => ncat::version(),
            Peer::Ngircd => irc::ngircd_version(),
            Peer::Inspircd => irc::inspircd_version(),
        }
    }

    /// Why it cannot do this at all, if so: a table says it instead of a figure.
    pub fn cannot(self, demand: Demand) -> Option<&'static str> {
        match self {
            Peer::Ours(_) | Peer::Floor(_) | Peer::Redis | Peer::Nats => None,
            Peer::Ncat => ncat::cannot(demand),
            Peer::Ngircd => irc::ngircd_cannot(demand),
            Peer::Inspircd => irc::inspircd_cannot(demand),
        }
    }

    /// How many may be on their way in at once.
    ///
    /// Whom the kernel cannot queue for a server tries again after a second or more, and that would be counted as the
    /// server's time.
    pub fn logins_at_once(self) -> usize {
        match self {
            Peer::Ours(_) | Peer::Floor(_) | Peer::Redis | Peer::Nats | Peer::Inspircd => 128,
            // Both listen with a backlog of 10.
            Peer::Ncat | Peer::Ngircd => 8,
        }
    }

    /// Starts it on a free port of 127.0.0.1, and waits until it takes connections. It ends with the returned value.
    ///
    /// # Errors
    /// It is not there, or did not start: with what it said.
    pub fn start(self, demand: Demand) -> io::Result<Running> {
        match self {
            Peer::Ours(delivery) => ours::start(delivery, demand),
            Peer::Floor(sends) => floor::start(sends),
            Peer::Redis => redis::start(demand),
            Peer::Nats => nats::start(demand),
            Peer::Ncat => ncat::start(demand),
            Peer::Ngircd => irc::start_ngircd(),
            Peer::Inspircd => irc::start_inspircd(demand),
        }
    }

    /// How one talks to it.
    pub fn dialect(self) -> &'static dyn Dialect {
        match self {
            Peer::Ours(_) => &Names,
            Peer::Floor(_) => &floor::Lines,
            Peer::Redis => &redis::PubSub,
            Peer::Nats => &nats::Subjects,
            Peer::Ncat => &ncat::Lines,
            Peer::Ngircd | Peer::Inspircd => &irc::Channel,
        }
    }
}
