//! Names: valid ones, refused ones, and which are the same.

mod properties;
mod scripts;

use chatserv::chat::{Line, Name, NameError, NameKey};

fn parse(text: &str) -> Result<Name, NameError> {
    Name::parse(&Line { text: text.to_owned(), altered: false })
}

#[track_caller]
fn name(text: &str) -> Name {
    parse(text).unwrap_or_else(|refusal| panic!("{text:?} was refused: {refusal}"))
}

#[track_caller]
fn key(text: &str) -> NameKey {
    name(text).key().clone()
}

#[track_caller]
fn refusal(text: &str) -> NameError {
    match parse(text) {
        Ok(name) => panic!("{text:?} was taken as the name {:?}", name.as_str()),
        Err(refusal) => refusal,
    }
}

#[test]
fn names_of_all_scripts_are_valid() {
    let latin = "a Alice ann-marie_2 O'Neil ann@home C# Łukasz Nguyễn";
    let others = "Ольга Ελένη שרה محمد अनिता มานี မြွှေ့";
    let asian = "田中さくら ムーミン 김민준 金民준 王小明 王ㄨㄤ";
    let pictures = "🦀 ann2🦀";
    for texts in [latin, others, asian, pictures] {
        for text in texts.split(' ') {
            assert_eq!(name(text).as_str(), text);
        }
    }
}

#[test]
fn blanks_at_the_ends_do_not_count() {
    for text in [" ann", "ann ", "\u{3000}ann\u{a0}", "  ann \t"] {
        assert_eq!(name(text).as_str(), "ann");
    }
    for text in ["", " ", "\u{2003}\u{3000}"] {
        assert_eq!(refusal(text), NameError::Empty);
    }
}

#[test]
fn a_name_is_shown_in_nfc() {
    assert_eq!(name("Zoe\u{308}").as_str(), "Zo\u{eb}");
    // NFC replaces the sign of a unit by its letter.
    assert_eq!(name("\u{212b}sa").as_str(), "\u{c5}sa");
}

#[test]
fn an_altered_line_is_no_name() {
    let line = Line { text: "ann".to_owned(), altered: true };
    assert_eq!(Name::parse(&line).err(), Some(NameError::Altered));
    assert_eq!(refusal("ann\u{fffd}"), NameError::Altered);
}

#[test]
fn blanks_inside_are_refused() {
    let ascii = " \t\n\r";
    let others = "\u{85}\u{a0}\u{1680}\u{2000}\u{2009}\u{2028}\u{2029}\u{202f}\u{205f}\u{3000}";
    for blank in ascii.chars().chain(others.chars()) {
        assert_eq!(refusal(&format!("two{blank}words")), NameError::Blank);
    }
}

#[test]
fn invisible_characters_are_refused_and_not_dropped() {
    for (what, characters) in [
        ("control", "\0\u{7}\u{1b}\u{7f}\u{9b}"),
        ("direction", "\u{61c}\u{200e}\u{200f}\u{202e}\u{2066}"),
        ("of no width", "\u{200b}\u{200c}\u{200d}\u{2060}\u{feff}"),
        ("joiner", "\u{ad}\u{34f}\u{17b4}\u{180e}"),
        ("filler", "\u{115f}\u{1160}\u{3164}\u{ffa0}"),
        ("blank", "\u{2800}\u{13441}\u{1d159}"),
        ("variation", "\u{180b}\u{fe00}\u{fe0f}\u{e0100}"),
        ("tag", "\u{e0001}\u{e0041}"),
        ("format", "\u{600}\u{fff9}\u{fffc}\u{13430}\u{1d173}"),
    ] {
        for c in characters.chars() {
            for text in [format!("an{c}n"), format!("ann{c}"), format!("{c}ann"), c.to_string()] {
                assert_eq!(refusal(&text), NameError::Unseen(c), "{what}: {text:?}");
            }
        }
    }
}

