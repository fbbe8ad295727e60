//! The server variants of the lab serve the same chat: they pass the same conversations and carry the same load. The
//! shortcomings that a variant states are tested too.

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

const LAB: &str = env!("CARGO_BIN_EXE_lab");

/// A variant with its arguments.
type Variant = &'static [&'static str];

/// The variant that never serves two people at once.
const ONE_AT_A_TIME: Variant = &["one-at-a-time"];

/// The real server with its default settings.
const REAL: Variant = &["threads-dispatcher"];

/// All variants in which people can meet. (Polling has a sleep, to leave the core to the other tests.)
const VARIANTS: [Variant; 10] = [
    &["polling", "--sleep", "1ms"],
    &["threads"],
    &["threads-channels", "--when-full", "wait"],
    &["threads-channels", "--when-full", "drop"],
    REAL,
    &["threads-dispatcher", "--delivery", "writer"],
    &["readiness-poll"],
    &["readiness"],
    &["turns"],
    &["turns", "--push-on"],
];

fn start(variant: Variant) -> Server {
    let mut command = Command::new(LAB);
    command.arg("serve").args(variant).args(["--port", "0"]);
    Server::start_by(&mut command)
}

#[test]
fn every_variant_of_the_lab_is_tested() {
    let source = |name: &str| {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/bin/lab");
        std::fs::read_to_string(folder.join(name)).unwrap()
    };
    let modules = source("variants.rs");
    let variants = modules.lines().filter_map(|line| line.trim().strip_suffix("::VARIANT,"));
    let mut count = 0;
    for module in variants {
        let text = source(&format!("variants/{module}.rs"));
        let name = text.split("name: \"").nth(1).unwrap();
        let name = name.split('"').next().unwrap();
        let mut tested = VARIANTS.iter().chain([&ONE_AT_A_TIME]);
        assert!(tested.any(|variant| variant[0] == name), "{name} is not tested");
        let lines = text.lines().count();
        assert!(lines < 150, "{module}.rs has {lines} lines: too many for one page");
        count += 1;
    }
    assert!(count >= 7, "{count} variants");
}

#[test]
fn a_variant_with_a_lock_prints_the_waiting_time_at_its_end() {
    let is_tally = |line: &str| {
        let tally = line.strip_prefix("lock: ").unwrap_or_default();
        let (times, waited) = tally.split_once(" times, waited ").unwrap_or_default();
        let waited = waited.strip_suffix(" ns").unwrap_or_default();
        times.parse().is_ok_and(|times: u64| times > 0) && waited.parse::<u64>().is_ok()
    };
    for variant in VARIANTS.into_iter().filter(|variant| variant[0].starts_with("threads")) {
        let has_lock = variant[0] != REAL[0];
        // The server ends with the chat, or with its stdin.
        let mut server = start(variant);
        Client::join(&server, "ann").say("SHUTDOWN");
        assert!(server.exit_status().success());
        let printed = server.printed_to_the_end();
        assert_eq!(printed.iter().any(|line| is_tally(line)), has_lock, "{printed:?}");

        let mut command = Command::new(LAB);
        command.arg("serve").args(variant);
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
        assert_eq!(printed.iter().any(|line| is_tally(line)), has_lock, "{printed:?}");
    }
}
