//! A line for the screen becomes characters, with colours or without.
//!
//! The only sequences are those of SGR, which say how the letters behind them look (ECMA-48, section 8.3.117). Each
//! piece takes back what it has set, so that no colour runs into the line that is being typed.

use unicode_width::UnicodeWidthStr as _;

use super::{Line, Role};

/// The colours of names, by their numbers among xterm's 256. These are told apart most easily, and their luminance is in
/// the middle: each can be read on black and on white.
const NAME_COLOURS: [u8; 10] = [28, 32, 62, 64, 68, 97, 99, 130, 133, 166];

/// Also readable on both, and no name's: so neither a room nor a private line looks like a name.
const ROOM: &str = "38;5;30";
const PRIVATE: &str = "38;5;162";

const BOLD: &str = "1";
const DIM: &str = "2";
const RED: &str = "31";

/// The characters that show the line.
pub fn paint(line: &Line, colours: bool) -> String {
    rows(line, usize::MAX, colours)
}

/// The same for a screen that has this many columns: in rows, which end with a line feed between them. A row ends at a
/// blank. A word that is wider than a row stays whole, so that the terminal breaks it and still takes it for one link.
pub fn rows(line: &Line, columns: usize, colours: bool) -> String {
    // Beyond half of the screen, an indent takes more room than it is worth.
    let indent = if line.indent() <= columns / 2 { line.indent() } else { 0 };
    let breaks = breaks(&line.text(), columns, indent);
    let next_row = format!("\n{}", " ".repeat(indent));
    let mut painted = String::new();
    let mut begin = 0;
    for (role, text) in line.pieces() {
        let (on, off) = match style(role, text).filter(|_| colours) {
            Some(style) => (format!("\u{1b}[{style}m"), "\u{1b}[0m"),
            None => (String::new(), ""),
        };
        let mut rest = begin;
        let end = begin + text.len();
        for &at in breaks.iter().filter(|&&at| (begin..end).contains(&at)) {
            painted += &[&on, &text[rest - begin..at - begin], off, &next_row].concat();
            // The blank is gone.
            rest = at + 1;
        }
        painted += &[&on, &text[rest - begin..], off].concat();
        begin = end;
    }
    painted
}

/// The blanks, by their places in bytes, that become line feeds.
fn breaks(text: &str, columns: usize, indent: usize) -> Vec<usize> {
    let mut breaks = Vec::new();
    if text.len() <= columns {
        return breaks;
    }
    let (mut column, mut at) = (0, 0);
    for word in text.split_inclusive(' ') {
        let width = word.trim_end_matches(' ').width();
        // A blank before the word is where the row can end. What is wider than a row begins where it stands.
        if column > indent && column + width > columns && indent + width <= columns {
            breaks.push(at - 1);
            column = indent;
        }
        column += width;
        if column > columns {
            column %= columns.max(1);
        }
        column += word.len() - word.trim_end_matches(' ').len();
        at += word.len();
    }
    breaks
}

/// What SGR calls the look of a piece; none where it looks as all that is typed.
fn style(role: Role, text: &str) -> Option<String> {
    let style = match role {
        Role::Text => return None,
        Role::Name => return Some(format!("38;5;{}", name_colour(text))),
        Role::Own | Role::Mention => BOLD,
        Role::Room => ROOM,
        Role::Private => PRIVATE,
        Role::Time | Role::Notice => DIM,
        Role::Error => RED,
    };
    Some(style.to_owned())
}

/// The colour of a name, which follows from nothing but the name: it is the same for everybody, and tomorrow. The hash
/// is FNV-1a, since the one of the standard library may change with each version.
fn name_colour(name: &str) -> u8 {
    const OFFSET_BASIS: u32 = 0x811c_9dc5;
    const PRIME: u32 = 0x0100_0193;
    let folded = caseless::default_case_fold_str(name);
    let hash = folded
        .bytes()
        .fold(OFFSET_BASIS, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(PRIME));
    // The lowest bits of FNV are its worst, and the rest of a division is made of them: the upper ones are mixed in.
    let mixed = hash ^ (hash >> 16);
    NAME_COLOURS[mixed as usize % NAME_COLOURS.len()]
}

#[cfg(test)]
mod tests;
