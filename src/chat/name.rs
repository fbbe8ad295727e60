//! Names: what people may call themselves, and when two names are the same.
//!
//! A name is what the others trust: whoever can look like `ann` can speak for her. So a name is judged by what is
//! *seen* and not by its bytes. Two things follow, and each has its type. [`Name`] is a text that kept all the rules:
//! visible, short, of one script. [`NameKey`] is what two names share when a reader could take one for the other.
//! Whether somebody has a key already is for the chat to know, not for this file.
//!
//! A name that breaks a rule is refused and never mended. Dropping the bad part would give people a name they did
//! not choose, and would let somebody reach a name by typing more than is seen.
//!
//! Sources: UAX 15 (normal forms), UTS 39 (confusables, scripts), section 3.13 of the Unicode Standard (case folding).

mod character;
mod refusal;

use std::sync::Arc;

use caseless::Caseless as _;
use unicode_normalization::UnicodeNormalization as _;
use unicode_security::skeleton;
use unicode_width::UnicodeWidthStr as _;

use super::Line;
pub use refusal::NameError;

/// The most columns that a name may take in a terminal. Wide letters, such as Chinese ones, take two.
const MAX_COLUMNS: usize = 32;

/// The most bytes of UTF-8 in a name: 32 letters of four bytes, which no letter exceeds. Columns alone are no limit,
/// since marks take none.
const MAX_BYTES: usize = 128;

/// Words that would let somebody speak for the chat, or that mean more than one person.
///
/// Each is its own key (a test says so), and therefore can be compared with keys directly.
const RESERVED: [&str; 5] = ["server", "chatserv", "shutdown", "all", "everyone"];

/// How a name may not begin: these begin a mention, a command, a room and a JSON object.
const LEADING_SIGNS: [char; 4] = ['@', '/', '#', '{'];

/// How a name may not end. Behind a mention at the end of a message these belong to the sentence, so nobody could
/// ever mention such a name (a comma neither, but no name has one). It also turns away header lines of other
/// protocols, such as `Host:`.
const TRAILING_SIGNS: [char; 5] = ['.', '!', '?', ':', ';'];

/// A name that keeps all the rules.
#[derive(Debug, Clone)]
pub struct Name {
    shown: Arc<str>,
    key: NameKey,
}

/// What two names have in common that a reader may take for one: `ALICE` and `alice`, `coco` in Latin and in Cyrillic
/// letters, `modern` and `modem`. Only good for comparing; it is never shown, since it need not look like the name.
///
/// It does not know every likeness: a capital `I` counts as the `i` that it is, and not as the `l` that it looks like.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NameKey(Box<str>);

impl Name {
    /// Judges what somebody typed as a name. Blanks at its ends do not count.
    ///
    /// # Errors
    ///
    /// Says which rule it breaks; where it breaks several, the first in the order in which they stand here.
    pub fn parse(line: &Line) -> Result<Self, NameError> {
        if line.altered {
            return Err(NameError::Altered);
        }
        // All rules look at the normal form, for that is what the others will see. It matters: U+037E looks like a
        // semicolon and *becomes* one only here.
        let shown: String = line.text.trim().nfc().collect();
        let Some(first) = shown.chars().next() else {
            return Err(NameError::Empty);
        };
        if LEADING_SIGNS.contains(&first) {
            return Err(NameError::LeadingSign(first));
        }
        shown.chars().try_for_each(character::check)?;
        check_length(&shown)?;
        character::check_marks(&shown)?;
        character::check_scripts(&shown)?;
        check_end(&shown)?;
        if greets_like_a_program(&shown) {
            return Err(NameError::Greeting);
        }
        let key = NameKey::of(&shown);
        check_reserved(&key)?;
        Ok(Self {
            shown: shown.into(),
            key,
        })
    }

    /// The name as it is shown, in NFC.
    pub fn as_str(&self) -> &str {
        &self.shown
    }

    /// The name as it is shown, to be shared instead of copied.
    pub fn shown(&self) -> &Arc<str> {
        &self.shown
    }

    /// What makes the name unique.
    pub fn key(&self) -> &NameKey {
        &self.key
    }
}

impl NameKey {
    /// The key of a name: `fold(skeleton(fold(NFKC(name))))`.
    ///
    /// NFKC first makes plain letters of styled ones, such as the bold `𝐌` of mathematics, whose skeletons are not
    /// those of the letters they look like. (The name that is shown stays in NFC.)
    /// The skeleton of UTS 39 (section 4) puts one letter in the place of all that look like it. It knows nothing of
    /// case: it takes `0` for a capital `O`, but a small `o` for itself. So case is folded before it, to give both
    /// cases of a letter the same look-alikes, and after it, for the capitals that it brought in. Folding is more
    /// than lower case: `ß` becomes `ss`, and both small sigmas become one.
    ///
    /// Any text has one; only that of a [`Name`] may be anybody's.
    pub fn of(shown: &str) -> Self {
        let folded: String = shown.nfkc().default_case_fold().collect();
        let key: String = skeleton(&folded).default_case_fold().collect();
        Self(key.into())
    }
}

fn check_length(shown: &str) -> Result<(), NameError> {
    let columns = shown.width();
    if columns > MAX_COLUMNS {
        return Err(NameError::TooWide { columns });
    }
    if shown.len() > MAX_BYTES {
        return Err(NameError::TooManyBytes { bytes: shown.len() });
    }
    Ok(())
}

fn check_end(shown: &str) -> Result<(), NameError> {
    match shown.chars().next_back() {
        Some(last) if TRAILING_SIGNS.contains(&last) => Err(NameError::TrailingSign(last)),
        _ => Ok(()),
    }
}

/// Whether a program says hello in its own protocol: `SSH-2.0-…` (RFC 4253, section 4.2) or `HTTP/1.1` (RFC 9112,
/// section 2.3). Both are written in capitals, and people may well be called `ssh-fan`.
fn greets_like_a_program(shown: &str) -> bool {
    ["SSH-", "HTTP/"].into_iter().any(|greeting| {
        shown
            .strip_prefix(greeting)
            .is_some_and(|version| version.starts_with(|c: char| c.is_ascii_digit()))
    })
}

/// By the key, so that a Greek or Cyrillic look-alike is reserved too, and up to the first colon, since
/// `server:hello` would be read as a line of the server's own.
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
}
