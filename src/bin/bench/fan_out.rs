//! Fan-out: as many messages as a bounded window lets through, to everybody.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use crate::hearing::Ear;
use crate::record::figure;
use crate::stage::Stage;
use crate::talk::{Group, Nobody, Pace, Talk, Until};
use chatserv::load::cost::switches;

/// How many speak.
pub const SPEAKERS: usize = 4;

/// How many messages of all speakers together are under way.
pub const WINDOW: u64 = 64;

/// So many messages are looked at letter by letter before those that are counted.
const CHECKED: u64 = 4 * WINDOW;

/// With more people it is not looked at context switches: where each has a thread, that takes longer than all the rest.
const SWITCHES_PEOPLE_MAX: usize = 1000;

/// Measures one server: first some messages that are checked, then many for so much time.
///
/// # Errors
/// A delivery is missing, is one too many, or is not what was said.
pub fn measure(
    stage: &mut Stage,
    payload_bytes: usize,
    ear: Ear,
    time: Duration,
) -> io::Result<BTreeMap<String, f64>> {
    let groups = [Group {
        speakers: stage.speakers(),
        pace: Pace::Window(WINDOW),
    }];
    let checked = Talk {
        groups: &groups,
        payload_bytes,
        ear: Ear::Checking,
        until: Until::Said(CHECKED),
    };
    checked.hold(stage, &mut Nobody)?;
    let talk = Talk {
        ear,
        until: Until::Passed(time),
        ..checked
    };
    // Outside of what is measured, since it takes a while.
    let switches_before = switches_of(stage)?;
    let (server, generator) = (stage.cost()?.cpu, own_cpu());
    let outcome = talk.hold(stage, &mut Nobody)?;
    let server = stage.cost()?.cpu - server;
    let generator = own_cpu() - generator;
    let micros = |time: Duration, count: u64| time.as_secs_f64() * 1e6 / count as f64;
    let (deliveries, messages) = (outcome.deliveries, outcome.messages);
    let per_second = deliveries as f64 / outcome.took.as_secs_f64();
    let mut figures = BTreeMap::new();
    let mut figure = |name: &str, value: f64| figures.insert(name.to_owned(), value);
    figure(figure::SERVER_CPU_US, micros(server, deliveries));
    figure(figure::SERVER_CPU_MESSAGE_US, micros(server, messages));
    figure(figure::GENERATOR_CPU_US, micros(generator, deliveries));
    figure(figure::DELIVERIES_PER_S, per_second);
    if let (Some(before), Some(after)) = (switches_before, switches_of(stage)?) {
        let each = after.saturating_sub(before) as f64 / messages as f64;
        figure(figure::SWITCHES_PER_MESSAGE, each);
    }
    Ok(figures)
}

/// The context switches of the server so far, unless it has too many people.
fn switches_of(stage: &Stage) -> io::Result<Option<u64>> {
    let few = stage.crowd.len() <= SWITCHES_PEOPLE_MAX + SPEAKERS;
    few.then(|| switches(stage.pid())).transpose()
}

/// Processor time of this process.
fn own_cpu() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::floor::Sends;
    use crate::testing::floor;

    const TIME: Duration = Duration::from_millis(200);

    #[test]
    fn what_a_delivery_costs_is_measured() {
        let mut stage = floor(Sends::Gathered);
        stage.fill(10, SPEAKERS).unwrap();
        for ear in [Ear::Counting, Ear::Checking] {
            let figures = measure(&mut stage, 64, ear, TIME).unwrap();
            let of = |name: &str| figures[name];
            assert!(of(figure::DELIVERIES_PER_S) > 0.0);
            assert!(of(figure::GENERATOR_CPU_US) > 0.0);
            // Each message has ten receivers.
            let each = of(figure::SERVER_CPU_MESSAGE_US) / of(figure::SERVER_CPU_US);
            assert!((each - 10.0).abs() < 1e-6, "{each}");
            assert!(of(figure::SWITCHES_PER_MESSAGE) >= 0.0);
        }
    }
}
