//! The conversations that README.md and the guide show, by the name of the block:
//!
//! ```text
//! <!-- chats/classic.chat: Two people -->
//! ```
//!
//! stands for the part "Two people" of that conversation. The title `*` stands for all parts, each with its title.

use crate::player::Played;

/// The fenced block for such a name, or `None` for the name of another kind of block.
pub fn generate(name: &str, played: &[Played]) -> Option<String> {
    let block = name.strip_prefix("chats/")?;
    let (name, title) = block
        .split_once(".chat: ")
        .unwrap_or_else(|| panic!("{block}: expected chats/NAME.chat: TITLE"));
    let example = render(name, title, played)
        .unwrap_or_else(|reason| panic!("chats/{name}.chat: {title}: {reason}"));
    Some(format!("```text\n{example}```\n"))
}

fn render(name: &str, title: &str, played: &[Played]) -> Result<String, String> {
    let played = played.iter().find(|played| played.name == name);
    let played = played.ok_or("there is no such conversation")?;
    // A conversation that failed may have stopped anywhere.
    played.outcome.clone()?;
    let transcript = &played.transcript;
    if title != "*" {
        let example = transcript.render(title);
        return example.ok_or("the conversation has no part with this title".to_owned());
    }
    let parts = transcript.titles().filter_map(|title| {
        let example = transcript.render(title)?;
        Some(format!("# {title}\n{example}"))
    });
    Ok(parts.collect::<Vec<_>>().join("\n"))
}
