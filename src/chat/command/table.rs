//! What a row in the table of commands holds.

use super::super::Request;
use super::arguments::Arguments;

/// What people are told about a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CommandHelp {
    /// What is typed behind the slash.
    pub word: &'static str,
    /// What is typed behind the word: capitals stand for something, brackets hold what may be left out, and a `|`
    /// stands between things to choose from. Empty where there is nothing.
    pub arguments: &'static str,
    /// Other words for the same.
    pub aliases: &'static [&'static str],
    /// What it does, in one short sentence without its subject and its full stop.
    pub about: &'static str,
    /// The same at greater length, line by line.
    pub detail: &'static [&'static str],
    /// A line as somebody might type it.
    pub example: &'static str,
    /// Nobody else may use it, or needs to be told of it.
    pub operators_only: bool,
}

/// One command.
pub(super) struct Entry {
    pub(super) help: CommandHelp,
    /// What ends or removes something is not done by a slip of the finger: a beginning of the word is not enough.
    pub(super) in_full: bool,
    /// Reads what stands behind the word; `None` where that does not fit.
    pub(super) read: fn(Arguments) -> Option<Request>,
}

impl Entry {
    /// A command that everybody may use.
    pub(super) const fn new(
        word: &'static str,
        arguments: &'static str,
        about: &'static str,
        read: fn(Arguments) -> Option<Request>,
    ) -> Self {
        Entry {
            help: CommandHelp {
                word,
                arguments,
                aliases: &[],
                about,
                detail: &[],
                example: "",
                operators_only: false,
            },
            in_full: false,
            read,
        }
    }

    /// The same command by other words too.
    pub(super) const fn also(mut self, aliases: &'static [&'static str]) -> Self {
        self.help.aliases = aliases;
        self
    }

    /// What the help of this one command says.
    pub(super) const fn detail(
        mut self,
        detail: &'static [&'static str],
        example: &'static str,
    ) -> Self {
        self.help.detail = detail;
        self.help.example = example;
        self
    }

    /// It has to be typed in full.
    pub(super) const fn in_full(mut self) -> Self {
        self.in_full = true;
        self
    }

    /// Only operators may use it.
    pub(super) const fn for_operators(mut self) -> Self {
        self.help.operators_only = true;
        self
    }

    /// All its words, the one that is told first.
    pub(super) fn words(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.help.word).chain(self.help.aliases.iter().copied())
    }
}
