//! The conversations in `tests/chats/`, played against the real server. README.md and the guide show their titled parts as
//! examples; `UPDATE_GUIDE=1 cargo test --test conversations` updates those. [`script`] describes the format.

#![cfg(feature = "server")]
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "in a test, an unwrap is an assertion"
)]

#[path = "../support/mod.rs"]
mod support;

#[path = "../support/guide.rs"]
mod guide;

mod checks;
mod examples;
mod player;
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
static PLAYED: LazyLock<Vec<Played>> = LazyLock::new(|| play_all(&conversations(), &play));

fn play_all(
    files: &[(String, String)],
    play: &(dyn Fn(&str, &str) -> Played + Sync),
) -> Vec<Played> {
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
}

fn play(name: &str, text: &str) -> Played {
    player::play(&[env!("CARGO_BIN_EXE_chatserv")], name, text)
}

/// The names and texts of the files, from the folder that the variable `CHATSERV_CHATS` names or else from the own one.
fn conversations() -> Vec<(String, String)> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/chats");
    let folder = std::env::var_os("CHATSERV_CHATS").map_or(own, Into::into);
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths
        .filter(|path| path.extension().is_some_and(|extension| extension == "chat"))
        .map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(&path).unwrap())
        })
        .filter(|(_, text)| cfg!(feature = "history") || !text.contains("--history "))
        .collect()
}

#[test]
fn every_conversation_holds() {
    assert_all_hold(&PLAYED);
}

fn assert_all_hold(all: &[Played]) {
    let failed = all.iter().filter_map(|played| played.outcome.as_ref().err());
    let failed: Vec<&str> = failed.map(String::as_str).collect();
    assert!(
        failed.is_empty(),
        "{} of {} conversations failed:\n{}",
        failed.len(),
        all.len(),
        failed.join("\n")
    );
}

/// The people of each conversation are spread over three machines, and notice nothing.
#[cfg(feature = "cluster")]
#[test]
fn every_conversation_holds_on_three_machines() {
    support::or_skip!(support::find("redis-server"));
    let play = |name: &str, text: &str| {
        let redis = support::redis::Redis::start(&[]).expect("it was found above");
        let cluster = player::Cluster { redis, machines: 3 };
        player::play_on(&[env!("CARGO_BIN_EXE_chatserv")], name, text, Some(cluster))
    };
    let mut files = conversations();
    // Each machine would need a file of its own, and the conversation names one. `tests/cluster/history.rs` has such machines.
    files.retain(|(_, text)| !text.contains("--history "));
    assert_all_hold(&play_all(&files, &play));
}

#[test]
fn the_guide_shows_the_conversations_as_played() {
    // A server without the feature cannot play what the guide shows of the history.
    let is_unplayed =
        |name: &str| cfg!(not(feature = "history")) && name.starts_with("chats/search.chat");
    guide::check_blocks("conversations", |name| {
        if is_unplayed(name) { None } else { examples::generate(name, &PLAYED) }
    });
}
