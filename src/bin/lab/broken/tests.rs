//! Every mistake is one, and every answer is one.
//!
//! Whoever mends a mistake makes the first test here fail, and has done what it is for.

#![allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]

use std::fs;
use std::path::Path;

use super::*;

/// The text of the file in which a mistake lives.
fn source(mistake: &Mistake) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(mistake.file)).unwrap()
}

#[test]
fn every_mistake_is_there_and_shows_its_sign_three_times_in_a_row() {
    for mistake in ALL {
        for _ in 0..3 {
            let wrong = mistake.check(Way::Broken).unwrap_err();
            assert!(
                wrong.came.contains(mistake.sign),
                "{}: {wrong:?}",
                mistake.name
            );
        }
    }
}

#[test]
fn every_answer_passes_three_times_in_a_row() {
    for mistake in ALL {
        for _ in 0..3 {
            assert_eq!(mistake.check(Way::Mended), Ok(()), "{}", mistake.name);
        }
    }
}

#[test]
fn each_mistake_stands_where_its_text_says() {
    for mistake in ALL {
        let text = source(mistake);
        assert_eq!(
            text.matches("Way::Broken =>").count(),
            1,
            "{}",
            mistake.name
        );
        let (kind, function) = mistake.place.rsplit_once([' ', ':']).unwrap();
        let kind = kind.trim_start_matches("fn").trim_matches([' ', ':']);
        assert!(
            text.contains(&format!("fn {function}(")),
            "{}",
            mistake.place
        );
        assert!(
            kind.is_empty() || text.contains(&format!("impl {kind} {{")),
            "{}",
            mistake.place
        );
    }
}

#[test]
fn the_answer_is_the_last_thing_in_its_file() {
    for mistake in ALL {
        let text = source(mistake);
        let (before, answer) = text
            .split_once("// The answer, for whoever has tried")
            .unwrap();
        assert!(answer.contains("fn answer("), "{}", mistake.name);
        assert!(!before.contains("fn answer("), "{}", mistake.name);
        assert!(before.contains("fn check("), "{}", mistake.name);
    }
}

#[test]
fn names_are_found_and_fit_on_a_terminal() {
    let mut text = Vec::new();
    list(&mut text).unwrap();
    let text = String::from_utf8(text).unwrap();
    for mistake in ALL {
        assert_eq!(named(mistake.name).unwrap().name, mistake.name);
        assert!(text.contains(&format!("  {}  ", mistake.name)), "{text}");
        for line in mistake.about {
            assert!(line.chars().count() <= 80, "{line}");
        }
    }
    assert!(
        text.lines().all(|line| line.chars().count() <= 80),
        "{text}"
    );
}

#[test]
fn a_name_that_is_nearly_one_is_understood() {
    let Err(error) = named("short-wriet") else {
        panic!("there is such a mistake");
    };
    let error = error.to_string();
    assert!(error.contains("Did you mean short-write?"), "{error}");
    assert!(error.contains("endless-line"), "{error}");
}

#[test]
fn a_check_that_panics_is_a_failure_and_no_wait() {
    let mistake = Mistake {
        try_it: |_| panic!("a repair may do that"),
        ..short_write::MISTAKE
    };
    let wrong = mistake.check(Way::Broken).unwrap_err();
    assert_eq!(wrong.expected, "no panic");
}
