//! The word by which people take their names back after they have lost the connection.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How many hexadecimal digits a word has.
const DIGITS: usize = 32;

/// A text with at least this many hexadecimal digits is meant as a word, even if some digits are missing.
const DIGITS_MIN: usize = 16;

/// 128 random bits, or their hash. Anybody who knows the bits can take the name back, so the `Debug` shows nothing of them.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReclaimWord(Kept);

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Kept {
    Clear([u8; 16]),
    /// Their SHA-1. Nobody finds 128 random bits from it: the known attacks find two texts with the same hash.
    #[cfg(feature = "cluster")]
    Hashed([u8; 20]),
}

impl ReclaimWord {
    /// A word of these bits, which nobody may be able to guess.
    pub fn new(bits: [u8; 16]) -> Self {
        Self(Kept::Clear(bits))
    }

    /// The word as it is kept where others may read it: good for comparing, and nobody can take a name back with it.
    #[cfg(feature = "cluster")]
    pub fn hashed(self) -> Self {
        match self.0 {
            Kept::Clear(bits) => Self(Kept::Hashed(sha1_smol::Sha1::from(bits).digest().bytes())),
            Kept::Hashed(_) => self,
        }
    }

    /// The word as people copy it: 32 hexadecimal digits. A hash has more, and is no word.
    pub fn written(self) -> String {
        let digits = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        match self.0 {
            Kept::Clear(bits) => digits(&bits),
            #[cfg(feature = "cluster")]
            Kept::Hashed(hash) => digits(&hash),
        }
    }

    /// Compares in a time that does not depend on the bits, so that timing reveals nothing of them.
    pub(super) fn matches(self, typed: &str) -> bool {
        let Some(typed) = parse(typed) else {
            return false;
        };
        match self.0 {
            Kept::Clear(bits) => is_same(&bits, &typed),
            #[cfg(feature = "cluster")]
            Kept::Hashed(hash) => is_same(&hash, &sha1_smol::Sha1::from(typed).digest().bytes()),
        }
    }
}

fn is_same<const N: usize>(ours: &[u8; N], theirs: &[u8; N]) -> bool {
    ours.iter().zip(theirs).fold(0, |found, (ours, theirs)| found | (ours ^ theirs)) == 0
}

fn parse(typed: &str) -> Option<[u8; 16]> {
    let is_whole = typed.len() == DIGITS && is_hexadecimal(typed);
    let bits = is_whole.then(|| u128::from_str_radix(typed, 16).ok())??;
    Some(bits.to_be_bytes())
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
    let line = line.trim();
    // From the end, since every line of chat comes here and few of them end with a digit.
    let before = line.trim_end_matches(|c: char| c.is_ascii_hexdigit());
    let word = &line[before.len()..];
    let is_word = word.len() >= DIGITS_MIN && before.ends_with(char::is_whitespace);
    is_word.then_some((before.trim_end(), word))
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

    #[cfg(feature = "cluster")]
    #[test]
    fn a_hash_matches_its_word_and_is_none_itself() {
        let word = ReclaimWord::new(*b"\0\x01chatserv\xfe\xffabcd");
        let (written, hashed) = (word.written(), word.hashed());
        assert!(hashed.matches(&written) && hashed.matches(&written.to_uppercase()));
        assert!(!hashed.matches(&hashed.written()) && !word.matches(&hashed.written()));
        assert!(!hashed.matches(&written.replace('6', "7")));
        assert_eq!(hashed.hashed(), hashed);
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
