//! The delay before a reconnect: exponential backoff with jitter.

use std::time::Duration;

const FIRST: Duration = Duration::from_secs(1);

const LONGEST: Duration = Duration::from_secs(30);

/// Delays that double, each shortened by up to half at random. Without this jitter, all clients that lost their server
/// at the same time would reconnect at the same time.
#[derive(Debug)]
pub(super) struct Pauses {
    next: Duration,
    random: u64,
}

impl Pauses {
    /// Creates the delays of one client. The `seed` makes them differ from those of other clients.
    pub(super) fn new(seed: u64) -> Self {
        Self { next: FIRST, random: seed }
    }

    /// Returns the next delay: 1 s to 30 s.
    pub(super) fn next(&mut self) -> Duration {
        let longest = self.next;
        self.next = LONGEST.min(longest * 2);
        // SplitMix64 (Steele, Lea, Flood 2014), which is more than good enough to spread clients.
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        let part = u32::try_from(mixed % 1000).expect("a rest of 1000 is below 1000");
        FIRST.max(longest - longest / 2 * part / 1000)
    }

    /// Resets the backoff after a successful connection.
    pub(super) fn reset(&mut self) {
        self.next = FIRST;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_differ() {
        let mut pauses = Pauses::new(7);
        let taken: Vec<_> = (0..12).map(|_| pauses.next()).collect();
        assert!(taken.iter().all(|pause| (FIRST..=LONGEST).contains(pause)), "{taken:?}");
        assert!(taken[6..].iter().all(|pause| *pause >= LONGEST / 2), "{taken:?}");
        let mut others = Pauses::new(8);
        assert_ne!(taken, (0..12).map(|_| others.next()).collect::<Vec<_>>());
        pauses.reset();
        assert_eq!(pauses.next(), FIRST);
    }
}
