//! Whether somebody speaks, and whether they speak to this person.

use super::super::Heard;
use super::{is_private, is_same, speech};

/// What may stand before a mention: `(@luca)`.
const OPENINGS: [char; 5] = ['(', '[', '{', '"', '\''];

/// What may stand behind one: the end of a sentence, or of what was opened.
const ENDS: [char; 14] = ['.', '!', '?', ':', ';', '…', ')', ']', '}', '"', '\'', '。', '！', '？'];

/// Whether somebody else speaks to this person: by a mention or in private.
pub fn calls(heard: &Heard, me: &str) -> bool {
    speech(heard).is_some_and(|(manner, said)| {
        let to_me = is_private(manner, said) || mentions(&said.message, me);
        to_me && !is_same(&said.from, me)
    })
}

/// Whether somebody else says something.
pub fn speaks(heard: &Heard, me: &str) -> bool {
    speech(heard).is_some_and(|(_, said)| !is_same(&said.from, me))
}

/// Whether `@me` stands in the text as a word of its own.
pub(super) fn mentions(text: &str, me: &str) -> bool {
    // No name holds a comma, so one ends a word wherever it stands: `@ann,@bob`.
    let words = text.split(|c: char| c.is_whitespace() || c == ',');
    words
        .filter_map(|word| word.trim_start_matches(OPENINGS).strip_prefix('@'))
        // As it stands first: a name may well end with a bracket.
        .any(|name| is_same(name, me) || is_same(name.trim_end_matches(ENDS), me))
}

#[cfg(test)]
mod tests {
    use super::super::super::heard::read;
    use super::*;

    #[test]
    fn a_mention_is_a_word() {
        for (text, is_mention) in [
            ("@luca", true),
            ("hello @luca", true),
            ("@luca, hello", true),
            ("is it you, @luca?!", true),
            ("@bob,@luca", true),
            ("ask him (@luca)…", true),
            ("\"@luca\"", true),
            ("你好 @luca。", true),
            ("@LUCA", true),
            ("@Luca: hello", true),
            ("", false),
            ("@", false),
            ("luca", false),
            ("@lucas", false),
            ("@luca2", false),
            ("@luca's", false),
            ("luca@luca", false),
            ("me@luca.org", false),
            ("@@luca", false),
            ("@ luca", false),
        ] {
            assert_eq!(mentions(text, "luca"), is_mention, "{text:?}");
        }
        for (text, me) in [
            ("@STRASSE!", "straße"),
            ("@jose\u{301}", "josé"),
            ("@ΣΊΣΥΦΟΣ", "σίσυφος"),
            ("hello @ann)", "ann)"),
            ("(@ann))", "ann"),
        ] {
            assert!(mentions(text, me), "{text:?}");
        }
    }

    #[test]
    fn one_is_called_by_others_only() {
        let room = r#""room":"dev","message_id":1,"received_at":"2026-11-20T11:03:04Z"}"#;
        let people = r#""to":["luca"],"received_at":"2026-11-20T11:03:04Z"}"#;
        for (said, speaking, calling) in [
            (format!(r#"{{"action":"chat","from":"bob","message":"hi",{room}"#), true, false),
            (format!(r#"{{"action":"chat","from":"bob","message":"hi @luca",{room}"#), true, true),
            (format!(r#"{{"action":"me","from":"bob","message":"sees @luca",{room}"#), true, true),
            (format!(r#"{{"action":"chat","from":"bob","message":"hi",{people}"#), true, true),
            (format!(r#"{{"action":"msg","from":"bob","message":"hi",{people}"#), true, true),
            (
                format!(r#"{{"action":"chat","from":"luca","message":"I, @luca",{room}"#),
                false,
                false,
            ),
            (format!(r#"{{"action":"msg","from":"Luca","message":"hi",{people}"#), false, false),
            (r#"{"action":"notice","message":"@luca"}"#.to_owned(), false, false),
            (r#"{"action":"nick","from":"bob","username":"@luca"}"#.to_owned(), false, false),
        ] {
            let (heard, _) = read(&said).expect("each row is an object of the server");
            assert_eq!(speaks(&heard, "luca"), speaking, "{said}");
            assert_eq!(calls(&heard, "luca"), calling, "{said}");
        }
    }
}
