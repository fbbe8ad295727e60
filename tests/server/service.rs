//! The files in `scripts/` that run the server as a service.

use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use chatserv::config::Config;
use rustix::process::Signal;
#[cfg(feature = "history")]
use serde_json::Value;

use crate::support::directory::Directory;
#[cfg(feature = "history")]
use crate::support::or_skip;
use crate::support::{Program, chatserv, command, find};

const UNIT: &str = include_str!("../../scripts/systemd/chatserv.service");
const DROP_IN: &str = include_str!("../../scripts/systemd/cluster.conf");
const DOCKERFILE: &str = include_str!("../../scripts/docker/Dockerfile");
const DOCKERIGNORE: &str = include_str!("../../scripts/docker/Dockerfile.dockerignore");
const COMPOSE: &str = include_str!("../../scripts/docker/compose.yml");

/// The highest exposure that systemd may find, in tenths from 0 (locked up) to 100.
const EXPOSURE_MAX: &str = "20";

/// Runs systemd-analyze on the unit, with the built server.
fn analyze(unit: &str, words: &[&str]) {
    if find("systemd-analyze").is_none() {
        return;
    }
    let directory = Directory::new("unit");
    let built = unit
        .replace("/usr/local/bin/chatserv ", concat!("\"", env!("CARGO_BIN_EXE_chatserv"), "\" "));
    directory.write("chatserv.service", &built);
    let mut analyze = command("systemd-analyze");
    analyze.args(words).arg(directory.path("chatserv.service"));
    let ended = Program::start(&mut analyze).end();
    assert_eq!(ended.status, Some(0), "{words:?}: {ended:?}");
}

#[test]
fn systemd_understands_the_unit() {
    analyze(UNIT, &["verify"]);
    analyze(&format!("{UNIT}\n{DROP_IN}"), &["verify"]);
}

#[test]
fn the_unit_exposes_little() {
    let threshold = format!("--threshold={EXPOSURE_MAX}");
    analyze(UNIT, &["security", "--offline=true", &threshold]);
}

/// The number behind a word in a file.
fn number(text: &str, word: &str) -> usize {
    let (_, rest) = text.split_once(word).unwrap_or_else(|| panic!("no {word}"));
    let number = rest.lines().next().unwrap().trim();
    number.parse().unwrap_or_else(|_| panic!("{word}{number}"))
}

#[test]
fn unit_and_compose_allow_enough_threads_and_descriptors() {
    let config = Config::default();
    // Readers, writers, and the server's reserve before it lowers --max-clients (server/capacity.rs).
    let threads = config.max_clients + config.max_writers + 1100;
    for (text, word) in
        [(UNIT, "\nTasksMax="), (UNIT, "\nLimitNPROC="), (COMPOSE, "\n    pids_limit:")]
    {
        assert!(number(text, word) > threads, "{word}");
    }
    for (text, word) in [(UNIT, "\nLimitNOFILE="), (COMPOSE, "\n      nofile:")] {
        assert!(number(text, word) > config.max_clients + 1000, "{word}");
    }
}

/// Cargo refuses a manifest that names a missing file.
#[test]
fn the_image_build_copies_every_file_that_the_manifest_names() {
    let directory = Directory::new("image");
    let copies = DOCKERFILE
        .lines()
        .filter_map(|line| line.strip_prefix("COPY "))
        .filter(|copy| !copy.starts_with("--from"));
    for copy in copies {
        let mut sources: Vec<&str> = copy.split_whitespace().collect();
        let target = sources.pop().unwrap();
        for source in sources {
            // All other files are ignored.
            let is_sent = DOCKERIGNORE.lines().any(|line| line == format!("!{source}"));
            assert!(is_sent, "{source} is in .dockerignore");
            let source = format!("{}/{source}", env!("CARGO_MANIFEST_DIR"));
            let target = directory.path(target);
            fs::create_dir_all(Path::new(&target).parent().unwrap()).unwrap();
            let mut cp = command("cp");
            cp.args(["-r", &source, &target]);
            assert_eq!(Program::start(&mut cp).end().status, Some(0), "{copy}");
        }
    }
    assert!(Path::new(&directory.path("Cargo.lock")).exists());
    // Without dependencies: this machine may not have those of other systems.
    let mut read = command(env!("CARGO"));
    read.args(["metadata", "--no-deps", "--format-version", "1", "--offline"]);
    let ended = Program::start(read.current_dir(directory.path(""))).end();
    assert_eq!(ended.status, Some(0), "{ended:?}");
}

