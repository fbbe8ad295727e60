//! README.md and the guide agree with the code and the measurements, and their links lead somewhere.
//!
//! `UPDATE_GUIDE=1 cargo test --test guide` updates the tables. `tests/conversations` checks the examples.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "in a test, an unwrap is an assertion, and a skipped one says so"
)]

#[path = "support/guide.rs"]
mod guide;
#[path = "../src/bin/lab/source.rs"]
#[allow(dead_code, reason = "the lesson needs functions only, and the report needs the rest")]
mod source;

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use chatserv::chat::{CommandHelp, command_groups};
use chatserv::config::{Config, Outcome, load};
use chatserv::protocol::json::{actions, error_codes};
use serde::Deserialize;

const README_LINES_MAX: usize = 200;
const README_COLUMNS_MAX: usize = 120;

/// The commands in README.md.
const FIRST_COMMANDS: [&str; 10] =
    ["help", "who", "msg", "reply", "me", "rooms", "join", "topic", "nick", "quit"];

/// The servers and the rows of `summary.md` that README.md shows.
const SPEED_SERVERS: [&str; 4] = ["chatserv", "epoll floor", "redis", "nats"];
const SPEED_ROWS: [&str; 5] = [
    "fan-out to 10, CPU per delivery, µs",
    "fan-out to 1,000, CPU per delivery, µs",
    "latency, 100/s to 100, p99, ms",
    "10,000 people joining, logins per second",
    "10,000 people, resident memory per person, KiB",
];

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn generated_blocks_are_up_to_date() {
    guide::check_blocks("guide", |name| {
        Some(match name {
            "commands" => all_commands(),
            "ten commands" => first_commands(),
            "actions" => action_table(),
            "codes" => code_table(),
            "speed" => summary(0),
            "protocols" => summary(1),
            "speed in five rows" => select(&summary(0), &SPEED_SERVERS, &SPEED_ROWS),
            "setting" => measured(),
            "faults" => faults(),
            "end" => return None,
            name if name.starts_with("chats/") => return None,
            name if name.starts_with("src/") => shown_function(name),
            name => panic!("no test generates <!-- {name} -->"),
        })
    });
}

/// The table of faults. Where there is no Python, it is taken as it is.
fn faults() -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/faults");
    match Command::new("python3").arg("-B").arg(script).arg("--table").output() {
        Ok(output) => String::from_utf8(output.stdout).unwrap(),
        Err(_) => {
            let page = read("src/guide/faults.md");
            let block = page.split_once("<!-- faults -->\n").unwrap().1;
            block.split_once("<!-- end -->").unwrap().0.to_owned()
        }
    }
}

/// Whether a test target has a test with this path, such as `connections::resets_during_delivery`.
fn has_test(target: &str, path: &str) -> bool {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut words: Vec<&str> = path.split("::").collect();
    let name = words.pop().expect("a path is not empty");
    // The modules of `tests/library.rs` are beside it, those of `tests/server/main.rs` too.
    let alone = tests.join(format!("{target}.rs"));
    let (mut folder, mut file) = match alone.is_file() {
        true => (tests, alone),
        false => (tests.join(target), tests.join(target).join("main.rs")),
    };
    for module in words {
        let declared = fs::read_to_string(&file).unwrap_or_default();
        if !declared.lines().any(|line| line == format!("mod {module};")) {
            return false;
        }
        file = folder.join(format!("{module}.rs"));
        folder.push(module);
        if !file.is_file() {
            file = folder.join("mod.rs");
        }
    }
    let text = fs::read_to_string(file).unwrap_or_default();
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let at = lines.iter().position(|line| line.starts_with(&format!("fn {name}(")));
    at.is_some_and(|at| {
        let above = lines[..at].iter().rev();
        above.take_while(|line| line.starts_with("#[")).any(|line| *line == "#[test]")
    })
}

