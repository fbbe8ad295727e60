//! All experiments of the lab, one after the other, as `lab` runs them: what they claim holds, and all they draw is there.

#![cfg(feature = "lab")]
#![allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]

mod support;

use std::process::{Command, Stdio};

use support::directory::Directory;

/// How many pictures there are at the least.
const PLOTS_MIN: usize = 12;

/// How often an experiment that fails, or whose claims do not hold, is run at the most: a machine that tests may have been
/// busy with something else just then. What is wrong fails each time.
const TRIES: usize = 3;

/// What stands before a claim that does not hold, and before the reason why an experiment could not be made.
const FAILS: [&str; 2] = ["DOES NOT HOLD in this run: ", "FAILED: "];

/// Runs the lab with these words, and returns what it said. That an experiment has failed is a part of it.
fn run(folder: &Directory, words: &[&str]) -> String {
    let done = Command::new(env!("CARGO_BIN_EXE_lab"))
        .args(words)
        .args(["--no-questions", "--folder"])
        .arg(folder.path(""))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8(done.stdout).unwrap();
    let complained = String::from_utf8(done.stderr).unwrap();
    let has_failed = said.contains(FAILS[1]);
    assert!(done.status.success() || has_failed, "{complained}\n{said}");
    said
}

/// Each experiment's name and what the summary says of it: it begins at the beginning of a line, and goes on indented.
fn summary(said: &str) -> Vec<(String, String)> {
    let (_, summary) = said.split_once("\nWhat was found\n\n").unwrap();
    let (summary, _) = summary.split_once("\n\nThe plots, ").unwrap();
    let mut found: Vec<(String, String)> = Vec::new();
    for line in summary.lines() {
        if !line.starts_with(' ') {
            let (name, _) = line.split_once(':').unwrap();
            found.push((name.to_owned(), String::new()));
        }
        let (_, about) = found.last_mut().unwrap();
        about.push_str(line);
        about.push('\n');
    }
    found
}

fn fails(about: &str) -> bool {
    FAILS.iter().any(|fails| about.contains(fails))
}

#[test]
fn what_the_experiments_claim_holds_and_all_they_draw_is_in_the_report() {
    let folder = Directory::new("lab-experiments");
    let said = run(&folder, &[]);
    let report = folder.read("report.html");
    // Whatever was drawn in this run; experiments that are run once more have pages of their own.
    for plot in plots(&folder) {
        let svg = folder.read(&format!("{plot}.svg"));
        let (_, drawn) = svg.split_once('>').unwrap();
        assert!(report.contains(drawn.trim()), "{plot} is not in the report");
        assert!(folder.names().contains(&format!("{plot}.csv")), "{plot}");
    }
    for (name, mut about) in summary(&said) {
        for _ in 1..TRIES {
            if fails(&about) {
                about = run(&folder, &["run", &name]);
            }
        }
        assert!(!fails(&about), "{name}: {about}");
    }
    let plots = plots(&folder);
    assert!(plots.len() >= PLOTS_MIN, "{plots:?}");
}

/// The names of all that has been drawn.
fn plots(folder: &Directory) -> Vec<String> {
    let names = folder.names();
    let plots = names.iter().filter_map(|name| name.strip_suffix(".svg"));
    plots.map(str::to_owned).collect()
}
