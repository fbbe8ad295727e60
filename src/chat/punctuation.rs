//! Signs around names, in all scripts that are in use today.

use std::ops::RangeInclusive;

/// Signs before a mention, with the variants of Chinese and Japanese keyboards.
pub const MENTION_SIGNS: [char; 3] = ['@', '\u{ff20}', '\u{fe6b}'];

/// Signs before a room, likewise.
pub const ROOM_SIGNS: [char; 3] = ['#', '\u{ff03}', '\u{fe5f}'];

/// Signs before a command: the slash, its full-width variant, and others that look the same.
pub const SLASHES: [char; 5] = ['/', '\u{ff0f}', '\u{2044}', '\u{2215}', '\u{29f8}'];

/// The commas that separate names in a list. No name contains one.
#[rustfmt::skip]
pub const COMMAS: [char; 22] = [
    ',', '\u{55d}', '\u{60c}', '\u{7f8}', '\u{1363}', '\u{1802}', '\u{1808}', '\u{2e32}',
    '\u{2e34}', '\u{2e41}', '\u{2e4c}', '\u{3001}', '\u{a4fe}', '\u{a60d}', '\u{a6f5}', '\u{fe10}',
    '\u{fe11}', '\u{fe50}', '\u{fe51}', '\u{ff0c}', '\u{ff64}', '\u{16e97}',
];

/// Ends of sentences, closing brackets and quotation marks: the characters below U+10000 that have the property
/// Terminal_Punctuation or one of the categories Pe, Pf and Pi, and a few more. A range may also hold opening brackets,
/// commas and unassigned characters.
#[rustfmt::skip]
const CLOSING: [RangeInclusive<char>; 76] = [
    '!'..='"', '\''..='\'', ')'..=')', '.'..='.', ':'..=';', '?'..='?', ']'..=']', '}'..='}',
    '\u{ab}'..='\u{ab}', '\u{bb}'..='\u{bb}', '\u{37e}'..='\u{37e}', '\u{387}'..='\u{387}', '\u{589}'..='\u{589}', '\u{5c3}'..='\u{5c3}',
    '\u{61b}'..='\u{61b}', '\u{61d}'..='\u{61f}', '\u{6d4}'..='\u{6d4}', '\u{700}'..='\u{70c}',
    '\u{7f9}'..='\u{7f9}', '\u{830}'..='\u{83e}', '\u{85e}'..='\u{85e}', '\u{964}'..='\u{965}',
    '\u{e5a}'..='\u{e5b}', '\u{f08}'..='\u{f08}', '\u{f0d}'..='\u{f12}', '\u{f3b}'..='\u{f3d}',
    '\u{104a}'..='\u{104b}', '\u{1361}'..='\u{1368}', '\u{166e}'..='\u{166e}',
    '\u{169c}'..='\u{169c}', '\u{16eb}'..='\u{16ed}', '\u{1735}'..='\u{1736}',
    '\u{17d4}'..='\u{17d6}', '\u{17da}'..='\u{17da}', '\u{1803}'..='\u{1805}',
    '\u{1809}'..='\u{1809}', '\u{1944}'..='\u{1945}', '\u{1aa8}'..='\u{1aab}',
    '\u{1b4e}'..='\u{1b4f}', '\u{1b5a}'..='\u{1b5f}', '\u{1b7d}'..='\u{1b7f}',
    '\u{1c3b}'..='\u{1c3f}', '\u{1c7e}'..='\u{1c7f}', '\u{2018}'..='\u{201f}',
    '\u{2024}'..='\u{2026}', '\u{2039}'..='\u{203d}', '\u{2046}'..='\u{2049}',
    '\u{207e}'..='\u{207e}', '\u{208e}'..='\u{208e}', '\u{2308}'..='\u{230b}',
    '\u{2329}'..='\u{232a}', '\u{2768}'..='\u{2775}', '\u{27c5}'..='\u{27c6}',
    '\u{27e6}'..='\u{27ef}', '\u{2983}'..='\u{2998}', '\u{29d8}'..='\u{29db}',
    '\u{29fc}'..='\u{29fd}', '\u{2cf9}'..='\u{2cfb}', '\u{2e00}'..='\u{2e2e}',
    '\u{2e30}'..='\u{2e5d}', '\u{3001}'..='\u{3002}', '\u{3008}'..='\u{3011}',
    '\u{3014}'..='\u{301f}', '\u{a4fe}'..='\u{a4ff}', '\u{a60d}'..='\u{a60f}',
    '\u{a6f3}'..='\u{a6f7}', '\u{a876}'..='\u{a877}', '\u{a8ce}'..='\u{a8cf}',
    '\u{a92f}'..='\u{a92f}', '\u{a9c7}'..='\u{a9c9}', '\u{aa5d}'..='\u{aa5f}',
    '\u{aadf}'..='\u{aadf}', '\u{aaf0}'..='\u{aaf1}', '\u{abeb}'..='\u{abeb}',
    '\u{fd3e}'..='\u{fd3f}', '\u{fe10}'..='\u{fe19}',
];

