//! Flood control: a client that sends too much at once is slowed down. Nothing is lost, and nobody is disconnected,
//! unless the client is gone already: then its lines are said for a minute more.
//!
//! Each reader has its own, and it is pure: time is a parameter. A reader that may not send yet waits and reads nothing. So
//! the socket fills, TCP closes its window, and the client is slowed down.

use std::time::Duration;

use crate::chat::Time;
use crate::config::{RateLimit, limits};

/// A token bucket, stored as the moment at which it is full again, instead of a level and a time. Taking a token moves that
/// moment by the time that a token takes to come back: there is no rounding, and nothing to refill.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    /// The time in which one token comes back.
    refill: Duration,
    /// The time in which all come back.
    refill_all: Duration,
    full_at: Time,
}

impl Bucket {
    fn new(burst: u32, per_second: u32) -> Self {
        let refill = Duration::from_secs(1) / per_second;
        Self { refill, refill_all: refill * burst, full_at: Time::ZERO }
    }

    /// Takes `count` tokens, even if there are fewer: the debt delays what comes next.
    fn take(&mut self, count: u32, now: Time) {
        self.full_at = self.full_at.max(now) + self.refill * count;
    }

    /// The number of tokens.
    fn available(&self, now: Time) -> usize {
        let missing = self.full_at.saturating_sub(now);
        let there = self.refill_all.saturating_sub(missing);
        usize::try_from(there.as_nanos() / self.refill.as_nanos()).unwrap_or(usize::MAX)
    }

    /// The time until there are at least `count` tokens.
    fn wait_for(&self, count: u32, now: Time) -> Duration {
        (self.full_at + self.refill * count).saturating_sub(now + self.refill_all)
    }
}

/// The limits of one connection.
#[derive(Debug)]
pub struct Flood {
    /// `None` if flood control is off.
    buckets: Option<Buckets>,
    /// When the connection was first found to be lost, while lines were held back.
    lost_at: Option<Time>,
    has_given_up: bool,
}

#[derive(Debug)]
struct Buckets {
    lines: Bucket,
    bytes: Bucket,
    /// The client has been told that lines are held back.
    told: bool,
}

impl Flood {
    /// The limits of a new connection.
    pub fn new(limit: RateLimit) -> Self {
        let buckets = match limit {
            RateLimit::Off => None,
            RateLimit::Lines { burst, per_second } => Some(Buckets {
                lines: Bucket::new(burst, per_second),
                bytes: Bucket::new(
                    limits::FLOOD_BYTES_BURST,
                    per_second
                        .saturating_mul(limits::FLOOD_BYTES_PER_LINE)
                        .max(limits::FLOOD_BYTES_PER_SECOND_MIN),
                ),
                told: false,
            }),
        };
        Self { buckets, lost_at: None, has_given_up: false }
    }

    /// Counts bytes that were read.
    pub fn count_bytes(&mut self, bytes: usize, now: Time) {
        if let Some(buckets) = &mut self.buckets {
            // A read is 16 KiB at most.
            buckets.bytes.take(u32::try_from(bytes).unwrap_or(u32::MAX), now);
        }
    }

    /// Returns how many of `wanted` lines may pass now, and counts them.
    pub fn take_lines(&mut self, wanted: usize, now: Time) -> usize {
        let Some(buckets) = &mut self.buckets else {
            return wanted;
        };
        if buckets.lines.full_at <= now && buckets.bytes.full_at <= now {
            // Everything that was held back has passed a while ago: the next time is reported again.
            buckets.told = false;
        }
        let available = buckets.lines.available(now);
        let taken = if wanted > available && !mutant!(FloodPasses) { available } else { wanted };
        buckets.lines.take(u32::try_from(taken).unwrap_or(u32::MAX), now);
        taken
    }

    /// The time until the next of `held` lines may pass or, without any, until the next read; zero if it is now.
    pub fn wait(&self, held: usize, now: Time) -> Duration {
        let Some(buckets) = &self.buckets else {
            return Duration::ZERO;
        };
        if held > 0 { buckets.lines.wait_for(1, now) } else { buckets.bytes.wait_for(0, now) }
    }

