//! Text that may reach another person's terminal.

use chatserv::protocol::{clean, is_blank};

use super::{altered, check, line};

#[test]
fn texts_of_all_languages_stay_as_they_are() {
    for text in [
        "plain ASCII, with \"signs\" ~{}|\\^`",
        "Grüße, naïve façade",
        "日本語 한국어 中文",
        "مرحبا بالعالم",
        "שָׁלוֹם",
        "नमस्ते क्षत्रिय",
        "ก็ที่ไหน",
        "👩‍👩‍👧‍👦 👍🏽 🏳️‍🌈 1️⃣ ❤️",
        "🏴󠁧󠁢󠁥󠁮󠁧󠁿 and its tags",
        "left\u{200E}right\u{200F}arabic\u{061C}marks",
        "zero\u{200B}width\u{200C}joiner\u{200D}",
        "e\u{301} and a\u{300}\u{301}\u{302}\u{303}",
        "a real \u{FFFD}",
        "no\u{00A0}break",
    ] {
        check(format!("{text}\r\n"), &[line(text)], b"");
    }
}

#[test]
fn a_tab_is_a_blank_and_other_controls_are_dropped() {
    check(b"a\tb\n", &[line("a b")], b"");
    check(b"a\x01b\x07c\x0Bd\x0Ce\x1Ff\n", &[altered("abcdef")], b"");
    check("a\u{80}b\u{85}c\u{84}d\n", &[altered("abcd")], b"");
    // In typed text, DEL edits the line before it is cleaned; this one comes from JSON.
    assert_eq!(clean(b"a\x7Fb\r\0").text, "ab");
}

#[test]
#[rustfmt::skip]
fn bad_utf8_becomes_the_replacement_character() {
    check(b"caf\xE9\n", &[altered("caf\u{FFFD}")], b"");
    check(b"\xC3\n", &[altered("\u{FFFD}")], b"");
    check(b"a\xE2\x82\n", &[altered("a\u{FFFD}")], b"");
    // Overlong forms, a surrogate, and beyond the last code point.
    check(b"\xC0\xAF\n", &[altered("\u{FFFD}\u{FFFD}")], b"");
    check(b"\xE0\x80\xAF\n", &[altered("\u{FFFD}\u{FFFD}\u{FFFD}")], b"");
    check(b"\xED\xA0\x80\n", &[altered("\u{FFFD}\u{FFFD}\u{FFFD}")], b"");
    check(b"\xF4\x90\x80\x80\n", &[altered("\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}")], b"");
    // A C1 control as a raw byte is not UTF-8.
    check(b"a\x9B31mb\n", &[altered("a\u{FFFD}31mb")], b"");
}

