//! The rules of this source, as tests.

#![allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// The files through which a line of chat passes, in this order.
const PATH_OF_A_MESSAGE: [&str; 7] = [
    "server/reader.rs",
    "protocol/plain/decode.rs",
    "server/dispatcher.rs",
    "chat/hub.rs",
    "chat/say.rs",
    "protocol/plain/encode.rs",
    "server/delivery/mod.rs",
];

/// A student reads the path of a message in an afternoon.
const PATH_LINES_MAX: usize = 1_800;

/// The page of the glass view, which a teacher shows to a class.
const GLASS: [&str; 3] = ["glass.html", "glass.js", "glass.css"];
const GLASS_COLUMNS_MAX: usize = 120;

/// The modules that the core and the codecs may not use.
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

/// The same without the files of unit tests.
fn product(folder: &str) -> impl Iterator<Item = (PathBuf, String)> {
    let of_tests = |path: &Path| {
        // Up to `src`: the project itself may be in any folder.
        let mut below = path.iter().rev().take_while(|part| *part != "src");
        below.any(|part| ["tests", "tests.rs", "testing.rs"].iter().any(|name| part == *name))
    };
    sources(folder).into_iter().filter(move |(path, _)| !of_tests(path))
}

/// The lines of code, numbered from 1: no comments, and nothing after the beginning of a module of unit tests.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let of_tests = text.find("mod tests {").unwrap_or(text.len());
    let numbered = text[..of_tests].lines().enumerate();
    let without_comment =
        numbered.map(|(at, line)| (at + 1, line.split("//").next().unwrap_or("")));
    without_comment.filter(|(_, line)| !line.trim().is_empty())
}

/// The files of the library.
fn library() -> Vec<(PathBuf, String)> {
    let is_of_binary = |path: &Path| path.components().any(|part| part.as_os_str() == "bin");
    product("src").filter(|(path, _)| !is_of_binary(path)).collect()
}

/// The lines of a file before its unit tests.
fn lines_without_tests(text: &str) -> usize {
    text.lines().take_while(|line| *line != "#[cfg(test)]").count()
}

#[test]
fn the_path_of_a_message_is_seven_short_files() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let tour = fs::read_to_string(source.join("lib.rs")).unwrap();
    let imported = imported_files("src", &library());
    let (mut table, mut total) = (String::new(), 0);
    let mut position = 0;
    for file in PATH_OF_A_MESSAGE {
        let text = fs::read_to_string(source.join(file)).unwrap();
        let lines = lines_without_tests(&text);
        table.push_str(&format!("{lines:5} {file}\n"));
        total += lines;
        let found = tour[position..].find(&format!("`{file}`"));
        position += found
            .unwrap_or_else(|| panic!("the tour in src/lib.rs does not name {file} in its place"));
        // What the classic chat and the classic server do without is behind one `match` arm. The exception is the row of the
        // table of threads in which each thread notes what it is doing.
        let module = module_of("src", &source.join(file));
        for imported in &imported[&module] {
            let is_extra =
                ["chat::more", "server::ops"].iter().any(|room| imported.starts_with(room));
            let is_allowed = ["server::ops", "server::ops::threads"].contains(&imported.as_str());
            assert!(!is_extra || is_allowed, "{file} imports {imported}");
        }
        for (number, line) in code(&text).filter(|(_, line)| line.contains("ops::")) {
            assert!(line.contains("=> ops::"), "{file}:{number}: {line}");
        }
    }
    // Not by `println!`, which shows nothing of a test that passes.
    let summary = format!("\n{table}{total:5} lines in all, at most {PATH_LINES_MAX}\n");
    std::io::stdout().write_all(summary.as_bytes()).unwrap();
    assert!(total <= PATH_LINES_MAX, "{total} lines");
}

#[test]
fn the_page_of_the_glass_view_fits_a_projector() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/server/web/page");
    for file in GLASS {
        let text = fs::read_to_string(folder.join(file)).unwrap();
        for (number, line) in (1..).zip(text.lines()) {
            let columns = line.chars().count();
            assert!(columns <= GLASS_COLUMNS_MAX, "{file}:{number}: {columns} columns");
        }
    }
}

/// A file's module in the crate whose root is in `root`, such as `server::delivery::outbox`.
fn module_of(root: &str, path: &Path) -> String {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(root);
    let below = path.strip_prefix(source).unwrap().with_extension("");
    let parts: Vec<&str> = below.iter().map(|part| part.to_str().unwrap()).collect();
    let parts = parts.strip_suffix(&["mod"]).unwrap_or(&parts);
    parts.join("::")
}

