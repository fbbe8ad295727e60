//! Text that other people see: the cleaner, names, and typed commands.

use unicode_normalization::is_nfc;
use unicode_width::UnicodeWidthStr as _;

use super::{assert_clean, json};
use crate::chat::{Line, Name, NameKey, parse_duration, parse_line};
use crate::protocol::{clean, is_blank};

pub fn check(bytes: &[u8]) {
    let line = clean(bytes);
    assert_clean(&line.text);
    let again = clean(line.text.as_bytes());
    assert_eq!((&again.text, again.altered), (&line.text, false), "cleaning is idempotent");
    if !line.altered {
        let untabbed: Vec<u8> =
            bytes.iter().map(|&byte| if byte == b'\t' { b' ' } else { byte }).collect();
        assert_eq!(untabbed, line.text.as_bytes(), "altered without saying so");
    }
    // An invalid byte becomes a character of three.
    assert!(line.text.len() <= 3 * bytes.len());
    assert!(!is_blank(&line.text) || line.text.trim().is_empty());
    name(&line);
    for operator in [false, true] {
        if let Ok(Some(request)) = parse_line(line.clone(), operator) {
            json::check_request(&request);
        }
    }
    let _ = parse_duration(&line.text);
    let key = NameKey::of(&line.text);
    assert_eq!(NameKey::of(&line.text), key);
}

fn name(line: &Line) {
    let parsed = Name::parse(line);
    let name = match parsed {
        Ok(name) => name,
        Err(refusal) => {
            let sentence = refusal.to_string();
            assert!(sentence.chars().all(|c| c == ' ' || c.is_ascii_graphic()), "{sentence:?}");
            return;
        }
    };
    assert!(!line.altered);
    let shown = name.as_str();
    assert!(is_nfc(shown) && (1..=32).contains(&shown.width()) && shown.len() <= 128, "{shown:?}");
    assert!(
        !shown.contains(|c: char| c.is_whitespace() || c.is_control() || c == ','),
        "{shown:?}"
    );
    assert!(!shown.starts_with(['@', '/', '#', '{']), "{shown:?}");
    assert!(!shown.ends_with(['.', '!', '?', ':', ';']), "{shown:?}");
    assert_clean(shown);
    // Everybody can type the name that they see, and then mean the same person.
    let again = Name::parse(&clean(shown.as_bytes()));
    let again = again.unwrap_or_else(|error| panic!("{shown:?} is refused when typed: {error}"));
    assert_eq!((again.as_str(), again.key()), (shown, name.key()));
}