#[test]
fn every_test_in_the_table_of_faults_exists() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/faults");
    let Ok(output) = Command::new("python3").arg("-B").arg(script).arg("--tests").output() else {
        eprintln!("skipped: python3 is not installed");
        return;
    };
    let tests = String::from_utf8(output.stdout).unwrap();
    for row in tests.lines() {
        let (target, path) = row.split_once(' ').unwrap();
        assert!(has_test(target, path), "there is no test {path} in {target}");
    }
    assert!(tests.lines().count() > 100, "{tests}");
    assert!(has_test("guide", "every_test_in_the_table_of_faults_exists"));
    for (target, path) in [
        // Another target, another module, no module, no test but a function, no such test.
        ("history", "connections::resets_during_delivery"),
        ("server", "framing::resets_during_delivery"),
        ("server", "resets_during_delivery"),
        ("server", "injected::all_survive"),
        ("server", "connections::resets_during"),
    ] {
        assert!(!has_test(target, path), "{target} {path}");
    }
}

/// A function of the source, by its file and the beginning of its line: `src/main.rs: fn main(`.
fn shown_function(name: &str) -> String {
    let (file, line) = name.split_once(": ").unwrap();
    let function = source::function(&read(file), line);
    let function = function.unwrap_or_else(|| panic!("{file} has no {line}"));
    format!("\n```rust\n{function}```\n\n")
}

#[test]
fn the_lesson_shows_the_functions_that_it_speaks_of() {
    let lesson = read("src/bin/lab/lesson.md");
    for (name, marks) in [
        ("src/bin/lab/variants/one_at_a_time.rs: fn serve(", ["listener.accept()", "socket.read("]),
        ("src/bin/lab/variants/readiness_poll.rs: fn wait(", ["poll(&mut polled", "revents"]),
        ("src/bin/lab/variants/threads.rs: fn deliver(", ["write_all(out)", "/// Writes until"]),
        ("src/server/dispatcher.rs: pub fn run(", ["self.channels.next_wake(", "self.act("]),
        ("src/server/dispatcher.rs: fn act(", ["self.take_batch(", "self.give_turns("]),
    ] {
        let (_, block) = lesson.split_once(&format!("<!-- {name} -->")).unwrap();
        let (block, _) = block.split_once("<!-- end -->").unwrap();
        assert!(marks.iter().all(|mark| block.contains(mark)), "{name}: {block}");
    }
}

#[test]
fn the_minutes_of_the_lesson_are_two_hours_and_name_every_step() {
    let teaching = read("src/guide/teaching.md");
    let (_, table) = teaching.split_once("| minutes | step |").unwrap();
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    let rows = rows.map(|row| {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        (cells[1].parse::<u32>().unwrap(), cells[2])
    });
    let rows: Vec<(u32, &str)> = rows.collect();
    assert_eq!(rows.iter().map(|(minutes, _)| minutes).sum::<u32>(), 120);
    let lesson = read("src/bin/lab/lesson.md");
    for section in lesson.split("\n#").filter(|section| section.contains("*Question:*")) {
        let heading = section.trim_start_matches(['#', ' ']);
        assert!(rows.iter().any(|(_, step)| heading.starts_with(step)), "{heading:.40}");
    }
}

/// The texts between these two, wherever they stand.
fn between<'a>(text: &'a str, before: &str, behind: &str) -> Vec<&'a str> {
    let parts = text.split(before).skip(1);
    parts.map(|part| part.split(behind).next().unwrap()).collect()
}

