//! A run: round after round, with each server in turn, so that other work on the machine affects all servers alike.

use std::io::{self, Write};
use std::time::{Duration, Instant};

use chatserv::config::DeliveryPolicy;

use crate::deliveries::Check;
use crate::peer::Peer;
use crate::plan::Step;
use crate::results::{Case, Figures, Record, Results, Setting};
use crate::trial::Trial;
use crate::work::{self, EXTRA_CLIENTS};

pub struct Run {
    /// Only these servers; if none is given, all but the one with a history on disk.
    pub peers: Vec<Peer>,
    /// How our server delivers.
    pub delivery: DeliveryPolicy,
    pub steps: Vec<Step>,
    pub rounds: u32,
    /// A round that would probably end after this time does not start.
    pub time_max: Duration,
    /// How closely deliveries are checked at full speed.
    pub check: Check,
}

impl Run {
    /// Measures everything, and reports its progress on stderr. A failure leaves out the rest of its step.
    pub fn measure(&self) -> io::Result<Results> {
        let began = Instant::now();
        let mut results = Results { setting: Setting::now()?, records: Vec::new() };
        for round in 0..self.rounds {
            let mut next_round = Duration::ZERO;
            for step in self.steps.iter().filter(|step| round < step.rounds) {
                let step_began = Instant::now();
                let mut peers = step.workload.peers().to_vec();
                if peers.contains(&Peer::Chatserv) && self.peers.contains(&Peer::History) {
                    peers.push(Peer::History);
                }
                peers.retain(|peer| self.peers.is_empty() || self.peers.contains(peer));
                for peer in in_turn(&peers, round) {
                    progress(&format!(
                        "{:4} s, round {} of {}: {}, {}: {}",
                        began.elapsed().as_secs(),
                        round + 1,
                        self.rounds,
                        step.workload.title(),
                        step.cases[0],
                        peer.label(),
                    ));
                    self.measure_step(&mut results, step, peer, round);
                }
                if round + 1 < step.rounds {
                    next_round += step_began.elapsed();
                }
            }
            let is_last = round + 1 == self.rounds;
            if !is_last && began.elapsed() + next_round > self.time_max {
                progress("no time is left for another round");
                break;
            }
        }
        Ok(results)
    }

    /// Measures all cases of a step with one server.
    fn measure_step(&self, results: &mut Results, step: &Step, peer: Peer, round: u32) {
        let case = &step.cases[0];
        let clients = case.receivers() + case.rooms + EXTRA_CLIENTS;
        let started = peer
            .start(clients, self.delivery)
            .and_then(|server| Trial::of(server, peer.dialect(), case.rooms));
        let mut trial = started.map_err(|error| error.to_string());
        for case in &step.cases {
            let measured = match &mut trial {
                Ok(trial) => self.measure_case(trial, step, case, round),
                Err(why) => Err(why.clone()),
            };
            let (figures, moments, error) = match measured {
                Ok((figures, moments)) => (figures, moments, None),
                Err(error) => (Figures::new(), Vec::new(), Some(error)),
            };
            if let Some(error) = &error {
                progress(&format!("  {}: {error}", peer.label()));
                trial = Err(error.clone());
            }
            results.records.push(Record {
                workload: step.workload,
                peer: peer.label().to_owned(),
                case: case.clone(),
                round,
                figures,
                moments,
                error,
            });
        }
    }

    fn measure_case(
        &self,
        trial: &mut Trial,
        step: &Step,
        case: &Case,
        round: u32,
    ) -> Result<work::Measured, String> {
        let is_first = round == 0;
        work::measure(trial, step.workload, case, self.check, step.time, is_first)
            .map_err(|error| error.to_string())
    }
}

/// Reports to the user. If stderr is closed, the run goes on.
fn progress(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// The servers in the order of a round, which differs from round to round: no server always follows the same one.
fn in_turn(peers: &[Peer], round: u32) -> Vec<Peer> {
    let mut peers = peers.to_vec();
    let first = round as usize % peers.len().max(1);
    peers.rotate_left(first);
    if round % 2 == 1 {
        peers.reverse();
    }
    peers
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::peer::SERVERS as ALL;

    #[test]
    fn no_server_always_follows_the_same_one() {
        let rounds: Vec<Vec<Peer>> = (0..5).map(|round| in_turn(&ALL, round)).collect();
        assert_eq!(rounds[0], ALL);
        assert_eq!(rounds[1], [ALL[0], ALL[3], ALL[2], ALL[1]]);
        assert_eq!(rounds[4], ALL);
        for peer in ALL {
            let previous = |round: &Vec<Peer>| {
                let at = round.iter().position(|&other| other == peer).unwrap();
                at.checked_sub(1).map(|at| round[at])
            };
            let first = previous(&rounds[0]);
            assert!(rounds.iter().any(|round| previous(round) != first), "{peer:?}");
        }
        assert!(in_turn(&[], 3).is_empty());
    }
}
