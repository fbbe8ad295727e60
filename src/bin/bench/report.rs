//! The files of a run besides `results.jsonl`: `report.txt` with all tables, `summary.md` with a short one, and plots.

mod plots;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::Path;

use chatserv::load::plot::{document, short, wrapped};
use clap::ValueEnum;

use crate::peer::{PROTOCOLS, Peer, SERVERS};
use crate::plan::ROOMS;
use crate::results::Workload::{self, *};
use crate::results::figure::{
    CYCLES_PER_S, DELIVERIES_PER_S, GROWN_MIB, HISTORY_CPU_PERCENT, KERNEL_KIB_PER_PERSON,
    LOGINS_PER_S, P50_MS, P99_MS, RESIDENT_KIB_PER_PERSON, SERVER_CPU_PERCENT, SERVER_CPU_US,
    TITLES,
};
use crate::results::{Case, Results, Spread, put};

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
            let peers = workload.peers();
            for peer in peers {
                head.push_str(&format!("{:>15}", column(workload, *peer)));
            }
            for peer in &peers[1..] {
                head.push_str(&format!("{:>9}", format!("÷ {}", short_name(*peer))));
            }
            let rule = "─".repeat(head.chars().count());
            text.push_str(&format!("\n{head}\n{rule}\n{blocks}"));
        }
    }
    text + &history(results) + &failures(results)
}

/// The heading of a server's column.
fn column(workload: Workload, peer: Peer) -> &'static str {
    match peer {
        Peer::Chatserv if workload.peers() == PROTOCOLS => "plain text",
        _ => peer.label(),
    }
}

/// A name that is short enough for the column of a ratio.
fn short_name(peer: Peer) -> &'static str {
    match peer {
        Peer::Chatserv => "text",
        Peer::Floor => "floor",
        Peer::Json => "JSON",
        _ => peer.label(),
    }
}

/// The rows of one figure, one for each case.
fn block(results: &Results, workload: Workload, figure: &str, title: &str) -> String {
    let mut rows = String::new();
    let labels: Vec<&str> = workload.peers().iter().map(|peer| peer.label()).collect();
    for case in results.cases(workload) {
        let spread = |label: &&str| results.spread(workload, label, case, figure);
        let spreads: Vec<Option<Spread>> = labels.iter().map(spread).collect();
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
        for other in &labels[1..] {
            let ratio = results.ratio(workload, (labels[0], other), case, figure);
            rows.push_str(&format!("{:>9}", ratio.map_or("–".to_owned(), short)));
        }
        rows.push('\n');
    }
    match rows.is_empty() {
        true => rows,
        false => format!("{title}\n{rows}"),
    }
}

