//! The ends of lines, editing, and the limits on length.

use super::{NOW, altered, check, check_long, line, plain};
use chatserv::chat::Input;
use chatserv::protocol::{Decoded, ENDLESS_BYTES_MAX, LINE_BYTES_MAX};

#[test]
#[rustfmt::skip]
fn each_line_end_ends_one_line() {
    let hi = || line("hi");
    check(b"", &[], b"");
    check(b"hi\r\n", &[hi()], b"");
    check(b"hi\r\0", &[hi()], b"");
    check(b"hi\r", &[hi()], b"");
    check(b"hi\n", &[hi()], b"");
    check(b"hi\r\nhi\r\0hi\rhi\nhi\r\n", &[hi(), hi(), hi(), hi(), hi()], b"");
    // Each kind of line end counts as one.
    check(b"\r\r\n\n\r\0\r\n", &[line(""), line(""), line(""), line(""), line("")], b"");
    // Only the byte right after CR belongs to it.
    check(b"\r\0\0\n", &[line(""), line("")], b"");
    check(b"\rx\n", &[line(""), line("x")], b"");
}

#[test]
fn a_carriage_return_ends_the_line_at_once() {
    let mut decoder = plain();
    let mut decoded = Decoded::default();
    decoder.feed(b"hi\r", NOW, &mut decoded);
    assert_eq!(decoded.inputs, [line("hi")]);
    decoder.feed(b"\n", NOW, &mut decoded);
    decoder.finish(&mut decoded);
    assert_eq!(decoded.inputs, [line("hi")]);
}

#[test]
fn the_end_of_input_ends_a_line() {
    check(b"a\nb", &[line("a"), line("b")], b"");
    check(b"a\xC3", &[altered("a\u{FFFD}")], b"");
    // Nothing is pending.
    check(b"ab\x08\x08", &[], b"");
    check(b"\0", &[], b"");
}

#[test]
fn backspace_and_delete_erase_one_visible_letter() {
    check(b"helo\x08lo\n", &[line("hello")], b"");
    check(b"helo\x7flo\n", &[line("hello")], b"");
    check(b"\x08\x7fa\n", &[line("a")], b"");
    check("e\u{301}\x08x\n", &[line("x")], b"");
    check("a👩‍👩‍👧‍👦\x7f\n", &[line("a")], b"");
    check("🇫🇷🇩🇪\x7f\n", &[line("🇫🇷")], b"");
    check("日本\x08\n", &[line("日")], b"");
    // Half a character or an invalid byte is one letter too.
    check(b"a\xE2\x82\x08b\n", &[line("ab")], b"");
    check(b"a\xFE\x08b\n", &[line("ab")], b"");
    check(b"a\tb\x08\x08c\n", &[line("ac")], b"");
}

#[test]
fn ctrl_d_leaves_only_from_an_empty_line() {
    check(b"\x04", &[Input::EndOfTransmission], b"");
    check(b"hi\r\n\x04", &[line("hi"), Input::EndOfTransmission], b"");
    check(b"hi\x08\x08\x04", &[Input::EndOfTransmission], b"");
    check(b"h\x04i\n", &[altered("hi")], b"");
}

#[test]
fn a_null_byte_begins_no_line() {
    check(b"\0\0hi\n", &[line("hi")], b"");
    check(b"h\0i\n", &[altered("hi")], b"");
}

#[test]
#[rustfmt::skip]
fn a_line_has_at_most_4096_bytes() {
    for end in ["\n", "\r\n", "\r\0", "\r"] {
        for length in [LINE_BYTES_MAX - 1, LINE_BYTES_MAX] {
            let text = "x".repeat(length);
            check(format!("{text}{end}ok\n"), &[line(&text), line("ok")], b"");
        }
        let text = "x".repeat(LINE_BYTES_MAX + 1);
        check(format!("{text}{end}ok\n"), &[Input::LineTooLong, line("ok")], b"");
    }
    // Bytes count, also erased ones, but not telnet commands and line ends.
    let text = "é".repeat(LINE_BYTES_MAX / 2);
    check(format!("{text}\n"), &[line(&text)], b"");
    check(format!("{text}x\n"), &[Input::LineTooLong], b"");
    let erased = format!(
        "{}{}",
        "x".repeat(LINE_BYTES_MAX / 2),
        "\x08".repeat(LINE_BYTES_MAX / 2)
    );
    check(format!("{erased}\n"), &[line("")], b"");
    check(format!("{erased}x\n"), &[Input::LineTooLong], b"");
    let text = "x".repeat(LINE_BYTES_MAX);
    check(format!("\r\0{text}\n"), &[line(""), line(&text)], b"");
    check(format!("\r\n{text}\n"), &[line(""), line(&text)], b"");
    check([text.as_bytes(), b"\xFF\xF1\n"].concat(), &[line(&text)], b"");
}

#[test]
fn a_line_that_is_too_long_is_reported_at_once_and_skipped() {
    let mut decoder = plain();
    let mut decoded = Decoded::default();
    decoder.feed(&[b'x'; LINE_BYTES_MAX + 1], NOW, &mut decoded);
    assert_eq!(decoded.inputs, [Input::LineTooLong]);
    decoded = Decoded::default();
    // Neither editing nor Ctrl-D revives it.
    decoder.feed(b"more\x08\x7f\x04\xFF\xF4\xFF\xF8\x04", NOW, &mut decoded);
    assert!(decoded.is_empty());
    decoder.feed(b"\r\nok\r\n", NOW, &mut decoded);
    assert_eq!(decoded.inputs, [line("ok")]);
    // The end of input adds nothing.
    decoded = Decoded::default();
    decoder.feed(&[b'x'; LINE_BYTES_MAX + 1], NOW, &mut decoded);
    decoder.finish(&mut decoded);
    assert_eq!(decoded.inputs, [Input::LineTooLong]);
}

#[test]
#[rustfmt::skip]
fn an_endless_line_ends_the_connection() {
    let exactly = "x".repeat(ENDLESS_BYTES_MAX);
    check_long(format!("{exactly}\nok\n").as_bytes(), &[Input::LineTooLong, line("ok")], b"");
    let more = format!("{exactly}x\nok\n\x04");
    check_long([more.as_bytes(), b"\xFF\xF6"].concat().as_slice(), &[Input::LineTooLong, Input::LineEndless], b"");
    // Each line has a count of its own.
    let two = format!("{exactly}\n{exactly}\n");
    check_long(two.as_bytes(), &[Input::LineTooLong, Input::LineTooLong], b"");
    // Erased bytes and NUL count.
    check_long(&b"x\x08".repeat(ENDLESS_BYTES_MAX), &[Input::LineTooLong, Input::LineEndless], b"");
    check_long(&[0; ENDLESS_BYTES_MAX + 1], &[Input::LineTooLong, Input::LineEndless], b"");
}
