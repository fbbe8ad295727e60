//! The same chat in several shells. Each has the Hub and the codecs of [`crate::chat`], or of the server itself, and differs
//! only in who reads, who writes, and who waits for whom.

mod knobs;
mod locked;
mod non_blocking;
mod one_at_a_time;
mod polling;
mod readiness_epoll;
mod readiness_poll;
mod threads;
mod threads_channels;
mod threads_dispatcher;
mod turns;

use std::io;

use crate::serve::Port;

pub use knobs::{Given, Knobs, WhenFull};
pub use locked::lock_waits;
pub use turns::batches;

/// One shell.
pub struct Variant {
    /// By what it is asked for: `readiness-poll`.
    pub name: &'static str,
    /// What it does: one line.
    pub about: &'static str,
    /// What it cannot do that the server can, a sentence each; empty where it can do all.
    pub cannot: &'static [&'static str],
    /// Serves on this port until the chat has been shut down and everybody has had their farewell.
    pub serve: fn(Port, &Knobs) -> io::Result<()>,
}

/// What several shells cannot do.
mod cannot {
    pub const LIMIT: &str = "Nobody is limited: whoever says nothing stays, whoever says too much is heard, and a name is awaited for ever.";
    pub const CHOOSE: &str =
        "There is one port, no flag, and no signal is heeded: SIGTERM ends it without a farewell.";
    pub const HURRY: &str = "An end is not hurried: as long as somebody does not read their farewell, the server stays.";
    pub const LINGER: &str =
        "Whoever still sends while they are let go may lose their last lines to a reset.";
    pub const KEEP_LITTLE: &str =
        "What waits for somebody who does not read has no limit but memory.";
}

/// All of them, in the order in which they are taught.
pub const ALL: [Variant; 8] = [
    one_at_a_time::VARIANT,
    polling::VARIANT,
    threads::VARIANT,
    threads_channels::VARIANT,
    threads_dispatcher::VARIANT,
    turns::VARIANT,
    readiness_poll::VARIANT,
    readiness_epoll::VARIANT,
];

/// The one of this name.
pub fn named(name: &str) -> Option<&'static Variant> {
    static VARIANTS: [Variant; 8] = ALL;
    VARIANTS.iter().find(|variant| variant.name == name)
}
