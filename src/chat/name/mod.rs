//! Names: what people may call themselves, and when two names are the same.
//!
//! People trust names: anybody who can look like `ann` can speak for her. So the rules judge what readers *see* and not
//! the bytes. A [`Name`] keeps all the rules: it is visible, short, and in one script. Two names that a reader could
//! confuse have equal [`NameKey`]s. The chat, not this module, knows which keys are taken.
//!
//! A name that breaks a rule is refused and never repaired. Dropping the bad part would give people a name that they did
//! not choose, and would let different inputs lead to the same name.
//!
//! Sources: UAX 15 (normal forms), UTS 39 (confusables, scripts), section 3.13 of the Unicode Standard (case folding).

mod character;
mod error;

use std::sync::Arc;

use caseless::Caseless as _;
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;
use unicode_security::skeleton;
use unicode_width::UnicodeWidthStr as _;

use super::punctuation::{MENTION_SIGNS, ROOM_SIGNS, SLASHES, is_closing};
use super::request::Line;
pub use character::is_unseen;
use error::{BYTES_MAX, COLUMNS_MAX};
pub use error::{NameError, TYPED_BYTES_MAX};

/// Words that would let somebody speak for the chat, or that mean more than one person. Each is its own key, so they can be
/// compared with keys directly.
const RESERVED: [&str; 5] = ["server", "chatserv", "shutdown", "all", "everyone"];

/// Lines with which another program, or a person who took the port for another one, begins. They are no names of people,
/// but may be names of rooms.
#[rustfmt::skip]
const PROGRAM_WORDS: [&str; 35] = [
    // In front of any prompt.
    "quit", "exit", "bye", "logout", "help", "login", "shell", "sh", "bash", "enable", "system",
    // Mail and file transfer.
    "helo", "ehlo", "lhlo", "noop", "rset", "capa", "capability", "stls", "starttls", "auth",
    "user", "pass", "syst", "feat",
    // IRC and caches.
    "nick", "ping", "info", "stat", "stats", "status", "version",
    // The operators of other machines.
    "root", "admin", "administrator",
];

/// A name that keeps all the rules.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Name {
    shown: Arc<str>,
    key: NameKey,
}

/// A key that is equal for names that a reader may confuse: `ALICE` and `alice`, `coco` in Latin and in Cyrillic letters,
/// `modern` and `modem`. Keys are only compared and never shown, since a key need not look like the name.
///
/// A clone shares the text: each line of a history has the key of its sender.
///
/// The key does not catch every resemblance: a capital `I` counts as `i`, and not as the `l` that it looks like.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct NameKey(Arc<str>);

impl Name {
    /// Parses a typed name, and ignores the blanks around it.
    ///
    /// # Errors
    ///
    /// The name breaks a rule. Only the first such rule is reported.
    pub fn parse(line: &Line) -> Result<Self, NameError> {
        if line.altered {
            let is_mangled = line.text.contains(char::REPLACEMENT_CHARACTER);
            return Err(if is_mangled { NameError::Mangled } else { NameError::Altered });
        }
        let typed = line.text.trim();
        // The other rules take a while for each character.
        if typed.len() > TYPED_BYTES_MAX {
            return Err(NameError::TooManyBytes { bytes: typed.len() });
        }
        // All rules apply to the normal form, which is what others will see: U+037E looks like a semicolon and
        // *becomes* one only here.
        let shown: String = typed.nfc().collect();
        let Some(first) = shown.chars().next() else {
            return Err(NameError::Empty);
        };
        if let Some(sign) = leading_sign(first) {
            return Err(NameError::LeadingSign(sign));
        }
        shown.chars().try_for_each(character::check)?;
        character::check_joiners(&shown)?;
        check_length(&shown)?;
        character::check_marks(&shown)?;
        character::check_scripts(&shown)?;
        check_end(&shown)?;
        if greets_like_a_program(&shown) {
            return Err(NameError::Greeting);
        }
        let key = NameKey::of(&shown);
        check_reserved(&key)?;
        Ok(Self { shown: shown.into(), key })
    }

    /// Refuses a name that is valid but is not a person's.
    ///
    /// # Errors
    ///
    /// It is a word that other programs say first.
    pub fn of_person(self) -> Result<Self, NameError> {
        let said = PROGRAM_WORDS.into_iter().find(|word| self.shown.eq_ignore_ascii_case(word));
        said.map_or(Ok(self), |word| Err(NameError::ProgramWord(word)))
    }