#[test]
fn private_and_unassigned_characters_are_refused() {
    for unknown in ['\u{e000}', '\u{10fffd}', '\u{378}', '\u{ffff}'] {
        assert_eq!(refusal(&format!("a{unknown}")), NameError::Unassigned(unknown));
    }
}

#[test]
fn special_signs_are_refused_where_they_mean_something() {
    for sign in ['@', '/', '#', '{'] {
        for text in [format!("{sign}ann"), format!(" {sign}")] {
            assert_eq!(refusal(&text), NameError::LeadingSign(sign));
        }
        name(&format!("a{sign}"));
    }
    for sign in ['.', '!', '?', ':', ';'] {
        let text = format!("ann{sign}");
        assert_eq!(refusal(&text), NameError::TrailingSign(sign));
        name(&format!("{sign}a{sign}b"));
    }
    // Quotations and brackets end in these, and sentences of other scripts.
    for sign in
        ['"', '\'', ')', ']', '}', '»', '«', '“', '”', '…', '。', '」', '؟', '।', '။', '።', '！']
    {
        let text = format!("12{sign}");
        assert_eq!(refusal(&text), NameError::TrailingSign(sign));
        name(&format!("{sign}1"));
    }
    // Abbreviations of Hebrew, Thai and Hindi end in these.
    for text in ["ג׳ורג׳", "กรุงเทพฯ", "डॉ॰", "C#", "ann_", "-ann-", "*"]
    {
        name(text);
    }
    // The full-width variants mean the same, and so do other slashes.
    for (text, sign) in [
        ("＠ann", '@'),
        ("﹫ann", '@'),
        ("／ann", '/'),
        ("⁄ann", '/'),
        ("∕ann", '/'),
        ("＃ann", '#'),
        ("｛ann", '{'),
    ] {
        assert_eq!(refusal(text), NameError::LeadingSign(sign));
    }
    for text in ["ann,", "ann,bob", ",", "小明、小红", "小明，", "محمد،علي"] {
        assert_eq!(refusal(text), NameError::Comma);
    }
    // The Greek question mark becomes a semicolon in NFC.
    assert_eq!(refusal("ann\u{37e}"), NameError::TrailingSign(';'));
}

#[test]
fn a_name_has_1_to_32_columns() {
    for text in [
        "a".repeat(32),
        "王".repeat(16),
        // Letters of four bytes, which make the longest name.
        "\u{10428}".repeat(32),
        // Combining marks and blanks at the ends do not count.
        format!("  {}  ", "q\u{301}".repeat(32)),
    ] {
        name(&text);
    }
    for (text, columns) in [("a".repeat(33), 33), ("王".repeat(17), 34)] {
        assert_eq!(refusal(&text), NameError::TooWide { columns });
    }
}

#[test]
fn marks_do_not_pile_up() {
    name(&format!("q{}", "\u{301}".repeat(8)));
    assert_eq!(refusal(&format!("q{}", "\u{301}".repeat(9))), NameError::TooManyMarks);
    // The vowels of Old Korean are no marks, but have no width either.
    let vowels = format!("\u{1112}{}", "\u{119e}".repeat(9));
    assert_eq!(refusal(&vowels), NameError::TooManyMarks);
    for mark in ['\u{301}', '\u{93e}', '\u{119e}'] {
        let text = format!("{mark}a");
        assert_eq!(refusal(&text), NameError::LeadingMark(mark));
    }
    // Within the columns, but with too many characters.
    let tower = format!("q{}", "\u{489}".repeat(2000));
    assert_eq!(refusal(&tower), NameError::TooManyBytes { bytes: 4001 });
    let wall = "q\u{1ab0}\u{1ab1}".repeat(32);
    assert_eq!(refusal(&wall), NameError::TooManyBytes { bytes: 224 });
}

