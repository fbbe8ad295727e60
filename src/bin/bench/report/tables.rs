//! Which figures stand in which table.

use super::cells;
use super::grid::paragraph;
use super::results::Results;
use crate::record::{Workload, figure};

/// What stands in the columns. The rows are always the servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Columns {
    /// The cases: a table for each figure.
    Cases,
    /// The figures: a table for each case.
    Figures,
}

/// The tables of one workload.
#[derive(Debug)]
pub struct Section {
    pub workload: Workload,
    pub title: &'static str,
    pub columns: Columns,
    /// Each with what it is called here.
    pub figures: &'static [(&'static str, &'static str)],
}

const SECTIONS: [Section; 7] = [
    Section {
        workload: Workload::FanOut,
        title: "Fan-out",
        columns: Columns::Cases,
        figures: &[
            (figure::SERVER_CPU_US, "server CPU for each delivery, µs"),
            (figure::DELIVERIES_PER_S, "deliveries a second"),
            (
                figure::GENERATOR_CPU_US,
                "the generator's own CPU for each delivery, µs",
            ),
            (
                figure::SWITCHES_PER_MESSAGE,
                "voluntary context switches for each message",
            ),
        ],
    },
    Section {
        workload: Workload::Latency,
        title: "Latency",
        columns: Columns::Figures,
        figures: &[
            (figure::P50_MS, "p50 ms"),
            (figure::P99_MS, "p99 ms"),
            (figure::P999_MS, "p99.9 ms"),
            (figure::MAX_MS, "max ms"),
            (figure::SERVER_CPU_PERCENT, "CPU %"),
        ],
    },
    Section {
        workload: Workload::Idle,
        title: "Idle",
        columns: Columns::Figures,
        figures: &[
            (figure::PEOPLE_IN, "logged in"),
            (figure::LOGINS_PER_S, "logins/s"),
            (figure::RESIDENT_KIB_PER_PERSON, "KiB a person"),
            (figure::KERNEL_KIB_PER_PERSON, "in the kernel"),
            (figure::SERVER_CPU_PERCENT, "CPU %"),
            (figure::BROADCAST_MS, "broadcast ms"),
        ],
    },
    Section {
        workload: Workload::Stalled,
        title: "Stalled, latency of those who read",
        columns: Columns::Figures,
        figures: &[
            (figure::P50_MS, "p50 ms"),
            (figure::P99_MS, "p99 ms"),
            (figure::MAX_MS, "max ms"),
            (figure::DELIVERIES_PER_S, "deliveries/s"),
            (figure::GROWN_MIB, "grown MiB"),
            (figure::CUT, "cut"),
            (figure::CUT_AFTER_S, "cut after s"),
        ],
    },
    Section {
        workload: Workload::Noisy,
        title: "Noisy, latency of those who speak beside a flooder",
        columns: Columns::Figures,
        figures: &[
            (figure::P50_MS, "p50 ms"),
            (figure::P99_MS, "p99 ms"),
            (figure::P999_MS, "p99.9 ms"),
            (figure::MAX_MS, "max ms"),
            (figure::DELIVERIES_PER_S, "deliveries/s"),
            (figure::SERVER_CPU_PERCENT, "CPU %"),
        ],
    },
    Section {
        workload: Workload::Churn,
        title: "Churn, connect, log in, say, leave",
        columns: Columns::Figures,
        figures: &[
            (figure::CYCLES_PER_S, "cycles/s"),
            (figure::RESIDENT_MIB, "resident MiB"),
            (figure::THREADS_AFTER, "threads after"),
            (figure::DESCRIPTORS_AFTER, "descriptors after"),
        ],
    },
    Section {
        workload: Workload::Growth,
        title: "Growth",
        columns: Columns::Cases,
        figures: &[(figure::SERVER_CPU_US, "server CPU for each delivery, µs")],
    },
];

/// Where the figures come from, and then all tables that have any.
pub fn text(results: &Results) -> String {
    let setting = &results.setting;
    let mut text = String::new();
    for (lead, what) in [
        ("began    ", &setting.began),
        ("command  ", &setting.command),
        ("machine  ", &setting.machine),
    ] {
        text.push_str(&paragraph(lead, what));
    }
    text.push('\n');
    let labels = setting.peers.iter().map(|(label, _)| label.chars().count());
    let width = labels.max().unwrap_or(0);
    for (label, version) in &setting.peers {
        text.push_str(&paragraph(&format!("{label:<width$}  "), version));
    }
    text.push_str(
        "\nMedians over the rounds; ± is half of the range from the lowest to the highest round.\n",
    );
    for section in &SECTIONS {
        text.push_str(&cells::tables(results, section));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::example;
    use super::super::grid::WIDTH_MAX;
    use super::*;

    #[test]
    fn every_workload_has_its_table_and_no_line_is_too_wide() {
        let results = example::results();
        let text = text(&results);
        for section in &SECTIONS {
            assert!(text.contains(&format!("\n{}", section.title)), "{text}");
        }
        for line in text.lines() {
            assert!(line.chars().count() <= WIDTH_MAX, "{line}");
        }
        for (label, version) in &results.setting.peers {
            let said = |line: &str| line.starts_with(label) && line.ends_with(version);
            assert!(text.lines().any(said), "{label} {version}");
        }
    }

    #[test]
    fn without_records_there_is_no_table() {
        let text = text(&example::empty());
        assert!(!text.contains('─'), "{text}");
    }
}
