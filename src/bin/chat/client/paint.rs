//! Converts a line to characters, with or without colours.
//!
//! The only escape sequences are those of SGR, which select colours (ECMA-48, section 8.3.117). Each piece resets its
//! attributes, so that no colour leaks into the line that is being typed.

use unicode_width::UnicodeWidthStr as _;

use super::{Line, Role};

/// The colours of names, as indexes into xterm's palette of 256. They are easy to tell apart, and their medium
/// luminance makes each of them readable on black, on white, and on the backgrounds of
/// Solarized.
const NAME_COLOURS: [u8; 10] = [28, 32, 63, 64, 68, 98, 99, 130, 133, 166];

/// Readable in the same way, and not the colour of any name, so that rooms and private messages do not look
/// like names.
const ROOM: &str = "38;5;30";
const PRIVATE: &str = "38;5;198";

/// Readable on dark and on light backgrounds too. SGR 2 (faint) is not: its contrast depends on the terminal and its
/// theme.
pub const GREY: &str = "38;5;244";
const RED: &str = "38;5;196";
const BOLD: &str = "1";

/// Renders the line.
pub fn paint(line: &Line, colours: bool) -> String {
    rows(line, usize::MAX, colours)
}

/// Renders the line for a screen of this width, as rows separated by line feeds. Rows break at blanks. A word that is
/// wider than a row stays whole, and the terminal wraps it. A link begins at the left edge then, so that the terminal
/// recognizes it.
pub fn rows(line: &Line, columns: usize, colours: bool) -> String {
    // An indent of more than half of the screen would waste too much room.
    let indent = if line.indent() <= columns / 2 { line.indent() } else { 0 };
    let breaks = breaks(&line.text(), columns, indent);
    let mut painted = String::new();
    let mut begin = 0;
    for (role, text) in line.pieces() {
        let (on, off) = match style(role, text).filter(|_| colours) {
            Some(style) => (format!("\u{1b}[{style}m"), "\u{1b}[0m"),
            None => (String::new(), ""),
        };
        let mut rest = begin;
        let end = begin + text.len();
        for &(at, indent) in breaks.iter().filter(|(at, _)| (begin..end).contains(at)) {
            painted += &[&on, &text[rest - begin..at - begin], off, "\n"].concat();
            painted.extend(std::iter::repeat_n(' ', indent));
            // The line feed replaces the blank.
            rest = at + 1;
        }
        painted += &[&on, &text[rest - begin..], off].concat();
        begin = end;
    }
    painted
}

/// The byte offsets of the blanks that become line feeds, each with the indent of the next row.
fn breaks(text: &str, columns: usize, indent: usize) -> Vec<(usize, usize)> {
    let mut breaks = Vec::new();
    if text.len() <= columns {
        return breaks;
    }
    let (mut column, mut begin, mut at) = (0, 0, 0);
    for part in text.split_inclusive(' ') {
        let word = part.trim_end_matches(' ');
        let width = word.width();
        let fits = indent + width <= columns;
        if column > begin && column + width > columns && (fits || word.contains("://")) {
            begin = if fits { indent } else { 0 };
            breaks.push((at - 1, begin));
            column = begin;
        }
        column += width;
        if column > columns {
            column %= columns.max(1);
        }
        column += part.len() - word.len();
        at += part.len();
    }
    breaks
}

/// The SGR parameters of a piece, or `None` for the terminal's default.
fn style(role: Role, text: &str) -> Option<String> {
    let style = match role {
        Role::Text | Role::Notice => return None,
        Role::Name => return Some(format!("38;5;{}", name_colour(text))),
        Role::Own | Role::Mention => BOLD,
        Role::Room => ROOM,
        Role::Private => PRIVATE,
        Role::Time | Role::Aside => GREY,
        Role::Error => RED,
    };
    Some(style.to_owned())
}

/// The colour of a name. It depends only on the name, so it is the same for every user and every run. The hash is
/// FNV-1a, since the hash of the standard library may change with each version.
fn name_colour(name: &str) -> u8 {
    const OFFSET_BASIS: u32 = 0x811c_9dc5;
    const PRIME: u32 = 0x0100_0193;
    let folded = caseless::default_case_fold_str(name);
    let hash = folded
        .bytes()
        .fold(OFFSET_BASIS, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(PRIME));
    // The lowest bits of FNV-1a are its weakest, and the remainder depends on them, so the upper bits are mixed in.
    let mixed = hash ^ (hash >> 16);
    NAME_COLOURS[mixed as usize % NAME_COLOURS.len()]
}

#[cfg(test)]
mod tests;
