//! Detects messages that address the user.

use caseless::Caseless as _;
use unicode_normalization::UnicodeNormalization as _;
use unicode_segmentation::UnicodeSegmentation as _;

use super::super::Heard;
use super::{is_private, is_same, speech};

/// Signs that join a name to its neighbour into another word: `luca-bot`, `me@luca`, `/luca`, `#luca`, `luca/dev`,
/// `~luca`. Unicode's word boundaries recognize only the signs that join letters.
const JOINING_SIGNS: &str = "@#/\\-~=$＠＃／－‐‑・･־";

/// Direction marks, word joiners and the soft hyphen. Names contain none of them, and Unicode's word boundaries treat
/// them as a part of the preceding word.
const UNSEEN: [char; 6] = ['\u{ad}', '\u{61c}', '\u{200e}', '\u{200f}', '\u{2060}', '\u{feff}'];

/// Returns whether somebody else addresses the user: by name or in a private message.
pub fn calls(heard: &Heard, me: &str) -> bool {
    speech(heard).is_some_and(|(manner, said)| {
        let to_me = is_private(manner, said) || mentions(&said.message, me);
        to_me && !is_same(&said.from, me)
    })
}

/// Returns whether the object is a message from somebody else.
pub fn speaks(heard: &Heard, me: &str) -> bool {
    speech(heard).is_some_and(|(_, said)| !is_same(&said.from, me))
}

/// Returns whether the text contains the name as a separate word, with or without an `@`, regardless of case.
pub(super) fn mentions(text: &str, me: &str) -> bool {
    let me = folded(me);
    let text = folded(text);
    if me.is_empty() || !text.contains(&me) {
        return false;
    }
    let words = text.split_word_bound_indices().map(|(start, _)| start);
    let boundaries: Vec<usize> = words.chain([text.len()]).collect();
    let is_boundary = |at: usize| boundaries.binary_search(&at).is_ok();
    text.match_indices(&me).any(|(start, _)| {
        let end = start + me.len();
        let (before, after) = (&text[..start], &text[end..]);
        // Unicode joins some characters, such as skin tones, even to a blank.
        let is_start = is_boundary(start) || before.ends_with([' ', '@']);
        let before = before.strip_suffix(['@', '＠']).unwrap_or(before);
        is_start
            && is_boundary(end)
            && stands_apart(me.chars().next(), before.chars().rev())
            && stands_apart(me.chars().next_back(), after.chars())
    })
}

/// Returns whether a name is separate from its neighbours, which are ordered from the nearest on. `edge` is the name's
/// own character on that side.
///
/// After ASCII punctuation, a letter continues the same word, as in `luca.org` or `luca!user@host`. All other
/// punctuation ends a word, since Chinese does not put a blank after it.
fn stands_apart(edge: Option<char>, neighbours: impl Iterator<Item = char>) -> bool {
    for c in neighbours {
        match c {
            // Names contain no commas.
            _ if c.is_whitespace() || c == ',' => return true,
            _ if JOINING_SIGNS.contains(c) => return false,
            _ if c.is_alphanumeric() => {
                return has_no_spaces(c) || edge.is_some_and(has_no_spaces);
            }
            _ if c.is_ascii() => {}
            _ => return true,
        }
    }
    true
}

/// Returns whether the letter belongs to a script without spaces between words, such as Chinese or Thai. By Unicode's
/// rules (UAX 29), each such letter may be a word.
fn has_no_spaces(c: char) -> bool {
    c.is_alphabetic() && [c, c].iter().collect::<String>().split_word_bounds().count() > 1
}

/// Folds a text so that texts which [`is_same`] considers equal become identical (section 3.13 of the Unicode Standard,
/// D145), and removes invisible characters: next to Arabic and Hebrew, a direction mark may follow a name.
fn folded(text: &str) -> String {
    let visible = text.chars().filter(|c| !UNSEEN.contains(c));
    visible.nfd().default_case_fold().nfd().collect()
}

#[cfg(test)]
mod tests {
    use chatserv::chat::{Line, Name};
    use proptest::prelude::*;

    use super::super::super::heard::read;
    use super::*;

