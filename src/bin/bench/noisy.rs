//! One never stops talking, beside many who say something now and then.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use crate::hearing::Ear;
use crate::latencies::Latencies;
use crate::payload::Id;
use crate::record::figure;
use crate::stage::Stage;
use crate::talk::{Group, Observer, Pace, Talk, Until};

/// How many talk like people.
pub const PEOPLE: usize = 50;
/// What they say in a second, all together.
const RATE: u32 = 100;
/// How many messages of the one who floods are under way. What it takes is what the server reads at once.
const FLOOD: u64 = 1024;

/// Measures how long the words of the others take, by one who floods and without.
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
    let mut others = Others(Latencies::default());
    let talk = Talk {
        groups: &groups,
        payload_bytes,
        ear: Ear::Checking,
        until: Until::Passed(time),
    };
    let outcome = talk.hold(stage, &mut others)?;
    let mut figures = BTreeMap::new();
    others.0.figures(&mut figures);
    let per_second = outcome.deliveries as f64 / outcome.took.as_secs_f64();
    figures.insert(figure::DELIVERIES_PER_S.to_owned(), per_second);
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
