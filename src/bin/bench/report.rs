//! The files of a run besides `results.jsonl`: `report.txt` with all tables, `summary.md` with a short one, and plots.

mod plots;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::Path;

use chatserv::load::plot::{document, short, wrapped};
use clap::ValueEnum;

use crate::peer::LABELS;
use crate::results::Workload::{self, *};
use crate::results::figure::{
    CYCLES_PER_S, DELIVERIES_PER_S, GROWN_MIB, KERNEL_KIB_PER_PERSON, LOGINS_PER_S, P50_MS, P99_MS,
    RESIDENT_KIB_PER_PERSON, SERVER_CPU_PERCENT, SERVER_CPU_US, TITLES,
};
use crate::results::{Case, Results, put};

/// The width of `report.txt`.
const COLUMNS: usize = 120;

/// Writes all files into `folder`, which is created if needed, and returns the text of the tables.
pub fn write(folder: &Path, results: &Results) -> io::Result<String> {
    fs::create_dir_all(folder)?;
    results.write(folder)?;
    draw(folder, results)
}

/// Writes all files except `results.jsonl`, and returns the text of the tables. A plot without data is not written.
pub fn draw(folder: &Path, results: &Results) -> io::Result<String> {
    let text = tables(results);
    put(folder, "report.txt", &text)?;
    put(folder, "summary.md", &summary(results))?;
    for (name, figures) in plots::all(results) {
        put(folder, name, &document(&figures)?)?;
    }
    Ok(text)
}

/// The setting, and a table for each workload.
fn tables(results: &Results) -> String {
    let setting = &results.setting;
    let facts =
        [("began", &setting.began), ("command", &setting.command), ("machine", &setting.machine)];
    let versions = setting.peers.iter().map(|(label, version)| (label.as_str(), version));
    let mut text = String::new();
    for (name, value) in facts.into_iter().chain(versions) {
        let lines = wrapped(value, COLUMNS - 13).join("\n             ");
        text.push_str(&format!("{name:<13}{lines}\n"));
    }
    text.push_str(
        "\nMedians over the rounds; ± is half of the range from the lowest to the highest round. The columns on the right \
         are\nthe ratios of the first server to each other one: the median of the ratios of all rounds.\n",
    );
    for &workload in Workload::value_variants() {
        let figures = TITLES.iter();
        let blocks: String =
            figures.map(|(figure, title)| block(results, workload, figure, title)).collect();
        if !blocks.is_empty() {
            let mut head = format!("{:<33}", workload.title());
            for label in LABELS {
                head.push_str(&format!("{label:>15}"));
            }
            for label in &LABELS[1..] {
                let name = label.rsplit(' ').next().unwrap_or_default();
                head.push_str(&format!("{:>9}", format!("÷ {name}")));
            }
            let rule = "─".repeat(head.chars().count());
            text.push_str(&format!("\n{head}\n{rule}\n{blocks}"));
        }
    }
    text + &failures(results)
}

/// The rows of one figure, one for each case.
fn block(results: &Results, workload: Workload, figure: &str, title: &str) -> String {
    let mut rows = String::new();
    for case in results.cases(workload) {
        let spreads = LABELS.map(|label| results.spread(workload, label, case, figure));
        if spreads.iter().all(Option::is_none) {
            continue;
        }
        rows.push_str(&format!(" {:<32}", case.to_string()));
        for spread in &spreads {
            let value = spread.map_or("–".to_owned(), |spread| short(spread.median));
            let range = spread.and_then(|spread| spread.percent());
            let range = range.map_or(String::new(), |percent| format!("±{percent:.0}%"));
            rows.push_str(&format!("{value:>9} {range:>5}"));
        }
        for other in &LABELS[1..] {
            let ratio = results.ratio(workload, (LABELS[0], other), case, figure);
            rows.push_str(&format!("{:>9}", ratio.map_or("–".to_owned(), short)));
        }
        rows.push('\n');
    }
    match rows.is_empty() {
        true => rows,
        false => format!("{title}\n{rows}"),
    }
}

