//! The word by which people take their names back after they have lost the connection.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How many hexadecimal digits a word has.
const DIGITS: usize = 32;

/// A text with at least this many hexadecimal digits is meant as a word, even if some digits are missing.
const DIGITS_MIN: usize = 16;

/// 128 random bits. Anybody who knows them can take the name back, so the `Debug` shows nothing of them.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReclaimWord([u8; 16]);

impl ReclaimWord {
    /// A word of these bits, which nobody may be able to guess.
    pub fn new(bits: [u8; 16]) -> Self {
        Self(bits)
    }

    /// The word as people copy it: 32 hexadecimal digits.
    pub fn written(self) -> String {
        format!("{:032x}", u128::from_be_bytes(self.0))
    }

    /// Compares in a time that does not depend on the bits, so that timing reveals nothing of them.
    pub(super) fn matches(self, typed: &str) -> bool {
        let Some(Self(given)) = Self::parse(typed) else {
            return false;
        };
        self.0.iter().zip(given).fold(0, |found, (ours, theirs)| found | (ours ^ theirs)) == 0
    }

    fn parse(typed: &str) -> Option<Self> {
        let is_whole = typed.len() == DIGITS && is_hexadecimal(typed);
        let bits = is_whole.then(|| u128::from_str_radix(typed, 16).ok())??;
        Some(Self(bits.to_be_bytes()))
    }
}

impl fmt::Debug for ReclaimWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReclaimWord(…)")
    }
}

fn is_hexadecimal(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Splits `Alice WORD`, as people type it at the prompt, into the name and the word.
pub(super) fn split_word(line: &str) -> Option<(&str, &str)> {
    let (name, word) = line.trim().rsplit_once(char::is_whitespace)?;
    (word.len() >= DIGITS_MIN && is_hexadecimal(word)).then_some((name.trim_end(), word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_matches_itself_in_letters_of_either_case_and_nothing_else() {
        let word = ReclaimWord::new(*b"\0\x01chatserv\xfe\xffabcd");
        let written = word.written();
        assert_eq!(written, "0001636861747365727 6feff61626364".replace(' ', ""));
        assert!(word.matches(&written) && word.matches(&written.to_uppercase()));
        for wrong in ["", &written[1..], &format!("+{}", &written[1..]), &format!("{written}0")] {
            assert!(!word.matches(wrong), "{wrong}");
        }
        for at in 0..DIGITS {
            let mut other = written.clone().into_bytes();
            other[at] = if other[at] == b'9' { b'8' } else { b'9' };
            assert!(!word.matches(std::str::from_utf8(&other).unwrap()), "{at}");
        }
        assert_eq!(format!("{word:?}"), "ReclaimWord(…)");
    }

    #[test]
    fn a_line_with_a_word_is_told_from_a_name() {
        let word = "0123456789abcdefFEDCBA9876543210";
        for line in [format!("Alice {word}"), format!("  Alice \u{3000} {word} ")] {
            assert_eq!(split_word(&line), Some(("Alice", word)));
        }
        // A digit that was not copied is a wrong word, not a name with a blank in it.
        assert_eq!(split_word(&format!("Alice {}", &word[3..])), Some(("Alice", &word[3..])));
        for line in ["", "Alice", "Alice Cooper", "Alice deadbeef", word, "Alice \u{661}\u{661}"] {
            assert_eq!(split_word(line), None, "{line}");
        }
    }
}
