//! One never stops talking, beside many who say something now and then.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use crate::hearing::Ear;
use crate::payload::Id;
use crate::record::{figure, latency_figures};
use crate::stage::Stage;
use crate::talk::{Group, Nobody, Observer, Pace, Talk, Until};
use chatserv::load::latencies::Latencies;

/// How many talk like people.
pub const PEOPLE: usize = 50;

/// What they say in a second, all together.
const RATE: u32 = 100;

/// How many messages of the one who floods are under way: more than a server reads at once.
const FLOOD: u64 = 1024;

/// What is said before the measurement begins.
const WARM_UP: Duration = Duration::from_millis(200);

/// Measures how long the words of the others take beside one who floods.
///
/// # Errors
/// A delivery is missing, is one too many, or is not what was said.
pub fn measure(
    stage: &mut Stage,
    payload_bytes: usize,
    time: Duration,
) -> io::Result<BTreeMap<String, f64>> {
    let groups = [
        Group {
            speakers: 0..PEOPLE,
            pace: Pace::PerSecond(RATE),
        },
        Group {
            speakers: PEOPLE..PEOPLE + 1,
            pace: Pace::Window(FLOOD),
        },
    ];
    let talk = Talk {
        groups: &groups,
        payload_bytes,
        ear: Ear::Sampling,
        until: Until::Passed(WARM_UP),
    };
    talk.hold(stage, &mut Nobody)?;
    let mut others = Others(Latencies::default());
    let talk = Talk {
        until: Until::Passed(time),
        ..talk
    };
    let before = stage.cost()?.cpu;
    let outcome = talk.hold(stage, &mut others)?;
    let cpu = stage.cost()?.cpu - before;
    let mut figures = BTreeMap::new();
    latency_figures(&mut others.0, &mut figures);
    let seconds = outcome.took.as_secs_f64();
    let mut figure = |name: &str, value: f64| figures.insert(name.to_owned(), value);
    figure(
        figure::DELIVERIES_PER_S,
        outcome.deliveries as f64 / seconds,
    );
    figure(
        figure::SERVER_CPU_PERCENT,
        100.0 * cpu.as_secs_f64() / seconds,
    );
    Ok(figures)
}

/// Hears those who do not flood.
struct Others(Latencies);

impl Observer for Others {
    fn delivered(&mut self, id: Id, latency: Duration) {
        if id.speaker < PEOPLE {
            self.0.add(latency);
        }
    }

    fn turned(&mut self, _: &mut Stage, _: Duration) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::floor::Sends;
    use crate::testing::floor;

    const TIME: Duration = Duration::from_millis(200);

    #[test]
    fn the_flood_is_there_and_the_others_are_measured() {
        let mut stage = floor(Sends::Gathered);
        stage.fill(PEOPLE, PEOPLE + 1).unwrap();
        let figures = measure(&mut stage, 64, TIME).unwrap();
        assert!(figures[figure::P50_MS] > 0.0);
        // Without the one who floods it would be so many at the most.
        let quiet = f64::from(RATE) * PEOPLE as f64;
        assert!(figures[figure::DELIVERIES_PER_S] > quiet);
    }
}
