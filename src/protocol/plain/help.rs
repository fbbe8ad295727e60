//! The commands, as people read of them.

use unicode_width::UnicodeWidthStr;

use super::layout::line;
use crate::chat::{CommandHelp, HelpTopic, command_groups, commands};

/// All commands, or the one whose word is `about`.
pub(super) fn encode(operator: bool, topic: HelpTopic, out: &mut Vec<u8>) {
    match topic {
        HelpTopic::Command(word) => {
            if let Some(command) = find(word) {
                one(command, out);
            }
        }
        HelpTopic::Overview | HelpTopic::All => all(operator, out),
    }
}

/// The command with this word.
pub(super) fn find(word: &str) -> Option<&'static CommandHelp> {
    commands(true).find(|command| command.word == word)
}

/// How a command is typed.
pub(super) fn usage(command: &CommandHelp) -> String {
    format!("/{} {}", command.word, command.arguments)
        .trim_end()
        .to_owned()
}

fn all(operator: bool, out: &mut Vec<u8>) {
    let usages = commands(operator).map(|command| usage(command).width());
    let widest = usages.max().unwrap_or_default();
    for (title, commands) in command_groups(operator) {
        line(&format!("{title}:"), out);
        for command in commands {
            let usage = usage(command);
            line(&format!("  {usage:<widest$}  {}", command.about), out);
        }
    }
    for text in [
        "Whatever else you type is said to everybody in your room.",
        "@name at the end of a line: only they get it, wherever they are.",
        "//text says a line that begins with a slash. /help COMMAND tells more.",
    ] {
        line(text, out);
    }
}

fn one(command: &CommandHelp, out: &mut Vec<u8>) {
    line(&usage(command), out);
    for text in command.detail {
        line(&format!("  {text}"), out);
    }
    line(&format!("  Example: {}", command.example), out);
    if !command.aliases.is_empty() {
        line(
            &format!("  The same: /{}", command.aliases.join(", /")),
            out,
        );
    }
    if command.operators_only {
        line("  Only operators may use it.", out);
    }
}
