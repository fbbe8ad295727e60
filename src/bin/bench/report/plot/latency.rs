//! How long a message takes: a panel for each case, a group for each percentile.

use super::super::number::count;
use super::super::results::Results;
use super::groups;
use super::panel::Panel;
use crate::record::{Case, Workload, figure};

const PERCENTILES: [(&str, &str); 3] = [
    (figure::P50_MS, "p50"),
    (figure::P99_MS, "p99"),
    (figure::P999_MS, "p99.9"),
];

/// One panel for each case.
pub fn panels(results: &Results) -> Vec<Panel> {
    let names = PERCENTILES.map(|(_, name)| name.to_owned());
    let panel = |case: &Case| {
        let rate = count(case.rate.unwrap_or(0) as usize);
        groups::panel(
            format!("{rate} messages a second to {} people", count(case.people)),
            ("percentile of all deliveries", "latency, ms"),
            &names,
            &results.peers(),
            |group, peer| results.spread(Workload::Latency, peer, case, PERCENTILES[group].0),
        )
    };
    results
        .cases(Workload::Latency)
        .into_iter()
        .filter_map(panel)
        .collect()
}
