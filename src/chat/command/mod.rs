//! Parses typed lines into requests.
//!
//! A line whose first visible character is a slash is always a command, so that nobody else reads a mistyped `/qiut`:
//! whatever blanks and invisible characters come before it, and if it is a full-width slash from a Chinese or Japanese
//! keyboard. Otherwise ` /op PASSWORD` would show everybody the password. `//text` says a line that begins with a slash.
//!
//! One table holds each command's words, its help, and the function that reads its arguments, so the help lists exactly
//! the commands that exist.

mod arguments;
mod near;
mod table;

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use super::error::ChatError;
use super::name::is_unseen;
use super::punctuation::SLASHES;
use super::request::{Line, Request, Target};
use arguments::Arguments;
pub use arguments::parse_duration;
use near::begins;
pub use near::near_word;
pub use table::CommandHelp;
use table::{Entry, GROUPS};

/// The classic way to end the chat. It must be in capitals and at the start of a line, so that people can say the word.
const SHUTDOWN: &str = "SHUTDOWN";

/// No command is typed with more: each has at most 16 letters with those too many, and no kind of letter has more than 4 bytes.
const WORD_BYTES_MAX: usize = 16 * 4;

/// The commands whose arguments may have filters, such as `before:2026-11-20`.
const FILTERED: [&str; 2] = ["history", "search"];

/// The commands in the groups and the order of the help, each group with its title.
pub fn command_groups(
    operator: bool,
) -> impl Iterator<Item = (&'static str, Vec<&'static CommandHelp>)> {
    GROUPS.iter().filter_map(move |(title, entries)| {
        let helps = entries.iter().map(|entry| &entry.help);
        let helps: Vec<_> = helps.filter(|help| operator || !help.operators_only).collect();
        (!helps.is_empty()).then_some((*title, helps))
    })
}

/// The commands that somebody may use, in the order of the help.
pub fn commands(operator: bool) -> impl Iterator<Item = &'static CommandHelp> {
    command_groups(operator).flat_map(|(_, helps)| helps)
}

/// Finds a command by its word or an unambiguous prefix, with or without the slash.
///
/// # Errors
///
/// [`ChatError::UnknownCommand`], [`ChatError::AmbiguousCommand`] or [`ChatError::NotOperator`], as for a line with this
/// word.
pub fn find_help(typed: &str, operator: bool) -> Result<&'static CommandHelp, ChatError> {
    let word = typed.strip_prefix(SLASHES).unwrap_or(typed);
    look_up(word, operator).map(|(entry, _)| &entry.help)
}

/// Whether the command with this word ends or removes something. Nothing may guess such a word: it is typed in full.
pub fn is_typed_in_full(word: &str) -> bool {
    look_up(word, true).is_ok_and(|(entry, _)| entry.in_full)
}

/// Parses one clean line; an empty line is no request. `operator` says whether the person is an operator.
///
/// # Errors
///
/// The command does not exist, is ambiguous or must be typed in full, is for operators only, or its arguments do not fit.
pub fn parse_line(line: Line, operator: bool) -> Result<Option<Request>, ChatError> {
    let Line { text, altered } = line;
    if text.is_empty() {
        return Ok(None);
    }
    if text.contains(SHUTDOWN) && text.trim_end().trim_matches(is_unseen) == SHUTDOWN {
        let request = Request::Shutdown { after: None, reason: None };
        return if operator { Ok(Some(request)) } else { Err(ChatError::NotOperator) };
    }
    let text = match visible_part(&text).strip_prefix(SLASHES) {
        Some(rest) if !rest.starts_with(SLASHES) => {
            return parse_command(Arguments::new(rest, altered), operator).map(Some);
        }
        Some(rest) => rest.to_owned(),
        None => text,
    };
    Ok(Some(Request::Chat { target: Target::Here, text, sent_at: None }))
}

/// The text behind the slash, if a typed line is a command.
pub fn typed_command(line: &str) -> Option<&str> {
    let command = visible_part(line).strip_prefix(SLASHES)?;
    (!command.starts_with(SLASHES)).then_some(command)
}

/// A line from its first visible character on. What stands for bytes that are no text does not count, nor does a mark
/// without a letter.
fn visible_part(line: &str) -> &str {
    let is_skipped = |c: char| {
        let is_mark = |c| is_combining_mark(c) || c == char::REPLACEMENT_CHARACTER;
        c.is_whitespace() || !c.is_ascii() && (is_mark(c) || is_unseen(c))
    };
    line.trim_start_matches(is_skipped)
}

fn parse_command(typed: Arguments, operator: bool) -> Result<Request, ChatError> {
    let (word, arguments) = typed.first().unwrap_or(("", typed));
    let (entry, full_word) = look_up(word, operator)?;
    if entry.in_full && !word.nfkc().map(|c| c.to_ascii_lowercase()).eq(full_word.chars()) {
        return Err(ChatError::TypeInFull(full_word));
    }
    (entry.read)(arguments).ok_or_else(|| {
        let has_filters = FILTERED.contains(&entry.help.word);
        let wrong = has_filters.then(|| arguments.wrong_filter()).flatten();
        wrong.unwrap_or(ChatError::Misused(entry.help.word))
    })
}

/// Finds a command, and which of its words was meant. A full word takes precedence over a prefix. A prefix must belong to
/// only one command, but may fit several of its words.
fn look_up(typed: &str, operator: bool) -> Result<(&'static Entry, &'static str), ChatError> {
    if typed.len() > WORD_BYTES_MAX {
        return Err(ChatError::UnknownCommand { word: typed.to_owned(), near: None });
    }
    // Full-width letters become plain ones.
    let lower = typed.nfkc().collect::<String>().to_ascii_lowercase();
    #[cfg(test)]
    super::work::add(lower.len());
    let entries = || GROUPS.iter().flat_map(|(_, entries)| entries.iter());
    let may_use = |entry: &Entry| operator || !entry.help.operators_only;

    let in_full = entries().find_map(|entry| Some((entry, entry.words().find(|w| *w == lower)?)));
    if let Some((entry, word)) = in_full {
        return if may_use(entry) { Ok((entry, word)) } else { Err(ChatError::NotOperator) };
    }
    let usable = || entries().filter(|entry| may_use(entry));
    let begun = usable().filter_map(|entry| {
        let word = entry.words().find(|word| begins(&lower, word))?;
        Some((entry, word))
    });
    let mut begun: Vec<_> = begun.collect();
    if begun.iter().any(|(entry, _)| !entry.help.gives_way) {
        begun.retain(|(entry, _)| !entry.help.gives_way);
    }
    match *begun {
        [only] => Ok(only),
        [] => {
            let near = near_word(&lower, usable().flat_map(Entry::words));
            Err(ChatError::UnknownCommand { word: typed.to_owned(), near })
        }
        ref several => {
            let candidates = several.iter().map(|&(_, word)| word).collect();
            Err(ChatError::AmbiguousCommand { word: typed.to_owned(), candidates })
        }
    }
}