#[test]
fn the_legend_of_the_glass_view_names_what_is_there() {
    let page = read("src/server/web/page/glass.html");
    let (_, legend) = page.split_once("<section id=\"legend\"").unwrap();
    let style = read("src/server/web/page/glass.css");
    let threads = read("src/server/ops/threads.rs");
    let (_, activities) = threads.split_once("\nactivities! {\n").unwrap();
    let (activities, _) = activities.split_once("\n}\n").unwrap();
    let explained = between(legend, "data-doing=\"", "\"");
    for words in between(activities, " = \"", "\",") {
        // What no reader and no writer does, but the dispatcher or a thread that serves everybody.
        let is_of_others = [
            "in accept",
            "pausing before accept",
            "waiting for events",
            "sending to sockets",
            "searching",
            "waiting for signals",
            "reading settings",
        ];
        let is_explained = explained.contains(&words);
        assert!(is_explained != is_of_others.contains(&words), "{words}");
        let colour = format!("[data-doing=\"{words}\"]");
        assert_eq!(style.contains(&colour), is_explained, "{words}");
    }
    assert_eq!(explained.len(), 9);
    // Each entry ends with the function in which the thread blocks, and its file.
    for entry in between(legend, "<li ", "</li>") {
        let [.., function, file] = between(entry, "<code>", "</code>")[..] else {
            panic!("no function and file: {entry}");
        };
        let name = function.rsplit("::").next().unwrap();
        let source = read(&format!("src/{file}"));
        assert!(source.contains(&format!("fn {name}")), "{file} has no {function}");
    }
    let script = read("src/server/web/page/glass.js");
    let files = between(&script, "file: '", "'");
    assert_eq!(files.len(), 6, "{files:?}");
    for file in files {
        read(&format!("src/{file}"));
    }
}

/// A table of `summary.md`: the one of the servers, or that of the protocols.
fn summary(table: usize) -> String {
    let summary = read("scripts/results/summary.md");
    let table = summary.split("\n\n").nth(table).unwrap();
    format!("{}\n", table.trim_end())
}

/// Text for a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn command_row(command: &CommandHelp) -> String {
    let typed = format!("/{} {}", command.word, command.arguments);
    format!("| `{}` | {} |\n", cell(typed.trim()), cell(command.about))
}

fn all_commands() -> String {
    let mut table = String::from("| you type | what it does |\n|---|---|\n");
    for (title, commands) in command_groups(true) {
        table.push_str(&format!("| **{title}** | |\n"));
        table.extend(commands.into_iter().map(command_row));
    }
    table
}

fn first_commands() -> String {
    let groups = command_groups(true);
    let commands: Vec<&CommandHelp> = groups.into_iter().flat_map(|(_, group)| group).collect();
    let rows = FIRST_COMMANDS.map(|word| {
        let mut commands = commands.iter();
        command_row(commands.find(|command| command.word == word).unwrap())
    });
    format!("| you type | what it does |\n|---|---|\n{}", rows.concat())
}

fn action_table() -> String {
    let fields = |names: &[&str]| {
        let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        names.join(", ")
    };
    let rows = actions().map(|action| {
        let (required, optional) = (fields(action.required), fields(action.optional));
        format!("| `{}` | {required} | {optional} |\n", action.name)
    });
    String::from("| action | required fields | optional fields |\n|---|---|---|\n")
        + &rows.collect::<String>()
}

fn code_table() -> String {
    let rows = error_codes().map(|(code, when)| format!("| `{code}` | {when} |\n"));
    String::from("| code | when |\n|---|---|\n") + &rows.collect::<String>()
}

/// These columns and rows of a table.
fn select(table: &str, columns: &[&str], rows: &[&str]) -> String {
    let cells = |line: &str| -> Vec<String> {
        let line = line.trim().trim_matches('|');
        line.split('|').map(|cell| cell.trim().to_owned()).collect()
    };
    let head = cells(table.lines().next().unwrap());
    let by_label: HashMap<String, Vec<String>> =
        table.lines().map(|line| (cells(line)[0].clone(), cells(line))).collect();
    let row = |label: &str| {
        let row = by_label
            .get(label)
            .unwrap_or_else(|| panic!("the table has no row {label:?}:\n{table}"));
        let shown = columns.iter().map(|column| {
            let at = head.iter().position(|cell| cell == column).unwrap();
            format!(" {} |", row[at])
        });
        format!("| {label} |{}\n", shown.collect::<String>())
    };
    let line = format!("|---|{}\n", "--:|".repeat(columns.len()));
    let rows: String = rows.iter().map(|label| row(label)).collect();
    format!("| | {} |\n{line}{rows}", columns.join(" | "))
}

/// The first line of `results.jsonl`.
#[derive(Deserialize)]
struct Setting {
    began: String,
    command: String,
    machine: String,
    /// Each server's label, and the output of its `--version`.
    peers: Vec<(String, String)>,
}