/// The failed measurements with their errors.
fn failures(results: &Results) -> String {
    let mut workloads: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    for record in &results.records {
        if let Some(error) = &record.error {
            let names = workloads.entry((&record.peer, error)).or_default();
            names.insert(record.workload.title());
        }
    }
    let mut text = String::new();
    for ((peer, error), workloads) in workloads {
        let workloads: Vec<&str> = workloads.into_iter().collect();
        let line = format!("not measured: {peer}, {}: {error}", workloads.join(", "));
        text.push_str(&format!("\n{}\n", wrapped(&line, COLUMNS).join("\n")));
    }
    text
}

const TEN_THOUSAND: Case = Case::of(10_000, 64);
const ONE_STALLED: Case = Case::of(100, 512).with_stalled(1);
const WIDE: Case = Case::of(100, 512).with_window(512);
const LONG: Case = Case::of(100, 3800);

/// The rows of the summary.
#[rustfmt::skip]
const ROWS: [(&str, Workload, &str, Case); 24] = [
    ("fan-out to 10, CPU per delivery, µs", FanOut, SERVER_CPU_US, Case::of(10, 64)),
    ("fan-out to 100, CPU per delivery, µs", FanOut, SERVER_CPU_US, Case::of(100, 64)),
    ("fan-out to 1,000, CPU per delivery, µs", FanOut, SERVER_CPU_US, Case::of(1000, 64)),
    ("fan-out to 5,000, CPU per delivery, µs", FanOut, SERVER_CPU_US, Case::of(5000, 64)),
    ("fan-out of 512 bytes to 100, CPU per delivery, µs", FanOut, SERVER_CPU_US, Case::of(100, 512)),
    ("512 bytes, 512 under way, deliveries a second", Full, DELIVERIES_PER_S, WIDE),
    ("512 bytes, 512 under way, CPU per delivery, µs", Full, SERVER_CPU_US, WIDE),
    ("3,800 bytes, 64 under way, deliveries a second", Full, DELIVERIES_PER_S, LONG),
    ("3,800 bytes, 64 under way, CPU per delivery, µs", Full, SERVER_CPU_US, LONG),
    ("latency, 100/s to 100, p50, ms", Latency, P50_MS, Case::of(100, 64).at_rate(100)),
    ("latency, 100/s to 100, p99, ms", Latency, P99_MS, Case::of(100, 64).at_rate(100)),
    ("latency, 100/s to 1,000, p50, ms", Latency, P50_MS, Case::of(1000, 64).at_rate(100)),
    ("latency, 100/s to 1,000, p99, ms", Latency, P99_MS, Case::of(1000, 64).at_rate(100)),
    ("latency, 1,000/s to 100, p50, ms", Latency, P50_MS, Case::of(100, 64).at_rate(1000)),
    ("latency, 1,000/s to 100, p99, ms", Latency, P99_MS, Case::of(100, 64).at_rate(1000)),
    ("10,000 people joining, logins per second", Idle, LOGINS_PER_S, TEN_THOUSAND),
    ("10,000 people, resident memory per person, KiB", Idle, RESIDENT_KIB_PER_PERSON, TEN_THOUSAND),
    ("10,000 people, kernel memory per person, KiB", Idle, KERNEL_KIB_PER_PERSON, TEN_THOUSAND),
    ("10,000 people who say nothing, CPU, %", Idle, SERVER_CPU_PERCENT, TEN_THOUSAND),
    ("100 people who all read, 512 bytes, p99, ms", Stalled, P99_MS, Case::of(100, 512)),
    ("1 stalled among 100, 512 bytes, the others' p99, ms", Stalled, P99_MS, ONE_STALLED),
    ("1 stalled among 100, 512 bytes, memory grown, MiB", Stalled, GROWN_MIB, ONE_STALLED),
    ("50 people beside a flooder, p99, ms", Noisy, P99_MS, Case::of(50, 64)),
    ("churn, visits a second", Churn, CYCLES_PER_S, Case::of(10, 64)),
];

