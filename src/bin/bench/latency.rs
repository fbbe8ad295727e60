//! Latency: a few messages a second, and how long each delivery takes.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use crate::fan_out::SPEAKERS;
use crate::hearing::Ear;
use crate::latencies::Latencies;
use crate::payload::Id;
use crate::record::figure;
use crate::stage::Stage;
use crate::talk::{Group, Observer, Pace, Talk, Until};

/// What is said before the measurement begins.
const WARM_UP: Duration = Duration::from_millis(200);

impl Observer for Latencies {
    fn delivered(&mut self, _: Id, latency: Duration) {
        self.add(latency);
    }

    fn turned(&mut self, _: &mut Stage, _: Duration) -> io::Result<()> {
        Ok(())
    }
}

/// Measures one server at so many messages a second. The latency is that of the whole way: the speaker's send, the
/// server, and until the generator has read it, which in one thread reads one receiver after the other.
///
/// # Errors
/// A delivery is missing, is one too many, or is not what was said.
pub fn measure(
    stage: &mut Stage,
    payload_bytes: usize,
    rate: u32,
    time: Duration,
) -> io::Result<BTreeMap<String, f64>> {
    let groups = [Group {
        speakers: 0..SPEAKERS,
        pace: Pace::PerSecond(rate),
    }];
    let talk = Talk {
        groups: &groups,
        payload_bytes,
        ear: Ear::Checking,
        until: Until::Passed(WARM_UP),
    };
    talk.hold(stage, &mut Latencies::default())?;
    let mut latencies = Latencies::default();
    let talk = Talk {
        until: Until::Passed(time),
        ..talk
    };
    let before = stage.cost()?.cpu;
    let outcome = talk.hold(stage, &mut latencies)?;
    let cpu = stage.cost()?.cpu - before;
    let mut figures = BTreeMap::new();
    latencies.figures(&mut figures);
    let percent = 100.0 * cpu.as_secs_f64() / outcome.took.as_secs_f64();
    figures.insert(figure::SERVER_CPU_PERCENT.to_owned(), percent);
    Ok(figures)
}
