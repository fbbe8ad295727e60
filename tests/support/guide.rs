//! The Markdown documents, and the blocks in them that tests generate.
//!
//! ```text
//! <!-- NAME -->
//! generated Markdown
//! <!-- end -->
//! ```

use std::fs;
use std::path::{Path, PathBuf};

const END: &str = "<!-- end -->";

/// The Markdown files of the project, with their text.
pub fn documents() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = ["", ".github", "src/guide", "src/bin/lab"].map(|folder| root.join(folder));
    let entries = folders.iter().flat_map(|folder| fs::read_dir(folder).unwrap());
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    paths.sort();
    let with_text = |path: PathBuf| (path.clone(), fs::read_to_string(path).unwrap());
    paths.into_iter().map(with_text).collect()
}

/// Compares each block that `generate` knows by its name with what it generates. With `UPDATE_GUIDE` in the environment,
/// the generated text replaces the block.
///
/// `test` is the name of the calling test binary.
pub fn check_blocks(test: &str, generate: impl Fn(&str) -> Option<String>) {
    for (path, text) in documents() {
        let expected = replace_blocks(&text, &generate)
            .unwrap_or_else(|name| panic!("{}: <!-- {name} --> has no end", path.display()));
        if std::env::var_os("UPDATE_GUIDE").is_some() {
            fs::write(path, expected).unwrap();
            continue;
        }
        let difference = text.lines().zip(expected.lines()).find(|(a, b)| a != b);
        assert!(
            text == expected,
            "{} is out of date: {difference:#?}\nUPDATE_GUIDE=1 cargo test --test {test} updates it",
            path.display()
        );
    }
}

/// The text with every known block replaced.
///
/// # Errors
/// The name of a block without an end.
pub fn replace_blocks(
    text: &str,
    generate: impl Fn(&str) -> Option<String>,
) -> Result<String, String> {
    let mut replaced = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        replaced.push_str(line);
        replaced.push('\n');
        let Some(name) = block_name(line) else {
            continue;
        };
        let Some(block) = generate(name) else {
            continue;
        };
        let end = lines.by_ref().find(|line| block_name(line).is_some());
        if end != Some(END) {
            return Err(name.to_owned());
        }
        replaced.push_str(&block);
        replaced.push_str(END);
        replaced.push('\n');
    }
    Ok(replaced)
}

fn block_name(line: &str) -> Option<&str> {
    line.strip_prefix("<!-- ")?.strip_suffix(" -->")
}