    /// The connection of lines that are held back is lost. Returns whether it was lost so long ago that they no longer count.
    pub fn gives_up(&mut self, now: Time) -> bool {
        let lost_at = *self.lost_at.get_or_insert(now);
        let is_over = now >= lost_at + limits::HELD_BACK_AFTER_LOSS_MAX;
        self.has_given_up = is_over && !mutant!(LostIsHeard);
        self.has_given_up
    }

    /// Whether nothing of this connection counts any more.
    pub fn has_given_up(&self) -> bool {
        self.has_given_up
    }

    /// The time until the last of `held` lines passes, if the client has not been told yet. It is a lower bound: more lines
    /// may wait in the socket, and nobody knows how many before they are read.
    pub fn report(&mut self, held: usize, now: Time) -> Option<Duration> {
        let buckets = self.buckets.as_mut()?;
        if std::mem::replace(&mut buckets.told, true) {
            return None;
        }
        let held = u32::try_from(held).unwrap_or(u32::MAX);
        Some(buckets.lines.wait_for(held, now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: RateLimit = RateLimit::Lines { burst: 20, per_second: 5 };

    fn at(milliseconds: u64) -> Time {
        Duration::from_millis(milliseconds)
    }

    #[test]
    fn a_burst_passes_and_then_a_line_each_fifth_of_a_second() {
        let mut flood = Flood::new(LIMIT);
        assert_eq!(flood.take_lines(100, at(0)), 20);
        assert_eq!(flood.wait(80, at(0)), at(200));
        assert_eq!(flood.take_lines(80, at(199)), 0);
        assert_eq!(flood.take_lines(80, at(200)), 1);
        assert_eq!(flood.wait(79, at(250)), at(150));
        assert_eq!(flood.take_lines(79, at(1_200)), 5);
    }

    #[test]
    fn silence_restores_the_whole_burst_and_no_more() {
        let mut flood = Flood::new(LIMIT);
        assert_eq!(flood.take_lines(20, at(0)), 20);
        assert_eq!(flood.take_lines(100, at(4_000)), 20);
        assert_eq!(flood.take_lines(100, at(1_000_000)), 20);
    }

    #[test]
    fn holding_back_is_reported_once_and_again_after_a_pause() {
        let mut flood = Flood::new(LIMIT);
        flood.take_lines(30, at(0));
        assert_eq!(flood.report(10, at(0)), Some(at(2_000)));
        assert_eq!(flood.report(10, at(0)), None);
        flood.take_lines(10, at(2_000));
        assert_eq!(flood.report(1, at(2_000)), None);
        flood.take_lines(30, at(60_000));
        assert!(flood.report(10, at(60_000)).is_some());
    }

    #[test]
    fn bytes_are_counted_too() {
        let mut flood = Flood::new(LIMIT);
        flood.count_bytes(64 * 1024, at(0));
        assert_eq!(flood.wait(0, at(0)), Duration::ZERO);
        // A debt is waited for before the next read.
        flood.count_bytes(16 * 1024, at(0));
        let wait = flood.wait(0, at(0));
        assert!(wait > at(999) && wait <= at(1_000), "{wait:?}");
        assert_eq!(flood.wait(0, at(1_000)), Duration::ZERO);

        // 1,000 lines a second include their bytes.
        let mut flood = Flood::new(RateLimit::Lines { burst: 50, per_second: 1_000 });
        flood.count_bytes(64 * 1024 + 256 * 1_000, at(0));
        assert_eq!(flood.wait(0, at(1_000)), Duration::ZERO);
        assert!(flood.wait(0, at(990)) > Duration::ZERO);
    }

    #[test]
    fn off_is_off() {
        let mut flood = Flood::new(RateLimit::Off);
        flood.count_bytes(1 << 30, at(0));
        assert_eq!(flood.take_lines(1_000_000, at(0)), 1_000_000);
        assert_eq!(flood.wait(1, at(0)), Duration::ZERO);
        assert_eq!(flood.report(1, at(0)), None);
    }
}
