//! The rules about the characters of a name and their combinations.

use std::ops::RangeInclusive;

use unicode_normalization::char::{
    canonical_combining_class, is_combining_mark, is_public_assigned,
};
use unicode_security::mixed_script::AugmentedScriptSet;
use unicode_security::skeleton;

use super::super::marks::{MarkStack, takes_no_column};
use super::super::punctuation::is_comma;
use super::error::NameError;

/// Zero-width non-joiner: its neighbours do not join.
const ZWNJ: char = '\u{200c}';
/// Zero-width joiner: its neighbours join, or keep a form that they have when joined.
const ZWJ: char = '\u{200d}';

/// The combining class of signs that take the vowel from a letter, such as the Hindi virama.
const VIRAMA_CLASS: u8 = 9;

/// Letters of the Arabic script that do not join with the next letter.
const RIGHT_JOINING: [RangeInclusive<char>; 27] = [
    '\u{00621}'..='\u{00625}', // hamza, and alef with its variants
    '\u{00627}'..='\u{00627}', // alef
    '\u{00629}'..='\u{00629}', // teh marbuta
    '\u{0062F}'..='\u{00632}', // dal, thal, reh, zain
    '\u{00648}'..='\u{00648}', // waw
    '\u{00671}'..='\u{00677}', // more alefs and waws, high hamza
    '\u{00688}'..='\u{00699}', // more dals and rehs
    '\u{006C0}'..='\u{006C0}', // heh with yeh above
    '\u{006C3}'..='\u{006CB}', // teh marbuta goal, more waws
    '\u{006CD}'..='\u{006CD}', // yeh with tail
    '\u{006CF}'..='\u{006CF}', // waw with dot
    '\u{006D2}'..='\u{006D3}', // yeh barree
    '\u{006D5}'..='\u{006D5}', // ae
    '\u{006EE}'..='\u{006EF}', // dal and reh with inverted v
    '\u{00759}'..='\u{0075B}', // more dals and rehs
    '\u{0076B}'..='\u{0076C}', // more rehs
    '\u{00771}'..='\u{00771}', // reh with dots and tah
    '\u{00773}'..='\u{00774}', // alef with digits
    '\u{00778}'..='\u{00779}', // waw with digits
    '\u{00870}'..='\u{00885}', // alef with attached signs
    '\u{0088E}'..='\u{0088E}', // vertical tail
    '\u{008AA}'..='\u{008AE}', // reh with loop, waw with dot, rohingya yeh, low alef, dal
    '\u{008B1}'..='\u{008B2}', // straight waw, zain
    '\u{008B9}'..='\u{008B9}', // reh with noon
    '\u{0FB50}'..='\u{0FDFF}', // presentation forms, which join with nothing
    '\u{0FE70}'..='\u{0FEFF}', // more of them
    '\u{1EE00}'..='\u{1EEFF}', // mathematical letters, likewise
];

/// Characters that show nothing, or only change how their neighbours look, but are not default-ignorable in Unicode: blanks
/// that Unicode does not class as white space, and the remaining format characters (general category Cf).
const UNSEEN: [RangeInclusive<char>; 13] = [
    '\u{00600}'..='\u{00605}', // Arabic signs that reach under the digits after them
    '\u{006DD}'..='\u{006DD}', // the same: end of ayah
    '\u{0070F}'..='\u{0070F}', // Syriac abbreviation mark
    '\u{00890}'..='\u{00891}', // Arabic pound and piastre marks
    '\u{008E2}'..='\u{008E2}', // disputed end of ayah
    '\u{02800}'..='\u{02800}', // Braille without a dot
    '\u{0FFF9}'..='\u{0FFFC}', // interlinear annotations, and the placeholder of an embedded object
    '\u{110BD}'..='\u{110BD}', // Kaithi number sign
    '\u{110CD}'..='\u{110CD}', // Kaithi number sign above
    '\u{13430}'..='\u{1343F}', // hieroglyph joiners and other format controls
    '\u{13441}'..='\u{13442}', // blank hieroglyphs
    '\u{16FE4}'..='\u{16FE4}', // Khitan filler
    '\u{1D159}'..='\u{1D159}', // null notehead
];

/// Checks a character on its own.
pub(super) fn check(c: char) -> Result<(), NameError> {
    #[cfg(test)]
    crate::chat::work::add(1);
    // The common case, for speed.
    if c.is_ascii_alphanumeric() {
        return Ok(());
    }
    match c {
        // It stands for invalid UTF-8. Nobody types it, and all such names would look the same.
        '\u{FFFD}' => Err(NameError::Altered),
        // Whether a name may have these depends on their neighbours.
        ZWNJ | ZWJ => Ok(()),
        _ if is_comma(c) => Err(NameError::Comma),
        _ if c.is_whitespace() => Err(NameError::Blank),
        _ if c.is_control() || is_unseen(c) => Err(NameError::Unseen(c)),
        _ if !is_public_assigned(c) => Err(NameError::Unassigned(c)),
        _ => Ok(()),
    }
}

