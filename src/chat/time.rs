//! The time of an event.

/// Time since the server started. The core never reads a clock: its caller passes the time in, and so can a test.
pub type Time = std::time::Duration;

/// The moment of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// Monotonic; used for all deadlines but the ends of bans.
    pub time: Time,
    /// The wall clock, which people see.
    pub wall: jiff::Timestamp,
}
