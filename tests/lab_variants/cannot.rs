//! The shortcomings that the variants state.

use std::process::{Command, Stdio};

use crate::player::play;
use crate::{LAB, ONE_AT_A_TIME, REAL, VARIANTS, Variant};

fn expect_conversation(variant: Variant, name: &str, conversation: &str) {
    let program = [&[LAB, "serve"], variant].concat();
    let played = play(&program, name, conversation);
    if let Err(wrong) = played.outcome {
        panic!("{variant:?}: {wrong}");
    }
}

#[test]
fn one_at_a_time_the_second_waits_until_the_first_has_left() {
    let conversation = "
$ --port 0
ann: connect
ann< server: Input username.
bob: connect
bob> bob
ann> ann
ann<~ There are 1 client
bob<!
ann> is nobody here?
ann> /quit
ann< server: Bye!
ann<eof
bob< server: Input username.
bob< server: Your username is bob.
bob<~ There are 1 client
bob>> half a li
bob: half-close
bob<eof
cid: connect
cid> cid
cid<~ There are 1 client
cid> SHUTDOWN
cid< server: The chat has been shut down
cid<eof
exit 0
";
    expect_conversation(ONE_AT_A_TIME, "one-at-a-time", conversation);
}

#[test]
fn one_at_a_time_has_no_clock() {
    let conversation = "
$ --port 0
ann: connect
ann> ann
ann<~ There are 1 client
ann> /shutdown in 1s
ann<~ will shut down
sleep 1.2
ann<!
ann> is it over?
ann< server: The chat has been shut down
ann<eof
exit 0
";
    expect_conversation(ONE_AT_A_TIME, "no-clock", conversation);
}

#[test]
fn only_the_real_server_handles_a_signal() {
    let conversation = |ends: &str| {
        format!(
            "$ --port 0\nann: connect\nann> ann\nann<~ There are 1 client\nsignal TERM\n{ends}ann<eof\n"
        )
    };
    let without_farewell = conversation("");
    let with_farewell = conversation("ann< server: The chat has been shut down\n");
    for variant in VARIANTS.into_iter().chain([ONE_AT_A_TIME]) {
        let conversation = if variant[0] == REAL[0] { &with_farewell } else { &without_farewell };
        expect_conversation(variant, "signal", conversation);
    }
}

#[test]
fn no_variant_has_the_options_of_the_server() {
    for variant in VARIANTS.into_iter().chain([ONE_AT_A_TIME]) {
        for flag in ["--json-port=0", "--idle-timeout=2s", "--max-clients=2"] {
            let mut command = Command::new(LAB);
            command.arg("serve").args(variant).args(["--port=0", flag]);
            let status = command.stderr(Stdio::null()).status().unwrap();
            assert_eq!(status.code(), Some(2), "{variant:?} {flag}");
        }
    }
}

#[test]
fn the_error_for_an_unknown_variant_lists_the_known_ones() {
    let output = Command::new(LAB).args(["serve", "fibers"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("\"fibers\""), "{error}");
    for variant in VARIANTS {
        assert!(error.contains(variant[0]), "{error}");
    }
}
