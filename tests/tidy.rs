//! The habits of this code, held by a test.

#![allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]

use std::fs;
use std::path::{Path, PathBuf};

/// A file longer than this has two jobs.
const LINES_MAX: usize = 300;

/// What the core and the codecs may not know of, and why a reader of them can be sure of it.
const IMPURE: [&str; 11] = [
    "std::net",
    "std::thread",
    "std::io",
    "std::fs",
    "std::env",
    "Instant",
    "SystemTime",
    "crossbeam",
    "Mutex",
    "RwLock",
    "Atomic",
];

/// All Rust files below a folder of the project, with their text.
fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    assert!(!found.is_empty(), "{folder} holds no Rust file");
    found
}

/// The lines of code, numbered from 1: no comments, and nothing behind the line that begins a module of unit tests.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let of_tests = text.find("#[cfg(test)]").unwrap_or(text.len());
    let numbered = text[..of_tests].lines().enumerate();
    let without_comment =
        numbered.map(|(at, line)| (at + 1, line.split("//").next().unwrap_or("")));
    without_comment.filter(|(_, line)| !line.trim().is_empty())
}

#[test]
fn the_core_and_the_codecs_are_pure() {
    for folder in ["src/chat", "src/protocol"] {
        for (path, text) in sources(folder) {
            for (number, line) in code(&text) {
                for word in IMPURE {
                    assert!(
                        !line.contains(word),
                        "{}:{number}: {word}: {line}",
                        path.display()
                    );
                }
            }
        }
    }
}

#[test]
fn no_thread_of_the_server_unwraps_without_a_reason() {
    for (path, text) in sources("src") {
        for (number, line) in code(&text) {
            assert!(
                !line.contains(".unwrap()"),
                "{}:{number}: {line}",
                path.display()
            );
            // The sentence in an `expect` is the proof, so it has to be one.
            if let Some((_, reason)) = line.split_once(".expect(\"") {
                let words = reason.split_whitespace().count();
                assert!(
                    words >= 5,
                    "{}:{number}: is that a proof? {line}",
                    path.display()
                );
            }
        }
    }
}

#[test]
fn no_file_has_two_jobs() {
    for folder in ["src", "tests"] {
        for (path, text) in sources(folder) {
            let lines = text.lines().count();
            assert!(lines <= LINES_MAX, "{} has {lines} lines", path.display());
        }
    }
}

#[test]
fn every_thread_stands_in_the_thread_map() {
    let sources = sources("src");
    let text = |name: &str| {
        let found = sources.iter().find(|(path, _)| path.ends_with(name));
        &found.unwrap_or_else(|| panic!("{name} is gone")).1
    };
    // The rows of the table in the docs of `server`: the first cell names the thread.
    let map: Vec<&str> = text("src/server/mod.rs")
        .lines()
        .filter_map(|line| line.strip_prefix("//! | `")?.split('`').next())
        .collect();
    let mut roles = Vec::new();
    for (_, text) in &sources {
        // The one way to a row in the table of threads, which every thread has.
        roles.extend(
            text.split(".row(\"")
                .skip(1)
                .filter_map(|rest| rest.split('"').next()),
        );
        roles.extend(
            text.split("thread_name(\"")
                .skip(1)
                .filter_map(|rest| rest.split('"').next()),
        );
    }
    assert!(
        roles.len() >= 6,
        "listener, reader, dispatcher, writer, signals, log: {roles:?}"
    );
    for role in roles {
        assert!(
            map.contains(&role),
            "no row for the thread `{role}` in the thread map of src/server/mod.rs: {map:?}"
        );
    }
    // And there is no other way to start one: `threads.rs` starts all of the server's, `signals.rs` its own, before
    // there is a server.
    for (path, text) in &sources {
        let starts = code(text)
            .any(|(_, line)| line.contains("thread::spawn") || line.contains("Builder::new()"));
        let known = ["threads.rs", "signals.rs"]
            .iter()
            .any(|name| path.ends_with(Path::new("server").join(name)));
        assert!(!starts || known, "{} starts a thread", path.display());
    }
}
