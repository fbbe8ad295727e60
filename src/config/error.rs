//! Errors about settings.

use std::error::Error;
use std::fmt;

use clap::error::{ContextKind, ContextValue, ErrorKind};

/// How many characters of a value an error quotes.
const QUOTE_CHARS_MAX: usize = 60;

/// A mistake in the settings: one line that names the setting, its value and what is allowed.
///
/// The line is safe to print on a terminal: control characters, bidi overrides and the like are escaped, since a settings
/// file may come from anywhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    line: String,
    is_about_a_file: bool,
}

impl ConfigError {
    /// The only constructor, so that every error is one harmless line.
    pub(crate) fn new(text: String) -> Self {
        let mut line = String::with_capacity(text.len());
        for c in text.chars() {
            match c {
                // `escape_debug` would escape these too. They are harmless, and `quote` has escaped its own.
                '"' | '\'' | '\\' => line.push(c),
                _ => line.extend(c.escape_debug()),
            }
        }
        ConfigError { line, is_about_a_file: false }
    }

    /// The same error about a file that is missing or unreadable. What it holds may be right.
    pub(super) fn about_a_file(self) -> Self {
        Self { is_about_a_file: true, ..self }
    }

    /// Whether a file is missing or unreadable, and no setting is wrong: trying again may help.
    pub fn is_about_a_file(&self) -> bool {
        self.is_about_a_file
    }

    /// Converts an error of clap about the command line.
    pub(super) fn in_flags(error: &clap::Error) -> Self {
        let argument = context(error, ContextKind::InvalidArg)
            .or_else(|| context(error, ContextKind::InvalidSubcommand))
            .unwrap_or_default();
        if let (ErrorKind::InvalidSubcommand, Some(ContextValue::Strings(near))) =
            (error.kind(), error.get(ContextKind::SuggestedSubcommand))
        {
            let what = format!("unknown word, did you mean {}?", any_of(near));
            return Self::new(format!("{}: {what}", quote(&argument)));
        }
        if [ErrorKind::UnknownArgument, ErrorKind::InvalidSubcommand].contains(&error.kind()) {
            return Self::new(match context(error, ContextKind::SuggestedArg) {
                Some(near) => format!("{}: unknown flag, did you mean {near}?", quote(&argument)),
                None if argument.starts_with('-') => {
                    format!("{}: unknown flag, see --help", quote(&argument))
                }
                None => {
                    format!("{}: stray argument, expected flags only, see --help", quote(&argument))
                }
            });
        }
        // clap names an argument as its help does: `--port <PORT>` or `--anonymous[=<BOOL>]`.
        let end = argument.find([' ', '[', '=']).unwrap_or(argument.len());
        Self::new(format!("{}: {}", &argument[..end], wrong_value(error)))
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.line)
    }
}

impl Error for ConfigError {}

/// The value of a setting and what is allowed, from clap's error.
pub(super) fn wrong_value(error: &clap::Error) -> String {
    let given = context(error, ContextKind::InvalidValue).unwrap_or_default();
    if error.kind() == ErrorKind::TooManyValues {
        return format!("got {}, expected no value", quote(&given));
    }
    let expected = match (error.source(), error.get(ContextKind::ValidValue)) {
        // A parser in `value` has said what is allowed.
        (Some(expected), _) => expected.to_string(),
        (None, Some(ContextValue::Strings(choices))) if !choices.is_empty() => any_of(choices),
        // Without a value no parser has run. clap shows how to write the flag.
        _ => context(error, ContextKind::InvalidArg).unwrap_or_default(),
    };
    if given.is_empty() {
        return format!("got no value, expected {expected}");
    }
    format!("got {}, expected {expected}", quote(&given))
}

/// The flag that clap suggests instead of an unknown one, without its dashes.
pub(super) fn suggested_flag(error: &clap::Error) -> Option<String> {
    let flag = context(error, ContextKind::SuggestedArg)?;
    Some(flag.trim_start_matches('-').to_owned())
}

/// Quotes a text: shortened, and with escapes.
pub(crate) fn quote(given: &str) -> String {
    match given.char_indices().nth(QUOTE_CHARS_MAX) {
        Some((end, _)) => format!("{:?}...", &given[..end]),
        None => format!("{given:?}"),
    }
}

/// The name of a setting, quoted unless it looks like one.
pub(super) fn name(given: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let is_name =
        !given.is_empty() && given.len() <= QUOTE_CHARS_MAX && given.chars().all(is_plain);
    if is_name { given.to_owned() } else { quote(given) }
}

/// `a, b or c`
pub(super) fn any_of<T: AsRef<str>>(choices: &[T]) -> String {
    let names: Vec<&str> = choices.iter().map(AsRef::as_ref).collect();
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => names.concat(),
    }
}

fn context(error: &clap::Error, kind: ContextKind) -> Option<String> {
    match error.get(kind)? {
        ContextValue::String(text) => Some(text.clone()),
        _ => None,
    }
}