    /// The name in NFC.
    pub fn as_str(&self) -> &str {
        &self.shown
    }

    /// The name in NFC, for sharing without a copy.
    pub fn shown(&self) -> &Arc<str> {
        &self.shown
    }

    /// The key that makes the name unique.
    pub fn key(&self) -> &NameKey {
        &self.key
    }
}

impl NameKey {
    /// The key of a name: `fold(skeleton(fold(NFKC(name))))`.
    ///
    /// NFKC turns styled letters, such as the bold `𝐌` of mathematics, into plain ones, because their skeletons are not
    /// those of the letters they look like. The skeleton of UTS 39 (section 4) replaces all letters that look alike with
    /// one of them. It knows nothing of case: `0` looks like a capital `O` but not like a small `o`. So case is folded
    /// before it, to give both cases of a letter the same look-alikes, and after it, to fold the capitals that it
    /// introduces. Folding does more than lower-casing: `ß` becomes `ss`, and both small sigmas become one.
    ///
    /// Every text has a key, not only a valid [`Name`]. It takes a while to find, so see [`NameKey::of_typed`].
    pub fn of(shown: &str) -> Self {
        let folded: String = shown.nfkc().default_case_fold().collect();
        let key: String = skeleton(&folded).default_case_fold().collect();
        #[cfg(test)]
        super::work::add(shown.len() + folded.len() + key.len());
        Self(key.into())
    }

    /// The key of a text that somebody has typed for a name; `None` if it is too long for any name. Everybody waits while a name
    /// is looked up, and a line is much longer than a name.
    pub fn of_typed(typed: &str) -> Option<Self> {
        (typed.len() <= TYPED_BYTES_MAX).then(|| Self::of(typed))
    }

    /// The key as text, which other versions of Unicode may form differently.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn check_length(shown: &str) -> Result<(), NameError> {
    let columns = shown.width();
    if columns > COLUMNS_MAX {
        return Err(NameError::TooWide { columns });
    }
    if shown.len() > BYTES_MAX {
        return Err(NameError::TooManyBytes { bytes: shown.len() });
    }
    Ok(())
}

/// The sign with which a mention, a command, a room or a JSON object begins, if this is one.
fn leading_sign(first: char) -> Option<char> {
    let is_one_of = |signs: &[char]| signs.contains(&first).then(|| signs[0]);
    is_one_of(&MENTION_SIGNS)
        .or_else(|| is_one_of(&SLASHES))
        .or_else(|| is_one_of(&ROOM_SIGNS))
        .or_else(|| is_one_of(&['{', '\u{ff5b}', '\u{fe5b}']))
}

/// A name must not end like a sentence: after a mention these signs belong to the sentence, so nobody could mention such a
/// name. This also refuses header lines of other protocols, such as `Host:`.
fn check_end(shown: &str) -> Result<(), NameError> {
    match shown.chars().next_back() {
        Some(last) if is_closing(last) => Err(NameError::TrailingSign(last)),
        _ => Ok(()),
    }
}

/// Whether a name begins like the greeting of a program: `SSH-2.0-…` (RFC 4253, section 4.2) or `HTTP/1.1` (RFC 9112,
/// section 2.3), both in capitals (`ssh-fan` is a valid name); or `*1` and `$4`, which begin a request to Redis.
fn greets_like_a_program(shown: &str) -> bool {
    let is_digit = |c: char| c.is_ascii_digit();
    let version = shown.strip_prefix("SSH-").or_else(|| shown.strip_prefix("HTTP/"));
    let length = shown.strip_prefix(['*', '$']);
    version.is_some_and(|version| version.starts_with(is_digit))
        || length.is_some_and(|length| !length.is_empty() && length.chars().all(is_digit))
}

/// Compares keys, so that Greek and Cyrillic look-alikes are reserved too. Only the part before the first colon counts,
/// since `server:hello` would look like a line from the server.
fn check_reserved(key: &NameKey) -> Result<(), NameError> {
    let head = key.0.split(':').next();
    match RESERVED.into_iter().find(|word| head == Some(*word)) {
        Some(word) => Err(NameError::Reserved(word)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reserved_word_is_its_own_key() {
        for word in RESERVED {
            assert_eq!(&*NameKey::of(word).0, word);
        }
    }

    #[test]
    fn every_login_word_is_a_word_of_programs() {
        let login = PROGRAM_WORDS.map(NameError::ProgramWord);
        let login = login.iter().filter(|word| word.invites_password());
        assert_eq!(login.count(), 6);
    }
}
