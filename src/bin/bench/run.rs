//! A run: round after round, each server in turn, so that whatever else the machine does hits all of them alike.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::Instant;

use crate::churn;
use crate::fan_out;
use crate::hearing::Ear;
use crate::idle;
use crate::latency;
use crate::noisy;
use crate::peers::{Demand, Peer};
use crate::plan::{Extent, Step};
use crate::record::{Case, LeftOut, Moment, Record, Workload};
use crate::stage::Stage;
use crate::stalled;

/// More than the speakers of any kind of work.
const SPEAKERS_MAX: usize = noisy::PEOPLE + churn::UNDER_WAY;

/// What a run has given so far.
#[derive(Debug, Default)]
pub struct Gathered {
    /// What was measured.
    pub records: Vec<Record>,
    /// What was not, and why.
    pub left_out: Vec<LeftOut>,
}

/// Runs all steps, round after round, and says on stderr what it is doing. No round begins that would end later than the
/// extent allows, as far as the one before tells.
pub fn run(steps: &[Step], rounds: u32, extent: Extent, ear: Ear) -> Gathered {
    let began = Instant::now();
    let mut gathered = Gathered::default();
    for round in 0..rounds {
        let round_began = Instant::now();
        for step in steps.iter().filter(|step| round < step.rounds) {
            for peer in in_turn(&step.peers, round) {
                // Without a stderr it goes on all the same.
                let _ = writeln!(
                    io::stderr(),
                    "{:4} s, round {} of {rounds}: {:?}, {} people: {}",
                    began.elapsed().as_secs(),
                    round + 1,
                    step.workload,
                    step.cases[0].people,
                    peer.label(),
                );
                gathered.measure(step, peer, ear, round);
            }
        }
        let took = round_began.elapsed();
        if round + 1 < rounds && began.elapsed() + took > extent.time_max() {
            let _ = writeln!(io::stderr(), "no time is left for another round");
            break;
        }
    }
    gathered
}

/// Everybody, in an order that changes from round to round, and backwards in every other: nobody always comes behind the
/// same one.
fn in_turn(peers: &[Peer], round: u32) -> Vec<Peer> {
    let mut peers = peers.to_vec();
    let first = round as usize % peers.len().max(1);
    peers.rotate_left(first);
    if round % 2 == 1 {
        peers.reverse();
    }
    peers
}

impl Gathered {
    /// The cases of a step that a server can do; the others are left out.
    fn possible(&mut self, step: &Step, peer: Peer) -> Vec<Case> {
        if let Err(missing) = peer.version() {
            for case in &step.cases {
                self.leave_out(step.workload, peer, case, &missing);
            }
            return Vec::new();
        }
        let mut possible = Vec::new();
        for case in &step.cases {
            let demand = Demand {
                people: case.people,
                payload_bytes: case.payload_bytes,
            };
            match peer.cannot(demand) {
                None => possible.push(case.clone()),
                Some(why) => self.leave_out(step.workload, peer, case, why),
            }
        }
        possible
    }

    fn leave_out(&mut self, workload: Workload, peer: Peer, case: &Case, why: &str) {
        let left_out = LeftOut {
            workload,
            peer: peer.label().to_owned(),
            case: case.clone(),
            reason: why.to_owned(),
        };
        if !self.left_out.contains(&left_out) {
            self.left_out.push(left_out);
        }
    }

    /// Sets the stage once and measures all cases on it. What goes wrong is told, and leaves the rest of them out.
    fn measure(&mut self, step: &Step, peer: Peer, ear: Ear, round: u32) {
        let cases = self.possible(step, peer);
        let Some(first) = cases.first() else {
            return;
        };
        let lengths = cases.iter().map(|case| case.payload_bytes);
        let demand = Demand {
            people: first.people + SPEAKERS_MAX,
            payload_bytes: lengths.max().unwrap_or(0),
        };
        let (mut stage, mut failed) = match Stage::start(peer, demand) {
            Ok(stage) => (Some(stage), None),
            Err(error) => (None, Some(error.to_string())),
        };
        for case in &cases {
            if let Some(stage) = &mut stage
                && failed.is_none()
            {
                match measure_case(stage, step, case, ear, round) {
                    Ok((figures, moments)) => self.records.push(Record {
                        workload: step.workload,
                        peer: peer.label().to_owned(),
                        case: case.clone(),
                        round,
                        figures,
                        moments,
                    }),
                    Err(error) => failed = Some(error.to_string()),
                }
            }
            if let Some(why) = &failed {
                let _ = writeln!(io::stderr(), "  {}: {why}", peer.label());
                self.leave_out(step.workload, peer, case, why);
            }
        }
    }
}

fn measure_case(
    stage: &mut Stage,
    step: &Step,
    case: &Case,
    ear: Ear,
    round: u32,
) -> io::Result<(BTreeMap<String, f64>, Vec<Moment>)> {
    let (people, bytes) = (case.people, case.payload_bytes);
    if stage.crowd.is_empty() {
        match step.workload {
            Workload::FanOut | Workload::Growth | Workload::Latency | Workload::Stalled => {
                stage.fill(people, fan_out::SPEAKERS.min(people))?;
            }
            Workload::Noisy => stage.fill(people, people + 1)?,
            Workload::Churn => stage.let_in(people, 0)?,
            // They come in while it is measured.
            Workload::Idle => {}
        }
        stage.wait_for_quiet()?;
    }
    let figures = match step.workload {
        Workload::FanOut | Workload::Growth => fan_out::measure(stage, bytes, ear, step.time)?,
        Workload::Latency => {
            let rate = case.rate.unwrap_or(1);
            latency::measure(stage, bytes, rate, step.time)?
        }
        Workload::Stalled => return stalled::measure(stage, bytes, case.stalled, step.time),
        Workload::Noisy => noisy::measure(stage, bytes, step.time)?,
        Workload::Churn => churn::measure(stage, bytes, step.time)?,
        Workload::Idle => {
            // What they cost is much the same each time, and takes ten seconds to see.
            idle::measure(stage, people, bytes, round == 0)?
        }
    };
    Ok((figures, Vec::new()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::peers::MAIN;

    #[test]
    fn nobody_always_comes_behind_the_same_one_and_each_round_has_all() {
        let rounds: Vec<Vec<Peer>> = (0..5).map(|round| in_turn(&MAIN, round)).collect();
        assert_eq!(rounds[0], MAIN);
        assert_eq!(rounds[1], [MAIN[0], MAIN[3], MAIN[2], MAIN[1]]);
        assert_eq!(rounds[4], MAIN);
        for peer in MAIN {
            let before = |round: &Vec<Peer>| {
                let at = round.iter().position(|&other| other == peer).unwrap();
                at.checked_sub(1).map(|at| round[at])
            };
            let first = before(&rounds[0]);
            assert!(
                rounds.iter().any(|round| before(round) != first),
                "{peer:?}"
            );
        }
        assert!(in_turn(&[], 3).is_empty());
    }
}
