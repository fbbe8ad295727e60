//! The primitives by which the threads of a connection wait for each other: those of the standard library, and the channels of
//! crossbeam.
//!
//! `scripts/model` builds the same source with `--cfg loom`. Then `testing` takes their place, and `tests` runs the threads of a
//! connection in every order in which the primitives let them run.

#[cfg(loom)]
mod testing;
#[cfg(all(test, loom))]
mod tests;

#[cfg(not(loom))]
pub use crossbeam_channel as channel;
#[cfg(not(loom))]
pub use std::sync::{OnceLock, atomic};
#[cfg(not(loom))]
pub use std::thread;
#[cfg(loom)]
pub use testing::{OnceLock, atomic, channel, thread};