/// When, where and with which versions the table of `summary.md` was measured.
fn measured() -> String {
    let results = read("scripts/results/results.jsonl");
    let setting: Setting = serde_json::from_str(results.lines().next().unwrap()).unwrap();
    let summary = read("scripts/results/summary.md");
    let columns: Vec<&str> = summary.lines().next().unwrap().split('|').collect();
    let columns: Vec<&str> = columns.into_iter().map(str::trim).collect();
    let peers = setting.peers.iter();
    let versions: Vec<String> = peers
        .filter(|(label, _)| columns.contains(&label.as_str()))
        .filter_map(|(label, output)| Some(format!("{label} {}", version(output)?)))
        .collect();
    format!(
        "Measured by `{}` on {}: {}. Versions: {}.\n",
        setting.command,
        setting.began.split('T').next().unwrap(),
        setting.machine,
        versions.join(", ")
    )
}

/// The version number in the output of `--version`.
fn version(output: &str) -> Option<&str> {
    let words = output.split(|c: char| !c.is_ascii_digit() && c != '.');
    let mut numbers = words.map(|word| word.trim_matches('.'));
    numbers.find(|word| word.contains('.'))
}

#[test]
fn the_version_is_found_in_the_output_of_each_server() {
    for (output, expected) in [
        ("chatserv 0.1.0", Some("0.1.0")),
        ("Redis server v=7.0.15 sha=00000000:0 bits=64", Some("7.0.15")),
        ("nats-server: v2.9.10", Some("2.9.10")),
        ("redis-server is missing", None),
    ] {
        assert_eq!(version(output), expected, "{output}");
    }
}

#[test]
fn only_the_text_of_known_blocks_is_replaced() {
    let generate = |name: &str| (name == "a").then(|| "new\n".to_owned());
    let block = |text: &str| format!("before\n<!-- a -->\n{text}<!-- end -->\nafter\n");
    for old in ["", "old\n", "new\n"] {
        let replaced = guide::replace_blocks(&block(old), generate);
        assert_eq!(replaced, Ok(block("new\n")));
    }
    let unknown = "<!-- b -->\nold\n<!-- end -->\n";
    let replaced = guide::replace_blocks(unknown, generate);
    assert_eq!(replaced.as_deref(), Ok(unknown));
    for endless in ["<!-- a -->\n", "<!-- a -->\n<!-- a -->\n<!-- end -->\n"] {
        let replaced = guide::replace_blocks(endless, generate);
        assert_eq!(replaced, Err("a".to_owned()));
    }
}

#[test]
fn some_conversation_shows_every_action_and_every_command() {
    let mut chats = String::new();
    for entry in fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/chats")).unwrap() {
        chats.push_str(&fs::read_to_string(entry.unwrap().path()).unwrap());
    }
    for action in actions() {
        let request = format!(r#"> {{"action":"{}""#, action.name);
        assert!(chats.contains(&request), "no client sends {}", action.name);
    }
    for (_, commands) in command_groups(true) {
        for command in commands {
            let line = format!("> /{}", command.word);
            assert!(chats.contains(&line), "nobody types /{}", command.word);
        }
    }
}

#[test]
fn the_table_of_settings_has_every_setting_with_its_default() {
    let guide = read("src/guide/settings.md");
    let rows: Vec<(&str, &str)> = guide
        .lines()
        .filter_map(|line| line.strip_prefix("| `--")?.split_once("` | "))
        .map(|(flag, rest)| {
            let flag = flag.split(' ').next().unwrap();
            let default = rest.split(" |").next().unwrap();
            (flag, default.trim_matches('`'))
        })
        .filter(|(flag, _)| !["config", "check-config"].contains(flag))
        .collect();
    let defaults = Config::default().to_toml();
    // humantime reads `60s` and writes `1m`.
    let defaults = defaults.replace("1m\"", "60s\"");
    let settings: Vec<(&str, &str)> = defaults
        .lines()
        .filter_map(|line| line.split_once(" = "))
        .map(|(key, value)| (key, value.trim_matches('"')))
        .collect();
    assert_eq!(rows, settings);
}