#[test]
fn a_name_keeps_to_one_script() {
    for (text, first, second, at) in [
        ("p\u{430}ypal", "Latin", "Cyrillic", '\u{430}'),
        ("аbc", "Cyrillic", "Latin", 'b'),
        ("12-Ωmega", "Greek", "Latin", 'm'),
        ("田中Tanaka", "Han", "Latin", 'T'),
        ("さくら김", "Hiragana", "Hangul", '김'),
        ("王さくら김", "Japanese", "Hangul", '김'),
        ("王김さ", "Korean", "Hiragana", 'さ'),
        ("王ㄨさ", "Chinese", "Hiragana", 'さ'),
    ] {
        let mixed = NameError::MixedScripts { first, second, at };
        assert_eq!(refusal(text), mixed, "{text:?}");
    }
}

#[test]
fn reserved_names_and_their_look_alikes_are_refused() {
    for (text, word) in [
        ("server", "server"),
        ("SERVER", "server"),
        (" Server ", "server"),
        ("\u{ff33}erver", "server"),       // a full-width S
        ("\u{1d42c}erver", "server"),      // a mathematical bold s
        ("server:hello", "server"),        // would be read as the server's line
        ("server\u{ff1a}hello", "server"), // and so would a full-width colon
        ("server\u{2236}", "server"),      // and a ratio sign
        ("chatserv", "chatserv"),
        ("ShutDown", "shutdown"),
        ("SHUTDOWN", "shutdown"),
        ("all", "all"),
        ("a1l", "all"),
        ("\u{430}\u{4cf}\u{4cf}", "all"), // all in Cyrillic
        ("everyone", "everyone"),
        ("EVERY0NE", "everyone"),
    ] {
        assert_eq!(refusal(text), NameError::Reserved(word), "{text:?}");
    }
    // One letter of another script is refused for mixing scripts.
    for text in ["s\u{435}rver", "ser\u{3bd}er", "\u{455}erver"] {
        assert!(matches!(refusal(text), NameError::MixedScripts { .. }), "{text:?}");
    }
    for text in ["serverless", "my-server", "ball", "observer"] {
        name(text);
    }
}

#[test]
fn first_words_of_other_protocols_are_refused() {
    for text in ["SSH-2.0-OpenSSH_9.7", "SSH-1.99-x", "HTTP/1.1", "*1", "*12", "$4"] {
        assert_eq!(refusal(text), NameError::Greeting);
    }
    for text in ["Host:", "User-Agent:", "Accept-Encoding:"] {
        assert_eq!(refusal(text), NameError::TrailingSign(':'));
    }
    assert_eq!(refusal("GET / HTTP/1.1"), NameError::Blank);
    for text in ["ssh-fan", "SSH-fan", "HTTPie", "*", "$", "*1a", "help"] {
        name(text);
    }
}

#[test]
fn names_that_look_the_same_have_the_same_key() {
    for (one, other) in [
        ("Alice", "aLICE"),
        ("alice", " alice  "),
        ("Straße", "STRASSE"),
        ("ΟΔΥΣΣΕΥΣ", "οδυσσευς"),
        ("οδυσσευσ", "οδυσσευς"),
        ("Zo\u{eb}", "Zoe\u{308}"),
        ("ZO\u{cb}", "zoe\u{308}"),
        ("\u{131}smail", "ismail"), // without a dot
        ("\u{441}\u{43e}\u{441}\u{43e}", "coco"),
        ("\u{421}\u{41e}\u{421}\u{41e}", "coco"),
        ("b0b", "BOB"),
        ("a1ice", "alice"),
        ("modern", "modem"),
        ("\u{1d41a}nn", "ann"), // a mathematical bold a
        ("\u{ff41}nn", "ann"),  // a full-width a
    ] {
        assert_eq!(key(one), key(other), "{one:?} and {other:?}");
    }
}

#[test]
fn names_that_look_different_have_different_keys() {
    for (one, other) in [
        ("ann", "anna"),
        ("ann", "anne"),
        ("Zo\u{eb}", "Zoe"),
        ("ann", "ann_"),
        ("ann2", "ann3"),
        ("王", "玉"),
        ("Ольга", "Олег"),
    ] {
        assert_ne!(key(one), key(other), "{one:?} and {other:?}");
    }
}
