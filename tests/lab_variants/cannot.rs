//! What a shell cannot do, as each says of itself.

use std::process::{Command, Stdio};

use crate::player::play;
use crate::{LAB, ONE_AT_A_TIME, SERVERS_OWN, SHELLS, Shell};

fn goes(shell: Shell, name: &str, conversation: &str) {
    let program = [&[LAB, "serve"], shell].concat();
    let played = play(&program, name, conversation);
    if let Err(wrong) = played.outcome {
        panic!("{shell:?}: {wrong}");
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
    goes(ONE_AT_A_TIME, "one-at-a-time", conversation);
}

#[test]
fn one_at_a_time_nothing_happens_at_its_time() {
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
    goes(ONE_AT_A_TIME, "nothing-at-its-time", conversation);
}

#[test]
fn only_the_servers_own_shell_heeds_a_signal() {
    let conversation = |ends: &str| {
        format!(
            "$ --port 0\nann: connect\nann> ann\nann<~ There are 1 client\nsignal TERM\n{ends}ann<eof\n"
        )
    };
    let without_farewell = conversation("");
    let with_farewell = conversation("ann< server: The chat has been shut down\n");
    for shell in SHELLS.into_iter().chain([ONE_AT_A_TIME]) {
        let conversation = if shell[0] == SERVERS_OWN[0] {
            &with_farewell
        } else {
            &without_farewell
        };
        goes(shell, "signal", conversation);
    }
}

#[test]
fn no_shell_has_the_flags_of_the_server() {
    for shell in SHELLS.into_iter().chain([ONE_AT_A_TIME]) {
        for flag in ["--json-port=0", "--idle-timeout=2s", "--max-clients=2"] {
            let mut command = Command::new(LAB);
            command.arg("serve").args(shell).args(["--port=0", flag]);
            let status = command.stderr(Stdio::null()).status().unwrap();
            assert_eq!(status.code(), Some(2), "{shell:?} {flag}");
        }
    }
}

#[test]
fn a_shell_that_is_not_there_is_told_with_those_that_are() {
    let output = Command::new(LAB)
        .args(["serve", "fibers"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("\"fibers\""), "{said}");
    for shell in SHELLS {
        assert!(said.contains(shell[0]), "{said}");
    }
}
