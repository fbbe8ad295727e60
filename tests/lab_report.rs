//! The lab as a program: its list, its errors, and the files of one experiment. The lesson names only what exists.

#![cfg(feature = "lab")]
#![allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]

#[path = "../src/bin/lab/report/markup.rs"]
mod markup;
mod support;

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use support::directory::Directory;

/// Runs the lab without a terminal.
fn lab(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lab"));
    command.args(arguments).stdin(Stdio::null()).output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// The experiments in the order of the list, and how many seconds each takes.
fn experiments() -> Vec<(String, u32)> {
    let listed = lab(&["list"]);
    assert!(listed.status.success());
    let list = text(&listed.stdout);
    // The first block. The second line of an entry is indented further than its first.
    let block = list.split("\n\n").next().unwrap();
    let entries = block.split("\n  ").filter(|entry| !entry.starts_with(' '));
    let names: Vec<&str> =
        entries.skip(1).map(|entry| entry.split_whitespace().next().unwrap()).collect();
    let words = block.split_whitespace().collect::<Vec<_>>().join(" ");
    let seconds: Vec<u32> = words
        .split("(about ")
        .skip(1)
        .map(|rest| rest.split(' ').next().unwrap().parse().unwrap())
        .collect();
    assert_eq!(names.len(), seconds.len(), "{list}");
    names.into_iter().map(str::to_owned).zip(seconds).collect()
}

#[test]
fn every_listed_experiment_is_explained() {
    let experiments = experiments();
    assert!(!experiments.is_empty());
    for (name, _) in &experiments {
        let explained = lab(&["explain", name]);
        assert!(explained.status.success(), "{name}");
        let printed = text(&explained.stdout);
        assert!(printed.contains(&format!("lab run {name}")), "{printed}");
        let mut files = named_files(printed).peekable();
        assert!(files.peek().is_some(), "{printed}");
        for file in files {
            assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join(file).is_file(), "{name}: {file}");
        }
    }
}

/// The Rust files in a text for a terminal, without line numbers.
fn named_files(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|letter: char| letter.is_whitespace() || "`(),:;".contains(letter));
    words.map(|word| word.trim_end_matches('.')).filter(|word| word.ends_with(".rs"))
}

#[test]
fn the_error_for_an_unknown_experiment_lists_the_known_ones() {
    for command in ["run", "explain"] {
        let failed = lab(&[command, "no-such-thing"]);
        assert_eq!(failed.status.code(), Some(1));
        let error = text(&failed.stderr);
        assert!(error.contains("\"no-such-thing\" is not an experiment"), "{error}");
        let experiments = experiments();
        assert!(experiments.iter().all(|(name, _)| error.contains(name)), "{error}");
    }
}

#[test]
fn an_experiment_writes_its_plots_its_tables_and_a_report() {
    let directory = Directory::new("lab_report");
    let experiments = experiments();
    let (name, _) = experiments.iter().min_by_key(|(_, takes)| *takes).unwrap();
    let folder = directory.path("results");
    let run = lab(&["run", name, "--no-questions", "--folder", &folder]);
    assert!(run.status.success(), "{}", text(&run.stderr));
    let progress = text(&run.stderr);
    assert!(progress.contains(&format!("1 of 1: {name}, about ")));
    // The path of the folder may be long.
    let wide = |line: &&str| line.chars().count() > 80 && !line.contains(&folder);
    assert_eq!(text(&run.stdout).lines().find(wide), None);

    let page = directory.read(&format!("results/{name}.html"));
    markup::text(&page).unwrap();
    assert_eq!(markup::network_requests(&page), Vec::<String>::new());
    assert_eq!(markup::dangling_links(&page), Vec::<&str>::new());
    assert_eq!(prose_with_back_ticks(&page), None);
    // `--no-questions` asks for no guess.
    assert!(!page.contains("Guessed"));
    let files: Vec<String> = fs::read_dir(&folder)
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    let plots = files.iter().filter_map(|file| file.strip_suffix(".svg"));
    let plots: Vec<&str> = plots.collect();
    assert!(!plots.is_empty());
    assert_eq!(page.matches("<svg ").count(), plots.len());
    for plot in plots {
        let svg = directory.read(&format!("results/{plot}.svg"));
        markup::text(&svg).unwrap();
        // The page adds a label to the plot, before the viewBox.
        assert!(page.contains(svg.split_once("viewBox").unwrap().1.trim()));
        let table = directory.read(&format!("results/{plot}.csv"));
        assert!(table.ends_with("\r\n") && table.lines().count() > 1);
    }
}

