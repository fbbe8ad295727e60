//! The commands that people can type, as far as a program that helps its user wants to know them.

/// One command.
pub(super) struct CommandHelp {
    /// What is typed behind the slash.
    pub(super) word: &'static str,
    /// What is typed behind the word.
    pub(super) arguments: &'static str,
    /// What it does.
    pub(super) about: &'static str,
}

/// All commands that somebody may use.
pub(super) fn commands(operator: bool) -> impl Iterator<Item = &'static CommandHelp> {
    let count = COMMANDS.len() - usize::from(!operator);
    COMMANDS[..count].iter()
}

/// The last one is the operators'.
static COMMANDS: [CommandHelp; 4] = [
    CommandHelp {
        word: "help",
        arguments: "",
        about: "shows this list",
    },
    CommandHelp {
        word: "who",
        arguments: "",
        about: "shows who is here",
    },
    CommandHelp {
        word: "quit",
        arguments: "",
        about: "leaves the chat",
    },
    CommandHelp {
        word: "shutdown",
        arguments: "",
        about: "ends the chat for everybody",
    },
];
