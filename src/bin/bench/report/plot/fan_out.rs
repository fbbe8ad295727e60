//! What a delivery costs: a panel for each payload, a group for each number of receivers.

use std::collections::BTreeSet;

use super::super::number::count;
use super::super::results::Results;
use super::groups;
use super::panel::Panel;
use crate::record::{Workload, figure};

/// The shorter payloads first.
pub fn panels(results: &Results) -> Vec<Panel> {
    let cases = results.cases(Workload::FanOut);
    let payloads: BTreeSet<usize> = cases.iter().map(|case| case.payload_bytes).collect();
    let panel = |payload: usize| {
        let cases = cases.iter().filter(|case| case.payload_bytes == payload);
        let cases: Vec<_> = cases.collect();
        let names: Vec<String> = cases.iter().map(|case| count(case.people)).collect();
        groups::panel(
            format!("Server CPU for each delivery of {payload} bytes"),
            ("receivers", "CPU, µs"),
            &names,
            &results.peers(),
            |group, peer| {
                let figure = figure::SERVER_CPU_US;
                results.spread(Workload::FanOut, peer, cases[group], figure)
            },
        )
    };
    payloads.into_iter().filter_map(panel).collect()
}
