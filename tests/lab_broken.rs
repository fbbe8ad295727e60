//! `lab broken` and `lab check`, as a student sees them: eight mistakes, none of them fixed.
//!
//! A student who fixes a mistake makes some of these tests fail, as intended.

#![cfg(feature = "lab")]
#![allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]

use std::path::Path;
use std::process::{Command, Output};

/// The mistakes in the order of the lesson.
const NAMES: [&str; 8] = [
    "one-read-one-line",
    "short-write",
    "cr-nul",
    "nonblocking-clone",
    "unbounded-queue",
    "write-under-lock",
    "both-clean-up",
    "endless-line",
];

fn lab(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lab"));
    command.args(arguments).output().unwrap()
}

fn stdout(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

/// The text behind this word, up to the end of its line or a comma.
fn behind<'a>(text: &'a str, word: &str) -> &'a str {
    let found = text.split_once(word);
    let (_, rest) = found.unwrap_or_else(|| panic!("no {word:?}: {text}"));
    rest.split(['\n', ',']).next().unwrap().trim()
}

#[test]
fn the_list_has_the_mistakes_in_order_and_fits_on_a_terminal() {
    let output = lab(&["broken"]);
    assert!(output.status.success());
    let text = stdout(&output);
    let entries = text.lines().filter_map(|line| line.strip_prefix("  ")?.split_once("  "));
    // The second line of a long title has no name.
    let names = entries.map(|(name, _)| name).filter(|name| !name.is_empty());
    assert!(names.eq(NAMES), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 80));
}

#[test]
fn each_mistake_says_where_it_is_and_fails_with_its_sign() {
    // All at once, because each check takes a while.
    let output = lab(&[&["broken"], &NAMES[..]].concat());
    assert!(output.status.success());
    let mut rest = stdout(&output);
    for name in NAMES.iter().rev() {
        let (before, text) = rest.rsplit_once(&format!("{name}: ")).unwrap();
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(behind(text, "File:"));
        assert!(file.is_file(), "{text}");
        assert!(text.contains("the arm `Way::Broken`"), "{text}");
        let (_, failure) = text.split_once("Its check FAILS.").unwrap();
        assert!(failure.contains("expected: "), "{text}");
        let (_, actual) = failure.split_once("actual: ").unwrap();
        assert!(actual.contains(behind(text, "Sign:")), "{text}");
        assert!(text.contains("-- check"), "{text}");
        rest = before;
    }
    assert_eq!(rest, "");
}

#[test]
fn a_wrong_name_is_reported_before_any_check_runs() {
    let output = lab(&["broken", "cr-nul", "short-wriet"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(stdout(&output), "");
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("Did you mean short-write?"), "{text}");
    assert!(NAMES.iter().all(|name| text.contains(name)), "{text}");
}

#[test]
fn check_reports_each_mistake_and_fails() {
    let output = lab(&["check"]);
    assert_eq!(output.status.code(), Some(1));
    let text = stdout(&output);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), NAMES.len(), "{text}");
    for (name, line) in NAMES.iter().zip(lines) {
        assert!(line.starts_with(&format!("not fixed  {name}: ")), "{line}");
    }
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(text, "lab: 8 of 8 mistakes are not fixed yet\n");
}
