//! Some never read. What do the others feel of it, how much memory does it take, and when does the server let them go?

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use crate::fan_out::WINDOW;
use crate::hearing::Ear;
use crate::payload::Id;
use crate::record::{Moment, figure, latency_figures};
use crate::stage::Stage;
use crate::talk::{Group, Nobody, Observer, Pace, Talk, Until};
use chatserv::load::cost::descriptors;
use chatserv::load::latencies::Latencies;

/// How often it is looked at memory and descriptors.
const MOMENT: Duration = Duration::from_millis(100);

/// Everybody reads for so long before, so that memory has become what it is with everybody reading.
const WARM_UP: Duration = Duration::from_millis(500);

const MIB: f64 = 1024.0 * 1024.0;

/// Measures one server: from the beginning, `stalled` of the listeners read nothing, while the others talk as much as
/// the window lets through.
///
/// # Errors
/// One of the others misses a delivery, or the server has ended.
pub fn measure(
    stage: &mut Stage,
    payload_bytes: usize,
    stalled: usize,
    time: Duration,
) -> io::Result<(BTreeMap<String, f64>, Vec<Moment>)> {
    let groups = [Group {
        speakers: stage.speakers(),
        pace: Pace::Window(WINDOW),
    }];
    let talk = Talk {
        groups: &groups,
        payload_bytes,
        ear: Ear::Sampling,
        until: Until::Passed(WARM_UP),
    };
    talk.hold(stage, &mut Nobody)?;
    let mut watch = Watch {
        latencies: Latencies::default(),
        of_moment: Latencies::default(),
        moments: Vec::new(),
        resident_before: stage.cost()?.resident_bytes,
        descriptors_before: descriptors(stage.pid())?,
        stalled,
        closed: Vec::new(),
        next: MOMENT,
    };
    stage.stall(stalled);
    let talk = Talk {
        until: Until::Passed(time),
        ..talk
    };
    let outcome = talk.hold(stage, &mut watch)?;
    let mut figures = BTreeMap::new();
    latency_figures(&mut watch.latencies, &mut figures);
    let before = watch.resident_before as f64 / MIB;
    let most = watch
        .moments
        .iter()
        .map(|moment| moment.resident_mib)
        .fold(before, f64::max);
    let mut figure = |name: &str, value: f64| figures.insert(name.to_owned(), value);
    figure(figure::GROWN_MIB, most - before);
    figure(figure::CUT, watch.closed.len() as f64);
    if watch.closed.len() == stalled
        && let Some(last) = watch.closed.last()
    {
        figure(figure::CUT_AFTER_S, last.as_secs_f64());
    }
    let per_second = outcome.deliveries as f64 / outcome.took.as_secs_f64();
    figure(figure::DELIVERIES_PER_S, per_second);
    Ok((figures, watch.moments))
}

/// Looks at the server ten times a second.
struct Watch {
    latencies: Latencies,
    of_moment: Latencies,
    moments: Vec<Moment>,
    resident_before: u64,
    descriptors_before: usize,
    stalled: usize,
    /// When each of those who do not read was let go: when the server has closed their socket. They themselves cannot
    /// see it, since the end of the stream waits behind what they do not read.
    closed: Vec<Duration>,
    /// When it is looked again.
    next: Duration,
}

impl Observer for Watch {
    fn delivered(&mut self, _: Id, latency: Duration) {
        self.latencies.add(latency);
        self.of_moment.add(latency);
    }

    fn turned(&mut self, stage: &mut Stage, elapsed: Duration) -> io::Result<()> {
        if elapsed < self.next {
            return Ok(());
        }
        self.next = elapsed + MOMENT;
        let resident_mib = stage.cost()?.resident_bytes as f64 / MIB;
        self.moments.push(Moment {
            at_s: elapsed.as_secs_f64(),
            p99_ms: self.of_moment.per_mille_ms(990),
            resident_mib,
        });
        self.of_moment.clear();
        if self.closed.len() < self.stalled {
            self.see_closed(descriptors(stage.pid())?, elapsed);
        }
        Ok(())
    }
}

impl Watch {
    /// The server has so many descriptors now. It may have opened others meanwhile, so that what is closed is closed.
    fn see_closed(&mut self, descriptors: usize, elapsed: Duration) {
        let closed = self.descriptors_before.saturating_sub(descriptors);
        let closed = closed.clamp(self.closed.len(), self.stalled);
        self.closed.resize(closed, elapsed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::floor::Sends;
    use crate::testing::floor;

    fn watch(descriptors_before: usize, stalled: usize) -> Watch {
        Watch {
            latencies: Latencies::default(),
            of_moment: Latencies::default(),
            moments: Vec::new(),
            resident_before: 0,
            descriptors_before,
            stalled,
            closed: Vec::new(),
            next: MOMENT,
        }
    }

    #[test]
    fn whoever_is_let_go_is_so_once() {
        let mut watch = watch(20, 2);
        let seconds = Duration::from_secs;
        for (at, descriptors) in [(1, 20), (2, 21), (3, 19), (4, 20), (5, 17), (6, 10)] {
            watch.see_closed(descriptors, seconds(at));
        }
        assert_eq!(watch.closed, [seconds(3), seconds(5)]);
    }

    #[test]
    fn a_late_look_is_one_look() {
        let mut stage = floor(Sends::Gathered);
        let mut watch = watch(0, 0);
        for milliseconds in [50, 100, 150, 700, 710, 799, 800] {
            let elapsed = Duration::from_millis(milliseconds);
            watch.turned(&mut stage, elapsed).unwrap();
        }
        let at: Vec<f64> = watch.moments.iter().map(|moment| moment.at_s).collect();
        assert_eq!(at, [0.1, 0.7, 0.8]);
    }

    #[test]
    fn the_others_go_on() {
        let mut stage = floor(Sends::Gathered);
        stage.fill(10, 4).unwrap();
        let time = Duration::from_millis(300);
        let (figures, moments) = measure(&mut stage, 512, 1, time).unwrap();
        assert_eq!(stage.hearers(), 9);
        assert!(figures[figure::P50_MS] > 0.0 && figures[figure::DELIVERIES_PER_S] > 0.0);
        assert!(figures[figure::GROWN_MIB] >= 0.0);
        assert!(!moments.is_empty() && moments.iter().all(|moment| moment.resident_mib > 0.0));
    }
}
