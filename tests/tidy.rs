//! The habits of this code, held by a test.

#![allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]

use std::fs;
use std::path::{Path, PathBuf};

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

/// The same without the files of unit tests, which may do what tests do.
fn product(folder: &str) -> impl Iterator<Item = (PathBuf, String)> {
    let of_tests = |path: &Path| {
        // Up to `src`, since the project itself may be in any folder.
        let mut below = path.iter().rev().take_while(|part| *part != "src");
        below.any(|part| {
            ["tests", "tests.rs", "testing.rs"]
                .iter()
                .any(|name| part == *name)
        })
    };
    sources(folder)
        .into_iter()
        .filter(move |(path, _)| !of_tests(path))
}

/// The lines of code, numbered from 1: no comments, and nothing behind the line that begins a module of unit tests. One
/// that is only named there, and lies in a file of its own, ends nothing.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let of_tests = text.find("mod tests {").unwrap_or(text.len());
    let numbered = text[..of_tests].lines().enumerate();
    let without_comment =
        numbered.map(|(at, line)| (at + 1, line.split("//").next().unwrap_or("")));
    without_comment.filter(|(_, line)| !line.trim().is_empty())
}

#[test]
fn the_core_and_the_codecs_are_pure() {
    for folder in ["src/chat", "src/protocol", "src/bin/chat/client"] {
        for (path, text) in product(folder) {
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
    for (path, text) in product("src") {
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

/// The text of one file among these.
fn text<'a>(sources: &'a [(PathBuf, String)], name: &str) -> &'a str {
    let found = sources.iter().find(|(path, _)| path.ends_with(name));
    &found.unwrap_or_else(|| panic!("{name} is gone")).1
}

/// The threads that a thread map has: a table in the docs of a module, whose rows begin with a thread's name.
fn thread_map(text: &str) -> Vec<&str> {
    text.lines()
        .filter_map(|line| line.strip_prefix("//! | `")?.split('`').next())
        .collect()
}

/// Whatever stands in quotation marks behind this, each time.
fn quoted_behind<'a>(text: &'a str, beginning: &str) -> Vec<&'a str> {
    text.split(&format!("{beginning}(\""))
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect()
}

fn starts_a_thread(text: &str) -> bool {
    code(text).any(|(_, line)| {
        let builds = line.contains("Builder::new()") && !line.contains("DirBuilder");
        builds || line.contains("thread::spawn")
    })
}

#[test]
fn every_thread_stands_in_the_thread_map() {
    let sources: Vec<_> = product("src")
        .filter(|(path, _)| !path.components().any(|part| part.as_os_str() == "bin"))
        .collect();
    let map = thread_map(text(&sources, "src/server/mod.rs"));
    let mut roles = Vec::new();
    for (_, text) in &sources {
        // The one way to a row in the table of threads, which every thread has.
        roles.extend(quoted_behind(text, ".row"));
        roles.extend(quoted_behind(text, ".name"));
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
    // Only these start threads: `threads.rs` those of the chat, `signals.rs` and `log.rs` one each, which outlive it.
    for (path, text) in &sources {
        let known = ["threads.rs", "signals.rs", "log.rs"]
            .iter()
            .any(|name| path.ends_with(Path::new("server/ops").join(name)));
        assert!(
            !starts_a_thread(text) || known,
            "{} starts a thread",
            path.display()
        );
    }
}

#[test]
fn every_thread_of_the_client_stands_in_its_thread_map() {
    let sources: Vec<_> = product("src/bin/chat").collect();
    let map = thread_map(text(&sources, "chat/main.rs"));
    let mut names = vec!["main"];
    for (path, text) in &sources {
        // Each builder gives its thread a name, or takes it from whoever calls; `thread::spawn` has none to give.
        let mut found = quoted_behind(text, ".name");
        found.extend(quoted_behind(text, " spawn"));
        assert!(
            !starts_a_thread(text) || !found.is_empty(),
            "{} starts a thread without a name",
            path.display()
        );
        names.extend(found);
    }
    names.sort_unstable();
    names.dedup();
    let mut rows = map.clone();
    rows.sort_unstable();
    assert_eq!(
        names, rows,
        "the threads that there are, and the rows of the thread map"
    );
}
