//! What a line means: something to say, or something to do.
//!
//! A line that begins with a slash is a command from the first day on, so that nobody's mistyped `/qiut` is ever read
//! by others; with blanks before it, too, or `␠/op PASSWORD` would tell the password to everybody. `//text` says a line
//! that begins with a slash.
//!
//! Each command stands in one table, with its words, its help, and the function that reads what stands behind it. So
//! none can be in the help and not be understood, or the other way round.

mod arguments;
mod operators;
mod people;
mod table;

use super::{ChatError, Line, Request, Target};
use arguments::Arguments;
pub use table::CommandHelp;
use table::Entry;

/// All commands, in the groups and the order of the help.
static GROUPS: [(&str, &[Entry]); 5] = [
    ("Talk", people::TALK),
    ("Rooms", people::ROOMS),
    ("People", people::PEOPLE),
    ("Yourself", people::YOURSELF),
    ("Operators", operators::OPERATORS),
];

/// How many letters a word may be away from the one that was probably meant: swapped, wrong, missing or too many.
const NEAR_DISTANCE_MAX: usize = 2;

/// A line, understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Nothing at all.
    Empty,
    /// Something to be said or done. This person may use the command.
    Do(Request),
    /// An operator's command from somebody who is none.
    OperatorsOnly,
    /// The command needs something else behind it; here is its word.
    Misused(&'static str),
    /// The beginning of a command that must be typed in full.
    TypeInFull(&'static str),
    /// The beginning of more than one command.
    Ambiguous(String, Vec<&'static str>),
    /// No command begins like this.
    Unknown {
        /// What was typed behind the slash.
        word: String,
        /// What was probably meant.
        near: Option<&'static str>,
    },
}

/// The commands in the order and the groups of the help, each group with its title.
pub fn command_groups(
    operator: bool,
) -> impl Iterator<Item = (&'static str, Vec<&'static CommandHelp>)> {
    GROUPS.iter().filter_map(move |(title, entries)| {
        let helps = entries.iter().map(|entry| &entry.help);
        let helps: Vec<_> = helps
            .filter(|help| operator || !help.operators_only)
            .collect();
        (!helps.is_empty()).then_some((*title, helps))
    })
}

/// All commands that somebody may use, in the order of the help.
pub fn commands(operator: bool) -> impl Iterator<Item = &'static CommandHelp> {
    command_groups(operator).flat_map(|(_, helps)| helps)
}

/// The command that somebody asks about: its word or an unambiguous beginning, with or without the slash.
///
/// # Errors
///
/// What a line of this word would be answered with, if there is no such command for them: [`Command::Unknown`],
/// [`Command::Ambiguous`] or [`Command::OperatorsOnly`].
pub fn find_help(typed: &str, operator: bool) -> Result<&'static CommandHelp, Command> {
    let word = typed.strip_prefix('/').unwrap_or(typed);
    look_up(word, operator).map(|found| &found.entry.help)
}

impl Command {
    /// Understands one clean line. `operator` says whether the person may use the operators' words.
    pub fn parse(line: Line, operator: bool) -> Self {
        let Line { text, altered } = line;
        if text.is_empty() {
            return Self::Empty;
        }
        // The classic way to end the chat. Only in capitals: "shutdown" is a word that people say.
        if text.trim() == "SHUTDOWN" {
            return if operator {
                Self::Do(Request::Shutdown {
                    after: None,
                    why: None,
                })
            } else {
                Self::OperatorsOnly
            };
        }
        let text = match text.trim_start().strip_prefix('/') {
            Some(rest) if !rest.starts_with('/') => {
                return Self::understand(Arguments::new(rest, altered), operator);
            }
            Some(rest) => rest.to_owned(),
            None => text,
        };
        Self::Do(Request::Chat {
            target: Target::Here,
            text,
            sent_at: None,
        })
    }

    /// Why it cannot be done; none if there was none, or if it can be done.
    pub fn refusal(self) -> Option<ChatError> {
        Some(match self {
            Self::Empty | Self::Do(_) => return None,
            Self::OperatorsOnly => ChatError::NotOperator,
            Self::Misused(word) => ChatError::Misused(word),
            Self::TypeInFull(word) => ChatError::TypeInFull(word),
            Self::Ambiguous(word, candidates) => ChatError::AmbiguousCommand { word, candidates },
            Self::Unknown { word, near } => ChatError::UnknownCommand { word, near },
        })
    }

    /// Understands what stands behind the slash.
    fn understand(typed: Arguments, operator: bool) -> Self {
        let (word, arguments) = typed.first().unwrap_or(("", typed));
        match look_up(word, operator) {
            Err(answer) => answer,
            Ok(found) if found.entry.in_full && !found.word.eq_ignore_ascii_case(word) => {
                Self::TypeInFull(found.word)
            }
            Ok(Found { entry, .. }) => {
                (entry.read)(arguments).map_or(Self::Misused(entry.help.word), Self::Do)
            }
        }
    }
}

/// A command, and which of its words was meant.
struct Found {
    entry: &'static Entry,
    word: &'static str,
}

/// A word in full wins over a beginning; a beginning is enough where only one command has it. A command that has it
/// twice, through another of its words, is still one command.
fn look_up(typed: &str, operator: bool) -> Result<Found, Command> {
    let lower = typed.to_ascii_lowercase();
    let entries = || GROUPS.iter().flat_map(|(_, entries)| entries.iter());
    let may = |entry: &&Entry| operator || !entry.help.operators_only;
    let find = |entry: &'static Entry, fits: &dyn Fn(&str) -> bool| {
        let word = entry.words().find(|word| fits(word))?;
        Some(Found { entry, word })
    };

    if let Some(found) = entries().find_map(|entry| find(entry, &|word| word == lower)) {
        return if may(&found.entry) {
            Ok(found)
        } else {
            Err(Command::OperatorsOnly)
        };
    }
    let mut begun: Vec<Found> = entries()
        .filter(may)
        .filter_map(|entry| find(entry, &|word| is_begun(&lower, word)))
        .collect();
    match begun.len() {
        0 => Err(Command::Unknown {
            word: typed.to_owned(),
            near: near_word(&lower, entries().filter(may).flat_map(Entry::words)),
        }),
        1 => Ok(begun.remove(0)),
        _ => Err(Command::Ambiguous(
            typed.to_owned(),
            begun.iter().map(|found| found.word).collect(),
        )),
    }
}

/// Whether what was typed is the beginning of this word. Every word begins with nothing at all, which is none.
fn is_begun(typed: &str, word: &str) -> bool {
    !typed.is_empty() && word.starts_with(typed)
}

/// The word that was probably meant by what was typed in small letters: one that is near, and has more in common with it
/// than not.
pub fn near_word(typed: &str, words: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    words
        .filter_map(|word| Some((distance(typed, word)?, word)))
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, word)| word)
}

/// How many letters are wrong where `word` was probably meant.
fn distance(typed: &str, word: &str) -> Option<usize> {
    let letters = typed.chars().count();
    // One letter more or less is at least one step, so the costly look is only for words of about this length.
    if word.len().abs_diff(letters) > NEAR_DISTANCE_MAX {
        return None;
    }
    let distance = strsim::osa_distance(typed, word);
    (distance <= NEAR_DISTANCE_MAX && 2 * distance < letters).then_some(distance)
}