/// The paths that a file imports, each as a list of names, relative to the crate.
fn imports(module: &str, text: &str) -> Vec<Vec<String>> {
    let code: Vec<&str> = code(text).map(|(_, line)| line).collect();
    let code = code.join(" ");
    let mut found = Vec::new();
    for statement in code.split(';') {
        // Re-exports open a door and import nothing.
        let Some((before, tree)) = statement.rsplit_once("use ") else {
            continue;
        };
        if !before.trim_end().is_empty() && before.contains("pub") {
            continue;
        }
        let tree: String = tree.chars().filter(|c| !c.is_whitespace()).collect();
        expand(&tree, &mut Vec::new(), &mut found);
    }
    let mut absolute = Vec::new();
    for mut path in found {
        let mut base: Vec<String> = match path[0].as_str() {
            "crate" => Vec::new(),
            "super" => module.split("::").map(str::to_owned).collect(),
            _ => continue,
        };
        while path.first().is_some_and(|part| part == "super") {
            path.remove(0);
            base.pop();
        }
        if path.first().is_some_and(|part| part == "crate") {
            path.remove(0);
        }
        base.extend(path);
        absolute.push(base);
    }
    absolute
}

/// `a::{b, c::d}` names `a::b` and `a::c::d`.
fn expand(tree: &str, prefix: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
    match tree.split_once("::{") {
        Some((head, rest)) if !head.contains(['{', ',']) => {
            let depth = prefix.len();
            prefix.extend(head.split("::").map(str::to_owned));
            let inner = rest.strip_suffix('}').unwrap_or(rest);
            let (mut level, mut start) = (0, 0);
            for (at, c) in inner.char_indices().chain([(inner.len(), ',')]) {
                match c {
                    '{' => level += 1,
                    '}' => level -= 1,
                    ',' if level == 0 => {
                        expand(&inner[start..at], prefix, found);
                        start = at + 1;
                    }
                    _ => {}
                }
            }
            prefix.truncate(depth);
        }
        _ if tree.is_empty() => {}
        _ => {
            let mut path = prefix.clone();
            path.extend(tree.split("::").map(str::to_owned));
            found.push(path);
        }
    }
}

/// Where the names that a module re-exports are defined: `(module, name)` to the module.
fn doors(root: &str, sources: &[(PathBuf, String)]) -> BTreeMap<(String, String), String> {
    let mut doors = BTreeMap::new();
    for (path, text) in sources {
        let module = module_of(root, path);
        let code: Vec<&str> = code(text).map(|(_, line)| line).collect();
        for statement in code.join(" ").split(';') {
            let Some((before, tree)) = statement.rsplit_once("use ") else {
                continue;
            };
            if !before.contains("pub") {
                continue;
            }
            let tree: String = tree.chars().filter(|c| !c.is_whitespace()).collect();
            let mut found = Vec::new();
            expand(&tree, &mut Vec::new(), &mut found);
            for mut path in found {
                let name = path.pop().unwrap();
                let inner = if module.is_empty() {
                    path.join("::")
                } else {
                    format!("{module}::{}", path.join("::"))
                };
                doors.insert((module.clone(), name), inner);
            }
        }
    }
    doors
}

#[test]
fn no_circle_of_imports_between_files() {
    // Each binary is a crate of its own.
    assert_no_circle("src", library(), 40);
    for (root, importing) in [("src/bin/bench", 10), ("src/bin/lab", 20)] {
        assert_no_circle(root, product(root).collect(), importing);
    }
}

/// For each file of a crate that imports others: these files, whatever door their names come through.
fn imported_files(root: &str, sources: &[(PathBuf, String)]) -> BTreeMap<String, BTreeSet<String>> {
    let modules: BTreeSet<String> = sources.iter().map(|(path, _)| module_of(root, path)).collect();
    let doors = doors(root, sources);
    let mut edges: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (path, text) in sources {
        let from = module_of(root, path);
        for import in imports(&from, text) {
            // The longest prefix that is a module, and the file behind its door.
            let (mut at, mut name) = (import.len(), None);
            while at > 0 && !modules.contains(&import[..at].join("::")) {
                at -= 1;
                name = import.get(at).cloned();
            }
            let mut to = import[..at].join("::");
            while let Some(inner) =
                name.as_ref().and_then(|name| doors.get(&(to.clone(), name.clone())))
            {
                to = inner.clone();
            }
            if to != from && !to.is_empty() {
                edges.entry(from.clone()).or_default().insert(to);
            }
        }
    }
    edges
}

/// Fails if files of one crate import each other in a circle. More than `importing` of them import another.
fn assert_no_circle(root: &str, sources: Vec<(PathBuf, String)>, importing: usize) {
    let mut edges = imported_files(root, &sources);
    assert!(edges.len() > importing, "{root}: few files import anything: {edges:?}");
    // Files that import none of the rest, or that none of the rest imports, are taken away until only circles are left.
    loop {
        let imported: BTreeSet<String> = edges.values().flatten().cloned().collect();
        let done: Vec<String> = edges
            .iter()
            .filter(|(from, to)| {
                !imported.contains(*from) || !to.iter().any(|to| edges.contains_key(to))
            })
            .map(|(from, _)| from.clone())
            .collect();
        if done.is_empty() {
            break;
        }
        edges.retain(|from, _| !done.contains(from));
    }
    let within: BTreeMap<_, Vec<_>> = edges
        .iter()
        .map(|(from, to)| (from, to.iter().filter(|to| edges.contains_key(*to)).collect()))
        .collect();
    assert!(within.is_empty(), "files that import each other in a circle: {within:#?}");
}

