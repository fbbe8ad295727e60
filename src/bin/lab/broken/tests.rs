//! Every mistake is one, and every answer is one.
//!
//! Whoever mends a mistake makes the first test here fail, and has done what it is for.

#![allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]

use std::fs;
use std::net::TcpStream;
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

#[test]
fn a_socket_that_does_not_block_for_a_moment_is_no_cure() {
    let set_back = |mut socket: &TcpStream, bytes: &[u8]| {
        socket.set_nonblocking(true)?;
        let written = socket.write(bytes);
        socket.set_nonblocking(false)?;
        match written {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(0),
            written => written,
        }
    };
    let wrong = nonblocking_clone::check_of(set_back).unwrap_err();
    assert!(wrong.came.contains("for a moment"), "{wrong:?}");
}

#[test]
fn lines_may_be_missing_but_not_torn() {
    let (one, three) = (unbounded_queue::line(1), unbounded_queue::line(3));
    let both = [&one[..], &three].concat();
    assert!(unbounded_queue::is_whole(&both, false));
    assert!(unbounded_queue::is_whole(&[], false));
    // What was said in another order, or a part of a line.
    let other_order = [&three[..], &one].concat();
    assert!(!unbounded_queue::is_whole(&other_order, false));
    assert!(!unbounded_queue::is_whole(&both[..both.len() - 1], false));
    let torn = [&one[..100], &three].concat();
    assert!(!unbounded_queue::is_whole(&torn, false));
    // A cut goes through the last line, and no other.
    assert!(unbounded_queue::is_whole(&both[..both.len() - 1], true));
    assert!(!unbounded_queue::is_whole(&torn, true));
}

#[test]
fn a_nul_within_a_line_is_dropped_by_the_server() {
    let pieces: [&[u8]; 2] = [b"lu\0ca\r\n", b"\0you\r\n"];
    let lines = codec::lines(pieces::Pieces::new(&pieces).unwrap()).unwrap();
    assert_eq!(lines, ["luca", "you"]);
}
