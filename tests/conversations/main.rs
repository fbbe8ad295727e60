//! The conversations in `tests/chats/`, played against the real server. The README shows their titled parts as examples;
//! `UPDATE_README=1 cargo test --test conversations` writes them there. [`script`] describes the format.

#![cfg(feature = "server")]
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "in a test, an unwrap is an assertion"
)]

#[path = "../support/mod.rs"]
mod support;

#[path = "../support/readme.rs"]
mod readme_file;

mod checks;
mod player;
mod readme;
mod script;
mod transcript;

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex};
use std::thread;

use player::Played;

/// How many conversations are played at the same time. They mostly wait.
const PLAYERS: usize = 4;

/// All conversations, played once for all tests and sorted by name.
static PLAYED: LazyLock<Vec<Played>> = LazyLock::new(|| {
    let files = conversations();
    let next = AtomicUsize::new(0);
    let played = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..PLAYERS {
            scope.spawn(|| {
                while let Some((name, text)) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let one = play(name, text);
                    played.lock().unwrap().push(one);
                }
            });
        }
    });
    let mut played = played.into_inner().unwrap();
    played.sort_by(|a, b| a.name.cmp(&b.name));
    played
});

fn play(name: &str, text: &str) -> Played {
    player::play(&[env!("CARGO_BIN_EXE_chatserv")], name, text)
}

/// The names and texts of the files.
fn conversations() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/chats");
    let paths = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    paths
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "chat")
        })
        .map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(&path).unwrap())
        })
        .collect()
}

#[test]
fn every_conversation_holds() {
    let failed: Vec<&str> = PLAYED
        .iter()
        .filter_map(|played| played.outcome.as_ref().err().map(String::as_str))
        .collect();
    assert!(
        failed.is_empty(),
        "{} of {} conversations failed:\n{}",
        failed.len(),
        PLAYED.len(),
        failed.join("\n")
    );
}

/// One part of a conversation as it was played, or all parts for `*`.
fn rendered(name: &str, title: &str) -> Result<String, String> {
    let played = PLAYED.iter().find(|played| played.name == name);
    let played = played.ok_or("there is no such conversation")?;
    // Half a conversation is no example.
    played.outcome.clone()?;
    let render = |title: &str| {
        let example = played.transcript.render(title);
        example.ok_or("the conversation has no part of this title".to_owned())
    };
    if title != "*" {
        return render(title);
    }
    let parts: Result<Vec<String>, String> = played
        .transcript
        .titles()
        .map(|title| Ok(format!("# {title}\n{}", render(title)?)))
        .collect();
    Ok(parts?.join("\n"))
}

#[test]
fn the_readme_shows_the_conversations_as_played() {
    readme_file::holds("conversations", |readme| {
        let made = readme::with_examples(readme, rendered);
        made.unwrap_or_else(|wrong| panic!("{wrong}"))
    });
}
