//! The server's clock: monotonic time since its start.

use std::time::Instant;

use jiff::Timestamp;

use crate::chat::{Now, Time};

/// Copied to every thread that needs the time.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    start: Instant,
}

impl Clock {
    /// Starts at zero, now.
    pub fn new() -> Self {
        Self { start: Instant::now() }
    }

    /// Time since the start.
    pub fn now(self) -> Time {
        self.start.elapsed()
    }

    /// The time by this clock and by the wall clock.
    pub fn both(self) -> Now {
        Now { time: self.now(), wall: Timestamp::now() }
    }

    /// The same moment for the operating system; `None` if it is too far away for it.
    pub fn instant(self, time: Time) -> Option<Instant> {
        self.start.checked_add(time)
    }
}
