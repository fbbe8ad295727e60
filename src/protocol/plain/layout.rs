//! The server's own lines, and how to keep them within the width and the height of an ordinary terminal.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Stands before each line of the server's own.
const PREFIX: &str = "server: ";
/// A line of a list is at most this wide, so that an ordinary terminal does not break it.
const LINE_COLUMNS_MAX: usize = 80;
/// What the prefix leaves of it.
pub(super) const TEXT_COLUMNS_MAX: usize = LINE_COLUMNS_MAX - PREFIX.len();
/// A list is at most this long, so that its beginning is still on the screen.
const LIST_LINES_MAX: usize = 48;
/// What somebody typed is quoted back to this width, and to as many characters, since some have no width.
const QUOTE_COLUMNS_MAX: usize = 32;

/// One line of the server's own.
pub(super) fn line(text: &str, out: &mut Vec<u8>) {
    for part in [PREFIX.as_bytes(), text.as_bytes(), b"\r\n"] {
        out.extend_from_slice(part);
    }
}

/// Puts `pieces` into as few lines as hold them, with blanks between them, and says how many are not shown. `beyond` is
/// how many more there are than `pieces` has. Nothing at all where there are no pieces.
pub(super) fn wrap(pieces: impl IntoIterator<Item = String>, beyond: usize, out: &mut Vec<u8>) {
    let mut pieces = pieces.into_iter();
    let (mut text, mut columns, mut lines) = (String::new(), 0, 0);
    while let Some(piece) = pieces.next() {
        let width = piece.width();
        if !text.is_empty() {
            if columns + 1 + width <= TEXT_COLUMNS_MAX {
                text.push(' ');
                columns += 1;
            } else {
                line(&text, out);
                text.clear();
                columns = 0;
                lines += 1;
            }
            if lines == LIST_LINES_MAX {
                return and_more(1 + pieces.count() + beyond, out);
            }
        }
        text.push_str(&piece);
        columns += width;
    }
    if !text.is_empty() {
        line(&text, out);
    }
    and_more(beyond, out);
}

/// A title, and below it rows in aligned columns, each cut to the width of a line. `total` is how many rows there are;
/// `rows` may be only the first of them.
pub(super) fn columns<const N: usize>(
    title: &str,
    rows: impl IntoIterator<Item = [String; N]>,
    total: usize,
    out: &mut Vec<u8>,
) {
    line(title, out);
    // The title is a line of the list, too.
    let rows: Vec<_> = rows.into_iter().take(LIST_LINES_MAX - 1).collect();
    let mut widths = [0; N];
    for row in &rows {
        for (widest, cell) in widths.iter_mut().zip(row) {
            *widest = cell.width().max(*widest);
        }
    }
    for row in &rows {
        let mut text = String::new();
        for (cell, width) in row.iter().zip(widths) {
            text.push_str(cell);
            // The blanks behind a cell, and two more to the next one. Those of the last cell are cut off again.
            let blanks = width - cell.width() + 2;
            text.extend(std::iter::repeat_n(' ', blanks));
        }
        line(&cut(text.trim_end(), TEXT_COLUMNS_MAX), out);
    }
    and_more(total.saturating_sub(rows.len()), out);
}

fn and_more(count: usize, out: &mut Vec<u8>) {
    if count > 0 {
        line(&format!("… and {count} more"), out);
    }
}

/// A text that takes at most so many columns: what is too much gives way to an ellipsis.
pub fn cut(text: &str, columns_max: usize) -> String {
    if text.width() <= columns_max {
        return text.to_owned();
    }
    let mut columns = 0;
    let fitting = text.graphemes(true).take_while(|letter| {
        columns += letter.width();
        columns < columns_max
    });
    let mut cut: String = fitting.collect();
    cut.push('…');
    cut
}

/// What somebody typed, quoted back to them: never more than a part of a screen line. It is counted in characters, since
/// there is no end to the marks that one letter may have.
pub(super) fn shortened(typed: &str) -> &str {
    let mut columns = 0;
    let beyond = typed.char_indices().enumerate().find(|&(count, (_, c))| {
        columns += c.width().unwrap_or(0);
        count == QUOTE_COLUMNS_MAX || columns > QUOTE_COLUMNS_MAX
    });
    beyond.map_or(typed, |(_, (end, _))| &typed[..end])
}
