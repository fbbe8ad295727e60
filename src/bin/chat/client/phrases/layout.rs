//! Notices and lists. The screen wraps lines that are wider than it is, so only columns depend on its width.

use std::fmt::Display;

use unicode_width::UnicodeWidthStr as _;

use super::super::Line;

/// The prefix of a row in a list. It is deeper than the prefix of the title, so that the end of the list is visible.
const ROW: &str = "--   ";
/// The number of blanks between two columns.
const GAP: usize = 2;
/// The maximum number of names in a sentence.
const NAMES_MAX: usize = 10;

/// Formats a notice.
pub(super) fn notice(text: &str) -> Line {
    Line::notice(&format!("-- {text}"))
}

/// Formats a title and rows in aligned columns. Empty columns are left out. `total` is the number of rows, of which
/// `rows` may contain only the first ones.
pub(super) fn table<const N: usize>(title: &str, rows: &[[String; N]], total: usize) -> Vec<Line> {
    let widths: [usize; N] = std::array::from_fn(|column| {
        let widths = rows.iter().map(|row| row[column].width());
        widths.max().unwrap_or_default()
    });
    let shown = rows.iter().map(|row| aligned(row, &widths));
    list(title, shown, total.saturating_sub(rows.len()))
}

/// Formats a title and names in as many columns as fit on a screen of this width, ordered column by column. `total` is
/// the number of names, of which `names` may contain only the first ones.
pub(super) fn names_in_columns(
    title: &str,
    names: &[String],
    total: usize,
    columns: usize,
) -> Vec<Line> {
    let room = columns.saturating_sub(ROW.len());
    let narrowest = names.iter().map(|name| name.width()).min().unwrap_or_default();
    let columns_max = (room + GAP) / (narrowest + GAP);
    let fitting = (2..=columns_max).rev().find_map(|columns| {
        let rows = names.len().div_ceil(columns);
        let widths = widths_of_columns(names, rows);
        let blanks = GAP * widths.len().saturating_sub(1);
        (widths.iter().sum::<usize>() + blanks <= room).then_some((rows, widths))
    });
    let (rows, widths) = fitting.unwrap_or_else(|| (names.len(), vec![1]));
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
fn list(title: &str, rows: impl Iterator<Item = Line>, beyond: usize) -> Vec<Line> {
    let more = (beyond > 0).then(|| Line::notice(&format!("{ROW}… and {beyond} more")));
    [notice(title)].into_iter().chain(rows).chain(more).collect()
}

/// Pads the cells of a row to the width of their columns. If the screen wraps the row, the last cell stays in its column.
fn aligned(row: &[impl AsRef<str>], widths: &[usize]) -> Line {
    let mut text = ROW.to_owned();
    let mut indent = ROW.len();
    for (cell, &width) in row.iter().zip(widths).filter(|(_, width)| **width > 0) {
        let cell = cell.as_ref();
        if !cell.is_empty() {
            indent = text.width();
        }
        text.push_str(cell);
        let blanks = (width + GAP).saturating_sub(cell.width());
        text.extend(std::iter::repeat_n(' ', blanks));
    }
    Line::notice(text.trim_end()).indented(indent)
}

/// Formats a count with its noun, singular or plural.
pub fn counted(count: impl TryInto<u64> + Display + Copy, one: &str, many: &str) -> String {
    let noun = if matches!(count.try_into(), Ok(1)) { one } else { many };
    format!("{count} {noun}")
}

/// Joins names: `ann, bob and cid`, or `ann, bob and 7 others`. `total` is the number of names, of which `names` may
/// contain only the first ones.
pub fn listed(names: &[String], total: usize) -> String {
    let shown = if total > NAMES_MAX { NAMES_MAX - 1 } else { total };
    let mut names: Vec<String> = names.iter().take(shown).cloned().collect();
    match total - names.len() {
        0 => {}
        others if names.is_empty() => names.push(others.to_string()),
        others => names.push(counted(others, "other", "others")),
    }
    match names.as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
