//! The conversations in `tests/chats` are the same in all variants.
//!
//! | conversation | variants |
//! |---|---|
//! | with no option but the port | all but `one-at-a-time` |
//! | with a signal to the server | `threads-dispatcher` |
//! | with other options, files or a log | none, only `chatserv` |
//! | of one person after the other | `one-at-a-time` ([`crate::cannot`]) |

use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::player::play;
use crate::{LAB, REAL, VARIANTS, Variant};

/// How many conversations are played at the same time. They mostly wait.
const PLAYERS: usize = 12;

/// A part of a conversation that begins with the start of a server.
struct Scene {
    conversation: String,
    /// With empty lines for what comes before it, so its lines keep their numbers.
    text: String,
}

impl Scene {
    fn holds_for(&self, variant: Variant) -> bool {
        let is_signal = |line: &str| line.starts_with("signal ");
        let is_of_chatserv = |line: &str| {
            line.starts_with("file ") || line.starts_with("stderr~ ") || line == "signal HUP"
        };
        let mut lines = self.text.lines().filter(|line| !line.is_empty());
        lines.next() == Some("$ --port 0")
            && lines
                .all(|line| !is_of_chatserv(line) && (!is_signal(line) || variant[0] == REAL[0]))
    }
}

fn scenes(conversation: &str, text: &str) -> Vec<Scene> {
    let mut scenes: Vec<Scene> = Vec::new();
    let (mut flags, mut before) = ("", String::new());
    for line in text.lines() {
        let is_start = line.starts_with('$') || line == "restart";
        if line.starts_with('$') {
            flags = line;
        }
        if is_start {
            scenes.push(Scene { conversation: conversation.to_owned(), text: before.clone() });
        }
        if let Some(scene) = scenes.last_mut() {
            scene.text += if is_start { flags } else { line };
            scene.text.push('\n');
        }
        before.push('\n');
    }
    scenes
}

fn all_scenes() -> Vec<Scene> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/chats");
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        all.extend(scenes(name, &fs::read_to_string(&path).unwrap()));
    }
    all
}

#[test]
fn a_scene_keeps_its_lines_and_its_flags() {
    let text = "# about\n$ --port 0\nann: connect\nrestart\nsignal TERM\n$ --port 0 --motd x\n";
    let scenes = scenes("check", text);
    let texts: Vec<&str> = scenes.iter().map(|scene| &scene.text[..]).collect();
    let wanted = [
        "\n$ --port 0\nann: connect\n",
        "\n\n\n$ --port 0\nsignal TERM\n",
        "\n\n\n\n\n$ --port 0 --motd x\n",
    ];
    assert_eq!(texts, wanted);
    let holds = |variant| scenes.iter().map(move |scene| scene.holds_for(variant));
    assert!(holds(REAL).eq([true, true, false]));
    assert!(holds(&["threads"]).eq([true, false, false]));
}

#[test]
fn every_conversation_is_the_same_in_every_variant() {
    let scenes = all_scenes();
    let jobs: Vec<(Variant, &Scene)> = VARIANTS
        .iter()
        .flat_map(|&variant| scenes.iter().map(move |scene| (variant, scene)))
        .filter(|(variant, scene)| scene.holds_for(variant))
        .collect();
    for variant in VARIANTS {
        let names: Vec<&str> = jobs
            .iter()
            .filter(|(of, _)| *of == variant)
            .map(|(_, scene)| &scene.conversation[..])
            .collect();
        assert!(names.len() >= 15, "{variant:?} has only {names:?}");
        for needed in ["classic", "mentions", "private", "rooms", "shutdown"] {
            assert!(names.contains(&needed), "{variant:?} has no {needed}");
        }
    }
    let next = AtomicUsize::new(0);
    let failed = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..PLAYERS {
            scope.spawn(|| {
                while let Some((variant, scene)) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let program = [&[LAB, "serve"], *variant].concat();
                    let played = play(&program, &scene.conversation, &scene.text);
                    if let Err(wrong) = played.outcome {
                        failed.lock().unwrap().push(format!("{variant:?}: {wrong}"));
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap();
    assert!(failed.is_empty(), "{} of {} differ:\n{}", failed.len(), jobs.len(), failed.join("\n"));
}
