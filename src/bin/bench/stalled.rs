//! Some never read. What do the others feel of it, how much memory does it take, and when does the server let them go?

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use crate::cost::descriptors;
use crate::fan_out::{SPEAKERS, WINDOW};
use crate::hearing::Ear;
use crate::latencies::Latencies;
use crate::payload::Id;
use crate::record::{Moment, figure};
use crate::stage::Stage;
use crate::talk::{Group, Nobody, Observer, Pace, Talk, Until};

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
        speakers: 0..SPEAKERS,
        pace: Pace::Window(WINDOW),
    }];
    let talk = Talk {
        groups: &groups,
        payload_bytes,
        ear: Ear::Checking,
        until: Until::Passed(WARM_UP),
    };
    talk.hold(stage, &mut Nobody)?;
    let mut watch = Watch {
        latencies: Latencies::default(),
        of_moment: Latencies::default(),
        moments: Vec::new(),
        resident_before: stage.cost()?.resident_bytes,
        descriptors_before: descriptors(stage.server.pid())?,
        stalled,
        closed: Vec::new(),
    };
    stage.stall(stalled);
    let talk = Talk {
        until: Until::Passed(time),
        ..talk
    };
    let outcome = talk.hold(stage, &mut watch)?;
    let mut figures = BTreeMap::new();
    watch.latencies.figures(&mut figures);
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
}

impl Observer for Watch {
    fn delivered(&mut self, _: Id, latency: Duration) {
        self.latencies.add(latency);
        self.of_moment.add(latency);
    }

    fn turned(&mut self, stage: &mut Stage, elapsed: Duration) -> io::Result<()> {
        if elapsed < MOMENT * (self.moments.len() as u32 + 1) {
            return Ok(());
        }
        let resident_mib = stage.cost()?.resident_bytes as f64 / MIB;
        self.moments.push(Moment {
            at_s: elapsed.as_secs_f64(),
            p99_ms: self.of_moment.per_mille_ms(990),
            resident_mib,
        });
        self.of_moment.clear();
        if self.closed.len() < self.stalled {
            let now = descriptors(stage.server.pid())?;
            let closed = self.descriptors_before.saturating_sub(now);
            self.closed.resize(closed.min(self.stalled), elapsed);
        }
        Ok(())
    }
}