/// A table of medians in Markdown.
fn summary(results: &Results) -> String {
    let mut text = format!("| | {} |\n|---|--:|--:|--:|--:|\n", LABELS.join(" | "));
    for (title, workload, figure, case) in &ROWS {
        let cells = LABELS.map(|label| {
            let spread = results.spread(*workload, label, case, figure);
            spread.map_or("–".to_owned(), |spread| short(spread.median))
        });
        text.push_str(&format!("| {title} | {} |\n", cells.join(" | ")));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::tests::results;

    fn example() -> Results {
        let mut results = results(
            Workload::FanOut,
            SERVER_CPU_US,
            &[
                ("chatserv", 10, 0, 1.0),
                ("chatserv", 10, 1, 1.25),
                ("chatserv", 10, 2, 1.5),
                ("redis", 10, 0, 2.0),
                ("redis", 10, 1, 5.0),
                ("chatserv", 1_000, 0, 0.5),
                ("nats", 10, 0, 0.0),
                ("nats", 1_000, 0, 0.0),
            ],
        );
        for record in &mut results.records[6..] {
            record.figures.clear();
            record.error = Some("nats-server is missing".to_owned());
        }
        results
    }

    #[test]
    fn a_table_has_medians_ranges_and_ratios() {
        let text = tables(&example());
        let (_, table) = text.split_once("all rounds.\n\n").unwrap();
        let lines: Vec<&str> = table.lines().collect();
        let words = |line: usize| lines[line].split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(words(0), "fan-out chatserv redis nats epoll floor ÷ redis ÷ nats ÷ floor");
        assert_eq!(words(2), "CPU per delivery, µs");
        assert_eq!(words(3), "10 people, 64 B 1.25 ±20% 3.5 ±43% – – 0.375 – –");
        assert_eq!(words(4), "1,000 people, 64 B 0.5 – – – – – –");
        assert_eq!(words(6), "not measured: nats, fan-out: nats-server is missing");
        assert_eq!(lines.len(), 7, "{text}");
        for line in text.lines() {
            assert!(line.chars().count() <= COLUMNS, "{line}");
        }
    }

    #[test]
    fn the_summary_has_all_rows() {
        let text = summary(&example());
        let mut lines = text.lines();
        let head = "| | chatserv | redis | nats | epoll floor |";
        assert_eq!(lines.next(), Some(head));
        let row = "| fan-out to 10, CPU per delivery, µs | 1.25 | 3.5 | – | – |";
        assert_eq!(lines.nth(1), Some(row));
        assert_eq!(text.lines().count(), 2 + ROWS.len());
    }

    #[test]
    fn every_file_can_be_drawn_again() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("new");
        let results = example();
        let text = write(&folder, &results).unwrap();
        let read = |name| fs::read_to_string(folder.join(name)).unwrap();
        let names = ["report.txt", "summary.md", "fan-out.svg"];
        let before = names.map(read);
        assert_eq!(before[0], text);
        for name in names {
            fs::remove_file(folder.join(name)).unwrap();
        }
        let again = Results::read(&folder).unwrap();
        assert_eq!(again, results);
        draw(&folder, &again).unwrap();
        assert_eq!(names.map(read), before);
        assert!(!folder.join("growth.svg").exists());
    }

    #[test]
    fn the_files_in_the_repository_are_those_of_its_results() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/results");
        let results = Results::read(&folder).unwrap();
        let again = "draw it again: bench report scripts/results";
        let kept = |name| fs::read_to_string(folder.join(name)).unwrap();
        assert_eq!(kept("summary.md"), summary(&results), "{again}");
        assert_eq!(kept("report.txt"), tables(&results), "{again}");
        assert!(!kept("summary.md").contains('–'), "a row has no figure");
    }
}
