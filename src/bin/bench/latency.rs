//! Latency: a few messages a second, and how long each delivery takes.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use crate::hearing::Ear;
use crate::payload::Id;
use crate::record::{figure, latency_figures};
use crate::stage::Stage;
use crate::talk::{Group, Nobody, Observer, Pace, Talk, Until};
use chatserv::load::latencies::Latencies;

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
        speakers: stage.speakers(),
        pace: Pace::PerSecond(rate),
    }];
    let talk = Talk {
        groups: &groups,
        payload_bytes,
        ear: Ear::Checking,
        until: Until::Passed(WARM_UP),
    };
    talk.hold(stage, &mut Nobody)?;
    let mut latencies = Latencies::default();
    let talk = Talk {
        until: Until::Passed(time),
        ..talk
    };
    let before = stage.cost()?.cpu;
    let outcome = talk.hold(stage, &mut latencies)?;
    let cpu = stage.cost()?.cpu - before;
    let mut figures = BTreeMap::new();
    latency_figures(&mut latencies, &mut figures);
    let percent = 100.0 * cpu.as_secs_f64() / outcome.took.as_secs_f64();
    figures.insert(figure::SERVER_CPU_PERCENT.to_owned(), percent);
    Ok(figures)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::floor::Sends;
    use crate::testing::floor;

    const TIME: Duration = Duration::from_millis(200);

    #[test]
    fn latencies_are_measured() {
        let mut stage = floor(Sends::Gathered);
        stage.fill(10, 4).unwrap();
        let figures = measure(&mut stage, 64, 100, TIME).unwrap();
        assert!(figures[figure::P50_MS] > 0.0);
        assert!(figures[figure::P50_MS] <= figures[figure::P99_MS]);
        assert!(figures[figure::P99_MS] <= figures[figure::MAX_MS]);
        assert!(figures[figure::SERVER_CPU_PERCENT] >= 0.0);
    }
}
