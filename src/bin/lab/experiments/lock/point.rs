//! Both servers under the same load.

use std::io;
use std::time::Duration;

use super::super::talkers::{Talked, Talkers};
use crate::serving::{Serving, counted};

/// How many more than the talkers are in the room.
pub const LISTENERS: usize = 100;

/// What came of so many talkers.
pub struct Point {
    /// How many talked at once.
    pub talkers: usize,
    /// The server in which everybody writes to everybody, under the lock.
    pub threads: Talked,
    /// How long one of its threads waited, on average, each time it took the lock; in microseconds.
    pub wait_us: f64,
    /// The server with one dispatcher.
    pub dispatcher: Talked,
}

impl Point {
    /// Lets so many talk, for so long, to the one server and then to the other.
    ///
    /// # Errors
    /// A server does not start, lets somebody go, or says nothing of its lock.
    pub fn measure(talkers: usize, time: Duration) -> io::Result<Self> {
        let load = Talkers {
            talkers,
            listeners: LISTENERS,
            under_way: 1,
            line_bytes: 64,
            time,
        };
        let serving = Serving::start(&["threads"])?;
        let threads = load.talk(&serving)?;
        // The few hundred times in which people came in, one after the other, count too; nobody waited then.
        let [times, nanoseconds] = counted(&serving.finish()?, "lock: ")?;
        let wait_us = nanoseconds / times / 1000.0;
        let dispatcher = load.talk(&Serving::start(&["threads-dispatcher"])?)?;
        Ok(Self {
            talkers,
            threads,
            wait_us,
            dispatcher,
        })
    }
}
