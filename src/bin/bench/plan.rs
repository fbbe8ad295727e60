//! What is measured, with whom, and how long each measurement takes.

use std::time::Duration;

use crate::churn;
use crate::noisy;
use crate::peers::{ALL, MAIN, Peer};
use crate::record::{Case, Workload};

/// One thing to measure with each of some servers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What kind of work.
    pub workload: Workload,
    /// What is asked: several cases are measured one after the other with the same people.
    pub cases: Vec<Case>,
    /// Of whom.
    pub peers: Vec<Peer>,
    /// In how many rounds, at the most.
    pub rounds: u32,
    /// How long each measurement takes.
    pub time: Duration,
}

/// How much is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// All, for the results that are kept.
    Full,
    /// A look at each kind of work.
    Quick,
}

impl Extent {
    /// How many rounds there are.
    pub fn rounds(self) -> u32 {
        match self {
            Extent::Full => 5,
            Extent::Quick => 2,
        }
    }

    /// No round begins that would end later, as far as the rounds before tell.
    pub fn time_max(self) -> Duration {
        match self {
            Extent::Full => Duration::from_secs(20 * 60 - 20),
            Extent::Quick => Duration::from_secs(165),
        }
    }

    /// How long a measurement takes, of one that takes so many milliseconds in full.
    fn time(self, milliseconds: u64) -> Duration {
        Duration::from_millis(match self {
            Extent::Full => milliseconds,
            Extent::Quick => milliseconds / 2,
        })
    }
}

/// All steps of a round.
pub fn steps(extent: Extent) -> Vec<Step> {
    let is_full = extent == Extent::Full;
    let mut steps = Vec::new();
    let mut step = |workload, cases: &[Case], peers: &[Peer], rounds, milliseconds| {
        steps.push(Step {
            workload,
            cases: cases.to_vec(),
            peers: peers.to_vec(),
            rounds,
            time: extent.time(milliseconds),
        });
    };
    let every = if is_full { extent.rounds() } else { 1 };

    let others: Vec<Peer> = ALL
        .into_iter()
        .filter(|peer| !MAIN.contains(peer))
        .collect();
    for people in [10, 100, 1000, 5000] {
        let short = [said(people, 64)];
        let both = [said(people, 64), said(people, 512)];
        let cases = if is_full || people == 100 {
            &both[..]
        } else {
            &short
        };
        let milliseconds = if people == 5000 { 1500 } else { 800 };
        step(
            Workload::FanOut,
            cases,
            &MAIN,
            extent.rounds(),
            milliseconds,
        );
        // Long messages at one size; and the slowest of these take half a minute for 5,000.
        let cases = if people == 100 { &both[..] } else { &short };
        match people {
            5000 if is_full => step(Workload::FanOut, cases, &others, 1, milliseconds),
            5000 => {}
            _ => step(Workload::FanOut, cases, &others, every, milliseconds),
        }
    }
    for (people, rate) in [(100, 100), (1000, 100), (100, 1000)] {
        let case = Case {
            rate: Some(rate),
            ..said(people, 64)
        };
        step(Workload::Latency, &[case], &MAIN, every, 2000);
    }
    let idle: &[usize] = if is_full { &[1000, 10_000] } else { &[1000] };
    for &people in idle {
        step(Workload::Idle, &[said(people, 64)], &MAIN, every, 0);
    }
    let stalled = |people, stalled| Case {
        stalled,
        ..said(people, 512)
    };
    step(Workload::Stalled, &[stalled(100, 0)], &MAIN, every, 2500);
    step(Workload::Stalled, &[stalled(100, 1)], &MAIN, every, 4000);
    if is_full {
        for count in [0, 1, 100] {
            step(Workload::Stalled, &[stalled(1000, count)], &MAIN, 1, 2500);
        }
    }
    step(
        Workload::Noisy,
        &[said(noisy::PEOPLE, 64)],
        &MAIN,
        every,
        1500,
    );
    step(
        Workload::Churn,
        &[said(churn::LISTENERS, 64)],
        &MAIN,
        every,
        1500,
    );
    let growth: &[usize] = if is_full {
        &[1, 3, 10, 30, 100, 300, 1000, 3000, 10_000]
    } else {
        &[1, 10, 100, 1000]
    };
    for &people in growth {
        step(
            Workload::Growth,
            &[said(people, 64)],
            &MAIN,
            every.min(2),
            500,
        );
    }
    steps
}

fn said(people: usize, payload_bytes: usize) -> Case {
    Case {
        people,
        payload_bytes,
        rate: None,
        stalled: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chatserv::config::DeliveryPolicy as Delivery;

    #[test]
    fn every_server_is_asked_for_fan_out_and_each_case_once_in_a_round() {
        for extent in [Extent::Full, Extent::Quick] {
            let steps = steps(extent);
            let mut seen = Vec::new();
            for step in &steps {
                for &peer in &step.peers {
                    for case in &step.cases {
                        let asked = (step.workload, peer.label(), case.clone());
                        assert!(!seen.contains(&asked), "{asked:?}");
                        seen.push(asked);
                    }
                }
            }
            for peer in ALL {
                let label = peer.label();
                assert!(
                    seen.iter()
                        .any(|asked| asked.0 == Workload::FanOut && asked.1 == label)
                );
            }
            let ours = Peer::Ours(Delivery::DirectThenWriter);
            assert!(
                steps
                    .iter()
                    .all(|step| step.peers.contains(&ours) || step.workload == Workload::FanOut)
            );
        }
    }
}
