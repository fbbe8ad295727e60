//! Fan-out: as many messages as a bounded window lets through, to everybody.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use crate::hearing::Ear;
use crate::record::figure;
use crate::stage::Stage;
use crate::talk::{Group, Nobody, Pace, Talk, Until};

/// How many speak.
pub const SPEAKERS: usize = 4;

/// How many messages of all speakers together are under way.
pub const WINDOW: u64 = 64;

/// So many messages are looked at letter by letter before those that are counted.
const CHECKED: u64 = 4 * WINDOW;

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
        speakers: 0..SPEAKERS,
        pace: Pace::Window(std::env::var("WINDOW").map_or(WINDOW, |w| w.parse().unwrap())),
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
    let (server, generator) = (stage.cost()?.cpu, own_cpu());
    let outcome = talk.hold(stage, &mut Nobody)?;
    let server = stage.cost()?.cpu - server;
    let generator = own_cpu() - generator;
    let micros = |time: Duration, count: u64| time.as_secs_f64() * 1e6 / count as f64;
    let (deliveries, messages) = (outcome.deliveries, outcome.messages);
    Ok([
        (figure::SERVER_CPU_US, micros(server, deliveries)),
        (figure::SERVER_CPU_MESSAGE_US, micros(server, messages)),
        (figure::GENERATOR_CPU_US, micros(generator, deliveries)),
        (
            figure::DELIVERIES_PER_S,
            deliveries as f64 / outcome.took.as_secs_f64(),
        ),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into())
}

/// Processor time of this process.
fn own_cpu() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}
