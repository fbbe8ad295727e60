//! Lines, and how to keep within the width of an ordinary terminal.

use chatserv::protocol::plain::layout::cut;
use unicode_width::UnicodeWidthStr as _;

use super::super::{Line, Role};

/// Stands before whatever nobody has said.
const NOTICE: &str = "-- ";
/// Stands before what went wrong.
const ERROR: &str = "!! ";
/// Stands before each row of a list: more than before its title, so that one sees where it ends.
const ROW: &str = "--   ";

/// No line is wider, so that an ordinary terminal does not break it.
const LINE_COLUMNS_MAX: usize = 80;
/// What is left of it for a sentence.
pub(super) const TEXT_COLUMNS_MAX: usize = LINE_COLUMNS_MAX - NOTICE.len();
/// What is left of it for a row.
pub(super) const ROW_COLUMNS_MAX: usize = LINE_COLUMNS_MAX - ROW.len();
/// The blanks between two columns.
pub(super) const GAP: usize = 2;

/// What is to be told, in as many lines as it needs.
pub(super) fn notice(text: &str) -> Vec<Line> {
    prefixed(Role::Notice, NOTICE, text)
}

/// What went wrong, in as many lines as it needs.
pub(super) fn error(text: &str) -> Vec<Line> {
    prefixed(Role::Error, ERROR, text)
}

/// What is to be told, in one line, however wide it is.
pub(super) fn as_it_is(text: &str) -> Line {
    Line::notice(&format!("{NOTICE}{text}"))
}

/// A title, and below it rows in aligned columns, each cut to the width of a line. Columns without anything in them are
/// left out. `total` is how many rows there are; `rows` may be only the first of them.
pub(super) fn table<const N: usize>(title: &str, rows: &[[String; N]], total: usize) -> Vec<Line> {
    let widths: [usize; N] = std::array::from_fn(|column| {
        let widths = rows.iter().map(|row| row[column].width());
        widths.max().unwrap_or_default()
    });
    let mut lines = notice(title);
    lines.extend(rows.iter().map(|row| row_of(&aligned(row, widths))));
    let beyond = total.saturating_sub(rows.len());
    if beyond > 0 {
        lines.push(row_of(&format!("… and {beyond} more")));
    }
    lines
}

/// The words of a text in lines of at most so many columns. Only a word that is wider alone has a line that is.
pub(super) fn wrapped(text: &str, columns_max: usize) -> Vec<String> {
    if text.width() <= columns_max {
        return vec![text.to_owned()];
    }
    let mut lines = Vec::new();
    let (mut line, mut columns) = (String::new(), 0);
    for word in text.split_whitespace() {
        let width = word.width();
        if !line.is_empty() && columns + 1 + width > columns_max {
            lines.push(std::mem::take(&mut line));
            columns = 0;
        }
        if !line.is_empty() {
            line.push(' ');
            columns += 1;
        }
        line.push_str(word);
        columns += width;
    }
    lines.push(line);
    lines
}

/// So many of them.
pub fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// `ann, bob and cid`.
pub fn listed(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

fn prefixed(role: Role, prefix: &str, text: &str) -> Vec<Line> {
    wrapped(text, TEXT_COLUMNS_MAX)
        .iter()
        .map(|text| Line::of(role, &format!("{prefix}{text}")).indented(prefix.width()))
        .collect()
}

fn row_of(text: &str) -> Line {
    Line::notice(&format!("{ROW}{text}")).indented(ROW.width())
}

/// The cells of a row, each as wide as its column.
fn aligned<const N: usize>(row: &[String; N], widths: [usize; N]) -> String {
    let mut text = String::new();
    for (cell, width) in row.iter().zip(widths) {
        if width == 0 {
            continue;
        }
        text.push_str(cell);
        let blanks = width - cell.width() + GAP;
        text.extend(std::iter::repeat_n(' ', blanks));
    }
    // The blanks behind the last cell are too many.
    cut(text.trim_end(), ROW_COLUMNS_MAX)
}
