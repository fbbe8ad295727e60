//! What the README says of speed is what was measured: the table, when and where it was, and with which versions.
//! `UPDATE_README=1 cargo test --test readme_speed` writes it anew from the results in `scripts/results`.

#![allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]

#[path = "support/readme_block.rs"]
mod readme_block;
#[path = "support/readme.rs"]
mod readme_file;

use std::fs;
use std::path::Path;

use readme_block::with_block;
use serde::Deserialize;

/// The first of the results' lines; the others are what was measured.
#[derive(Deserialize)]
struct Setting {
    began: String,
    command: String,
    machine: String,
    /// Each server's label, and what it said when it was asked for its version.
    peers: Vec<(String, String)>,
}

fn result(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/results");
    let file = folder.join(name);
    fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// The number in what a program says of its version: `v=7.0.15 bits=64` is 7.0.15.
fn number(version: &str) -> Option<&str> {
    let words = version.split(|c: char| !c.is_ascii_digit() && c != '.');
    let mut numbers = words.map(|word| word.trim_matches('.'));
    numbers.find(|word| word.contains('.'))
}

/// Who has a column in the table, with the version.
fn versions(setting: &Setting, table: &str) -> Vec<String> {
    let head = table.lines().next().unwrap();
    let columns: Vec<&str> = head.split('|').map(str::trim).collect();
    let is_shown = |label: &str| columns.contains(&label);
    let shown = setting.peers.iter().filter(|(label, _)| is_shown(label));
    shown
        .filter_map(|(label, version)| Some(format!("{label} {}", number(version)?)))
        .collect()
}

#[test]
fn the_section_about_speed_says_what_was_measured() {
    let lines = result("results.jsonl");
    let setting: Setting = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    let table = result("summary.md");
    let (day, _) = setting.began.split_once('T').unwrap();
    let place = format!(
        "Measured by `{}` on {day}: {}. Versions: {}.\n",
        setting.command,
        setting.machine,
        versions(&setting, &table).join(", ")
    );
    readme_file::holds("readme_speed", |readme| {
        let readme = with_block(readme, "speed: table", &table);
        with_block(&readme, "speed: setting", &place)
    });
}

#[test]
fn the_number_of_a_version_is_found_in_what_programs_say() {
    for (said, version) in [
        ("chatserv 0.1.0", Some("0.1.0")),
        (
            "Redis server v=7.0.15 sha=00000000:0 bits=64",
            Some("7.0.15"),
        ),
        ("nats-server: v2.9.10", Some("2.9.10")),
        ("ngIRCd 26.1-IDENT+IPv6", Some("26.1")),
        ("InspIRCd-3.15.0-debian", Some("3.15.0")),
        ("Ncat: Version 7.93 ( https://nmap.org/ncat )", Some("7.93")),
        ("redis-server is missing", None),
    ] {
        assert_eq!(number(said), version, "{said}");
    }
}
