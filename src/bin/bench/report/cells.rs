//! One table, and the footnotes of the cells that lack a round or all.

use std::collections::BTreeSet;

use super::grid::{Grid, paragraph};
use super::number::{count, with_range};
use super::results::Results;
use super::tables::{Columns, Section};
use crate::record::{Case, Workload};

/// Nothing was measured.
const EMPTY: &str = "–";

/// The tables of a section, each below its title, those without any figure left out.
pub fn tables(results: &Results, section: &Section) -> String {
    let cases = results.cases(section.workload);
    match section.columns {
        Columns::Cases => section
            .figures
            .iter()
            .map(|figure| by_case(results, section, &cases, figure))
            .collect(),
        Columns::Figures => cases
            .iter()
            .map(|case| by_figure(results, section, case))
            .collect(),
    }
}

fn by_case(
    results: &Results,
    section: &Section,
    cases: &[&Case],
    &(figure, title): &(&str, &str),
) -> String {
    let table = Table {
        results,
        workload: section.workload,
        columns: cases.iter().map(|&case| (case, figure)).collect(),
    };
    let people = cases.iter().map(|case| count(case.people));
    let payloads = cases.iter().map(|case| format!("{} B", case.payload_bytes));
    let head = vec![
        [row_name("people")].into_iter().chain(people).collect(),
        [row_name("payload")].into_iter().chain(payloads).collect(),
    ];
    table.text(&format!("{}: {title}", section.title), head)
}

fn by_figure(results: &Results, section: &Section, case: &Case) -> String {
    let has_figure = |figure: &str| {
        let mut records = results.records.iter();
        records.any(|r| {
            r.workload == section.workload && r.case == *case && r.figures.contains_key(figure)
        })
    };
    let figures = section.figures.iter().filter(|(name, _)| has_figure(name));
    let table = Table {
        results,
        workload: section.workload,
        columns: figures.clone().map(|&(name, _)| (case, name)).collect(),
    };
    let titles = figures.map(|&(_, title)| title.to_owned());
    let head = vec![[String::new()].into_iter().chain(titles).collect()];
    table.text(&format!("{}: {}", section.title, in_words(case)), head)
}

fn row_name(name: &str) -> String {
    name.to_owned()
}

/// A case, as it stands above a table.
fn in_words(case: &Case) -> String {
    let mut words = vec![match case.people {
        1 => "1 person".to_owned(),
        people => format!("{} people", count(people)),
    }];
    if let Some(rate) = case.rate {
        words.push(format!("{} messages/s", count(rate as usize)));
    }
    if case.payload_bytes > 0 {
        words.push(format!("{} bytes", case.payload_bytes));
    }
    if case.stalled > 0 {
        words.push(format!("{} of them stalled", count(case.stalled)));
    }
    words.join(", ")
}

struct Table<'a> {
    results: &'a Results,
    workload: Workload,
    /// What each column shows.
    columns: Vec<(&'a Case, &'a str)>,
}

