//! The lines that the other clients got, with the latency of each.

use std::time::Duration;

use chatserv::load::latencies::Latencies;

use super::super::talk::{Heard, Talk};

/// The time for one point of the plot.
const STEP: Duration = Duration::from_millis(100);

pub struct Deliveries {
    hearers: usize,
    /// For each line, when it was sent, if anybody has it, and the latency of each delivery.
    lines: Vec<(Option<Duration>, Vec<Duration>)>,
}

impl Deliveries {
    pub fn new(hearers: usize) -> Self {
        let lines = Vec::new();
        Self { hearers, lines }
    }

    pub fn add(&mut self, heard: Heard) {
        self.finish(heard.line + 1);
        let (sent, latencies) = &mut self.lines[heard.line];
        *sent = Some(heard.sent);
        latencies.push(heard.latency);
    }

    /// Records how many lines were sent, of which the last may have reached nobody.
    pub fn finish(&mut self, lines: usize) {
        if self.lines.len() < lines {
            self.lines.resize(lines, (None, Vec::new()));
        }
    }

    /// The number of missing deliveries.
    pub fn missed(&self) -> usize {
        let missed = |latencies: &Vec<Duration>| self.hearers.saturating_sub(latencies.len());
        self.lines.iter().map(|(_, latencies)| missed(latencies)).sum()
    }

    /// The 99th percentile of each step in ms, over the middle of the step in s.
    pub fn p99_over_time(&self, talk: &Talk) -> Vec<(f64, f64)> {
        let steps = (talk.time.as_nanos() / STEP.as_nanos()) as u32;
        let points = (0..steps).filter_map(|step| {
            let from = STEP * step;
            let ms = self.per_mille_ms(talk, 990, from, from + STEP)?;
            Some(((from + STEP / 2).as_secs_f64(), ms))
        });
        points.collect()
    }

    /// The latency in ms that this many of a thousand deliveries do not exceed, among the lines sent in this period. A
    /// line that never arrived counts as if it had arrived at the end.
    pub fn per_mille_ms(
        &self,
        talk: &Talk,
        rank: usize,
        from: Duration,
        to: Duration,
    ) -> Option<f64> {
        let end = talk.time + talk.patience;
        let mut all = Latencies::default();
        for (number, (sent, latencies)) in self.lines.iter().enumerate() {
            // A line that nobody has was sent when it was due.
            let sent = sent.unwrap_or(talk.every * number as u32);
            if (from..to).contains(&sent) {
                latencies.iter().for_each(|&latency| all.add(latency));
                for _ in latencies.len()..self.hearers {
                    all.add(end.saturating_sub(sent));
                }
            }
        }
        all.per_mille_ms(rank)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    const TALK: Talk =
        Talk { speaker: 0, every: ms(50), time: ms(200), line_bytes: 8, patience: ms(100) };

    #[test]
    fn a_missing_delivery_lasts_until_the_end() {
        let mut deliveries = Deliveries::new(2);
        for (member, line, sent, latency) in [(1, 0, 1, 3), (2, 0, 1, 3), (1, 1, 50, 4)] {
            let (sent, latency) = (ms(sent), ms(latency));
            deliveries.add(Heard { member, line, sent, latency });
        }
        deliveries.finish(4);
        assert_eq!(deliveries.missed(), 1 + 2 + 2);
        let per_mille = |rank, from, to| deliveries.per_mille_ms(&TALK, rank, ms(from), ms(to));
        assert_eq!(per_mille(1000, 0, 50), Some(3.0));
        assert_eq!(per_mille(500, 50, 100), Some(4.0));
        assert_eq!(per_mille(990, 200, 300), None);
        // The second step has the lines due at 100 and 150 ms, and the talk ended at 300 ms.
        assert_eq!(deliveries.p99_over_time(&TALK), [(0.05, 250.0), (0.15, 200.0)]);
    }
}
