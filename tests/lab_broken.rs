//! `lab broken` and `lab check`, as a student meets them: eight mistakes, each of which is there.
//!
//! Whoever mends one makes some of these fail, as they should.

#![cfg(feature = "lab")]
#![allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]

use std::path::Path;
use std::process::{Command, Output};

/// The mistakes, in the order in which they are taught.
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
    Command::new(env!("CARGO_BIN_EXE_lab"))
        .args(arguments)
        .output()
        .unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// What stands behind this word, up to the end of its line or a comma.
fn behind<'a>(text: &'a str, word: &str) -> &'a str {
    let (_, rest) = text
        .split_once(word)
        .unwrap_or_else(|| panic!("no {word:?}: {text}"));
    rest.split(['\n', ',']).next().unwrap().trim()
}

#[test]
fn the_list_names_the_mistakes_in_the_order_of_the_lesson() {
    let output = lab(&["broken"]);
    assert!(output.status.success());
    let text = stdout(&output);
    let listed: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("  ")?.split_once("  "))
        .map(|(name, _)| name)
        .collect();
    assert_eq!(listed, NAMES);
}

#[test]
fn each_mistake_says_where_it_is_and_fails_with_its_sign() {
    for name in NAMES {
        let output = lab(&["broken", name]);
        assert!(output.status.success(), "{name}");
        let text = stdout(&output);
        assert!(text.starts_with(&format!("{name}: ")), "{text}");
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(behind(&text, "File:"));
        assert!(file.is_file(), "{text}");
        assert!(text.contains("the arm `Way::Broken`"), "{text}");
        let sign = behind(&text, "Sign:");
        let (_, failure) = text.split_once("Its check FAILS.").unwrap();
        assert!(failure.contains("expected: "), "{text}");
        let (_, came) = failure.split_once("came: ").unwrap();
        assert!(came.contains(sign), "{text}");
        assert!(text.contains("-- check"), "{text}");
    }
}

#[test]
fn several_are_told_one_after_the_other() {
    let text = stdout(&lab(&["broken", "cr-nul", "endless-line"]));
    let (first, second) = text.split_once("endless-line: ").unwrap();
    assert!(first.starts_with("cr-nul: "), "{text}");
    assert!(
        first.contains("FAILS") && second.contains("FAILS"),
        "{text}"
    );
}

#[test]
fn a_wrong_name_is_an_error_before_anything_is_checked() {
    let output = lab(&["broken", "cr-nul", "short-wriet"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(stdout(&output), "");
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("Did you mean short-write?"), "{text}");
    for name in NAMES {
        assert!(text.contains(name), "{text}");
    }
}

#[test]
fn check_says_of_each_that_it_is_to_be_mended_and_ends_with_1() {
    let output = lab(&["check"]);
    assert_eq!(output.status.code(), Some(1));
    let text = stdout(&output);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), NAMES.len(), "{text}");
    for (name, line) in NAMES.iter().zip(lines) {
        let beginning = format!("not mended  {name}: ");
        assert!(line.starts_with(&beginning), "{line}");
    }
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(text, "lab: 8 of 8 mistakes are still to be mended\n");
}