impl Table<'_> {
    /// Whoever has neither a figure nor a reason why not has no row.
    fn text(&self, title: &str, head: Vec<Vec<String>>) -> String {
        let mut notes: Vec<(&str, &str)> = Vec::new();
        let mut rows = Vec::new();
        let mut rounds = BTreeSet::new();
        for peer in self.results.peers() {
            let cells: Vec<Option<String>> = self
                .columns
                .iter()
                .map(|&(case, figure)| {
                    let spread = self.results.spread(self.workload, peer, case, figure);
                    let cell = spread.map(|spread| {
                        rounds.insert(spread.rounds);
                        with_range(figure, &spread)
                    });
                    // Some rounds may have a figure, and others a reason.
                    let Some(why) = self.results.why_left_out(self.workload, peer, case) else {
                        return cell;
                    };
                    let note = notes.iter().position(|note| *note == (peer, why));
                    let note = note.unwrap_or_else(|| {
                        notes.push((peer, why));
                        notes.len() - 1
                    });
                    let cell = cell.unwrap_or_else(|| EMPTY.to_owned());
                    Some(format!("{cell} ({})", note + 1))
                })
                .collect();
            if cells.iter().any(Option::is_some) {
                let cells = cells
                    .into_iter()
                    .map(|cell| cell.unwrap_or_else(|| EMPTY.to_owned()));
                rows.push([peer.to_owned()].into_iter().chain(cells).collect());
            }
        }
        let rounds = match (rounds.first(), rounds.last()) {
            (None, _) | (_, None) => return String::new(),
            (Some(1), Some(1)) => "1 round".to_owned(),
            (Some(least), Some(most)) if least == most => format!("{most} rounds"),
            (Some(least), Some(most)) => format!("{least} to {most} rounds"),
        };
        let grid = Grid { head, rows };
        let notes = notes.iter().zip(1..);
        let notes = notes.map(|((peer, why), number)| {
            paragraph(&format!("({number}) "), &format!("{peer}: {why}"))
        });
        format!(
            "\n{title} ({rounds})\n{}{}",
            grid.text(),
            notes.collect::<String>()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::super::example;
    use super::*;
    use crate::record::{LeftOut, figure};

    const SECTION: Section = Section {
        workload: Workload::FanOut,
        title: "Fan-out",
        columns: Columns::Cases,
        figures: &[(figure::SERVER_CPU_US, "CPU, µs")],
    };

    fn results() -> Results {
        let mut results = example::empty();
        for label in ["a", "gone", "silent", "small"] {
            let peer = (label.to_owned(), "1".to_owned());
            results.setting.peers.push(peer);
        }
        for (peer, people, value, round) in [
            ("a", 10, 1.0, 0),
            ("a", 10, 1.25, 1),
            ("a", 10, 1.5, 2),
            ("a", 1_000, 0.5, 0),
            ("small", 10, 20.0, 0),
        ] {
            let mut record = example::record(SECTION.workload, peer, example::case(people), round);
            let name = figure::SERVER_CPU_US.to_owned();
            record.figures.insert(name, value);
            results.records.push(record);
        }
        for (peer, people, reason) in [
            ("gone", 10, "not installed"),
            ("gone", 1_000, "not installed"),
            ("small", 1_000, "1,024 descriptors"),
            ("a", 1_000, "one round went wrong"),
        ] {
            results.left_out.push(LeftOut {
                workload: SECTION.workload,
                peer: peer.to_owned(),
                case: example::case(people),
                reason: reason.to_owned(),
            });
        }
        results
    }

    #[test]
    fn a_cell_that_lacks_something_has_its_reason_below_the_table() {
        let text = "
Fan-out: CPU, µs (1 to 3 rounds)
people          10      1,000
payload       64 B       64 B
─────────────────────────────
a        1.25 ±20%  0.500 (1)
gone         – (2)      – (2)
small         20.0      – (3)
(1) a: one round went wrong
(2) gone: not installed
(3) small: 1,024 descriptors
";
        assert_eq!(tables(&results(), &SECTION), text);
    }

    #[test]
    fn a_table_of_a_case_has_a_column_for_each_figure_that_somebody_has() {
        let section = Section {
            columns: Columns::Figures,
            figures: &[(figure::P50_MS, "p50"), (figure::SERVER_CPU_US, "CPU")],
            ..SECTION
        };
        let text = tables(&results(), &section);
        let first: Vec<&str> = text
            .split("\n\n")
            .next()
            .into_iter()
            .flat_map(str::lines)
            .collect();
        assert_eq!(first[1], "Fan-out: 10 people, 64 bytes (1 to 3 rounds)");
        assert_eq!(first[2].trim(), "CPU");
        assert_eq!(first[4], "a      1.25 ±20%");
    }

    #[test]
    fn a_case_is_told_in_words() {
        let case = Case {
            people: 1_000,
            payload_bytes: 0,
            rate: Some(100),
            stalled: 1,
        };
        let text = "1,000 people, 100 messages/s, 1 of them stalled";
        assert_eq!(in_words(&case), text);
    }
}
