//! The rules that a name can break.

#![allow(missing_docs, reason = "most variants are self-explanatory")]

use std::fmt;

use super::super::marks::STACKED_MARKS_MAX;

/// The greatest width of a name in a terminal. Wide letters, such as Chinese ones, take two columns.
pub(super) const COLUMNS_MAX: usize = 32;

/// The longest name in bytes of UTF-8: 32 characters of four bytes, the most that a character takes. The width alone does
/// not limit the length, since marks take no column.
pub(super) const BYTES_MAX: usize = 128;

/// The longest text that stands for a name, in bytes of UTF-8: other normal forms of a text take up to three times as many as
/// NFC, in which names are kept.
pub const TYPED_BYTES_MAX: usize = 3 * BYTES_MAX;

/// The rule that a name breaks.
///
/// `Display` writes a line of ASCII for the person who typed the name: what is wrong, and how to do better. It never
/// repeats their text, which may be made to deceive. A character appears by its number, such as `U+202E`, unless it is
/// one of a few harmless signs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NameError {
    Empty,
    /// Part of the line was not UTF-8 or was removed, so the rest is not what was typed.
    Altered,
    /// Part of the line was not UTF-8. Some telnet clients keep bytes of a letter to themselves.
    Mangled,
    Blank,
    Comma,
    /// A control, format or ignorable character, which shows nothing by itself.
    Unseen(char),
    /// A character for private use, or one that Unicode has not assigned yet.
    Unassigned(char),
    /// It begins like a mention, a command, a room or a JSON object.
    LeadingSign(char),
    /// It begins with a mark that needs a letter before it.
    LeadingMark(char),
    TooManyMarks,
    TooWide {
        columns: usize,
    },
    /// The width is within its limit, but the letters take too many bytes of UTF-8.
    TooManyBytes {
        bytes: usize,
    },
    /// Letters of two scripts, by their Unicode names. `at` is the first letter of the second script; it may look exactly
    /// like a letter of the first.
    MixedScripts {
        first: &'static str,
        second: &'static str,
        at: char,
    },
    /// It ends in punctuation, so nobody could mention it.
    TrailingSign(char),
    /// It begins like the greeting of another protocol.
    Greeting,
    /// It is the first word that another program says to its server, or a person to a shell. This one may be misunderstood
    /// as a wish to leave.
    ProgramWord(&'static str),
    /// It follows a user name for another server, so it may be the password.
    AfterLogin,
    /// It is, or looks like, this reserved word.
    Reserved(&'static str),
}

impl NameError {
    /// Whether the next line may be the password that belongs to the refused user name.
    pub fn invites_password(&self) -> bool {
        let Self::ProgramWord(word) = self else {
            return false;
        };
        ["root", "admin", "administrator", "user", "login", "enable"].contains(word)
    }
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = |c: &char| format!("U+{:04X}", u32::from(*c));
        match self {
            Self::Empty => write!(f, "a name has at least one letter. Type one."),
            Self::Altered => {
                write!(f, "some of what you typed cannot be shown. Use letters and digits.")
            }
            Self::Mangled => {
                write!(f, "not all of it is UTF-8. Start again with `telnet -E`, or use nc.")
            }
            Self::Blank => write!(f, "names contain no blanks. Use `_` or `-` instead."),
            Self::Comma => {
                write!(f, "names contain no commas, which separate names in a list. Leave it out.")
            }
            Self::Unseen(c) => {
                let c = number(c);
                write!(f, "names contain only visible characters, not {c}. Leave it out.")
            }
            Self::Unassigned(c) => {
                write!(f, "not every computer knows the character {}. Leave it out.", number(c))
            }
            Self::LeadingSign(sign) => {
                write!(
                    f,
                    "names do not begin with `{sign}`, which has a meaning here. Leave it out."
                )
            }
            Self::LeadingMark(mark) => {
                let mark = number(mark);
                write!(f, "names do not begin with {mark}, a mark. Put a letter first.")
            }
            Self::TooManyMarks => write!(
                f,
                "a letter has at most {STACKED_MARKS_MAX} marks in a name. Choose a plainer name."
            ),
            Self::TooWide { columns } => {
                write!(
                    f,
                    "a name has at most {COLUMNS_MAX} columns; this one has {columns}. Choose a shorter one."
                )
            }
            Self::TooManyBytes { bytes } => {
                write!(
                    f,
                    "a name has at most {BYTES_MAX} bytes; this one has {bytes}. Choose a shorter one."
                )
            }
            Self::MixedScripts { first, second, at } => {
                let at = number(at);
                write!(f, "a name uses one script, not {first} and {second} ({at}). Choose one.")
            }
            Self::TrailingSign(sign) if sign.is_ascii() => {
                write!(f, "names do not end in `{sign}`, which ends a mention. Leave it off.")
            }
            Self::TrailingSign(sign) => {
                let sign = number(sign);
                write!(f, "names do not end in {sign}, which ends a mention. Leave it off.")
            }
            Self::Greeting => {
                write!(f, "that is a greeting between programs. Choose another name.")
            }
            Self::ProgramWord(word) => {
                write!(f, "`{word}` is not allowed. Choose another, or use /help or /quit.")
            }
            Self::AfterLogin => {
                write!(f, "it may be a password. If it is a name, type it again.")
            }
            Self::Reserved(word) => {
                write!(f, "`{word}`, or what looks like it, is reserved. Choose another name.")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_fits_on_a_line_and_says_what_is_wrong() {
        let mixed = NameError::MixedScripts { first: "Latin", second: "Cyrillic", at: '\u{430}' };
        for (error, expected) in [
            (NameError::Empty, "letter"),
            (NameError::Altered, "cannot be shown"),
            (NameError::Mangled, "telnet -E"),
            (NameError::Blank, "blank"),
            (NameError::Comma, "comma"),
            (NameError::Unseen('\u{1b}'), "U+001B"),
            (NameError::Unseen('\u{e0041}'), "U+E0041"),
            (NameError::Unassigned('\u{10fffd}'), "U+10FFFD"),
            (NameError::LeadingSign('{'), "`{`"),
            (NameError::LeadingMark('\u{301}'), "U+0301"),
            (NameError::TooManyMarks, "8 marks"),
            (NameError::TooWide { columns: 40 }, "32 columns; this one has 40"),
            (NameError::TooManyBytes { bytes: 140 }, "128 bytes; this one has 140"),
            (mixed, "Latin and Cyrillic (U+0430)"),
            (NameError::TrailingSign('!'), "`!`"),
            (NameError::TrailingSign('\u{3002}'), "U+3002"),
            (NameError::Greeting, "programs"),
            (NameError::ProgramWord("administrator"), "`administrator`"),
            (NameError::AfterLogin, "password"),
            (NameError::Reserved("chatserv"), "`chatserv`"),
        ] {
            let sentence = error.to_string();
            assert!(sentence.contains(expected), "{sentence:?} lacks {expected:?}");
            assert!(sentence.ends_with('.'), "{sentence:?}");
            // The plain-text protocol puts `server: ` before it.
            let columns = "server: ".len() + sentence.len();
            assert!(columns <= 78, "{columns} columns: {sentence:?}");
        }
    }
}
