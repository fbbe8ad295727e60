//! The shells of the lab hold one and the same chat: the same conversations, the same load. What one cannot do is tested as
//! well.

#![cfg(feature = "lab")]
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "in a test, an unwrap is an assertion"
)]

#[path = "../support/mod.rs"]
mod support;

#[allow(dead_code, reason = "examples are rendered by another test")]
#[path = "../conversations/player.rs"]
mod player;
#[path = "../conversations/script.rs"]
mod script;
#[allow(dead_code, reason = "examples are rendered by another test")]
#[path = "../conversations/transcript.rs"]
mod transcript;

mod cannot;
mod conversations;
mod crowd;
mod stalled;

use std::process::{Command, Stdio};

use support::{Client, Lines, Server};

/// The program. Behind it stand the shell and its knobs.
const LAB: &str = env!("CARGO_BIN_EXE_lab");

/// One shell, with its knobs.
type Shell = &'static [&'static str];

/// The one that has no two people in it at once.
const ONE_AT_A_TIME: Shell = &["one-at-a-time"];

/// The server's own, in its usual way.
const SERVERS_OWN: Shell = &["threads-dispatcher"];

/// All in which people can meet. (Polling has a sleep here, since a machine that tests has other things to do.)
const SHELLS: [Shell; 10] = [
    &["polling", "--sleep", "1ms"],
    &["threads"],
    &["threads-channels", "--when-full", "wait"],
    &["threads-channels", "--when-full", "drop"],
    SERVERS_OWN,
    &["threads-dispatcher", "--delivery", "writer"],
    &["readiness-poll"],
    &["readiness"],
    &["turns"],
    &["turns", "--push-on"],
];

/// Starts one.
fn start(shell: Shell) -> Server {
    let mut command = Command::new(LAB);
    command.arg("serve").args(shell).args(["--port", "0"]);
    Server::start_by(&mut command)
}

#[test]
fn each_shell_of_the_lab_is_tried() {
    let source = |name: &str| {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/bin/lab");
        std::fs::read_to_string(folder.join(name)).unwrap()
    };
    let modules = source("variants.rs");
    let shells = modules
        .lines()
        .filter_map(|line| line.trim().strip_suffix("::VARIANT,"));
    let mut count = 0;
    for module in shells {
        let text = source(&format!("variants/{module}.rs"));
        let name = text.split("name: \"").nth(1).unwrap();
        let name = name.split('"').next().unwrap();
        let mut tried = SHELLS.iter().chain([&ONE_AT_A_TIME]);
        assert!(tried.any(|shell| shell[0] == name), "{name} is not tried");
        let lines = text.lines().count();
        assert!(
            lines < 150,
            "{module}.rs, with {lines} lines, fills no screen"
        );
        count += 1;
    }
    assert!(count >= 7, "{count} shells");
}

#[test]
fn a_shell_with_a_lock_says_at_its_end_how_long_it_was_waited_for() {
    let is_tally = |line: &str| {
        let tally = line.strip_prefix("lock: ").unwrap_or_default();
        let (times, waited) = tally.split_once(" times, waited ").unwrap_or_default();
        let waited = waited.strip_suffix(" ns").unwrap_or_default();
        times.parse().is_ok_and(|times: u64| times > 0) && waited.parse::<u64>().is_ok()
    };
    for shell in SHELLS
        .into_iter()
        .filter(|shell| shell[0].starts_with("threads"))
    {
        let has_lock = shell[0] != SERVERS_OWN[0];
        // It ends with the chat, or with its stdin.
        let mut server = start(shell);
        Client::join(&server, "ann").say("SHUTDOWN");
        assert!(server.exit_status().success());
        let printed = server.printed_to_the_end();
        assert_eq!(
            printed.iter().any(|line| is_tally(line)),
            has_lock,
            "{printed:?}"
        );

        let mut command = Command::new(LAB);
        command.arg("serve").args(shell);
        command.args(["--port", "0", "--until-stdin-ends"]);
        let (stdin, stdout) = (Stdio::piped(), Stdio::piped());
        let mut process = command.stdin(stdin).stdout(stdout).spawn().unwrap();
        let lines = Lines::collect(process.stdout.take().unwrap());
        let waiting = lines.wait_for(|line| line.contains("on port "));
        let port: u16 = waiting.rsplit(' ').next().unwrap().parse().unwrap();
        let socket = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
        Client::over(socket).expect("server: Input username.");
        drop(process.stdin.take());
        assert!(process.wait().unwrap().success());
        let printed = lines.whole();
        assert_eq!(
            printed.iter().any(|line| is_tally(line)),
            has_lock,
            "{printed:?}"
        );
    }
}
