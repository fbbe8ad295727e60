//! Properties of the codec for people with random bytes.

use chatserv::chat::Input;
use chatserv::protocol::{LINE_BYTES_MAX, clean};
use proptest::collection::vec;
use proptest::prelude::*;
use unicode_normalization::char::is_combining_mark;
use unicode_width::UnicodeWidthChar;

use super::{decode, plain};

/// Random bytes with many special ones next to each other.
fn any_bytes() -> impl Strategy<Value = Vec<u8>> {
    let special =
        prop::sample::select(&b"\r\n\0\t\x04\x07\x08\x7F\x1B\x16\x03\xFF\xFF\xFF [];\\P"[..]);
    let command = (0xEB..=0xFFu8, prop::sample::select(&[1u8, 3, 6, 24, 255][..]));
    let piece = prop_oneof![
        4 => special.prop_map(|byte| vec![byte]),
        2 => any::<u8>().prop_map(|byte| vec![byte]),
        2 => any::<char>().prop_map(|c| c.to_string().into_bytes()),
        2 => command.prop_map(|(code, option)| vec![0xFF, code, option]),
        1 => prop::sample::select(&["GET / HTTP/1.1", "SSH-2.0", "e\u{301}", "\u{202E}", "\u{9d}", "\u{2028}"][..])
            .prop_map(|text| text.as_bytes().to_vec()),
        1 => (LINE_BYTES_MAX - 40..LINE_BYTES_MAX + 2).prop_map(|length| vec![b'x'; length]),
    ];
    vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

/// Characters that control a terminal or reorder text. Written differently from the decoder, so that a mistake shows.
fn is_forbidden(c: char) -> bool {
    matches!(u32::from(c), 0..=0x1F | 0x7F..=0x9F | 0x2028..=0x202E | 0x2066..=0x2069)
}

/// Whether a mark shares the column of the letter before it.
fn is_stacked(c: char) -> bool {
    is_combining_mark(c) && c.width() == Some(0)
}

fn is_piled(text: &str) -> bool {
    let chars: Vec<char> = text.chars().collect();
    chars.windows(9).any(|nine| nine.iter().all(|&c| is_stacked(c)))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    #[test]
    fn every_split_has_the_same_result(bytes in any_bytes(), mut cuts in vec(any::<prop::sample::Index>(), 0..12)) {
        let whole = decode(plain(), [&bytes[..]]);
        prop_assert_eq!(&decode(plain(), bytes.chunks(1)), &whole);

        cuts.sort_by_key(|cut| cut.index(bytes.len() + 1));
        let ends = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).chain([bytes.len()]);
        let pieces = ends.scan(0, |begin, end| Some(&bytes[std::mem::replace(begin, end)..end]));
        prop_assert_eq!(&decode(plain(), pieces), &whole);
    }

    #[test]
    fn no_decoded_text_has_control_characters(bytes in any_bytes()) {
        for input in decode(plain(), [&bytes[..]]).inputs {
            if let Input::Line(line) = input {
                prop_assert!(!line.text.contains(is_forbidden) && !is_piled(&line.text), "{:?}", line.text);
                // Cleaning is idempotent.
                prop_assert_eq!(clean(line.text.as_bytes()).text, line.text);
            }
        }
    }

    #[test]
    fn a_client_without_telnet_gets_none(bytes in any_bytes()) {
        let bytes: Vec<u8> = bytes.into_iter().filter(|&byte| byte != 0xFF).collect();
        prop_assert_eq!(decode(plain(), [&bytes[..]]).replies, Vec::<u8>::new());
    }

    #[test]
    fn a_clean_text_is_not_altered(
        text in "[^\\p{Cc}\\p{M}\u{2028}-\u{202E}\u{2066}-\u{2069}]{0,40}",
    ) {
        let line = clean(text.as_bytes());
        prop_assert!(!line.altered);
        prop_assert_eq!(line.text, text);
    }
}
