//! All experiments of the lab, as `lab` runs them: their claims hold, and the report has all their plots.

#![cfg(feature = "lab")]
#![allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]

mod support;

use std::process::{Command, Stdio};

use support::directory::Directory;

/// The least number of plots.
const PLOTS_MIN: usize = 12;

/// How often an experiment may run. A busy machine may make a claim fail once, but a real error fails each time.
const TRIES: usize = 3;

/// The marks of a claim that does not hold, and of an experiment that failed.
const FAILURES: [&str; 2] = ["DOES NOT HOLD in this run: ", "FAILED: "];

/// Runs the lab and returns its output, which may report a failed experiment.
fn run(folder: &Directory, arguments: &[&str]) -> String {
    let done = Command::new(env!("CARGO_BIN_EXE_lab"))
        .args(arguments)
        .args(["--no-questions", "--folder"])
        .arg(folder.path(""))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let stdout = String::from_utf8(done.stdout).unwrap();
    let stderr = String::from_utf8(done.stderr).unwrap();
    let has_failed = stdout.contains(FAILURES[1]);
    assert!(done.status.success() || has_failed, "{stderr}\n{stdout}");
    stdout
}

/// The experiments in the summary with their texts. A name begins a line, and the rest of its text is indented.
fn summary(stdout: &str) -> Vec<(String, String)> {
    let (_, summary) = stdout.split_once("\nSummary\n\n").unwrap();
    let (summary, _) = summary.split_once("\n\nThe report, ").unwrap();
    let mut found: Vec<(String, String)> = Vec::new();
    for line in summary.lines() {
        if !line.starts_with(' ') {
            let (name, _) = line.split_once(':').unwrap();
            found.push((name.to_owned(), String::new()));
        }
        let (_, text) = found.last_mut().unwrap();
        *text += &format!("{line}\n");
    }
    found
}

fn has_failed(text: &str) -> bool {
    FAILURES.iter().any(|failure| text.contains(failure))
}

/// The names of all plots in the folder.
fn plots(folder: &Directory) -> Vec<String> {
    let names = folder.names();
    let plots = names.iter().filter_map(|name| name.strip_suffix(".svg"));
    plots.map(str::to_owned).collect()
}

#[test]
fn the_claims_hold_and_the_plots_are_in_the_report() {
    let folder = Directory::new("lab-experiments");
    let stdout = run(&folder, &[]);
    let report = folder.read("report.html");
    // Before the next runs, whose plots are in reports of their own.
    for plot in plots(&folder) {
        let svg = folder.read(&format!("{plot}.svg"));
        let (_, drawn) = svg.split_once('>').unwrap();
        assert!(report.contains(drawn.trim()), "{plot} is not in the report");
        assert!(!svg.contains('`'), "{plot} shows mark-up");
        assert!(folder.names().contains(&format!("{plot}.csv")), "{plot}");
    }
    for (name, mut text) in summary(&stdout) {
        for _ in 1..TRIES {
            if has_failed(&text) {
                text = run(&folder, &["run", &name]);
            }
        }
        assert!(!has_failed(&text), "{name}: {text}");
    }
    let plots = plots(&folder);
    assert!(plots.len() >= PLOTS_MIN, "{plots:?}");
}