/// Full-width and other compatibility variants of such signs.
#[rustfmt::skip]
const CLOSING_VARIANTS: [RangeInclusive<char>; 10] = [
    '\u{fe35}'..='\u{fe48}', '\u{fe50}'..='\u{fe5e}', '\u{ff01}'..='\u{ff02}',
    '\u{ff07}'..='\u{ff09}', '\u{ff0c}'..='\u{ff0c}', '\u{ff0e}'..='\u{ff0e}',
    '\u{ff1a}'..='\u{ff1b}', '\u{ff1f}'..='\u{ff1f}', '\u{ff3d}'..='\u{ff3d}',
    '\u{ff5d}'..='\u{ff64}',
];

/// Whether a character ends a sentence, or closes a bracket or a quotation. Behind a mention it belongs to the sentence,
/// so no name ends in one.
pub fn is_closing(c: char) -> bool {
    #[cfg(test)]
    super::work::add(1);
    if c.is_alphanumeric() {
        return false;
    }
    let is_among = |sorted: &[RangeInclusive<char>]| {
        let first = sorted.partition_point(|range| *range.end() < c);
        sorted.get(first).is_some_and(|range| range.contains(&c))
    };
    is_among(&CLOSING) || is_among(&CLOSING_VARIANTS)
}

/// Whether a character separates names in a list.
pub fn is_comma(c: char) -> bool {
    #[cfg(test)]
    super::work::add(1);
    COMMAS.contains(&c)
}

#[cfg(test)]
mod tests {
    use regex::Regex;
    use unicode_normalization::char::{is_combining_mark, is_public_assigned};

    use super::*;

    #[test]
    fn the_tables_are_sorted() {
        assert!(CLOSING.is_sorted_by(|one, next| one.end() < next.start()));
        assert!(CLOSING_VARIANTS.is_sorted_by(|one, next| one.end() < next.start()));
    }

    #[test]
    fn the_table_agrees_with_the_properties_of_unicode() {
        let closing = Regex::new(r"^[\p{Terminal_Punctuation}\p{Pe}\p{Pf}\p{Pi}]$").expect("valid");
        let punctuation = Regex::new(r"^[\p{P}\p{S}]$").expect("valid");
        for c in '\0'..='\u{ffff}' {
            let text = c.encode_utf8(&mut [0; 4]).to_owned();
            if closing.is_match(&text) {
                assert!(is_closing(c) || is_comma(c), "{c:?} (U+{:04X})", u32::from(c));
            }
            if is_closing(c) && is_public_assigned(c) {
                let is_sign = punctuation.is_match(&text);
                assert!(is_sign && !is_combining_mark(c), "{c:?} (U+{:04X})", u32::from(c));
            }
        }
        // These end abbreviations and syllables, and so names: in Hebrew, Thai, Hindi, Tibetan.
        for c in ['\u{5f3}', '\u{5f4}', '\u{e2f}', '\u{970}', '\u{f0b}', '_', '-', '#', '*'] {
            assert!(!is_closing(c), "{c:?}");
        }
    }
}