#[test]
fn the_table_of_reloaded_settings_is_right() {
    let guide = read("src/guide/settings.md");
    let (_, table) =
        guide.split_once("| settings | a change applies to |").expect("the page has the table");
    let rows = table.lines().skip(2).take_while(|row| !row.is_empty());
    let (mut reloaded, mut kept) = (Vec::new(), Vec::new());
    for row in rows {
        let (keys, clients) = row.split_once(" | ").expect("a row has two cells");
        let keys = keys.split('`').skip(1).step_by(2).map(str::to_owned);
        if clients.starts_with("nobody") {
            kept.extend(keys);
        } else {
            reloaded.extend(keys);
        }
    }
    // No setting here has its default.
    let other = "--port=1 --json-port=2 --web-port=3 --web-host=x --web-others=http://x --glass=off --proxy-port=5 --proxy-from=::1 --bind=:: --max-clients=1 --anonymous --operators=nobody \
                 --operator-password-file=x --login-timeout=1s --idle-timeout=off --delivery=direct \
                 --max-writers=1 --outbox-bytes=8KiB --outbox-age=1s --outbox-total=1MiB --send-buffer=4KiB \
                 --announce-up-to=1 --history-on-join=1 --motd=x --time-zone=UTC --connections-per-address=1 \
                 --connections-per-minute=1 --rate-limit=off --state-dir=x --history=x --history-days=1 --history-size=1MiB \
                 --cluster=redis://x --cluster-name=x --node=x --cluster-password-file=x --shutdown-grace=1s --drain=1s --log-messages \
                 --log-level=warn --metrics-port=4 --metrics-bind=:: --trace=x";
    let arguments = std::iter::once("chatserv").chain(other.split_whitespace());
    let Ok(Outcome::Run(other)) = load(arguments.map(Into::into), []) else {
        panic!("these are no settings: {other}");
    };
    let now = Config::default();
    let all = now.differences(&other);
    assert_eq!(all.len(), now.to_toml().lines().count());
    let changed = now.differences(&now.changed_to(other));
    let unchanged: Vec<String> = all.into_iter().filter(|key| !changed.contains(key)).collect();
    let sorted = |mut keys: Vec<String>| {
        keys.sort();
        keys
    };
    assert_eq!(sorted(reloaded), sorted(changed));
    assert_eq!(sorted(kept), sorted(unchanged));
}

#[test]
fn the_readme_names_the_oldest_rust_that_builds_the_project() {
    let required = format!("Rust {} or newer", env!("CARGO_PKG_RUST_VERSION"));
    assert!(read("README.md").contains(&required), "{required}");
}

#[test]
fn the_readme_is_short_and_narrow() {
    let readme = read("README.md");
    let lines = readme.lines().count();
    assert!(lines <= README_LINES_MAX, "{lines} lines");
    for (number, line) in (1..).zip(readme.lines()) {
        let columns = line.chars().count();
        let is_link = line.starts_with('[') || line.starts_with('!');
        assert!(columns <= README_COLUMNS_MAX || is_link, "README.md:{number}: {columns} columns");
    }
}

/// The lines of a document outside its fenced blocks.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut in_fence = false;
    text.lines().filter(move |line| {
        let is_fence = line.trim_start().starts_with("```");
        in_fence ^= is_fence;
        !in_fence && !is_fence
    })
}

/// The targets of inline links, images and reference definitions.
fn targets(text: &str) -> Vec<&str> {
    let mut targets = Vec::new();
    for line in prose(text) {
        let inline = line.split("](").skip(1);
        targets.extend(inline.filter_map(|rest| rest.split(')').next()));
        // A paragraph may begin with a link and go on with a colon.
        if let Some((label, target)) = line.split_once("]: ")
            && label.starts_with('[')
            && !label.contains(']')
        {
            targets.push(target.trim());
        }
    }
    targets
}

/// The labels of reference links and images without a definition.
fn undefined_labels(text: &str) -> Vec<&str> {
    let is_defined =
        |label: &str| prose(text).any(|line| line.starts_with(&format!("[{label}]: ")));
    let labels = prose(text).flat_map(|line| {
        let rest = line.split("][").skip(1);
        rest.filter_map(|rest| rest.split(']').next())
    });
    labels.filter(|label| !is_defined(label)).collect()
}

