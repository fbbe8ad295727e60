//! The lab as a program: its list, its errors, and what one experiment leaves behind.

#![cfg(feature = "lab")]
#![allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]

#[path = "../src/bin/lab/report/markup.rs"]
mod markup;
mod support;

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use support::directory::Directory;

/// What the lab says to these words, with nobody who could answer a question.
fn lab(words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_lab"))
        .args(words)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// The experiments in the order of the list, and how many seconds each takes.
fn experiments() -> Vec<(String, u32)> {
    let listed = lab(&["list"]);
    assert!(listed.status.success());
    let list = text(&listed.stdout);
    // The list has a block for each kind of thing, the experiments first. A long entry goes on in lines that are
    // indented further.
    let block = list.split("\n\n").next().unwrap();
    let entries = block.split("\n  ").filter(|entry| !entry.starts_with(' '));
    let names: Vec<&str> = entries
        .skip(1)
        .map(|entry| entry.split_whitespace().next().unwrap())
        .collect();
    let words = block.split_whitespace().collect::<Vec<_>>().join(" ");
    let seconds = words
        .split("(about ")
        .skip(1)
        .map(|rest| rest.split(' ').next().unwrap().parse().unwrap());
    let seconds: Vec<u32> = seconds.collect();
    assert_eq!(names.len(), seconds.len(), "{list}");
    names.into_iter().map(str::to_owned).zip(seconds).collect()
}

#[test]
fn the_list_has_every_experiment_and_each_is_explained() {
    let experiments = experiments();
    assert!(!experiments.is_empty());
    for (name, _) in &experiments {
        let explained = lab(&["explain", name]);
        assert!(explained.status.success(), "{name}");
        let said = text(&explained.stdout);
        assert!(said.contains(&format!("lab run {name}")), "{said}");
    }
}

#[test]
fn an_unknown_experiment_is_answered_with_what_there_is() {
    for words in [["run", "no-such-thing"], ["explain", "no-such-thing"]] {
        let said = lab(&words);
        assert_eq!(said.status.code(), Some(1));
        let said = text(&said.stderr).to_owned();
        assert!(
            said.contains("\"no-such-thing\" is not an experiment"),
            "{said}"
        );
        for (name, _) in experiments() {
            assert!(said.contains(&name), "{said}");
        }
    }
}

#[test]
fn an_experiment_leaves_its_plots_its_tables_and_a_page() {
    let directory = Directory::new("lab_report");
    let experiments = experiments();
    let (name, _) = experiments.iter().min_by_key(|(_, takes)| *takes).unwrap();
    let folder = directory.path("results");
    let said = lab(&["run", name, "--no-questions", "--folder", &folder]);
    assert!(said.status.success(), "{}", text(&said.stderr));
    let progress = text(&said.stderr);
    assert!(progress.contains(&format!("1 of 1: {name}, about ")));
    // A path is as long as it is.
    let wide = |line: &&str| line.chars().count() > 80 && !line.contains(&folder);
    assert_eq!(text(&said.stdout).lines().find(wide), None);

    let page = directory.read(&format!("results/{name}.html"));
    markup::text(&page).unwrap();
    assert_eq!(markup::asked_of_the_network(&page), Vec::<String>::new());
    let files: Vec<String> = fs::read_dir(&folder)
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    let drawings = files.iter().filter_map(|file| file.strip_suffix(".svg"));
    let drawings: Vec<&str> = drawings.collect();
    assert!(!drawings.is_empty());
    assert_eq!(page.matches("<svg ").count(), drawings.len());
    for drawing in drawings {
        let svg = directory.read(&format!("results/{drawing}.svg"));
        markup::text(&svg).unwrap();
        // In the page it has a name besides; all else is the same.
        assert!(page.contains(svg.split_once("viewBox").unwrap().1.trim()));
        let table = directory.read(&format!("results/{drawing}.csv"));
        assert!(table.ends_with("\r\n") && table.lines().count() > 1);
    }
}

#[test]
fn the_lesson_names_what_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let lesson = fs::read_to_string(root.join("src/bin/lab/lesson.md")).unwrap();
    let list = text(&lab(&["list"]).stdout).to_owned();
    let known: Vec<&str> = list.split_whitespace().collect();
    let code = || lesson.split('`').skip(1).step_by(2);
    let mut files = 0;
    for file in code().filter(|words| words.ends_with(".rs") && !words.contains(' ')) {
        let below = |folder: &str| root.join(folder).join(file).is_file();
        assert!(
            ["", "src/bin/lab", "src/bin/lab/variants", "src"]
                .iter()
                .any(|folder| below(folder)),
            "{file}"
        );
        files += 1;
    }
    let mut commands = 0;
    for words in code() {
        let Some(words) = words.strip_prefix("lab ") else {
            continue;
        };
        if let ["run" | "serve" | "explain" | "broken", name, ..] =
            *words.split_whitespace().collect::<Vec<_>>()
        {
            assert!(
                known.contains(&name) || name.contains("NAME"),
                "lab {words}"
            );
            commands += 1;
        }
    }
    assert!(
        files >= 10 && commands >= 10,
        "{files} files, {commands} commands"
    );
}
