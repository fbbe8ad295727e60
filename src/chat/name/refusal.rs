//! Why a text is no name, and how to say so.

use std::fmt;

use super::character::MAX_MARKS;
use super::{MAX_BYTES, MAX_COLUMNS};

/// The rule that a name breaks.
///
/// Its `Display` is a sentence for the person who typed the name, on one line and in ASCII: what is wrong, and what
/// would be better. It never repeats what was typed, which may be made to fool whoever reads it: a character that is
/// not one of a few harmless signs is told by its number, such as `U+202E`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NameError {
    /// There is nothing but blanks.
    Empty,
    /// Something in the line could not be shown or was no UTF-8, so what is left is not what was typed.
    Altered,
    /// A blank inside.
    Blank,
    /// A comma inside.
    Comma,
    /// A character that shows nothing by itself: control, format and ignorable characters.
    Unseen(char),
    /// A character without an agreed meaning: for private use, or not yet in Unicode.
    Unassigned(char),
    /// It begins like a mention, a command, a room or a JSON object.
    LeadingSign(char),
    /// It begins with a mark that needs a letter before it.
    LeadingMark(char),
    /// Too many marks on one letter.
    TooManyMarks,
    /// Too wide for a name.
    TooWide {
        /// How many columns of a terminal it takes.
        columns: usize,
    },
    /// Not too wide, but made of too many bytes.
    TooManyBytes {
        /// How many bytes of UTF-8 it takes.
        bytes: usize,
    },
    /// Letters of more than one script.
    MixedScripts {
        /// The script it begins with, by its Unicode name.
        first: &'static str,
        /// The script that does not go with it.
        second: &'static str,
        /// The first letter of that script. It may look exactly like one of the other.
        at: char,
    },
    /// It ends in a sign that ends a sentence, and so could not be mentioned.
    TrailingSign(char),
    /// It is the greeting of a program that speaks another protocol.
    Greeting,
    /// It is a word that the chat keeps for itself, or looks like one.
    Reserved(
        /// That word.
        &'static str,
    ),
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(f, "a name has at least one letter. Type one."),
            Self::Altered => write!(
                f,
                "some of what you typed cannot be shown. Use letters and digits."
            ),
            Self::Blank => write!(
                f,
                "a name has no blanks inside. Put `_` or `-` in their place."
            ),
            Self::Comma => write!(
                f,
                "a name has no comma, which parts names in a list. Leave it out."
            ),
            Self::Unseen(c) => write!(
                f,
                "a name has only what can be seen, and no {}. Leave it out.",
                number(*c)
            ),
            Self::Unassigned(c) => write!(
                f,
                "not every computer knows the character {}. Leave it out.",
                number(*c)
            ),
            Self::LeadingSign(sign) => write!(
                f,
                "a name does not begin with `{sign}`, which has a meaning. Leave it out."
            ),
            Self::LeadingMark(mark) => write!(
                f,
                "a name does not begin with {}, a mark. Put a letter first.",
                number(*mark)
            ),
            Self::TooManyMarks => write!(
                f,
                "a letter has at most {MAX_MARKS} marks in a name. Choose a plainer name."
            ),
            Self::TooWide { columns } => write!(
                f,
                "a name has at most {MAX_COLUMNS} columns; this one has {columns}. Choose a shorter one."
            ),
            Self::TooManyBytes { bytes } => write!(
                f,
                "a name has at most {MAX_BYTES} bytes; this one has {bytes}. Choose a shorter one."
            ),
            Self::MixedScripts { first, second, at } => write!(
                f,
                "write a name in one script, not in {first} and {second} ({}).",
                number(*at)
            ),
            Self::TrailingSign(sign) => write!(
                f,
                "nobody could mention a name that ends in `{sign}`. Leave that off."
            ),
            Self::Greeting => write!(
                f,
                "that is how programs greet each other. Choose another name."
            ),
            Self::Reserved(word) => write!(
                f,
                "`{word}`, or what looks like it, is reserved. Choose another name."
            ),
        }
    }
}

/// The number of a character, as Unicode writes it.
fn number(c: char) -> String {
    format!("U+{:04X}", u32::from(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_fits_on_a_line_and_says_what_is_wrong() {
        let mixed = NameError::MixedScripts {
            first: "Latin",
            second: "Cyrillic",
            at: '\u{430}',
        };
        for (refusal, told) in [
            (NameError::Empty, "letter"),
            (NameError::Altered, "cannot be shown"),
            (NameError::Blank, "blank"),
            (NameError::Comma, "comma"),
            (NameError::Unseen('\u{1b}'), "U+001B"),
            (NameError::Unseen('\u{e0041}'), "U+E0041"),
            (NameError::Unassigned('\u{10fffd}'), "U+10FFFD"),
            (NameError::LeadingSign('{'), "`{`"),
            (NameError::LeadingMark('\u{301}'), "U+0301"),
            (NameError::TooManyMarks, "4 marks"),
            (
                NameError::TooWide { columns: 40 },
                "32 columns; this one has 40",
            ),
            (
                NameError::TooManyBytes { bytes: 140 },
                "128 bytes; this one has 140",
            ),
            (mixed, "Latin and Cyrillic (U+0430)"),
            (NameError::TrailingSign('!'), "`!`"),
            (NameError::Greeting, "programs"),
            (NameError::Reserved("chatserv"), "`chatserv`"),
        ] {
            let sentence = refusal.to_string();
            assert!(sentence.contains(told), "{sentence:?} says {told:?}");
            assert!(sentence.ends_with('.'), "{sentence:?}");
            // The plain-text protocol puts `server: ` before it.
            let columns = "server: ".len() + sentence.len();
            assert!(columns <= 78, "{columns} columns: {sentence:?}");
        }
    }
}
