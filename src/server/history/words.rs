//! The words in the index of the history, and the queries for them.
//!
//! The index (FTS5) finds words, which it splits at signs and blanks. Chinese, Japanese and Korean are written without blanks
//! between words, so each of their letters is indexed as a word of its own, and a word of theirs is searched as a phrase.
//!
//! A query language with operators belongs to FTS5. Here, whatever somebody types is quoted, so operators are words.

use std::borrow::Cow;

use caseless::Caseless as _;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use crate::chat::NameKey;

/// A text as it is indexed and searched: in a form in which letters are the same that only look different, or differ by case or
/// by an accent, and with blanks around the letters of Chinese, Japanese and Korean. Changes of the form need a migration that
/// has the words of all lines indexed anew.
pub fn spaced(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        // The index does not tell case there.
        return Cow::Borrowed(text);
    }
    let mut base = ' ';
    let counts = |c: &char| {
        if !is_combining_mark(*c) {
            base = *c;
        }
        !counts_for_nothing(*c, base)
    };
    let plain = text.nfkd().filter(counts).map(without_stroke);
    let normal: String = plain.default_case_fold().nfc().collect();
    if !normal.contains(is_word_of_its_own) {
        return Cow::Owned(normal);
    }
    let mut spaced = String::with_capacity(normal.len() * 2);
    for c in normal.chars() {
        if is_word_of_its_own(c) {
            spaced.extend([' ', c, ' ']);
        } else {
            spaced.push(c);
        }
    }
    Cow::Owned(spaced)
}

/// Whether a word is the same without this character behind that letter: accents, points that tell vowels, and invisible signs.
/// Not the marks of Cyrillic letters such as `й`, which make another letter, except that many people write `е` for `ё`. Not
/// those of kana, and not the vowel signs of India, Thailand and their neighbours.
fn counts_for_nothing(c: char, base: char) -> bool {
    match c {
        '\u{300}'..='\u{36f}' if matches!(base, '\u{400}'..='\u{52f}') => {
            matches!((c, base), ('\u{300}' | '\u{301}', _) | ('\u{308}', 'е' | 'Е'))
        }
        // Marks of many scripts.
        '\u{300}'..='\u{36f}'
        | '\u{1ab0}'..='\u{1aff}'
        | '\u{1dc0}'..='\u{1dff}'
        | '\u{20d0}'..='\u{20ff}'
        | '\u{fe20}'..='\u{fe2f}' => true,
        // Of Hebrew, Arabic and Syriac.
        '\u{591}'..='\u{5bd}'
        | '\u{5bf}'
        | '\u{5c1}'..='\u{5c2}'
        | '\u{5c4}'..='\u{5c5}'
        | '\u{5c7}'
        | '\u{610}'..='\u{61a}'
        | '\u{640}'
        | '\u{64b}'..='\u{65f}'
        | '\u{670}'
        | '\u{6d6}'..='\u{6dc}'
        | '\u{6df}'..='\u{6e4}'
        | '\u{6e7}'..='\u{6e8}'
        | '\u{6ea}'..='\u{6ed}'
        | '\u{730}'..='\u{74a}'
        | '\u{8ca}'..='\u{8e1}'
        | '\u{8e3}'..='\u{8ff}' => true,
        // Soft hyphens, blanks without a width, joiners of words, and variants of the look.
        '\u{ad}'
        | '\u{200b}'
        | '\u{2060}'
        | '\u{feff}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{e0100}'..='\u{e01ef}' => true,
        _ => false,
    }
}

/// Letters with a stroke, which Unicode does not take apart.
fn without_stroke(c: char) -> char {
    match c {
        'ł' | 'Ł' => 'l',
        'ø' | 'Ø' => 'o',
        'đ' | 'Đ' => 'd',
        'ħ' | 'Ħ' => 'h',
        'ŧ' | 'Ŧ' => 't',
        'ı' => 'i',
        other => other,
    }
}

/// Whether this is a letter of Han, kana, bopomofo or hangul.
fn is_word_of_its_own(c: char) -> bool {
    matches!(c,
        '\u{1100}'..='\u{11ff}' | '\u{2e80}'..='\u{2fdf}' | '\u{3005}'..='\u{3007}' | '\u{3021}'..='\u{3029}'
        | '\u{3031}'..='\u{3035}' | '\u{3038}'..='\u{303c}' | '\u{3041}'..='\u{3096}' | '\u{309d}'..='\u{30fa}'
        | '\u{30fc}'..='\u{318e}' | '\u{31a0}'..='\u{31bf}' | '\u{31f0}'..='\u{31ff}' | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}' | '\u{a960}'..='\u{a97f}' | '\u{ac00}'..='\u{d7ff}' | '\u{f900}'..='\u{faff}'
        | '\u{1b000}'..='\u{1b16f}' | '\u{20000}'..='\u{3ffff}')
}