#[test]
fn escape_sequences_are_dropped_as_a_whole() {
    for (typed, text) in [
        // Control sequences: colours, cursor, private ones, and ones with intermediates.
        ("\x1b[31mred\x1b[0m", "red"),
        ("a\x1b[2J\x1b[1;1Hb", "ab"),
        ("a\x1b[?1049h\x1b[!p\x1b[0 qb", "ab"),
        ("a\u{9b}31mb", "ab"),
        ("a\x1b[31", "a"),
        ("a\x1b[3é", "aé"),
        ("a\x1b[3\x1b[31mb", "ab"),
        // Strings: title, hyperlink, clipboard, with each way to end one.
        ("a\x1b]0;title\x07b", "ab"),
        ("a\x1b]0;title\x1b\\b", "ab"),
        ("a\x1b]0;title\u{9c}b", "ab"),
        ("a\u{9d}52;c;aGk=\x07b", "ab"),
        ("\x1b]8;;http://example.org\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("a\x1bPq#0\x1b\\b", "ab"),
        ("a\x1bXsos\x1b\\b\x1b^pm\x1b\\c\x1b_apc\x1b\\d", "abcd"),
        ("a\u{90}dcs\u{9c}b\u{98}sos\u{9c}c\u{9e}pm\u{9c}d\u{9f}apc\u{9c}e", "abcde"),
        // A bell ends an operating system command and nothing else.
        ("a\x1bPdcs\x07still", "a"),
        ("a\x1b]0;cancelled\x18b", "ab"),
        ("a\x1b]0;never ended", "a"),
        ("a\x1b]0;日本", "a"),
        ("a\x1b]0;one\x1b[31mb", "ab"),
        ("a\x1bPtmux;\x1b\x1b]52;c;aGk=\x07\x1b\\b", "ab"),
        // Two characters, character sets, single shifts.
        ("a\x1bcb\x1b7c\x1b=d", "abcd"),
        ("a\x1b(0b\x1b%Gc\x1b#8d", "abcd"),
        ("a\x1bOAb\u{8f}Bc", "abc"),
        // An escape that begins nothing.
        ("a\x1b", "a"),
        ("a\x1b\x1bb", "a"),
        ("a\x1bé", "aé"),
        ("a\x1b\tb", "a b"),
    ] {
        check(format!("{typed}\n"), &[altered(text)], b"");
    }
}

#[test]
#[rustfmt::skip]
fn bidi_controls_and_line_separators_are_dropped() {
    check("a\u{202A}b\u{202B}c\u{202C}d\u{202D}e\u{202E}f\n", &[altered("abcdef")], b"");
    check("a\u{2066}b\u{2067}c\u{2068}d\u{2069}e\n", &[altered("abcde")], b"");
    check("a\u{2028}b\u{2029}c\n", &[altered("a b c")], b"");
}

#[test]
fn a_line_end_inside_a_text_is_a_blank() {
    // A JSON string may contain one.
    for (text, cleaned) in [
        ("one\nserver: two", "one server: two"),
        ("one\r\ntwo", "one two"),
        ("one\rtwo", "onetwo"),
        ("\n\n", "  "),
        ("a\u{1b}]0;title\nb", "a"),
    ] {
        let line = clean(text.as_bytes());
        assert_eq!((line.text.as_str(), line.altered), (cleaned, true), "{text:?}");
    }
}

#[test]
#[rustfmt::skip]
fn combining_marks_do_not_pile_up() {
    let piled = |marks: usize| format!("z{}o", "\u{301}".repeat(marks));
    check(format!("{}\n", piled(8)), &[line(&piled(8))], b"");
    check(format!("{}\n", piled(9)), &[altered(&piled(8))], b"");
    check(format!("{0}{0}\n", piled(300)), &[altered(&piled(8).repeat(2))], b"");
    // The vowels of old Korean are no marks, but pile up like them.
    let vowels = |count: usize| format!("\u{1112}{}", "\u{119e}".repeat(count));
    check(format!("{}\n", vowels(300)), &[altered(&vowels(8))], b"");
    // Invisible and dropped characters do not make room for more.
    let joined = |times| "\u{301}\u{301}\u{301}\u{301}\u{200D}".repeat(times);
    check(format!("z{}\n", joined(3)), &[altered(&format!("z{}\u{200D}", joined(2)))], b"");
    let marks = "\u{301}".repeat(4);
    check(
        format!("z{marks}\u{202E}{marks}\u{1}\u{301}\n"),
        &[altered(&format!("z{marks}{marks}"))],
        b"",
    );
    // Marks with a column of their own, as in Tamil and Burmese, begin a new stack.
    let spaced = "က\u{103b}\u{103e}\u{1031}\u{102c}\u{103a}".repeat(10);
    check(format!("{spaced}\n"), &[line(&spaced)], b"");
}

#[test]
fn a_blank_line_is_an_empty_one() {
    check(b"  \t \n", &[line("")], b"");
    check("\u{3000}\u{A0}\n", &[line("")], b"");
    check(b"\x1b[A\n", &[altered("")], b"");
    assert!(is_blank("") && is_blank(" \u{2003}") && !is_blank(" a"));
}
