//! Where in a line the cursor stands, and so what the word before it could become.

use chatserv::chat::{find_help, is_comma};

use super::super::wire::own_command;

/// The half-typed word before the cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place<'a> {
    /// Where it begins, in bytes.
    pub(super) start: usize,
    /// What it is to become.
    pub(super) wanted: Wanted,
    /// The sign before it, which stays: `@` before a name, `#` before a room, `/` before a command.
    pub(super) sign: &'static str,
    /// What is typed of it, without that sign.
    pub(super) begun: &'a str,
    /// What is to follow it.
    pub(super) end: &'static str,
}

/// What can be completed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// The name of somebody.
    Person,
    /// A room that one is in.
    Room,
    /// A command.
    Command,
}

impl<'a> Place<'a> {
    /// The place at the end of this part of a line; none where nothing can be completed.
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
            // Nothing is the beginning of everybody's name, and whoever asks for nothing wants nobody.
            _ if word.is_empty() => None,
            _ => Some(place(Wanted::Person, "", word, end)),
        };

        let Some(command) = command(head, word) else {
            // Somebody is spoken to at the beginning of a line, and spoken of elsewhere.
            return in_words(if head.trim().is_empty() { ": " } else { " " });
        };
        match command {
            Typing::Word(begun) => Some(place(Wanted::Command, "/", begun, " ")),
            Typing::Argument { of, is_first } => match argument_of(of) {
                Argument::Room if is_first && !word.starts_with('#') => {
                    Some(place(Wanted::Room, "", word, " "))
                }
                Argument::Command if is_first => Some(match word.strip_prefix('/') {
                    Some(begun) => place(Wanted::Command, "/", begun, " "),
                    None => place(Wanted::Command, "", word, " "),
                }),
                Argument::Other => None,
                Argument::Words | Argument::Room | Argument::Command => in_words(" "),
            },
        }
    }
}

/// Names hold no blank and no comma: `/msg ann,bo` is about to name a second person.
pub(super) fn is_separator(c: char) -> bool {
    c.is_whitespace() || is_comma(c)
}

/// What of a command is being typed.
enum Typing<'a> {
    /// Its word; here is its beginning.
    Word(&'a str),
    /// Something behind the word.
    Argument {
        /// That word, as it was typed.
        of: &'a str,
        /// Whether nothing stands between the two.
        is_first: bool,
    },
}

/// Which part of a command `word` is, behind `head`; none where the line is no command.
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

/// What may stand behind the word of a command.
enum Argument {
    /// People, or something that is said.
    Words,
    /// A room.
    Room,
    /// A command.
    Command,
    /// Nothing, or what nobody else can know: a password, a new name, a number.
    Other,
}

/// What may stand behind this word, which may be a beginning.
fn argument_of(typed: &str) -> Argument {
    // The order in which a whole line is understood: the client's own words, everybody's, and those of operators.
    let server = || find_help(typed, false).or_else(|_| find_help(typed, true));
    let word = match own_command(typed) {
        Some(own) => own.word,
        None => server().map_or("", |help| help.word),
    };
    match word {
        "msg" | "whois" | "ignore" | "unignore" | "kick" | "ban" | "unban" | "mute" | "unmute"
        | "reply" | "me" | "topic" | "away" | "motd" => Argument::Words,
        "join" | "part" | "who" | "switch" => Argument::Room,
        "help" => Argument::Command,
        _ => Argument::Other,
    }
}
