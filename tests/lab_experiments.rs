//! All experiments of the lab, one after the other, as `lab` runs them: what they claim holds, and all they draw is there.

#![allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]

mod support;

use std::process::{Command, Stdio};

use support::directory::Directory;

/// How many pictures there are at the least.
const PLOTS_MIN: usize = 12;

/// How often an experiment whose claims do not hold is run at the most: a machine that tests may have been busy with
/// something else just then. A claim that is wrong fails each time.
const TRIES: usize = 3;

/// What stands before a claim that does not hold.
const FAILS: &str = "DOES NOT HOLD in this run: ";

/// Runs the lab with these words, and returns what it said.
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
    assert!(done.status.success(), "{complained}\n{said}");
    said
}

#[test]
fn what_the_experiments_claim_holds_and_all_they_draw_is_in_the_report() {
    let folder = Directory::new("lab-experiments");
    let said = run(&folder, &[]);
    let report = folder.read("report.html");
    let names = folder.names();
    let plots: Vec<&str> = names
        .iter()
        .filter_map(|name| name.strip_suffix(".svg"))
        .collect();
    assert!(plots.len() >= PLOTS_MIN, "{plots:?}");
    for plot in plots {
        let svg = folder.read(&format!("{plot}.svg"));
        let (_, drawn) = svg.split_once('>').unwrap();
        assert!(report.contains(drawn.trim()), "{plot} is not in the report");
        assert!(names.contains(&format!("{plot}.csv")), "{plot}");
    }
    // What is said of an experiment ends with the name by which it is asked for.
    let mut rest = said.as_str();
    while let Some((part, behind)) = rest.split_once("lab explain ") {
        let name;
        (name, rest) = behind.split_once('\n').unwrap();
        let mut part = part.to_owned();
        for _ in 1..TRIES {
            if part.contains(FAILS) {
                part = run(&folder, &["run", name]);
            }
        }
        assert!(!part.contains(FAILS), "{name}: {part}");
    }
}
