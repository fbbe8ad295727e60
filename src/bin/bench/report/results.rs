//! All that a run gave, and how to find a figure in it.

use std::collections::{BTreeMap, BTreeSet};

use super::spread::Spread;
use crate::record::{Case, LeftOut, Record, Setting, Workload};

/// All that a run gave.
#[derive(Debug, Clone, PartialEq)]
pub struct Results {
    /// What the figures depend upon.
    pub setting: Setting,
    /// One for each round of each case with each server.
    pub records: Vec<Record>,
    /// What was not measured, and why.
    pub left_out: Vec<LeftOut>,
}

impl Results {
    /// Everybody's label, in the order of the setting. Whoever was measured and is not in it comes last.
    pub fn peers(&self) -> Vec<&str> {
        let listed = self.setting.peers.iter().map(|(label, _)| label.as_str());
        let measured = self.records.iter().map(|record| record.peer.as_str());
        let mut seen = BTreeSet::new();
        listed
            .chain(measured)
            .filter(|label| seen.insert(*label))
            .collect()
    }

    /// The cases of a workload, those that were left out among them: the shorter payloads first, and then by people.
    pub fn cases(&self, workload: Workload) -> Vec<&Case> {
        let measured = self.records.iter().map(|r| (r.workload, &r.case));
        let left_out = self.left_out.iter().map(|l| (l.workload, &l.case));
        let cases: BTreeSet<&Case> = measured
            .chain(left_out)
            .filter(|(of, _)| *of == workload)
            .map(|(_, case)| case)
            .collect();
        let mut cases: Vec<&Case> = cases.into_iter().collect();
        cases.sort_by_key(|case| (case.payload_bytes, *case));
        cases
    }

    /// One case's records of one server.
    pub fn records_of(&self, workload: Workload, peer: &str, case: &Case) -> Vec<&Record> {
        self.records
            .iter()
            .filter(|r| r.workload == workload && r.peer == peer && r.case == *case)
            .collect()
    }

    /// A figure in each round that has it.
    pub fn rounds(
        &self,
        workload: Workload,
        peer: &str,
        case: &Case,
        figure: &str,
    ) -> BTreeMap<u32, f64> {
        self.records_of(workload, peer, case)
            .into_iter()
            .filter_map(|record| Some((record.round, *record.figures.get(figure)?)))
            .collect()
    }

    /// A figure over all rounds; none if no round has it.
    pub fn spread(
        &self,
        workload: Workload,
        peer: &str,
        case: &Case,
        figure: &str,
    ) -> Option<Spread> {
        Spread::of(self.rounds(workload, peer, case, figure).into_values())
    }

    /// Why a case was not measured, where that is known.
    pub fn why_left_out(&self, workload: Workload, peer: &str, case: &Case) -> Option<&str> {
        self.left_out
            .iter()
            .find(|l| l.workload == workload && l.peer == peer && l.case == *case)
            .map(|left_out| left_out.reason.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::super::example;
    use super::*;

    #[test]
    fn peers_stand_in_the_order_of_the_setting_and_each_once() {
        let mut results = example::empty();
        results.setting.peers = ["b", "a", "b"]
            .map(|label| (label.to_owned(), "1".to_owned()))
            .to_vec();
        for peer in ["c", "a"] {
            results
                .records
                .push(example::record(Workload::Churn, peer, example::case(10), 0));
        }
        assert_eq!(results.peers(), ["b", "a", "c"]);
    }

    #[test]
    fn cases_stand_by_payload_and_then_by_people() {
        let mut results = example::empty();
        let small = |people| example::case(people);
        let large = Case {
            payload_bytes: 512,
            ..small(10)
        };
        for case in [large.clone(), small(1_000), small(10), small(1_000)] {
            results
                .records
                .push(example::record(Workload::FanOut, "a", case, 0));
        }
        results
            .records
            .push(example::record(Workload::Churn, "a", small(7), 0));
        results.left_out.push(LeftOut {
            workload: Workload::FanOut,
            peer: "b".to_owned(),
            case: small(5_000),
            reason: "too many".to_owned(),
        });
        assert_eq!(
            results.cases(Workload::FanOut),
            [&small(10), &small(1_000), &small(5_000), &large]
        );
    }
}