/// The first line outside the code of the page that shows its mark-up.
fn prose_with_back_ticks(page: &str) -> Option<&str> {
    let prose = page.split("<pre").map(|part| match part.split_once("</pre>") {
        Some((_, prose)) => prose,
        None => part,
    });
    prose.flat_map(str::lines).find(|line| line.contains('`'))
}

const LESSON: &str = include_str!("../src/bin/lab/lesson.md");

fn in_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A class cannot wait for a second build of everything.
#[test]
fn the_lesson_builds_with_its_own_profile() {
    assert!(!LESSON.contains("--release"));
    assert!(LESSON.matches("cargo run --profile lesson").count() >= 4);
}

/// The question of a step is that of one of its experiments, which answers it. A step without an experiment answers it
/// itself.
#[test]
fn every_question_of_the_lesson_has_an_answer() {
    let mut questions = 0;
    for step in LESSON.split("\n#").filter(|step| step.contains("*Question:*")) {
        let (_, question) = step.split_once("*Question:*").unwrap();
        let question = question.split("\n\n").next().map(in_one_line).unwrap();
        let runs = step.split("`lab run ").skip(1).map(|rest| rest.split('`').next().unwrap());
        let mut explained = runs.map(|name| in_one_line(text(&lab(&["explain", name]).stdout)));
        let is_answered = explained.any(|text| text.contains(&format!("A question: {question}")));
        assert!(is_answered || step.contains("*Answer:*"), "{question}");
        questions += 1;
    }
    assert_eq!(questions, 11);
}

/// The links of the lesson lead to the same files in rustdoc.
#[test]
fn the_links_of_the_lesson_work_in_rustdoc_too() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let here = root.join("src/bin/lab");
    let main = fs::read_to_string(here.join("main.rs")).unwrap();
    let links = LESSON.lines().filter_map(|line| line.strip_prefix('[')?.split_once("]: "));
    let mut checked = 0;
    for (label, target) in links.filter(|(_, target)| target.ends_with(".rs")) {
        let line = format!("//! [{label}]: ../src/");
        let page = main.lines().find_map(|text| text.strip_prefix(&line)).expect(label);
        let (part, file) = page.strip_suffix(".html").unwrap().split_once('/').unwrap();
        let folder = if part == "chatserv" { "src".into() } else { format!("src/bin/{part}") };
        let same = [root.join(folder).join(file), here.join(target)];
        let [one, other] = same.map(|path| fs::canonicalize(path).unwrap());
        assert_eq!(one, other, "{label}");
        checked += 1;
    }
    assert!(checked >= 20, "{checked}");
}

#[test]
fn the_lesson_names_only_what_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let lesson = fs::read_to_string(root.join("src/bin/lab/lesson.md")).unwrap();
    let list = lab(&["list"]);
    let known: Vec<&str> = text(&list.stdout).split_whitespace().collect();
    let code = || lesson.split('`').skip(1).step_by(2);
    let mut files = 0;
    for file in code().filter(|words| words.ends_with(".rs") && !words.contains(' ')) {
        let folders = ["", "src/bin/lab", "src/bin/lab/variants", "src"];
        let mut paths = folders.iter().map(|folder| root.join(folder).join(file));
        assert!(paths.any(|path| path.is_file()), "{file}");
        files += 1;
    }
    let mut commands = 0;
    for words in code().filter_map(|words| words.strip_prefix("lab ")) {
        if let ["run" | "serve" | "explain" | "broken", name, ..] =
            *words.split_whitespace().collect::<Vec<_>>()
        {
            assert!(known.contains(&name) || name.contains("NAME"), "lab {words}");
            commands += 1;
        }
    }
    assert!(files >= 10 && commands >= 10, "{files} files, {commands} commands");
}