/// Whether the character itself is invisible.
pub fn is_unseen(c: char) -> bool {
    #[cfg(test)]
    crate::chat::work::add(1);
    if c.is_ascii() {
        return false;
    }
    // A skeleton omits exactly the default-ignorable characters, so no table is needed for them: joiners, direction marks,
    // variation selectors, tags, Hangul fillers.
    let ignorable = skeleton(c.encode_utf8(&mut [0; 4])).next().is_none();
    ignorable || UNSEEN.iter().any(|range| range.contains(&c))
}

/// Refuses a leading mark, which has no letter to carry it, and towers of marks.
pub(super) fn check_marks(shown: &str) -> Result<(), NameError> {
    if let Some(first) = shown.chars().next()
        && (is_combining_mark(first) || takes_no_column(first))
    {
        return Err(NameError::LeadingMark(first));
    }
    let mut stack = MarkStack::default();
    if shown.chars().any(|c| !stack.carries(c)) {
        return Err(NameError::TooManyMarks);
    }
    Ok(())
}

/// Refuses joiners that change nothing that a reader sees. Persian and several scripts of India need the others, and
/// UTS 39 (section 3.1.1, by way of UAX 31) allows those:
///
/// - ZWNJ between two Arabic letters that would join, as in the Persian `می‌خواهم`;
/// - ZWNJ and ZWJ after a virama, as in the Malayalam `അവന്‍` and the Sinhala `ශ්‍රී`;
/// - beyond UTS 39, ZWJ before a virama, without which Bengali and Kannada could not write `র‍্যাচেল` (Rachel).
///
/// A [`NameKey`](super::NameKey) contains no joiners. So with or without them, a name is the same name.
pub(super) fn check_joiners(shown: &str) -> Result<(), NameError> {
    for (at, joiner) in shown.char_indices().filter(|&(_, c)| matches!(c, ZWNJ | ZWJ)) {
        let before = &shown[..at];
        let after = &shown[at + joiner.len_utf8()..];
        let is_virama = |c| canonical_combining_class(c) == VIRAMA_CLASS;
        let follows_virama = before.chars().next_back().is_some_and(is_virama);
        let is_needed = if joiner == ZWNJ {
            let next = after.chars().next();
            follows_virama && next.is_some_and(char::is_alphabetic)
                || joins(before.chars().rev(), |c| !is_right_joining(c))
                    && joins(after.chars(), |_| true)
        } else {
            let is_letter = |c: char| c.is_alphabetic() && !is_combining_mark(c);
            follows_virama
                || before.chars().next_back().is_some_and(is_letter)
                    && after.chars().next().is_some_and(is_virama)
        };
        if !is_needed {
            return Err(NameError::Unseen(joiner));
        }
    }
    Ok(())
}

/// Whether the first character that is no mark is an Arabic letter, and one that fits.
fn joins(mut chars: impl Iterator<Item = char>, fits: impl Fn(char) -> bool) -> bool {
    let first = chars.find(|&c| !is_combining_mark(c));
    first.is_some_and(|c| {
        let scripts = AugmentedScriptSet::for_char(c);
        c.is_alphabetic() && !scripts.is_all() && script_name(scripts) == "Arabic" && fits(c)
    })
}

fn is_right_joining(c: char) -> bool {
    RIGHT_JOINING.iter().any(|range| range.contains(&c))
}

/// Refuses more than one script, as UTS 39 (section 5.1) counts them: common characters such as digits go with any, and
/// Japanese, Korean and Chinese count as one script each, although they use several.
pub(super) fn check_scripts(shown: &str) -> Result<(), NameError> {
    // The scripts that could have all characters so far.
    let mut common = AugmentedScriptSet::default();
    for c in shown.chars() {
        let scripts = AugmentedScriptSet::for_char(c);
        let before = common;
        common.intersect_with(scripts);
        if common.is_empty() {
            return Err(NameError::MixedScripts {
                first: script_name(before),
                second: script_name(scripts),
                at: c,
            });
        }
    }
    Ok(())
}

/// The English name of the first script in a set, which is enough for the error.
fn script_name(scripts: AugmentedScriptSet) -> &'static str {
    match scripts.base.iter().next() {
        Some(script) => script.full_name(),
        None if scripts.jpan => "Japanese",
        None if scripts.kore => "Korean",
        None => "Chinese",
    }
}