/// The names of Rust files that are no links.
fn unlinked_files(text: &str) -> Vec<&str> {
    let mut unlinked = Vec::new();
    for line in prose(text) {
        let parts: Vec<&str> = line.split('`').collect();
        for around in parts.windows(3).step_by(2) {
            let [before, code, behind] = around else { continue };
            let is_link = before.ends_with('[') && behind.starts_with("](")
                || before.ends_with('[') && behind.starts_with("][");
            if code.ends_with(".rs") && !is_link {
                unlinked.push(*code);
            }
        }
    }
    unlinked
}

#[test]
fn every_source_file_that_a_document_names_is_a_link() {
    let text = "`a.rs` and [`b.rs`][b]\n```\n`c.rs`\n```\n`d` [`e.rs`](e) `f.rs`";
    assert_eq!(unlinked_files(text), ["a.rs", "f.rs"]);
    for (path, text) in guide::documents() {
        assert_eq!(unlinked_files(&text), Vec::<&str>::new(), "{}", path.display());
    }
}

/// A line that is one word in capitals: a placeholder that was not replaced.
fn placeholders(text: &str) -> Vec<&str> {
    let is_placeholder =
        |line: &&str| !line.is_empty() && line.chars().all(|c| c.is_ascii_uppercase() || c == '_');
    prose(text).map(str::trim).filter(is_placeholder).collect()
}

#[test]
fn no_document_has_a_placeholder() {
    assert_eq!(
        placeholders("A row\nTABLE\n```\nQUIT\n```\nTO_DO\nTCP is here"),
        ["TABLE", "TO_DO"]
    );
    for (path, text) in guide::documents() {
        assert_eq!(placeholders(&text), Vec::<&str>::new(), "{}", path.display());
    }
}

#[test]
#[cfg(feature = "mutants")]
fn the_table_of_mutants_has_every_fault() {
    let page = read("src/guide/internals.md");
    let number = between(&page, "builds the server with ", " faults");
    assert_eq!(number, [chatserv::mutants::Mutant::ALL.len().to_string()]);
    let rows = page.lines().skip_while(|line| *line != "| fault | found by |").skip(2);
    let rows = rows.map_while(|row| row.strip_prefix("| ")?.split(" | ").next());
    assert!(rows.eq(chatserv::mutants::Mutant::ALL.iter().map(|&(_, about)| about)));
}

/// The anchors that GitHub and rustdoc give to the headings of a document.
fn anchors(text: &str) -> Vec<String> {
    let headings = prose(text).filter(|line| line.starts_with('#'));
    let anchor = |heading: &str| {
        let heading = heading.trim_start_matches('#').trim().to_lowercase();
        let kept = heading.chars().filter(|&c| c.is_alphanumeric() || "-_ ".contains(c));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect()
    };
    headings.map(anchor).collect()
}

#[test]
fn every_link_leads_to_a_file_and_every_anchor_to_a_heading() {
    let documents = guide::documents();
    let mut broken = Vec::new();
    let mut checked = 0;
    for (path, text) in &documents {
        for label in undefined_labels(text) {
            broken.push(format!("{}: [{label}] has no definition", path.display()));
        }
        for target in targets(text) {
            checked += 1;
            if target.starts_with("https://") {
                continue;
            }
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            let file: PathBuf =
                if file.is_empty() { path.clone() } else { path.parent().unwrap().join(file) };
            let leads_somewhere = match fs::read_to_string(&file) {
                Ok(text) => anchor.is_empty() || anchors(&text).iter().any(|one| one == anchor),
                // A folder or a picture.
                Err(_) => file.exists() && anchor.is_empty(),
            };
            if !leads_somewhere {
                broken.push(format!("{}: {target}", path.display()));
            }
        }
    }
    assert!(checked > 50, "only {checked} links were found");
    assert!(broken.is_empty(), "{broken:#?}");
}
