//! Both servers under the same load.

use std::io;
use std::time::Duration;

use super::super::talkers::{Talked, Talkers};
use crate::serving::Serving;

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
        let wait_us = wait_us(&serving.finish()?)?;
        let dispatcher = load.talk(&Serving::start(&["threads-dispatcher"])?)?;
        Ok(Self {
            talkers,
            threads,
            wait_us,
            dispatcher,
        })
    }
}

/// The average of what the server counted: it says `lock: 1234 times, waited 56789 ns` at its end. The few hundred times in
/// which people came in, one after the other, count too; nobody waited then.
fn wait_us(said: &str) -> io::Result<f64> {
    let numbers: Vec<f64> = said
        .lines()
        .filter_map(|line| line.strip_prefix("lock: "))
        .flat_map(|line| line.split(' '))
        .filter_map(|word| word.parse().ok())
        .collect();
    let &[times, nanoseconds] = &numbers[..] else {
        let error = format!("a server that says nothing of its lock: {said:?}");
        return Err(io::Error::other(error));
    };
    Ok(nanoseconds / times / 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_average_is_read_from_the_line_about_the_lock() {
        let said = "something\nlock: 400 times, waited 1000000 ns\n";
        assert_eq!(wait_us(said).unwrap(), 2.5);
        assert!(wait_us("").is_err());
        assert!(wait_us("lock: often, waited long\n").is_err());
    }
}
