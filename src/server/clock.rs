//! The server's clock: time since its start, which never jumps, whatever happens to the clock on the wall.

use std::time::Instant;

use jiff::Timestamp;

use crate::chat::{Now, Time};

/// Copied to every thread that needs to know the time.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    start: Instant,
}

impl Clock {
    /// Starts at zero, now.
    pub fn new() -> Self {
        Self {
            start: Instant::now(),
        }
    }

    /// Time since the start.
    pub fn now(self) -> Time {
        self.start.elapsed()
    }

    /// The time by both clocks: this one, and the one on the wall.
    pub fn both(self) -> Now {
        Now {
            time: self.now(),
            wall: Timestamp::now(),
        }
    }

    /// The same moment as the operating system names it, for whoever waits until then; none where it is so far away that
    /// the operating system cannot name it.
    pub fn instant(self, time: Time) -> Option<Instant> {
        self.start.checked_add(time)
    }
}
