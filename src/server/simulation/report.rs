//! The report of a simulation.

use std::collections::BTreeMap;
use std::fmt;

/// A promise that a simulation checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Check {
    /// A client receives no line twice.
    Twice,
    /// A client receives lines in the order in which they were said.
    Order,
    /// A line arrives as it was sent, byte by byte.
    Damage,
    /// A client receives no line that is meant for others.
    Foreign,
    /// A client that is not cut misses nothing.
    Missing,
    /// A client is cut only for bytes that its socket does not take.
    ReaderCut,
    /// A client over a limit is cut, and no other client is.
    Limits,
    /// A client that reads receives its pending lines without waiting for another client.
    Stalled,
    /// A cut client receives the reason if its socket has room.
    LastWords,
    /// Input is decoded as it was meant, in its order and without a loss.
    Input,
    /// A connection has one event under way. The turn comes back after everything that the event caused was flushed.
    Turns,
    /// The time of the server stands still while the server does not run.
    Clock,
    /// Every machine opens the entries of the log in their order, and each that counts has its effect once, by the time of the log.
    /// People are told when the chat waits, and when it goes on.
    Log,
    /// Flood control lets through as many lines as it promises, and no more.
    Flood,
    /// Closing a socket with unread input does not destroy the last line.
    Closing,
    /// The chat, its threads and its connections end in time, and give everything back.
    Ending,
    /// Nothing panics, and the dispatcher never blocks.
    Panic,
}

/// A promise that was broken.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Finding {
    pub check: Check,
    pub text: String,
}

impl Finding {
    /// For `?` and `return`.
    pub(super) fn of<T>(check: Check, text: impl Into<String>) -> Result<T, Self> {
        Err(Self { check, text: text.into() })
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.check, self.text)
    }
}

/// How one or several simulations went.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Report {
    /// How many things happened: a client, the network, a thread or the dispatcher did something, or time passed.
    pub steps: u64,
    /// How often which kind of thing happened.
    pub counts: BTreeMap<&'static str, u64>,
    /// A number that depends on everything that was received, in its order.
    pub digest: u64,
}

impl Report {
    pub(super) fn count(&mut self, what: &'static str) {
        self.count_many(what, 1);
    }

    pub(super) fn count_many(&mut self, what: &'static str, times: u64) {
        *self.counts.entry(what).or_default() += times;
    }

    /// Adds another report to this one.
    pub fn add(&mut self, other: &Self) {
        self.steps += other.steps;
        self.digest ^= other.digest;
        for (what, times) in &other.counts {
            self.count_many(what, *times);
        }
    }

    pub(super) fn digest(&mut self, bytes: &[u8]) {
        // FNV-1a.
        for &byte in bytes {
            self.digest = (self.digest ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}
