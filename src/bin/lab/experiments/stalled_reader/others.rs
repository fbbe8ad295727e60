//! What those heard who read on: each line, and how late.

use std::time::Duration;

use chatserv::load::latencies::Latencies;

use crate::talk::{Heard, Talk, Told};

/// One point of the picture for so much time.
const STEP: Duration = Duration::from_millis(100);

/// In each step, so many of a thousand latencies are not above the point.
const RANK: usize = 990;

/// What some people heard of a talk.
pub struct Others {
    /// How many they are.
    hearers: usize,
    /// Of each line how long it took to each of them that has it; and when it was said, if anybody has it.
    lines: Vec<(Option<Duration>, Vec<Duration>)>,
}

impl Others {
    /// So many, and they have heard nothing yet.
    pub fn new(hearers: usize) -> Self {
        Self {
            hearers,
            lines: Vec::new(),
        }
    }

    /// One of them has heard a line.
    pub fn hear(&mut self, heard: Heard) {
        self.have(heard.line + 1);
        let (said, after) = &mut self.lines[heard.line];
        *said = Some(heard.said);
        after.push(heard.after);
    }

    /// The talk is over.
    pub fn finish(&mut self, told: Told) {
        self.have(told.lines);
    }

    /// How many lines they should have and have not, all together.
    pub fn missed(&self) -> usize {
        let missed = |after: &Vec<Duration>| self.hearers.saturating_sub(after.len());
        self.lines.iter().map(|(_, after)| missed(after)).sum()
    }

    /// The 99th percentile of each step of time, in ms, over the middle of the step in s. What is known of a line that
    /// somebody has never got is that it took until the end: so it counts like that.
    pub fn picture(&self, talk: &Talk) -> Vec<(f64, f64)> {
        let steps = (talk.time.as_nanos() / STEP.as_nanos()) as u32;
        let points = (0..steps).filter_map(|step| {
            let from = STEP * step;
            let ms = self.per_mille_ms(talk, RANK, from, from + STEP)?;
            Some(((from + STEP / 2).as_secs_f64(), ms))
        });
        points.collect()
    }

    /// The latency that so many of a thousand deliveries do not exceed, in ms, of the lines said between these two times.
    /// None where nothing was said.
    pub fn per_mille_ms(
        &self,
        talk: &Talk,
        rank: usize,
        from: Duration,
        to: Duration,
    ) -> Option<f64> {
        let end = talk.time + talk.patience;
        let mut latencies = Latencies::default();
        for (number, (said, after)) in self.lines.iter().enumerate() {
            // A line that nobody has was said when it was due.
            let said = said.unwrap_or(talk.every * number as u32);
            if (from..to).contains(&said) {
                after.iter().for_each(|&after| latencies.add(after));
                for _ in after.len()..self.hearers {
                    latencies.add(end.saturating_sub(said));
                }
            }
        }
        latencies.per_mille_ms(rank)
    }

    fn have(&mut self, lines: usize) {
        if self.lines.len() < lines {
            self.lines.resize(lines, (None, Vec::new()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    const TALK: Talk = Talk {
        speaker: 0,
        every: ms(50),
        time: ms(200),
        line_bytes: 8,
        patience: ms(100),
    };

    #[test]
    fn what_never_came_lasts_until_the_end() {
        let mut others = Others::new(2);
        for member in [1, 2] {
            others.hear(Heard {
                member,
                line: 0,
                said: ms(1),
                after: ms(3),
            });
        }
        others.hear(Heard {
            member: 1,
            line: 1,
            said: ms(50),
            after: ms(4),
        });
        others.finish(Told {
            lines: 4,
            deliveries: 3,
            closed: 0,
        });
        assert_eq!(others.missed(), 1 + 2 + 2);
        assert_eq!(others.per_mille_ms(&TALK, 1000, ms(0), ms(50)), Some(3.0));
        assert_eq!(others.per_mille_ms(&TALK, 500, ms(50), ms(100)), Some(4.0));
        // The second step holds the lines that were due at 100 ms and at 150 ms; the talk ended at 300 ms.
        assert_eq!(others.picture(&TALK), [(0.05, 250.0), (0.15, 200.0)]);
        assert_eq!(others.per_mille_ms(&TALK, 990, ms(200), ms(300)), None);
    }
}