/// The list of `scripts/supply` for a server with these features. It needs the crates of the features, which a machine that has never
/// built them has not downloaded.
#[cfg(feature = "history")]
fn bill_of(directory: &Directory, features: &str) -> (String, Value) {
    let file = directory.path("bill.json");
    let mut supply = command("python3");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/supply");
    supply.args(["-B", script, "--bill", &file, "--features", features]);
    supply.env("CARGO", env!("CARGO")).env("CARGO_NET_OFFLINE", "true");
    let ended = Program::start(&mut supply).end();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    let text = directory.read("bill.json");
    let bill = serde_json::from_str(&text).unwrap();
    (text, bill)
}

#[cfg(feature = "history")]
#[test]
fn the_bill_of_materials_has_what_is_compiled_in_and_nothing_else() {
    or_skip!(find("python3"));
    let directory = Directory::new("bill");
    let (text, bill) = bill_of(&directory, "history");
    let components = bill["components"].as_array().unwrap();
    let find = |name: &str| components.iter().find(|component| component["name"] == name);
    for component in components {
        let lacks = component["purl"].is_null()
            || component["hashes"][0]["content"].as_str().is_none_or(|hash| hash.len() != 64)
            || component["licenses"][0]["expression"].as_str().is_none_or(str::is_empty);
        assert!(!lacks, "{component}");
    }
    for name in ["crossbeam-channel", "parking_lot", "rusqlite"] {
        assert_eq!(find(name).unwrap()["scope"], "required", "{name}");
    }
    // It compiles C and is no part of the program, nor is a macro.
    assert_eq!(find("cc").unwrap()["scope"], "excluded");
    assert_eq!(find("serde_derive").unwrap()["scope"], "excluded");
    let sqlite = &find("libsqlite3-sys").unwrap()["components"][0];
    assert!(sqlite["version"].as_str().unwrap().starts_with("3."), "{sqlite}");
    // Of a feature that is off, and of the tests.
    for name in ["redis", "mio", "proptest"] {
        assert!(find(name).is_none(), "{name}");
    }
    assert_eq!(bill["metadata"]["component"]["name"], "chatserv");
    assert_eq!(bill_of(&directory, "history").0, text);
    let without = bill_of(&directory, "server").1;
    assert!(!without.to_string().contains("sqlite"));
}

#[test]
fn the_log_leaves_the_time_to_the_journal() {
    let directory = Directory::new("journal");
    for (name, is_journal) in [("journal", true), ("file", false)] {
        let log = directory.path(name);
        let stderr = File::create(&log).unwrap();
        let file = stderr.metadata().unwrap();
        let inode = file.ino() + u64::from(!is_journal);
        let mut server = chatserv(&["--port", "0"]);
        server.env("JOURNAL_STREAM", format!("{}:{inode}", file.dev()));
        let mut server = Program::start(server.stderr(stderr));
        server.stdout.wait_for(|line| line.starts_with("Waiting for incoming connections"));
        server.signal(Signal::TERM);
        assert_eq!(server.exit_status().code(), Some(0));
        let text = fs::read_to_string(&log).unwrap();
        assert_eq!(text.trim_start().starts_with("INFO"), is_journal, "{text}");
    }
}

#[test]
fn systemd_waits_for_the_end_of_a_drain() {
    let config = Config::default();
    let needed = config.drain + config.shutdown_grace;
    let waits: u64 = DROP_IN
        .split_once("\nTimeoutStopSec=")
        .unwrap()
        .1
        .trim()
        .trim_end_matches('s')
        .parse()
        .unwrap();
    assert!(waits > needed.as_secs() + 1);
    assert!(DROP_IN.contains("\nKillSignal=SIGUSR2\n"));
}
