use super::*;

use GraphemeClusterMode::{NoZwj, Unicode, WcWidth};

/// What was painted on a screen of ten columns. The cursor is where the `|` is.
fn painted(prompt: &str, line: &str) -> Painted {
    let cursor = line.find('|').unwrap_or(line.len());
    Painted {
        prompt: prompt.into(),
        line: line.replacen('|', "", 1),
        cursor,
        width: 10,
        screen: 10,
    }
}

fn at(row: usize, column: usize) -> Position {
    Position { column, row }
}

#[test]
fn a_layout_is_the_line_editors() {
    let table = [
        ("", "", WcWidth, at(0, 0), at(0, 0)),
        ("> ", "", WcWidth, at(0, 2), at(0, 2)),
        ("> ", "hello", WcWidth, at(0, 7), at(0, 7)),
        ("> ", "|hello", WcWidth, at(0, 2), at(0, 7)),
        // Full to the last column but one; full; one more.
        ("> ", "1234567", WcWidth, at(0, 9), at(0, 9)),
        ("> ", "12345678", WcWidth, at(1, 0), at(1, 0)),
        ("> ", "123456789", WcWidth, at(1, 1), at(1, 1)),
        ("> ", "12345678|9", WcWidth, at(1, 0), at(1, 1)),
        ("> ", "1|2345678901234567890", WcWidth, at(0, 3), at(2, 2)),
        ("> ", "123456781234567890", WcWidth, at(2, 0), at(2, 0)),
        // A letter of two columns does not stand in the last one.
        ("> ", "你好你好", WcWidth, at(1, 0), at(1, 0)),
        ("> ", "a你好你好", WcWidth, at(1, 2), at(1, 2)),
        ("> ", "a你好你|好", WcWidth, at(0, 9), at(1, 2)),
        // An astronaut: a woman, a joiner, a rocket. Terminals disagree, and the environment says which this is.
        ("> ", "👩‍🚀", WcWidth, at(0, 6), at(0, 6)),
        ("> ", "👩‍🚀", Unicode, at(0, 4), at(0, 4)),
        ("> ", "👩‍🚀", NoZwj, at(0, 6), at(0, 6)),
        ("> ", "👋🏿", NoZwj, at(0, 4), at(0, 4)),
        ("> ", "e\u{301}e\u{301}", WcWidth, at(0, 4), at(0, 4)),
        ("> ", "\tx", WcWidth, at(0, 9), at(0, 9)),
        ("dev> ", "abc\tx", WcWidth, at(1, 8 + 1), at(1, 8 + 1)),
        ("> ", "one\ntwo", WcWidth, at(1, 3), at(1, 3)),
    ];
    for (prompt, line, widths, cursor, end) in table {
        let layout = painted(prompt, line).layout(widths);
        assert_eq!(layout, Layout { cursor, end }, "{prompt}{line}");
    }
}

#[test]
fn a_tab_that_does_not_fit_begins_the_next_row() {
    // From column 8 a tab takes eight columns, of which only two are left.
    let layout = painted("dev> ", "abc\t").layout(WcWidth);
    assert_eq!(layout.end, at(1, 8));
}

#[test]
fn a_cursor_within_a_letter_counts_as_at_the_end() {
    let mut painted = painted("> ", "ü");
    painted.cursor = 1;
    assert_eq!(painted.layout(WcWidth).cursor, at(0, 3));
}

#[test]
fn a_terminal_that_wraps_anew_keeps_the_line_end_behind_a_full_row() {
    let table = [
        // No full row: as if it had been painted there.
        ("123456789", 20, at(0, 11), at(0, 11)),
        ("123456789", 4, at(2, 3), at(2, 3)),
        // Full only there: nothing has brought the cursor onto the next row.
        ("123456789", 11, at(0, 11), at(0, 11)),
        ("1234|56789", 6, at(1, 0), at(1, 5)),
        ("1234|567890", 6, at(1, 0), at(1, 6)),
        // A full row: the cursor stays on the row behind it.
        ("12345678", 20, at(1, 0), at(1, 0)),
        ("1234|5678", 20, at(0, 6), at(1, 0)),
        ("12345678", 4, at(3, 0), at(3, 0)),
        ("1234|5678", 4, at(1, 2), at(3, 0)),
        // Full at the new width too: there the line end follows the full row itself.
        ("12345678", 5, at(2, 0), at(2, 0)),
    ];
    for (line, width, cursor, end) in table {
        let layout = painted("> ", line).reflowed(width, WcWidth);
        assert_eq!(layout, Layout { cursor, end }, "{line} at {width}");
    }
}

#[test]
fn going_to_the_first_row_and_making_room_again_ends_at_the_same_row() {
    let layout = Layout { cursor: at(1, 3), end: at(4, 0) };
    assert_eq!(begin_below(&layout), "\u{1b}[3B\r\n\u{1b}[J");
    assert_eq!(make_room(&layout), "\n\n\n\n\u{1b}[3A");
    assert_eq!(leave(&layout), "\n\n\n\r\n");
    let single = Layout { cursor: at(0, 3), end: at(0, 7) };
    assert_eq!(begin_below(&single), "\r\n\u{1b}[J");
    assert_eq!(make_room(&single), "");
    assert_eq!(leave(&single), "\r\n");
    let standing = |below, rows| erase(&Standing { below, rows });
    assert_eq!(standing(3, 4), "\u{1b}[3B\u{1b}[4A\r\u{1b}[J");
    assert_eq!(standing(0, 0), "\r\u{1b}[J");
}

#[test]
fn a_line_stands_as_the_screen_wraps_it_and_its_cursor_as_the_editor_believes() {
    let table = [
        // As it was painted, and after the screen has got another width.
        ("1234|56789012345", 10, 10, Some((1, 1))),
        ("1234|56789012345", 10, 6, Some((1, 2))),
        // Painted as for ten columns on a screen of six: the editor went up one row, and should have gone up two.
        ("123|456789012345", 6, 6, Some((1, 2))),
        // On a screen of 20, where it went up above the prompt.
        ("1234|56789012345", 20, 20, Some((1, 0))),
        // The screen has changed once more since.
        ("1234|56789012345", 6, 20, None),
    ];
    for (line, screen, width, expected) in table {
        let painted = Painted { screen, ..painted("> ", line) };
        let expected = expected.map(|(below, rows)| Standing { below, rows });
        assert_eq!(painted.stands(width, WcWidth), expected, "{line} at {screen}");
    }
}

#[test]
fn one_row_is_one_that_fits_before_and_after() {
    let is_one_row = |line, width| painted("> ", line).is_one_row(width, WcWidth);
    assert!(is_one_row("1234567", 10));
    assert!(is_one_row("1234567", 20));
    assert!(!is_one_row("1234567", 9), "the cursor is behind it");
    assert!(!is_one_row("12345678", 20), "it took two");
    assert!(Painted::default().is_one_row(1, WcWidth));
}
