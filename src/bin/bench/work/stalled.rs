//! Some clients never read: the latency of the others, the memory, and the moment when the server disconnects them.

use std::io;
use std::time::Duration;

use chatserv::load::cost::descriptors;
use chatserv::load::latencies::Latencies;

use super::{MIB, Measured, figures, full_speed, per_second, percentiles, warmed_up};
use crate::deliveries::Check;
use crate::payload::Id;
use crate::results::{Case, Moment, figure};
use crate::talk::{Observer, Talk, Until};
use crate::trial::Trial;

/// The time between two looks at memory and descriptors.
const INTERVAL: Duration = Duration::from_millis(100);

/// All clients read for this long first, so that the memory grows to its usual size.
const WARM_UP: Duration = Duration::from_millis(500);

/// Measures a server while some listeners do not read and the others get as much as the window allows.
pub fn measure(trial: &mut Trial, case: &Case, time: Duration) -> io::Result<Measured> {
    let groups = full_speed(trial, case);
    let talk = Talk {
        groups: &groups,
        payload_bytes: case.payload_bytes,
        check: Check::Sample,
        until: Until::Passed(time),
    };
    let mut watch = Watch {
        descriptors_before: descriptors(trial.pid())?,
        stalled: case.stalled,
        ..Watch::default()
    };
    let mut resident_before = 0.0;
    let outcome = warmed_up(trial, talk, WARM_UP, time, &mut watch, |trial| {
        resident_before = trial.cost()?.resident_bytes as f64 / MIB;
        trial.stall(case.stalled);
        Ok(())
    })?;
    let residents = watch.moments.iter().map(|moment| moment.resident_mib);
    let most = residents.fold(resident_before, f64::max);
    let mut figures = figures([
        (figure::GROWN_MIB, most - resident_before),
        (figure::CUT, watch.closed.len() as f64),
        (figure::DELIVERIES_PER_S, per_second(outcome.deliveries, outcome.took)),
    ]);
    figures.extend(percentiles(&mut watch.latencies));
    if watch.closed.len() == case.stalled
        && let Some(last) = watch.closed.last()
    {
        figures.insert(figure::CUT_AFTER_S.to_owned(), last.as_secs_f64());
    }
    Ok((figures, watch.moments))
}

/// Looks at the server ten times a second.
#[derive(Default)]
struct Watch {
    latencies: Latencies,
    /// The latencies since the last moment.
    recent: Latencies,
    moments: Vec<Moment>,
    descriptors_before: usize,
    stalled: usize,
    /// The times at which the server has closed the socket of a stalled client. The client itself cannot see it: the end
    /// of its stream lies behind the bytes that it does not read.
    closed: Vec<Duration>,
    next: Duration,
}

impl Observer for Watch {
    fn delivered(&mut self, _: Id, latency: Duration) {
        self.latencies.add(latency);
        self.recent.add(latency);
    }

    fn turned(&mut self, trial: &mut Trial, elapsed: Duration) -> io::Result<()> {
        if elapsed < self.next.max(INTERVAL) {
            return Ok(());
        }
        self.next = elapsed + INTERVAL;
        self.moments.push(Moment {
            at_s: elapsed.as_secs_f64(),
            p99_ms: self.recent.per_mille_ms(990),
            resident_mib: trial.cost()?.resident_bytes as f64 / MIB,
        });
        self.recent.clear();
        if self.closed.len() < self.stalled {
            self.count_closed(descriptors(trial.pid())?, elapsed);
        }
        Ok(())
    }
}

impl Watch {
    /// Counts closed sockets. The server may have opened other descriptors meanwhile: the count never falls.
    fn count_closed(&mut self, descriptors: usize, elapsed: Duration) {
        let closed = self.descriptors_before.saturating_sub(descriptors);
        let closed = closed.clamp(self.closed.len(), self.stalled);
        self.closed.resize(closed, elapsed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::floor;

    #[test]
    fn a_closed_socket_is_counted_once() {
        let mut watch = Watch { descriptors_before: 20, stalled: 2, ..Watch::default() };
        let seconds = Duration::from_secs;
        for (at, descriptors) in [(1, 20), (2, 21), (3, 19), (4, 20), (5, 17), (6, 10)] {
            watch.count_closed(descriptors, seconds(at));
        }
        assert_eq!(watch.closed, [seconds(3), seconds(5)]);
    }

    #[test]
    fn a_late_moment_is_one_moment() {
        let mut trial = floor();
        let mut watch = Watch::default();
        for milliseconds in [50, 100, 150, 700, 710, 799, 800] {
            let elapsed = Duration::from_millis(milliseconds);
            watch.turned(&mut trial, elapsed).unwrap();
        }
        let at: Vec<f64> = watch.moments.iter().map(|moment| moment.at_s).collect();
        assert_eq!(at, [0.1, 0.7, 0.8]);
    }

    #[test]
    fn the_others_go_on() {
        let mut trial = floor();
        trial.fill(10, 4).unwrap();
        let case = Case::of(10, 512).with_stalled(1);
        let time = Duration::from_millis(300);
        let (figures, moments) = measure(&mut trial, &case, time).unwrap();
        assert_eq!(trial.receivers(), 9);
        assert!(figures[figure::P50_MS] > 0.0 && figures[figure::DELIVERIES_PER_S] > 0.0);
        assert!(figures[figure::GROWN_MIB] >= 0.0);
        assert!(!moments.is_empty() && moments.iter().all(|moment| moment.resident_mib > 0.0));
    }
}