#[test]
fn the_core_and_the_codecs_are_pure() {
    for folder in ["src/chat", "src/protocol", "src/bin/chat/client"] {
        for (path, text) in product(folder) {
            for (number, line) in code(&text) {
                for word in IMPURE {
                    assert!(!line.contains(word), "{}:{number}: {word}: {line}", path.display());
                }
            }
        }
    }
}

#[test]
fn nothing_unwraps_without_a_reason() {
    for (path, text) in product("src") {
        for (number, line) in code(&text) {
            assert!(!line.contains(".unwrap()"), "{}:{number}: {line}", path.display());
            // The sentence in an `expect` is the proof, so it has to be one.
            if let Some((_, reason)) = line.split_once(".expect(\"") {
                let words = reason.split_whitespace().count();
                assert!(
                    words >= 5,
                    "{}:{number}: the reason is no sentence: {line}",
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

/// The threads in a table of threads: its rows begin with the name of a thread.
fn thread_map(text: &str) -> Vec<&str> {
    text.lines().filter_map(|line| line.strip_prefix("//! | `")?.split('`').next()).collect()
}

/// The quoted texts that follow `beginning`.
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
fn every_thread_of_the_server_is_in_the_table_of_threads() {
    let sources: Vec<_> = product("src")
        .filter(|(path, _)| !path.components().any(|part| part.as_os_str() == "bin"))
        .collect();
    let map = thread_map(text(&sources, "src/server/mod.rs"));
    let mut roles = Vec::new();
    for (_, text) in &sources {
        // Every thread has a row in the table of threads, and there is one way to get it.
        roles.extend(quoted_behind(text, ".row"));
        roles.extend(quoted_behind(text, ".client_row"));
        roles.extend(quoted_behind(text, "thread_name"));
    }
    assert!(roles.len() >= 6, "listener, reader, dispatcher, writer, signals, log: {roles:?}");
    for role in roles {
        assert!(
            map.contains(&role),
            "src/server/mod.rs has no row for the thread `{role}`: {map:?}"
        );
    }
    // `threads.rs` starts all threads of the server; `signals.rs` and `log.rs` start theirs before there is a server.
    for (path, text) in &sources {
        let known = ["threads.rs", "signals.rs", "log.rs"]
            .iter()
            .any(|name| path.ends_with(Path::new("server/ops").join(name)));
        assert!(!starts_a_thread(text) || known, "{} starts a thread", path.display());
    }
}

#[test]
fn every_thread_of_the_client_is_in_its_table_of_threads() {
    let sources: Vec<_> = product("src/bin/chat").collect();
    let map = thread_map(text(&sources, "chat/main.rs"));
    let mut names = vec!["main"];
    for (path, text) in &sources {
        // Each builder names its thread or takes the name from its caller; `thread::spawn` cannot.
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
    assert_eq!(names, rows, "the threads, and the rows of the table");
}

/// The commands of a file that build the program, each in one line.
fn builds(text: &str) -> Vec<String> {
    let text = text.replace("\\\n", " ");
    let is_build = |line: &&str| {
        ["cargo build", "cargo install", "cargo run"].iter().any(|it| line.contains(it))
    };
    text.lines().filter(is_build).map(str::to_owned).collect()
}

#[test]
fn nothing_shipped_is_built_with_mutants() {
    let joined = builds("a\ncargo build \\\n  --all-features\ncargo test --all-features\n");
    assert_eq!(joined, ["cargo build    --all-features"]);
    for file in
        ["README.md", ".ci/run", "scripts/docker/Dockerfile", "scripts/systemd/chatserv.service"]
    {
        let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
        let builds = builds(&text);
        assert!(!builds.is_empty(), "{file} builds nothing: does this test still read it?");
        for build in builds {
            let has_mutants = ["--all-features", "mutants", "simulation"];
            assert!(!has_mutants.iter().any(|it| build.contains(it)), "{file}: {build}");
        }
        // The Dockerfile takes its features from an argument.
        let argument = text.lines().find(|line| line.starts_with("ARG FEATURES"));
        assert!(!argument.is_some_and(|it| it.contains("mutants")), "{file}: {argument:?}");
    }
}

#[test]
fn every_dependency_has_a_reason_and_is_used() {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    let manifest = fs::read_to_string(manifest).unwrap();
    let product: String = product("src").map(|(_, text)| text).collect();
    let tests: String =
        ["src", "tests"].iter().flat_map(|folder| sources(folder)).map(|(_, text)| text).collect();
    let mut counted = 0;
    for (section, users) in [("[dependencies]\n", &product), ("[dev-dependencies]\n", &tests)] {
        let section = manifest.split_once(section).unwrap().1.split("\n[").next().unwrap();
        let mut reason = "";
        for line in section.lines() {
            if let Some((name, _)) = line.split_once(" = ") {
                assert!(reason.starts_with("# "), "no comment says why {name} is there");
                let path = format!("{}::", name.replace('-', "_"));
                assert!(users.contains(&path), "nothing uses {name}");
                counted += 1;
            }
            reason = line;
        }
    }
    assert!(counted > 20, "{counted}");
}
