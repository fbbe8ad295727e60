//! Latency: at a fixed rate, and beside a client that never stops sending.

use std::io;
use std::time::Duration;

use chatserv::load::latencies::Latencies;

use super::{figures, per_second, percent, percentiles, warmed_up};
use crate::deliveries::Check;
use crate::payload::Id;
use crate::results::{Case, Figures, figure};
use crate::talk::{Group, Observer, Pace, Talk, Until};
use crate::trial::Trial;

/// The number of people beside the flooder.
pub const NOISY_PEOPLE: usize = 50;

/// The number of messages a second of these people together.
const NOISY_RATE: u32 = 100;

/// The number of messages of the flooder in flight: more than a server reads at once.
const FLOOD: u64 = 1024;

const WARM_UP: Duration = Duration::from_millis(200);

/// Collects the latencies of the messages of the first speakers.
struct Latency {
    speakers: usize,
    latencies: Latencies,
}

impl Observer for Latency {
    fn delivered(&mut self, id: Id, latency: Duration) {
        if id.speaker < self.speakers {
            self.latencies.add(latency);
        }
    }
}

/// Measures the latency at the rate of the case: from the speaker's send to the generator's read. The generator has one
/// thread, which reads one client after the other.
pub fn measure(trial: &mut Trial, case: &Case, time: Duration) -> io::Result<Figures> {
    let groups =
        [Group { speakers: trial.speakers(), pace: Pace::PerSecond(case.rate.unwrap_or(1)) }];
    latency(trial, &groups, case.payload_bytes, Check::All, time)
}

/// Measures the latency of the messages of ordinary people beside a flooder.
pub fn measure_noisy(trial: &mut Trial, case: &Case, time: Duration) -> io::Result<Figures> {
    let groups = [
        Group { speakers: 0..NOISY_PEOPLE, pace: Pace::PerSecond(NOISY_RATE) },
        Group { speakers: NOISY_PEOPLE..NOISY_PEOPLE + 1, pace: Pace::Window(FLOOD) },
    ];
    latency(trial, &groups, case.payload_bytes, Check::Sample, time)
}

/// Measures the latency of the messages of the first group.
fn latency(
    trial: &mut Trial,
    groups: &[Group],
    payload_bytes: usize,
    check: Check,
    time: Duration,
) -> io::Result<Figures> {
    let talk = Talk { groups, payload_bytes, check, until: Until::Passed(time) };
    let mut latency = Latency { speakers: groups[0].speakers.end, latencies: Latencies::default() };
    let mut before = Duration::ZERO;
    let outcome = warmed_up(trial, talk, WARM_UP, time, &mut latency, |trial| {
        before = trial.cost()?.cpu;
        Ok(())
    })?;
    let cpu = trial.cost()?.cpu - before;
    let mut figures = figures([
        (figure::SERVER_CPU_PERCENT, percent(cpu, outcome.took)),
        (figure::DELIVERIES_PER_S, per_second(outcome.deliveries, outcome.took)),
    ]);
    figures.extend(percentiles(&mut latency.latencies));
    Ok(figures)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::floor;

    const TIME: Duration = Duration::from_millis(200);

    #[test]
    fn latencies_are_measured() {
        let mut trial = floor();
        trial.fill(10, 4).unwrap();
        let case = Case::of(10, 64).at_rate(100);
        let figures = measure(&mut trial, &case, TIME).unwrap();
        assert!(figures[figure::P50_MS] > 0.0);
        assert!(figures[figure::P50_MS] <= figures[figure::P99_MS]);
        assert!(figures[figure::P99_MS] <= figures[figure::MAX_MS]);
        assert!(figures[figure::SERVER_CPU_PERCENT] >= 0.0);
    }

    #[test]
    fn the_flooder_floods() {
        let mut trial = floor();
        trial.fill(NOISY_PEOPLE, NOISY_PEOPLE + 1).unwrap();
        let case = Case::of(NOISY_PEOPLE, 64);
        let figures = measure_noisy(&mut trial, &case, TIME).unwrap();
        assert!(figures[figure::P50_MS] > 0.0);
        let without_flooder = f64::from(NOISY_RATE) * NOISY_PEOPLE as f64;
        assert!(figures[figure::DELIVERIES_PER_S] > without_flooder);
    }
}
