//! Every mistake fails its check, and every answer passes.
//!
//! A student who fixes a mistake makes the first test fail, as intended.

use std::fs;
use std::net::TcpStream;
use std::path::Path;

use super::connection::{Pieces, decoded_lines};
use super::*;

#[test]
fn every_mistake_shows_its_sign_and_every_answer_passes_three_times_in_a_row() {
    for mistake in ALL {
        for _ in 0..3 {
            let failure = mistake.check(Way::Broken).unwrap_err();
            assert!(failure.actual.contains(mistake.sign), "{}: {failure:?}", mistake.name);
            assert_eq!(mistake.check(Way::Fixed), Ok(()), "{}", mistake.name);
        }
    }
}

#[test]
fn each_mistake_is_where_its_text_says_and_the_answer_is_last() {
    for mistake in ALL {
        let (name, place) = (mistake.name, mistake.place);
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(mistake.file());
        let text = fs::read_to_string(path).unwrap();
        assert_eq!(text.matches("Way::Broken =>").count(), 1, "{name}");
        let (kind, function) = place.rsplit_once([' ', ':']).unwrap();
        let kind = kind.trim_start_matches("fn").trim_matches([' ', ':']);
        assert!(text.contains(&format!("fn {function}(")), "{place}");
        assert!(kind.is_empty() || text.contains(&format!("impl {kind} {{")), "{place}");
        let (before, answer) = text.split_once("// The answer. Try it yourself first").unwrap();
        assert!(answer.contains("fn answer("), "{name}");
        assert!(before.contains("fn check(") && !before.contains("fn answer("), "{name}");
    }
}

#[test]
fn a_check_that_panics_is_a_failure() {
    let mistake = Mistake { try_it: |_| panic!("a fix may do that"), ..short_write::MISTAKE };
    let failure = mistake.check(Way::Broken).unwrap_err();
    assert_eq!(failure.expected, "no panic");
}

#[test]
fn a_socket_that_is_non_blocking_for_a_moment_fails_the_check() {
    let set_back = |mut socket: &TcpStream, bytes: &[u8]| {
        socket.set_nonblocking(true)?;
        let written = socket.write(bytes);
        socket.set_nonblocking(false)?;
        match written {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(0),
            written => written,
        }
    };
    let failure = nonblocking_clone::check_of(set_back).unwrap_err();
    assert!(failure.actual.contains("for a moment"), "{failure:?}");
}

#[test]
fn lines_may_be_missing_but_not_torn() {
    let (one, three) = (unbounded_queue::line(1), unbounded_queue::line(3));
    let both = [&one[..], &three].concat();
    let other_order = [&three[..], &one].concat();
    let torn = [&one[..100], &three].concat();
    let short = &both[..both.len() - 1];
    for (received, is_cut, is_whole) in [
        (&both[..], false, true),
        (&[], false, true),
        (&other_order, false, false),
        (short, false, false),
        (&torn, false, false),
        // Disconnecting a client may cut its last line, but no other.
        (short, true, true),
        (&torn, true, false),
    ] {
        assert_eq!(unbounded_queue::is_whole(received, is_cut), is_whole);
    }
}

#[test]
fn the_codec_drops_a_nul_inside_a_line() {
    let lines = decoded_lines(Pieces::new(&[b"lu\0ca\r\n", b"\0you\r\n"]).unwrap()).unwrap();
    assert_eq!(lines, ["luca", "you"]);
}
