//! What lies in `scripts/` to run the server as a service.

#![allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]

mod support;

use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Command, Stdio};

use chatserv::config::Config;
use support::Server;
use support::directory::Directory;
use support::process::{free_port, has_program, until};

const UNIT: &str = include_str!("../scripts/systemd/chatserv.service");
const COMPOSE: &str = include_str!("../scripts/docker/compose.yml");

/// The most that systemd may think the service is exposed, in tenths: from 0, well locked up, to 100.
const EXPOSURE_MAX: &str = "20";

/// Runs systemd-analyze on the unit, with the server that cargo has built.
fn analyze(test: &str, words: &[&str]) {
    if !has_program("systemd-analyze") {
        return;
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    fs::create_dir_all(&folder).unwrap();
    let unit = folder.join("chatserv.service");
    let built = UNIT.replace(
        "/usr/local/bin/chatserv ",
        concat!(env!("CARGO_BIN_EXE_chatserv"), " "),
    );
    fs::write(&unit, built).unwrap();
    let output = Command::new("systemd-analyze")
        .args(words)
        .arg(&unit)
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(output.status.success(), "{words:?}: {said}");
}

#[test]
fn the_unit_is_one_that_systemd_understands() {
    analyze("unit-verify", &["verify"]);
}

#[test]
fn the_unit_gives_away_little_of_the_system() {
    let threshold = format!("--threshold={EXPOSURE_MAX}");
    analyze("unit-security", &["security", "--offline=true", &threshold]);
}

/// The number behind a word of a file.
fn number(text: &str, word: &str) -> usize {
    let (_, rest) = text.split_once(word).unwrap_or_else(|| panic!("no {word}"));
    let number = rest.lines().next().unwrap().trim();
    number.parse().unwrap_or_else(|_| panic!("{word}{number}"))
}

#[test]
fn there_are_threads_and_descriptors_for_as_many_as_the_settings_say() {
    let config = Config::default();
    // Readers and writers; and what the server keeps in reserve before it lowers --max-clients (server/capacity.rs).
    let threads = config.max_clients + config.max_writers + 1100;
    for (text, word) in [
        (UNIT, "\nTasksMax="),
        (UNIT, "\nLimitNPROC="),
        (COMPOSE, "\n    pids_limit:"),
    ] {
        assert!(number(text, word) > threads, "{word}");
    }
    for (text, word) in [(UNIT, "\nLimitNOFILE="), (COMPOSE, "\n      nofile:")] {
        assert!(number(text, word) > config.max_clients + 1000, "{word}");
    }
}

#[test]
fn the_log_leaves_the_time_to_the_journal() {
    let directory = Directory::new("journal");
    for (name, is_journal) in [("journal", true), ("file", false)] {
        let log = directory.path(name);
        let stderr = File::create(&log).unwrap();
        let file = stderr.metadata().unwrap();
        let inode = file.ino() + u64::from(!is_journal);
        let port = free_port();
        let _server = Server::start_unheard(
            Command::new(env!("CARGO_BIN_EXE_chatserv"))
                .args(["--port", &port.to_string()])
                .env("JOURNAL_STREAM", format!("{}:{inode}", file.dev()))
                .stdout(Stdio::null())
                .stderr(stderr),
            port,
        );
        until("the server logs a line", || {
            fs::read_to_string(&log).unwrap().contains('\n')
        });
        let text = fs::read_to_string(&log).unwrap();
        assert_eq!(text.trim_start().starts_with("INFO"), is_journal, "{text}");
    }
}
