//! Lays out the server's lines for an ordinary terminal, and formats times.

use jiff::civil::DateTime;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::chat::Time;

const PREFIX: &str = "server: ";
/// The width of an ordinary terminal.
const LINE_COLUMNS_MAX: usize = 80;
pub(super) const TEXT_COLUMNS_MAX: usize = LINE_COLUMNS_MAX - PREFIX.len();
/// The most lines of a list, so that its beginning is still on the screen.
const LIST_LINES_MAX: usize = 48;
/// How much of somebody's input to quote back, in columns and in characters, since some characters have no width.
const QUOTE_COLUMNS_MAX: usize = 32;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// Appends one line from the server.
pub(super) fn line(text: &str, out: &mut Vec<u8>) {
    for part in [PREFIX.as_bytes(), text.as_bytes(), b"\r\n"] {
        out.extend_from_slice(part);
    }
}

/// Joins `pieces` with blanks into as few lines as possible, and says how many are not shown. `beyond` is the number of
/// those that are not in `pieces` at all.
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

/// Appends a title, then rows in aligned columns, each row cut to the width of a line. `rows` may be only the first of
/// `total`.
pub(super) fn columns<const N: usize>(
    title: &str,
    rows: impl IntoIterator<Item = [String; N]>,
    total: usize,
    out: &mut Vec<u8>,
) {
    line(title, out);
    // The title counts as a line of the list.
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
            text.extend(std::iter::repeat_n(' ', width - cell.width() + 2));
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

/// Cuts a text to at most this many columns; an ellipsis replaces the rest.
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

/// The part of somebody's input to quote back. See [`QUOTE_COLUMNS_MAX`].
pub(super) fn quoted(typed: &str) -> &str {
    let mut columns = 0;
    let beyond = typed.char_indices().enumerate().find(|&(count, (_, c))| {
        columns += c.width().unwrap_or(0);
        count == QUOTE_COLUMNS_MAX || columns > QUOTE_COLUMNS_MAX
    });
    beyond.map_or(typed, |(_, (end, _))| &typed[..end])
}

/// A length of time in the past, rounded down: `45s`, `30m`, `2h 5m`, `3d 4h`.
pub fn past(time: Time) -> String {
    length(time.as_secs())
}

/// A length of time that remains, rounded up to the smallest unit shown, so that it is not too short.
pub(super) fn left(time: Time) -> String {
    let seconds = seconds_left(time);
    let unit = match seconds {
        0..MINUTE => 1,
        MINUTE..DAY => MINUTE,
        _ => HOUR,
    };
    length(seconds.div_ceil(unit).saturating_mul(unit))
}

/// The seconds that remain, rounded up.
pub(in crate::protocol) fn seconds_left(time: Time) -> u64 {
    time.as_secs().saturating_add(u64::from(time.subsec_nanos() > 0))
}

fn length(seconds: u64) -> String {
    let (large, small) = match seconds {
        0..MINUTE => return format!("{seconds}s"),
        MINUTE..HOUR => return format!("{}m", seconds / MINUTE),
        HOUR..DAY => ((seconds / HOUR, 'h'), (seconds % HOUR / MINUTE, 'm')),
        _ => ((seconds / DAY, 'd'), (seconds % DAY / HOUR, 'h')),
    };
    match (large, small) {
        ((count, unit), (0, _)) => format!("{count}{unit}"),
        ((count, unit), (rest, smaller)) => format!("{count}{unit} {rest}{smaller}"),
    }
}

/// Hours and minutes.
pub(super) fn clock(time: DateTime) -> String {
    time.strftime("%H:%M").to_string()
}

/// The date, hours and minutes.
pub(super) fn day_and_clock(time: DateTime) -> String {
    time.strftime("%Y-%m-%d %H:%M").to_string()
}
