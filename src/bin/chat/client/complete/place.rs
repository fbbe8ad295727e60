//! Finds the word before the cursor, and what kind of candidates complete it.

use chatserv::chat::{find_help, is_comma};

use super::super::wire::own_command;

/// The half-typed word before the cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place<'a> {
    /// The byte offset at which the word begins.
    pub(super) start: usize,
    /// The kind of candidates that complete the word.
    pub(super) wanted: Wanted,
    /// The sign before the word, which is kept: `@` before a name, `#` before a room, `/` before a command.
    pub(super) sign: &'static str,
    /// The word as typed, without the sign.
    pub(super) begun: &'a str,
    /// The text that follows the completed word.
    pub(super) end: &'static str,
}

/// The kinds of candidates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    Person,
    /// A room that the user is in.
    Room,
    Command,
}

impl<'a> Place<'a> {
    /// Analyzes the part of a line before the cursor. Returns `None` if nothing can be completed.
    pub(super) fn at(before: &'a str) -> Option<Self> {
        let start = before
            .char_indices()
            .rev()
            .find(|&(_, c)| is_separator(c))
            .map_or(0, |(at, c)| at + c.len_utf8());
        let (head, word) = before.split_at(start);
        let place = |wanted, sign, begun, end| Place { start, wanted, sign, begun, end };
        let in_words = |end| match (word.strip_prefix('@'), word.strip_prefix('#')) {
            (Some(name), _) => Some(place(Wanted::Person, "@", name, " ")),
            (_, Some(room)) => Some(place(Wanted::Room, "#", room, " ")),
            // Every name begins with the empty string, and Tab without a word is not a request for a name.
            _ if word.is_empty() => None,
            _ => Some(place(Wanted::Person, "", word, end)),
        };

        let Some(command) = command(head, word) else {
            // A name at the beginning of a line addresses a person. A name elsewhere mentions one.
            return in_words(if head.trim().is_empty() { ": " } else { " " });
        };
        match command {
            Typing::Word(begun) => Some(place(Wanted::Command, "/", begun, " ")),
            Typing::Argument { of, is_first } => match argument_of(of) {
                Argument::Room if is_first && !word.starts_with('#') => {
                    Some(place(Wanted::Room, "", word, " "))
                }
                // Without a word, the people who have spoken last are offered.
                Argument::Name if is_first && !word.starts_with(['@', '#']) => {
                    Some(place(Wanted::Person, "", word, " "))
                }
                Argument::Command if is_first => Some(match word.strip_prefix('/') {
                    Some(begun) => place(Wanted::Command, "/", begun, " "),
                    None => place(Wanted::Command, "", word, " "),
                }),
                Argument::Other => None,
                Argument::Words | Argument::Name | Argument::Room | Argument::Command => {
                    in_words(" ")
                }
            },
        }
    }
}

/// Returns whether the character ends a name. Names contain neither blanks nor commas: in `/msg ann,bo`, the second
/// name is half-typed.
pub(super) fn is_separator(c: char) -> bool {
    c.is_whitespace() || is_comma(c)
}

/// The part of a command that is being typed.
enum Typing<'a> {
    /// The command word, as far as it has been typed.
    Word(&'a str),
    /// An argument.
    Argument {
        /// The command word, as it was typed.
        of: &'a str,
        /// Whether this is the first argument.
        is_first: bool,
    },
}

/// Returns which part of a command `word` is, after `head`. Returns `None` if the line is not a command.
fn command<'a>(head: &'a str, word: &'a str) -> Option<Typing<'a>> {
    let head = head.trim_start();
    let of_line = if head.is_empty() { word } else { head };
    let typed = of_line.strip_prefix('/')?;
    if typed.starts_with('/') {
        return None;
    }
    if head.is_empty() {
        return Some(Typing::Word(typed));
    }
    let (of, between) = typed.split_once(char::is_whitespace).unwrap_or((typed, ""));
    let is_first = between.trim().is_empty();
    Some(Typing::Argument { of, is_first })
}

/// The kinds of arguments that a command takes.
enum Argument {
    /// Text.
    Words,
    /// A name, and perhaps text.
    Name,
    Room,
    Command,
    /// Nothing, or something that cannot be completed: a password, a new name, a number.
    Other,
}

/// Returns what this command takes, which may be abbreviated.
fn argument_of(typed: &str) -> Argument {
    // A whole line is looked up in the same order: the client's own commands, those for everybody, and those for
    // operators.
    let server = || find_help(typed, false).or_else(|_| find_help(typed, true));
    let word = match own_command(typed) {
        Some(own) => own.word,
        None => server().map_or("", |help| help.word),
    };
    match word {
        "reply" | "me" | "topic" | "away" | "motd" => Argument::Words,
        "msg" | "whois" | "ignore" | "unignore" | "kick" | "ban" | "unban" | "mute" | "unmute" => {
            Argument::Name
        }
        "join" | "part" | "who" | "switch" => Argument::Room,
        "help" => Argument::Command,
        _ => Argument::Other,
    }
}
