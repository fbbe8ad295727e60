//! The server's clock: monotonic time since its start, without the time in which the server did not run.
//!
//! A process can be stopped, a container paused, a virtual machine suspended. Nobody can do anything in time meanwhile, but
//! the system's monotonic clock mostly goes on. So the dispatcher ticks whenever it wakes, at least every
//! [`limits::TICK_EVERY`], and the time between two ticks counts as [`limits::TICK_MAX`] at most. No deadline passes during a
//! pause.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use jiff::Timestamp;

#[cfg(all(any(test, feature = "simulation"), not(loom)))]
use super::simulation::{simulated_time, simulated_wall};
use crate::chat::{Now, Time};
use crate::config::limits;

/// Shared by all threads that need the time.
#[derive(Debug)]
pub struct Clock {
    start: Instant,
    /// The nanoseconds since the start that do not count.
    lost: AtomicU64,
    /// The last tick in nanoseconds, by this clock.
    ticked: AtomicU64,
}

impl Clock {
    /// Starts at zero, now.
    pub fn new() -> Self {
        Self { start: Instant::now(), lost: AtomicU64::new(0), ticked: AtomicU64::new(0) }
    }

    /// The time. Without a tick it stands still after [`limits::TICK_MAX`].
    pub fn now(&self) -> Time {
        self.read(|| self.elapsed())
    }

    /// Ticks, and returns the time by this clock and by the wall clock. Contract: only the dispatcher may call it.
    pub fn tick(&self) -> Now {
        Now { time: self.tick_at(self.elapsed()), wall: wall() }
    }

    /// When this clock will show `time` if there is no pause before. Panics if that is thousands of years away.
    pub fn instant(&self, time: Time) -> Instant {
        self.start + time + Time::from_nanos(self.lost.load(Ordering::Relaxed))
    }

    /// The time since the start, by the system's monotonic clock.
    fn elapsed(&self) -> Time {
        #[cfg(all(any(test, feature = "simulation"), not(loom)))]
        if let Some(elapsed) = simulated_time() {
            return elapsed;
        }
        self.start.elapsed()
    }

    /// Contract: `elapsed` is called last, since a pause after it would let the time jump back. Only the dispatcher, which
    /// moves the loss itself, may have called it before.
    fn read(&self, elapsed: impl FnOnce() -> Time) -> Time {
        // `tick_at` stores them in the other order: a new tick never meets an old loss, which would count the pause.
        let ticked = Time::from_nanos(self.ticked.load(Ordering::Acquire));
        let lost = Time::from_nanos(self.lost.load(Ordering::Relaxed));
        let (time, most) = (elapsed().saturating_sub(lost), ticked + limits::TICK_MAX);
        if time > most && !mutant!(PauseCounts) { most } else { time }
    }

    fn tick_at(&self, elapsed: Time) -> Time {
        let time = self.read(|| elapsed);
        self.lost.store(nanoseconds(elapsed - time), Ordering::Relaxed);
        self.ticked.store(nanoseconds(time), Ordering::Release);
        time
    }
}

/// The time by the wall clock.
pub fn wall() -> Timestamp {
    #[cfg(all(any(test, feature = "simulation"), not(loom)))]
    if let Some(elapsed) = simulated_time() {
        return simulated_wall(elapsed);
    }
    Timestamp::now()
}

/// Enough for 584 years.
fn nanoseconds(time: Time) -> u64 {
    time.as_nanos() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(milliseconds: u64) -> Time {
        Time::from_millis(milliseconds)
    }

    #[test]
    fn time_between_ticks_counts() {
        let clock = Clock::new();
        for elapsed in [0, 250, 500, 1_000, 1_001].map(at) {
            assert_eq!(clock.tick_at(elapsed), elapsed);
            assert_eq!(clock.read(|| elapsed + at(100)), elapsed + at(100));
        }
    }

    #[test]
    fn a_pause_counts_as_one_long_tick() {
        let clock = Clock::new();
        for (elapsed, time) in
            [(250, 250), (6_250, 750), (6_500, 1_000), (6_700, 1_200), (90_000, 1_700)]
        {
            assert_eq!(clock.tick_at(at(elapsed)), at(time), "at {elapsed}");
        }
    }

    #[test]
    fn whoever_wakes_before_the_tick_does_not_count_the_pause_either() {
        let clock = Clock::new();
        clock.tick_at(at(250));
        for elapsed in [750, 751, 10_000] {
            assert_eq!(clock.read(|| at(elapsed)), at(250) + limits::TICK_MAX);
        }
        clock.tick_at(at(10_000));
        assert_eq!(clock.read(|| at(10_020)), at(770));
    }

    #[test]
    fn each_pause_moves_the_moment_of_a_deadline() {
        let clock = Clock::new();
        assert_eq!(clock.instant(at(900)), clock.start + at(900));
        clock.tick_at(at(250));
        clock.tick_at(at(6_250));
        assert_eq!(clock.instant(at(900)), clock.start + at(900 + 5_500));
    }
}