/// The query for lines that contain all words, that were said by this person, in one of these rooms.
pub fn query(words: &str, sender: Option<&NameKey>, rooms: &[NameKey]) -> String {
    let is_word = |word: &&str| word.contains(char::is_alphanumeric);
    let words: Vec<String> = words.split_whitespace().filter(is_word).map(quoted).collect();
    let rooms: Vec<String> = rooms.iter().map(|room| quoted(&token(room))).collect();
    let mut query = format!("room : ({})", rooms.join(" OR "));
    if let Some(sender) = sender {
        query += &format!(" AND sender : {}", quoted(&token(sender)));
    }
    if !words.is_empty() {
        // Words side by side are joined by AND, which skips a word without any letter that FTS5 knows.
        query += &format!(" AND text : ({})", words.join(" "));
    }
    query
}

/// A phrase of FTS5, whatever the text is.
fn quoted(text: &str) -> String {
    // SQLite takes a NUL for the end of the query.
    format!("\"{}\"", spaced(text).replace('"', "\"\"").replace('\0', " "))
}

/// A name or a room as one word of the index: a hash, since a key may contain anything. Never changes, because files contain
/// it. Two names may have the same hash, so the caller compares the names.
pub fn token(key: &NameKey) -> String {
    // FNV-1a, of which 64 bits are enough here.
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0100_0000_01b3;
    let hash = key
        .as_str()
        .bytes()
        .fold(OFFSET, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME));
    format!("{hash:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_without_blanks_are_words() {
        for (text, expected) in [
            ("tea at four", "tea at four"),
            ("café", "cafe"),
            ("cafe\u{301} CAFÉ", "cafe cafe"),
            ("ｃａｆｅ", "cafe"),
            ("悬空", " 悬  空 "),
            ("我在dev里", " 我  在 dev 里 "),
            ("ｶﾞ", " ガ "),
            ("\u{1112}\u{1161}\u{11ab}", " 한 "),
            ("สวัสดี", "สวัสดี"),
            ("ΓΕΙΆ γειά Γεια", "γεια γεια γεια"),
            ("Ёлка ёлка елка", "елка елка елка"),
            ("мой Їжак за\u{301}мок", "мой їжак замок"),
            ("שָׁלוֹם", "שלום"),
            ("مُحَمَّد", "محمد"),
            ("Łódź Smørrebrød Đurđa", "lodz smorrebrod durda"),
            ("Straße ΣΟΦΌΣ σοφός", "strasse σοφοσ σοφοσ"),
            ("İstanbul ısı", "istanbul isi"),
            ("かガ", " か  ガ "),
            ("हिन्दी की", "हिन्दी की"),
            ("so\u{ad}ft zero\u{200b}width ❤\u{fe0f}é", "soft zerowidth ❤e"),
        ] {
            assert_eq!(spaced(text), expected, "{text}");
        }
    }

    #[test]
    fn whatever_is_typed_is_quoted() {
        let (ann, dev) = (NameKey::of("ann"), NameKey::of("dev"));
        let rooms = [dev.clone()];
        for (words, expected) in [
            ("tea", r#" AND text : ("tea")"#),
            ("a  OR b*", r#" AND text : ("a" "OR" "b*")"#),
            (r#"say "hi""#, r#" AND text : ("say" """hi""")"#),
            ("!? -", ""),
            ("a\0b", r#" AND text : ("a b")"#),
        ] {
            let start = format!("room : (\"{}\")", token(&dev));
            assert_eq!(query(words, None, &rooms), format!("{start}{expected}"));
        }
        let both = query("", Some(&ann), &[dev.clone(), ann.clone()]);
        let (ann, dev) = (token(&ann), token(&dev));
        assert_eq!(both, format!(r#"room : ("{dev}" OR "{ann}") AND sender : "{ann}""#));
    }

    #[test]
    fn a_token_never_changes() {
        assert_eq!(token(&NameKey::of("")), "cbf29ce484222325");
        assert_eq!(token(&NameKey::of("a")), "af63dc4c8601ec8c");
    }
}