/// The cost of a history on disk, if it was measured: for each case, its part of the server's CPU, and the ratios to the server
/// without one.
fn history(results: &Results) -> String {
    let figures = [(DELIVERIES_PER_S, "deliveries a second"), (SERVER_CPU_US, "CPU per delivery")];
    let mut text = String::new();
    for &workload in Workload::value_variants() {
        for case in results.cases(workload) {
            let case_title = format!("{}, {case}", workload.title());
            let spread = |figure| results.spread(workload, Peer::History.label(), case, figure);
            if let (Some(part), Some(deliveries)) =
                (spread(HISTORY_CPU_PERCENT), spread(DELIVERIES_PER_S))
            {
                let lines = short(deliveries.median / case.people as f64);
                text.push_str(&format!(
                    "the history takes {:.1} % of the server's CPU: {case_title}, {lines} lines a second\n",
                    part.median
                ));
            }
            for (figure, title) in figures {
                let peers = (Peer::History.label(), Peer::Chatserv.label());
                if let Some(ratio) = results.ratio(workload, peers, case, figure) {
                    text.push_str(&format!(
                        "with a history on disk ÷ without: {ratio:.3}  {case_title}, {title}\n"
                    ));
                }
            }
        }
    }
    if text.is_empty() { text } else { format!("\n{text}") }
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
const THOUSAND: Case = Case::of(1000, 64);
const MANY_ROOMS: Case = Case::of(10, 64).in_rooms(ROOMS);

/// A row of the summary: its title, and whose figure of which case it shows.
type Row = (&'static str, Workload, &'static str, Case);

/// The rows that compare servers.
#[rustfmt::skip]
const SERVER_ROWS: [Row; 26] = [
    ("fan-out to 10, CPU per delivery, µs", FanOut, SERVER_CPU_US, Case::of(10, 64)),
    ("fan-out to 100, CPU per delivery, µs", FanOut, SERVER_CPU_US, Case::of(100, 64)),
    ("fan-out to 1,000, CPU per delivery, µs", FanOut, SERVER_CPU_US, Case::of(1000, 64)),
    ("fan-out to 5,000, CPU per delivery, µs", FanOut, SERVER_CPU_US, Case::of(5000, 64)),
    ("fan-out of 512 bytes to 100, CPU per delivery, µs", FanOut, SERVER_CPU_US, Case::of(100, 512)),
    ("512 bytes, 512 under way, deliveries a second", Full, DELIVERIES_PER_S, WIDE),
    ("512 bytes, 512 under way, CPU per delivery, µs", Full, SERVER_CPU_US, WIDE),
    ("3,800 bytes, 64 under way, deliveries a second", Full, DELIVERIES_PER_S, LONG),
    ("3,800 bytes, 64 under way, CPU per delivery, µs", Full, SERVER_CPU_US, LONG),
    ("1,000 rooms of 10, CPU per delivery, µs", Rooms, SERVER_CPU_US, MANY_ROOMS),
    ("1,000 rooms of 10, deliveries a second", Rooms, DELIVERIES_PER_S, MANY_ROOMS),
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

/// The rows that compare the protocols of this project's server.
#[rustfmt::skip]
const PROTOCOL_ROWS: [Row; 8] = [
    ("fan-out to 10, CPU per delivery, µs", Protocols, SERVER_CPU_US, Case::of(10, 64)),
    ("fan-out to 1,000, CPU per delivery, µs", Protocols, SERVER_CPU_US, THOUSAND),
    ("fan-out to 1,000, deliveries a second", Protocols, DELIVERIES_PER_S, THOUSAND),
    ("fan-out of 512 bytes to 1,000, CPU per delivery, µs", Protocols, SERVER_CPU_US, Case::of(1000, 512)),
    ("1,000 people joining, logins per second", Joined, LOGINS_PER_S, THOUSAND),
    ("1,000 people, resident memory per person, KiB", Joined, RESIDENT_KIB_PER_PERSON, THOUSAND),
    ("1,000 people, kernel memory per person, KiB", Joined, KERNEL_KIB_PER_PERSON, THOUSAND),
    ("1,000 people who say nothing, CPU, %", Joined, SERVER_CPU_PERCENT, THOUSAND),
];

/// Two tables of medians in Markdown: the servers, and the protocols of this project's server.
fn summary(results: &Results) -> String {
    let servers = summary_table(results, &SERVERS, &SERVER_ROWS);
    let protocols = summary_table(results, &PROTOCOLS, &PROTOCOL_ROWS);
    format!("{servers}\n{protocols}")
}

fn summary_table(results: &Results, peers: &[Peer], rows: &[Row]) -> String {
    let workload = rows[0].1;
    let names: Vec<&str> = peers.iter().map(|peer| column(workload, *peer)).collect();
    let rule = "--:|".repeat(peers.len());
    let mut text = format!("| | {} |\n|---|{rule}\n", names.join(" | "));
    for (title, workload, figure, case) in rows {
        let cells: Vec<String> = peers
            .iter()
            .map(|peer| results.spread(*workload, peer.label(), case, figure))
            .map(|spread| spread.map_or("–".to_owned(), |spread| short(spread.median)))
            .collect();
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
    fn the_part_that_a_history_takes_is_told_with_the_lines_a_second() {
        let part = [(Peer::History.label(), 10, 0, 15.3)];
        let mut results = results(Workload::FanOut, HISTORY_CPU_PERCENT, &part);
        results.records[0].figures.insert(DELIVERIES_PER_S.to_owned(), 1600.0);
        let line = "the history takes 15.3 % of the server's CPU: fan-out, 10 people, 64 B, 160 lines a second";
        assert_eq!(history(&results), format!("\n{line}\n"));
        results.records[0].figures.remove(HISTORY_CPU_PERCENT);
        assert_eq!(history(&results), "");
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
        let head = "| | WebSocket | JSON lines | plain text |";
        assert!(text.lines().any(|line| line == head), "{text}");
        assert_eq!(text.lines().count(), 2 + SERVER_ROWS.len() + 1 + 2 + PROTOCOL_ROWS.len());
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
        for (title, workload, figure, case) in SERVER_ROWS.iter().chain(&PROTOCOL_ROWS) {
            for peer in workload.peers() {
                let spread = results.spread(*workload, peer.label(), case, figure);
                assert!(spread.is_some(), "{title}: no figure of {}", peer.label());
            }
        }
    }
}
