//! The time of an event.

/// Time since the server started. The core never asks a clock: its caller passes the time in, so a test can too.
pub type Time = std::time::Duration;

/// The moment of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// Monotonic: all deadlines are kept by it.
    pub time: Time,
    /// The wall clock, which people are shown.
    pub wall: jiff::Timestamp,
}
