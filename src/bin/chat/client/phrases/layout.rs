//! Line layout within the width of an ordinary terminal.

use chatserv::protocol::plain::layout::cut;
use unicode_width::UnicodeWidthStr as _;

use super::super::{Line, Role};

/// The prefix of a notice.
const NOTICE: &str = "-- ";
/// The prefix of an error.
const ERROR: &str = "!! ";
/// The prefix of a row in a list. It is deeper than the prefix of the title, so that the end of the list is visible.
const ROW: &str = "--   ";

/// The maximum width of a line, so that an ordinary terminal does not wrap it.
const LINE_COLUMNS_MAX: usize = 80;
/// The width that is left for a sentence.
pub(super) const TEXT_COLUMNS_MAX: usize = LINE_COLUMNS_MAX - NOTICE.len();
/// The width that is left for a row.
pub(super) const ROW_COLUMNS_MAX: usize = LINE_COLUMNS_MAX - ROW.len();
/// The number of blanks between two columns.
pub(super) const GAP: usize = 2;

/// Formats a notice, wrapped to as many lines as it needs.
pub(super) fn notice(text: &str) -> Vec<Line> {
    prefixed(Role::Notice, NOTICE, text)
}

/// Formats an error, wrapped to as many lines as it needs.
pub(super) fn error(text: &str) -> Vec<Line> {
    prefixed(Role::Error, ERROR, text)
}

/// Formats a notice as one line, however wide it is.
pub(super) fn as_it_is(text: &str) -> Line {
    Line::notice(&format!("{NOTICE}{text}"))
}

/// Formats a title and rows in aligned columns. Each row is cut to the width of a line, and empty columns are left out.
/// `total` is the number of rows, of which `rows` may contain only the first ones.
pub(super) fn table<const N: usize>(title: &str, rows: &[[String; N]], total: usize) -> Vec<Line> {
    let widths: [usize; N] = std::array::from_fn(|column| {
        let widths = rows.iter().map(|row| row[column].width());
        widths.max().unwrap_or_default()
    });
    let shown = rows.iter().map(|row| aligned(row, &widths));
    list(title, shown, total.saturating_sub(rows.len()))
}

/// Formats a title and names in as many columns as fit, ordered column by column. `total` is the number of names, of
/// which `names` may contain only the first ones.
pub(super) fn names_in_columns(title: &str, names: &[String], total: usize) -> Vec<Line> {
    let narrowest = names.iter().map(|name| name.width()).min().unwrap_or_default();
    let columns_max = (ROW_COLUMNS_MAX + GAP) / (narrowest + GAP);
    let fitting = (1..=columns_max).rev().find_map(|columns| {
        let rows = names.len().div_ceil(columns);
        let widths = widths_of_columns(names, rows);
        let blanks = GAP * widths.len().saturating_sub(1);
        (widths.iter().sum::<usize>() + blanks <= ROW_COLUMNS_MAX).then_some((rows, widths))
    });
    // A name that is wider than a line gets a column of its own and is cut.
    let (rows, widths) =
        fitting.unwrap_or_else(|| (names.len(), widths_of_columns(names, names.len())));
    let shown = (0..rows).map(|row| {
        let cells: Vec<&String> = names.iter().skip(row).step_by(rows).collect();
        aligned(&cells, &widths)
    });
    list(title, shown, total.saturating_sub(names.len()))
}

/// The width of each column if the names fill this many rows.
fn widths_of_columns(names: &[String], rows: usize) -> Vec<usize> {
    let columns = names.chunks(rows.max(1));
    columns.map(|column| column.iter().map(|name| name.width()).max().unwrap_or_default()).collect()
}

/// Formats a title and rows. `beyond` is the number of rows that are not shown.
fn list(title: &str, rows: impl Iterator<Item = String>, beyond: usize) -> Vec<Line> {
    let mut lines = notice(title);
    lines.extend(rows.map(|row| row_of(&row)));
    if beyond > 0 {
        lines.push(row_of(&format!("… and {beyond} more")));
    }
    lines
}

/// Wraps a text at this width. A line is wider only if it consists of a single word that is wider.
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

/// Formats a count with its noun, singular or plural.
pub fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// Joins names: `ann, bob and cid`.
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

/// Pads the cells of a row to the width of their columns.
fn aligned(row: &[impl AsRef<str>], widths: &[usize]) -> String {
    let mut text = String::new();
    for (cell, &width) in row.iter().zip(widths) {
        if width == 0 {
            continue;
        }
        let cell = cell.as_ref();
        text.push_str(cell);
        let blanks = width - cell.width() + GAP;
        text.extend(std::iter::repeat_n(' ', blanks));
    }
    // The padding of the last cell is not needed.
    cut(text.trim_end(), ROW_COLUMNS_MAX)
}
