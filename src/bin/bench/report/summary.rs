//! The short table, in Markdown: one figure a row, one server a column.

use super::number::number;
use super::results::Results;
use super::which::Which;
use crate::peers::label::{FLOOR, INSPIRCD, NATS, NCAT, NGIRCD, OURS, REDIS};
use crate::record::{Workload, figure};

/// These have a column in any case.
const ALWAYS: [&str; 4] = [OURS, FLOOR, REDIS, NATS];

/// These have one if they have a figure.
const PERHAPS: [&str; 3] = [NGIRCD, INSPIRCD, NCAT];

struct Row {
    title: &'static str,
    workload: Workload,
    figure: &'static str,
    which: Which,
}

const fn row(title: &'static str, workload: Workload, figure: &'static str, which: Which) -> Row {
    Row {
        title,
        workload,
        figure,
        which,
    }
}

const fn fan_out(title: &'static str, people: usize, bytes: usize) -> Row {
    let which = Which::to(people).of_bytes(bytes);
    row(title, Workload::FanOut, figure::SERVER_CPU_US, which)
}

const fn latency(title: &'static str, people: usize, rate: u32, figure: &'static str) -> Row {
    let which = Which::to(people).at_rate(rate);
    row(title, Workload::Latency, figure, which)
}

const IDLE: Which = Which::to(10_000);
const ONE_STALLED: Which = Which::to(100).with_stalled(1);

const ROWS: [Row; 19] = [
    fan_out("fan-out to 10, CPU a delivery, µs", 10, 64),
    fan_out("fan-out to 100, CPU a delivery, µs", 100, 64),
    fan_out("fan-out to 1,000, CPU a delivery, µs", 1_000, 64),
    fan_out("fan-out to 5,000, CPU a delivery, µs", 5_000, 64),
    fan_out("fan-out of 512 bytes to 100, CPU a delivery, µs", 100, 512),
    latency("latency, 100/s to 100, p50, ms", 100, 100, figure::P50_MS),
    latency("latency, 100/s to 100, p99, ms", 100, 100, figure::P99_MS),
    latency(
        "latency, 100/s to 1,000, p50, ms",
        1_000,
        100,
        figure::P50_MS,
    ),
    latency(
        "latency, 100/s to 1,000, p99, ms",
        1_000,
        100,
        figure::P99_MS,
    ),
    latency(
        "latency, 1,000/s to 100, p50, ms",
        100,
        1_000,
        figure::P50_MS,
    ),
    latency(
        "latency, 1,000/s to 100, p99, ms",
        100,
        1_000,
        figure::P99_MS,
    ),
    row(
        "10,000 people coming in, logins a second",
        Workload::Idle,
        figure::LOGINS_PER_S,
        IDLE,
    ),
    row(
        "10,000 people, resident memory a person, KiB",
        Workload::Idle,
        figure::RESIDENT_KIB_PER_PERSON,
        IDLE,
    ),
    row(
        "10,000 people, kernel memory a person, KiB",
        Workload::Idle,
        figure::KERNEL_KIB_PER_PERSON,
        IDLE,
    ),
    row(
        "10,000 people who say nothing, CPU, %",
        Workload::Idle,
        figure::SERVER_CPU_PERCENT,
        IDLE,
    ),
    row(
        "100 people who all read, 512 bytes, p99, ms",
        Workload::Stalled,
        figure::P99_MS,
        Which::to(100),
    ),
    row(
        "1 stalled among 100, 512 bytes, the others' p99, ms",
        Workload::Stalled,
        figure::P99_MS,
        ONE_STALLED,
    ),
    row(
        "1 stalled among 100, 512 bytes, memory grown, MiB",
        Workload::Stalled,
        figure::GROWN_MIB,
        ONE_STALLED,
    ),
    row(
        "churn, cycles a second",
        Workload::Churn,
        figure::CYCLES_PER_S,
        Which::ANY,
    ),
];

impl Row {
    /// The median, if there is one. There is none where the kernel counted no processor time at all in some round: the
    /// work was too little for its clock, and a cost of 0 would be untrue.
    fn cell(&self, results: &Results, peer: &str) -> Option<String> {
        let cases = results.cases(self.workload);
        cases
            .into_iter()
            .filter(|case| self.which.holds(case))
            .find_map(|case| results.spread(self.workload, peer, case, self.figure))
            .filter(|spread| self.figure != figure::SERVER_CPU_US || spread.lowest > 0.0)
            .map(|spread| number(spread.median))
    }
}

/// The table. A row has its place even if nobody has a figure for it.
pub fn markdown(results: &Results) -> String {
    let has_figure = |peer: &&str| ROWS.iter().any(|row| row.cell(results, peer).is_some());
    let perhaps = PERHAPS.into_iter().filter(has_figure);
    let peers: Vec<&str> = ALWAYS.into_iter().chain(perhaps).collect();
    let mut text = format!(
        "| | {} |\n|---|{}\n",
        peers.join(" | "),
        "--:|".repeat(peers.len())
    );
    for row in &ROWS {
        let cells: Vec<String> = peers
            .iter()
            .map(|peer| row.cell(results, peer).unwrap_or_else(|| "–".to_owned()))
            .collect();
        text.push_str(&format!("| {} | {} |\n", row.title, cells.join(" | ")));
    }
    text
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]
mod tests {
    use std::path::Path;

    use super::super::example;
    use super::*;

    #[test]
    fn every_row_has_a_cell_for_every_column() {
        let text = markdown(&example::results());
        let pipes: Vec<usize> = text.lines().map(|line| line.matches('|').count()).collect();
        assert_eq!(pipes, vec![9; 2 + ROWS.len()], "{text}");
    }

    #[test]
    fn who_has_no_figure_has_no_column_unless_it_is_a_main_one() {
        let mut results = example::results();
        results
            .records
            .retain(|record| record.peer != NCAT && record.peer != REDIS);
        let text = markdown(&results);
        assert!(!text.contains(NCAT) && text.contains("| redis |"), "{text}");
        assert!(text.contains(" | – | "), "{text}");
    }

    #[test]
    fn what_costs_less_than_the_clock_sees_has_no_figure() {
        let mut results = example::results();
        let of_ncat = |text: &str| {
            let row = text.lines().find(|line| line.contains("fan-out to 10,"));
            row.unwrap().rsplit(" | ").next().unwrap().to_owned()
        };
        assert_ne!(of_ncat(&markdown(&results)), "– |");
        let record = results.records.iter_mut().find(|record| {
            record.workload == Workload::FanOut
                && record.peer == NCAT
                && record.case == example::case(10)
        });
        let cost = record.unwrap().figures.get_mut(figure::SERVER_CPU_US);
        *cost.unwrap() = 0.0;
        assert_eq!(of_ncat(&markdown(&results)), "– |");
    }

    #[test]
    fn the_table_that_is_kept_is_made_of_the_lines_that_are_kept() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/results");
        let results = super::super::read(&folder).unwrap();
        let kept = std::fs::read_to_string(folder.join("summary.md")).unwrap();
        let drawn = markdown(&results);
        assert_eq!(kept, drawn, "bench report scripts/results draws it anew");
    }
}
