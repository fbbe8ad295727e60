//! Properties of names with random input.

use chatserv::chat::{Line, Name};
use proptest::prelude::*;
use unicode_normalization::{UnicodeNormalization, is_nfc};
use unicode_width::UnicodeWidthStr;

use super::parse;

/// Texts that are often valid names: letters of one script with some marks and other characters.
fn texts() -> impl Strategy<Value = String> {
    let among = |letters: &'static str| {
        let piece = prop_oneof![
            40 => letters,
            4 => "[\u{300}-\u{36f}]",
            1 => "[ ,.:;!?@/#{\u{200d}\u{200b}\u{fe0f}\u{ad}\u{3000}]",
            1 => any::<char>().prop_map(String::from),
        ];
        prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
    };
    prop_oneof![
        3 => among("[a-zA-Z0-9_\u{c0}-\u{24f}]"),
        1 => among("[\u{370}-\u{3ff}]"),
        1 => among("[\u{400}-\u{4ff}]"),
        1 => among("[\u{1100}-\u{11ff}\u{ac00}-\u{acff}]"),
        1 => among("[\u{3040}-\u{30ff}\u{4e00}-\u{4eff}]"),
        1 => any::<String>(),
    ]
}

/// Letters of one script that has both cases.
const CASED: &str = "[a-zA-Z\u{c0}-\u{24f}]{1,20}|[\u{370}-\u{3ff}]{1,20}|[\u{400}-\u{4ff}]{1,20}";

const LEADING_SIGNS: [char; 4] = ['@', '/', '#', '{'];
const TRAILING_SIGNS: [char; 5] = ['.', '!', '?', ':', ';'];

proptest! {
    #[test]
    fn every_name_keeps_the_rules(text in texts(), altered in prop::bool::weighted(0.1)) {
        let parsed = Name::parse(&Line { text, altered });
        prop_assert!(!altered || parsed.is_err());
        if let Ok(name) = parsed {
            let shown = name.as_str();
            prop_assert!(is_nfc(shown));
            prop_assert!((1..=32).contains(&shown.width()));
            prop_assert!(shown.len() <= 128);
            prop_assert!(!shown.contains(|c: char| c.is_whitespace() || c.is_control() || c == ','));
            prop_assert!(!shown.starts_with(LEADING_SIGNS));
            prop_assert!(!shown.ends_with(TRAILING_SIGNS));
            prop_assert_eq!(&**name.shown(), shown);
        }
    }

    /// A shown name can be typed in other normal forms and with blanks around it.
    #[test]
    fn a_name_shown_is_the_same_name_typed(text in texts()) {
        let Ok(first) = parse(&text) else { return Ok(()) };
        let shown = first.as_str();
        let decomposed = shown.nfd().collect();
        for typed in [shown.to_owned(), format!(" {shown}\u{3000}"), decomposed] {
            match parse(&typed) {
                Ok(again) => {
                    prop_assert_eq!(again.as_str(), shown);
                    prop_assert_eq!(again.key(), first.key());
                }
                Err(refusal) => prop_assert!(false, "{:?} was refused: {}", typed, refusal),
            }
        }
    }

    #[test]
    fn case_makes_no_other_name(text in CASED) {
        let Ok(name) = parse(&text) else { return Ok(()) };
        for other in [text.to_uppercase(), text.to_lowercase()] {
            // Some letters become two or three, and the name too long.
            if let Ok(other) = parse(&other) {
                prop_assert_eq!(name.key(), other.key(), "{} and {}", name.as_str(), other.as_str());
            }
        }
    }

    #[test]
    fn a_refusal_is_one_line_of_ascii(text in texts()) {
        if let Err(refusal) = parse(&text) {
            let sentence = refusal.to_string();
            prop_assert!(sentence.chars().all(|c| c == ' ' || c.is_ascii_graphic()), "{}", sentence);
        }
    }
}
