//! The files of a run beside `results.jsonl`: `report.txt` with all tables, `summary.md` with the short ones, and plots.

mod plots;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::Path;

use chatserv::load::plot::{document, short, wrapped};
use clap::ValueEnum;

use crate::peer::LABELS;
use crate::results::{Case, Results, Workload, figure, put};

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
    let facts = [
        ("began", &setting.began),
        ("command", &setting.command),
        ("machine", &setting.machine),
    ];
    let versions = setting
        .peers
        .iter()
        .map(|(label, version)| (label.as_str(), version));
    let mut text = String::new();
    for (name, value) in facts.into_iter().chain(versions) {
        let lines = wrapped(value, COLUMNS - 10).join("\n          ");
        text.push_str(&format!("{name:<10}{lines}\n"));
    }
    text.push_str(
        "\nMedians over the rounds; ± is half of the range from the lowest to the highest round. The columns on the right \
         are\nthe ratios of the first server to each other one: the median of the ratios of all rounds.\n",
    );
    for &workload in Workload::value_variants() {
        let figures = figure::TITLES.iter();
        let blocks: String = figures
            .map(|(figure, title)| block(results, workload, figure, title))
            .collect();
        if !blocks.is_empty() {
            let mut head = format!("{:<33}", workload.title());
            for label in LABELS {
                head.push_str(&format!("{label:>15}"));
            }
            for label in &LABELS[1..] {
                head.push_str(&format!("{:>9}", format!("÷ {label}")));
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

/// The rows of the summary, and whether each belongs to the shorter table too.
const ROWS: [(Workload, &str, Case, bool); 20] = [
    (
        Workload::FanOut,
        figure::SERVER_CPU_US,
        Case::of(10, 64),
        true,
    ),
    (
        Workload::FanOut,
        figure::SERVER_CPU_US,
        Case::of(100, 64),
        false,
    ),
    (
        Workload::FanOut,
        figure::SERVER_CPU_US,
        Case::of(1000, 64),
        true,
    ),
    (
        Workload::FanOut,
        figure::SERVER_CPU_US,
        Case::of(5000, 64),
        false,
    ),
    (
        Workload::FanOut,
        figure::SERVER_CPU_US,
        Case::of(100, 512),
        false,
    ),
    (Workload::Latency, figure::P50_MS, RATE_100_TO_100, false),
    (Workload::Latency, figure::P99_MS, RATE_100_TO_100, false),
    (Workload::Latency, figure::P50_MS, RATE_100_TO_1000, false),
    (Workload::Latency, figure::P99_MS, RATE_100_TO_1000, true),
    (Workload::Latency, figure::P50_MS, RATE_1000_TO_100, false),
    (Workload::Latency, figure::P99_MS, RATE_1000_TO_100, false),
    (
        Workload::Idle,
        figure::LOGINS_PER_S,
        Case::of(10_000, 64),
        true,
    ),
    (
        Workload::Idle,
        figure::RESIDENT_KIB_PER_PERSON,
        Case::of(10_000, 64),
        false,
    ),
    (
        Workload::Idle,
        figure::KERNEL_KIB_PER_PERSON,
        Case::of(10_000, 64),
        false,
    ),
    (
        Workload::Idle,
        figure::SERVER_CPU_PERCENT,
        Case::of(10_000, 64),
        false,
    ),
    (Workload::Stalled, figure::P99_MS, Case::of(100, 512), false),
    (Workload::Stalled, figure::P99_MS, ONE_STALLED, false),
    (Workload::Stalled, figure::GROWN_MIB, ONE_STALLED, true),
    (Workload::Noisy, figure::P99_MS, Case::of(50, 64), false),
    (
        Workload::Churn,
        figure::CYCLES_PER_S,
        Case::of(10, 64),
        false,
    ),
];

const RATE_100_TO_100: Case = Case::of(100, 64).at_rate(100);
const RATE_100_TO_1000: Case = Case::of(1000, 64).at_rate(100);
const RATE_1000_TO_100: Case = Case::of(100, 64).at_rate(1000);
const ONE_STALLED: Case = Case::of(100, 512).with_stalled(1);

/// Two tables of medians in Markdown: all rows, and those for a README.
fn summary(results: &Results) -> String {
    let table = |is_wanted: fn(bool) -> bool| {
        let mut text = format!("| | {} |\n|---|--:|--:|--:|--:|\n", LABELS.join(" | "));
        for (workload, figure, case, _) in ROWS.iter().filter(|row| is_wanted(row.3)) {
            let titles = figure::TITLES.iter().find(|(name, _)| name == figure);
            let cells = LABELS.map(|label| {
                let spread = results.spread(*workload, label, case, figure);
                spread.map_or("–".to_owned(), |spread| short(spread.median))
            });
            text.push_str(&format!(
                "| {}, {case}: {} | {} |\n",
                workload.title(),
                titles.map_or(*figure, |(_, title)| title),
                cells.join(" | ")
            ));
        }
        text
    };
    format!("{}\n{}", table(|_| true), table(|is_short| is_short))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::tests::results;

    const FIGURE: &str = figure::SERVER_CPU_US;

    fn example() -> Results {
        let mut results = results(
            Workload::FanOut,
            FIGURE,
            &[
                ("chatserv", 10, 0, 1.0),
                ("chatserv", 10, 1, 1.25),
                ("chatserv", 10, 2, 1.5),
                ("Redis", 10, 0, 2.0),
                ("Redis", 10, 1, 5.0),
                ("chatserv", 1_000, 0, 0.5),
                ("NATS", 10, 0, 0.0),
                ("NATS", 1_000, 0, 0.0),
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
        assert_eq!(
            words(0),
            "fan-out chatserv Redis NATS floor ÷ Redis ÷ NATS ÷ floor"
        );
        assert_eq!(words(2), "CPU a delivery, µs");
        assert_eq!(words(3), "10 people, 64 B 1.25 ±20% 3.5 ±43% – – 0.375 – –");
        assert_eq!(words(4), "1,000 people, 64 B 0.5 – – – – – –");
        assert_eq!(
            words(6),
            "not measured: NATS, fan-out: nats-server is missing"
        );
        assert_eq!(lines.len(), 7, "{text}");
        for line in text.lines() {
            assert!(line.chars().count() <= COLUMNS, "{line}");
        }
    }

    #[test]
    fn the_summary_has_all_rows_and_five_of_them_again() {
        let text = summary(&example());
        let (all, few) = text.split_once("\n\n").unwrap();
        let row = "| fan-out, 10 people, 64 B: CPU a delivery, µs | 1.25 | 3.5 | – | – |";
        for (table, rows) in [(all, ROWS.len()), (few, 5)] {
            let mut lines = table.lines();
            assert_eq!(lines.next(), Some("| | chatserv | Redis | NATS | floor |"));
            assert_eq!(lines.nth(1), Some(row));
            assert_eq!(table.lines().count(), 2 + rows);
        }
        assert!(few.lines().all(|line| all.contains(line)));
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
    }
}
