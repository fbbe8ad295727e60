//! The two ways of readers, under the same load.

use std::io;
use std::time::Duration;

use super::super::talkers::{Talked, Talkers};
use crate::serving::{Serving, counted};

/// What a reader does when it has read something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// It waits until what it sent last has been written to everybody.
    Wait,
    /// It sends it at once.
    PushOn,
}

/// What came of so many talkers.
#[derive(Debug, Clone, Copy)]
pub struct Point {
    /// How many talked at once.
    pub talkers: usize,
    /// How many lines the dispatcher took together, on average.
    pub batch_lines: f64,
    /// What was said, and what it cost.
    pub talked: Talked,
}

impl Mode {
    /// Lets so many talk as fast as they are heard, for so long.
    ///
    /// # Errors
    /// The server does not start, lets somebody go, or says nothing of its batches.
    pub fn measure(self, talkers: usize, time: Duration) -> io::Result<Point> {
        let load = Talkers {
            talkers,
            listeners: 20,
            under_way: 32,
            line_bytes: 64,
            time,
        };
        let serving = Serving::start(match self {
            Self::Wait => &["turns"],
            Self::PushOn => &["turns", "--push-on"],
        })?;
        let talked = load.talk(&serving)?;
        // The few batches in which people came in count too.
        let [batches, lines] = counted(&serving.finish()?, "batches: ")?;
        Ok(Point {
            talkers,
            batch_lines: lines / batches,
            talked,
        })
    }
}
