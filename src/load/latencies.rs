//! Latencies and their percentiles.

use std::time::Duration;

/// Latencies in nanoseconds. Each is kept, so that percentiles are exact.
#[derive(Debug, Default, Clone)]
pub struct Latencies(Vec<u64>);

impl Latencies {
    /// Adds a latency.
    pub fn add(&mut self, latency: Duration) {
        self.0.push(latency.as_nanos() as u64);
    }

    /// The latency in ms that `rank` of a thousand do not exceed (nearest rank); none if there are no latencies.
    pub fn per_mille_ms(&mut self, rank: usize) -> Option<f64> {
        let last = self.0.len().checked_sub(1)?;
        let at = (self.0.len() * rank).div_ceil(1000).clamp(1, last + 1) - 1;
        let (_, &mut nanoseconds, _) = self.0.select_nth_unstable(at);
        Some(nanoseconds as f64 / 1e6)
    }

    /// Removes all latencies.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_those_of_the_sorted_list() {
        let mut latencies = Latencies::default();
        assert_eq!(latencies.per_mille_ms(500), None);
        for milliseconds in (1..=1000).rev() {
            latencies.add(Duration::from_millis(milliseconds));
        }
        for rank in [1, 500, 990, 999, 1000] {
            assert_eq!(latencies.per_mille_ms(rank), Some(rank as f64));
        }
        latencies.clear();
        latencies.add(Duration::from_secs(100));
        assert_eq!(latencies.per_mille_ms(0), Some(100_000.0));
        assert_eq!(latencies.per_mille_ms(1000), Some(100_000.0));
    }
}
