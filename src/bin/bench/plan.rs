//! The plan of a run: its measurements, their rounds and their lengths.

use std::time::Duration;

use crate::results::{Case, Workload};
use crate::work::churn::LISTENERS;
use crate::work::latency::NOISY_PEOPLE;

/// The number of rooms where there are many.
pub const ROOMS: usize = 1000;

/// A measurement with each server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub workload: Workload,
    /// Measured one after the other with the same clients.
    pub cases: Vec<Case>,
    /// The number of rounds that have this step.
    pub rounds: u32,
    pub time: Duration,
}

/// The number of rounds.
pub fn rounds(is_quick: bool) -> u32 {
    if is_quick { 2 } else { 5 }
}

/// A round that would probably end after this time does not start.
pub fn time_max(is_quick: bool) -> Duration {
    Duration::from_secs(if is_quick { 225 } else { 12 * 60 - 20 })
}

/// The steps of a full run, or of a quick one, which has a short look at each kind of work.
pub fn steps(is_quick: bool) -> Vec<Step> {
    let is_full = !is_quick;
    let every = if is_full { rounds(is_quick) } else { 1 };
    let mut steps = Vec::new();
    let mut step = |workload, cases: &[Case], rounds, milliseconds: u64| {
        steps.push(Step {
            workload,
            cases: cases.to_vec(),
            rounds,
            time: Duration::from_millis(if is_full { milliseconds } else { milliseconds / 2 }),
        });
    };

    for people in [10, 100, 1000, 5000] {
        let both = [Case::of(people, 64), Case::of(people, 512)];
        let has_both = is_full || people == 100;
        let cases = if has_both { &both[..] } else { &both[..1] };
        let milliseconds = if people == 5000 { 1500 } else { 800 };
        step(Workload::FanOut, cases, rounds(is_quick), milliseconds);
    }
    step(Workload::Rooms, &[Case::of(10, 64).in_rooms(ROOMS)], every.min(3), 1000);
    let protocols = [Case::of(1000, 64), Case::of(1000, 512)];
    step(Workload::Protocols, &[Case::of(10, 64)], every, 800);
    step(Workload::Protocols, &protocols, every, 800);
    step(Workload::Joined, &[Case::of(1000, 64)], every.min(3), 0);
    for (people, rate) in [(100, 100), (1000, 100), (100, 1000)] {
        let case = Case::of(people, 64).at_rate(rate);
        step(Workload::Latency, &[case], every, 1200);
    }
    let people = if is_full { 10_000 } else { 1000 };
    step(Workload::Idle, &[Case::of(people, 64)], every.min(3), 0);
    let mut stalled = |people, stalled, rounds, milliseconds| {
        let case = Case::of(people, 512).with_stalled(stalled);
        step(Workload::Stalled, &[case], rounds, milliseconds);
    };
    stalled(100, 0, every, 1500);
    stalled(100, 1, every, 3000);
    if is_full {
        stalled(1000, 0, 1, 2000);
        stalled(1000, 100, 1, 2000);
    }
    let full = [Case::of(100, 512).with_window(512), Case::of(100, 3800)];
    step(Workload::Full, &full, every, 1200);
    step(Workload::Noisy, &[Case::of(NOISY_PEOPLE, 64)], every, 1200);
    step(Workload::Churn, &[Case::of(LISTENERS, 64)], every, 1200);
    let growth: &[usize] =
        if is_full { &[1, 3, 10, 30, 100, 300, 1000, 3000, 10_000] } else { &[1, 10, 100, 1000] };
    for &people in growth {
        step(Workload::Growth, &[Case::of(people, 64)], 1, 700);
    }
    steps
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use clap::ValueEnum;

    use super::*;

    #[test]
    fn every_workload_is_measured_and_each_case_once_in_a_round() {
        for is_quick in [false, true] {
            let mut seen = HashSet::new();
            for step in steps(is_quick) {
                assert!((1..=rounds(is_quick)).contains(&step.rounds));
                for case in step.cases {
                    assert!(seen.insert((step.workload, case.clone())), "{case:?}");
                }
            }
            let has = |workload| seen.iter().any(|(measured, _)| *measured == workload);
            assert!(Workload::value_variants().iter().copied().all(has));
        }
    }
}
