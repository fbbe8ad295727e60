//! The examples of the README. Each stands between two comments,
//!
//! ```text
//! <!-- chats/classic.chat: Saying hello -->
//! <!-- end -->
//! ```
//!
//! and is what the part of that title in that conversation really led to, in a fenced block. A star in the place of the
//! title stands for all parts, each below its title.

const BEGIN: &str = "<!-- chats/";
const END: &str = "<!-- end -->";
const FENCE: &str = "```";

/// The text of a README with every example as it should be; `rendered` finds one by the name of its conversation and
/// its title.
///
/// # Errors
/// A block that names no example, or does not end, by its first line.
pub fn with_examples(
    readme: &str,
    rendered: impl Fn(&str, &str) -> Result<String, String>,
) -> Result<String, String> {
    let mut made = String::new();
    let mut lines = readme.lines();
    while let Some(line) = lines.next() {
        made.push_str(line);
        made.push('\n');
        let Some(block) = line.strip_prefix(BEGIN) else {
            continue;
        };
        let wrong = |what: &str| format!("README.md: {line}: {what}");
        let (name, title) = block
            .strip_suffix(" -->")
            .and_then(|block| block.split_once(".chat: "))
            .ok_or_else(|| wrong("expected <!-- chats/NAME.chat: TITLE -->"))?;
        // What the block holds now makes no difference, but it must not reach into the next one.
        let end = lines
            .by_ref()
            .find(|line| *line == END || line.starts_with(BEGIN));
        if end != Some(END) {
            return Err(wrong("there is no <!-- end --> behind it"));
        }
        let example = rendered(name, title).map_err(|what| wrong(&what))?;
        for part in [FENCE, "text\n", &example, FENCE, "\n", END, "\n"] {
            made.push_str(part);
        }
    }
    Ok(made)
}
