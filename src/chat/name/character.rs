//! The rules about the characters of a name and their combinations.

use std::ops::RangeInclusive;

use unicode_normalization::char::{is_combining_mark, is_public_assigned};
use unicode_security::mixed_script::AugmentedScriptSet;
use unicode_security::skeleton;
use unicode_width::UnicodeWidthChar as _;

use super::error::{MARKS_MAX, NameError};

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
    // The common case, for speed.
    if c.is_ascii_alphanumeric() {
        return Ok(());
    }
    match c {
        // It stands for invalid UTF-8. Nobody types it, and all such names would look the same.
        '\u{FFFD}' => Err(NameError::Altered),
        ',' => Err(NameError::Comma),
        _ if c.is_whitespace() => Err(NameError::Blank),
        _ if c.is_control() || is_unseen(c) => Err(NameError::Unseen(c)),
        _ if !is_public_assigned(c) => Err(NameError::Unassigned(c)),
        _ => Ok(()),
    }
}

/// Whether the character itself is invisible.
fn is_unseen(c: char) -> bool {
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
    let mut in_a_row = 0;
    for c in shown.chars() {
        in_a_row = if takes_no_column(c) { in_a_row + 1 } else { 0 };
        if in_a_row > MARKS_MAX {
            return Err(NameError::TooManyMarks);
        }
    }
    Ok(())
}

/// Whether the character is drawn over the one before it. Not all such characters are marks: the vowels
/// of old Korean are letters that pile up. And not all marks are: some Indian and Burmese ones have their own column.
fn takes_no_column(c: char) -> bool {
    c.width() == Some(0)
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