    #[test]
    fn a_name_is_a_word() {
        for text in [
            "luca",
            "luca: ping",
            "luca, ping",
            "hello luca",
            "LUCA! where are you?",
            "bob,luca: lunch?",
            "he said \"luca\"",
            "*luca* <luca> `luca`",
            "luca👍",
            "luca—come here",
            "luca\u{a0}!",
            "@luca",
            "@bob,@luca",
            "ask him (@luca)…",
            "\"@luca\"",
            "not lucas but luca",
            // Punctuation of other scripts, with and without a blank after it.
            "你好 @luca。",
            "luca：你好",
            "你好，luca！",
            "luca、bob",
            "你好luca",
            "＠luca 你好",
            "¿luca?",
            "„luca“",
            "luca; ٪luca",
            "مرحبا luca؟",
            "luca। नमस्ते",
            "שלום luca\u{200f}!",
            "\u{200e}luca\u{200e}: مرحبا",
        ] {
            assert!(mentions(text, "luca"), "{text:?}");
        }
    }

    #[test]
    fn a_name_inside_something_else_is_none() {
        for text in [
            "",
            "gianluca",
            "luca2",
            "_luca_",
            "luca-bot",
            "luca’s",
            "www.luca.org",
            "luca!user@host",
            "me@luca",
            "me@luca.org",
            "#luca",
            "~/.luca",
            "https://example.org/luca?",
            "lücä",
            "luca\u{301}",
            "luca\u{200d}s",
            "lucaя",
        ] {
            assert!(!mentions(text, "luca"), "{text:?}");
        }
    }

    #[test]
    fn names_of_all_scripts_are_found() {
        for (text, me) in [
            ("STRASSE: hello", "straße"),
            ("jose\u{301}, hola", "josé"),
            ("ΣΊΣΥΦΟΣ;", "σίσυφος"),
            ("привет, Алиса!", "алиса"),
            ("小明：你好", "小明"),
            ("@小明你好", "小明"),
            ("hello小明", "小明"),
            ("ルカさん、こんにちは", "ルカ"),
            ("สวัสดีสมชาย", "สมชาย"),
            ("سارة، كيف حالك؟", "سارة"),
            // Names may begin and end with signs.
            ("hello ann)", "ann)"),
            ("(@ann))", "ann"),
            ("-bob-: hi", "-bob-"),
            ("@127.0.0.1:36832", "127.0.0.1:36832"),
        ] {
            assert!(mentions(text, me), "{text:?} {me:?}");
        }
        for (text, me) in [
            ("josé", "jose"),
            ("алисатут", "алиса"),
            ("루카스", "루카"),
            ("ルカス", "ルカ"),
            ("רמת־דנה", "דנה"),
            ("127.0.0.1:36832", "127.0.0.1:3683"),
        ] {
            assert!(!mentions(text, me), "{text:?} {me:?}");
        }
    }

    #[test]
    fn one_is_called_by_others_only() {
        let room = r#""room":"dev","message_id":1,"received_at":"2026-11-20T11:03:04Z"}"#;
        let people = r#""to":["luca"],"received_at":"2026-11-20T11:03:04Z"}"#;
        for (said, speaking, calling) in [
            (format!(r#"{{"action":"chat","from":"bob","message":"hi",{room}"#), true, false),
            (format!(r#"{{"action":"chat","from":"bob","message":"hi @luca",{room}"#), true, true),
            (format!(r#"{{"action":"chat","from":"bob","message":"luca: hi",{room}"#), true, true),
            (format!(r#"{{"action":"me","from":"bob","message":"sees luca",{room}"#), true, true),
            (format!(r#"{{"action":"chat","from":"bob","message":"hi",{people}"#), true, true),
            (format!(r#"{{"action":"msg","from":"bob","message":"hi",{people}"#), true, true),
            (
                format!(r#"{{"action":"chat","from":"luca","message":"I, luca",{room}"#),
                false,
                false,
            ),
            (format!(r#"{{"action":"msg","from":"Luca","message":"hi",{people}"#), false, false),
            (r#"{"action":"notice","message":"luca: hi"}"#.to_owned(), false, false),
            (r#"{"action":"nick","from":"bob","username":"@luca"}"#.to_owned(), false, false),
        ] {
            let (heard, _) = read(&said).expect("each row is an object of the server");
            assert_eq!(speaks(&heard, "luca"), speaking, "{said}");
            assert_eq!(calls(&heard, "luca"), calling, "{said}");
        }
    }

    proptest! {
        /// A name may consist of any signs and scripts.
        #[test]
        fn every_name_can_be_called(typed in "[\\PC]{1,6}") {
            let typed = Line { text: typed, altered: false };
            let name = Name::parse(&typed);
            prop_assume!(name.is_ok());
            let name = name.unwrap();
            let name = name.as_str();
            for (before, after) in
                [("", ": hi"), ("hi ", ""), ("@", ""), ("(@", ")!"), ("hi ", ", ann"), ("", "。")]
            {
                let text = format!("{before}{name}{after}");
                prop_assert!(mentions(&text, name), "{text:?} {name:?}");
            }
        }
    }
}
