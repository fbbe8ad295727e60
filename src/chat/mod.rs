//! The core of the chat: events in, effects out. No socket, no thread, no clock.

mod input;
mod name;

pub use input::{Input, Line, Stranger};
pub use name::{Name, NameKey, NameRefusal};

/// Time since the server started. The core never asks a clock: whoever calls it says what time it is,
/// so that a test can say so too.
pub type Time = std::time::Duration;
