//! Makes of bytes a text that is safe to show on another terminal, and to write to the log.
//!
//! A terminal obeys what is written to it. Escape sequences set its title, its clipboard and its colours, move the
//! cursor over what others have said, and make some terminals answer as if the person had typed. Bidi overrides show
//! a text in another order than it has. None of these may travel from one person to another. What writes the world's
//! languages and emoji must: joiners, marks of direction, variation selectors and tags pass untouched.

use std::borrow::Cow;

use unicode_normalization::char::is_combining_mark;
use unicode_width::UnicodeWidthChar;

use crate::chat::Line;

/// How many combining marks may follow one another. Living languages need at most four; dozens climb over the lines
/// above and below.
const COMBINING_MARKS_MAX: usize = 4;

const ESCAPE: char = '\u{1b}';
/// Ends an operating system command, by xterm's custom.
const BELL: char = '\u{07}';
const STRING_TERMINATOR: char = '\u{9c}';
/// These two break off any sequence.
const CANCEL: char = '\u{18}';
const SUBSTITUTE: char = '\u{1a}';

/// Decodes a line, given without its end, and drops what must not reach another terminal:
///
/// - bad UTF-8 becomes U+FFFD;
/// - what begins a line (LF, U+2028, U+2029) becomes a blank: a text from elsewhere than a typed line may hold one;
/// - control characters (C0, DEL, C1) are dropped, but a tab becomes a blank;
/// - escape sequences are dropped as a whole (ECMA-48, section 5), one that is not ended up to the end of the line;
/// - bidi embeddings, overrides and isolates are dropped, and more than four combining marks in a row.
///
/// [`Line::altered`] tells that something was dropped or replaced; a tab does not count.
pub fn clean(bytes: &[u8]) -> Line {
    // Most lines are printable ASCII. One pass without an early exit, so that the compiler can compare many bytes at
    // a time, and one allocation.
    let printable = bytes
        .iter()
        .fold(true, |all, byte| all & matches!(byte, b' '..=b'~'));
    if printable && let Ok(text) = std::str::from_utf8(bytes) {
        return Line {
            text: text.to_owned(),
            altered: false,
        };
    }
    let decoded = String::from_utf8_lossy(bytes);

    let mut cleaned = Cleaned {
        line: Line {
            text: String::with_capacity(decoded.len()),
            altered: matches!(decoded, Cow::Owned(_)),
        },
        marks: 0,
    };
    let mut rest: &str = &decoded;
    while let Some((c, after)) = split_first(rest) {
        rest = after;
        match c {
            '\t' => cleaned.push(' '),
            '\n' | '\u{2028}' | '\u{2029}' => {
                cleaned.push(' ');
                cleaned.line.altered = true;
            }
            _ if !is_forbidden(c) => cleaned.push(c),
            _ => {
                cleaned.line.altered = true;
                rest = after_sequence(c, after);
            }
        }
    }
    cleaned.line
}

/// Whether a text has nothing to see in it.
pub fn is_blank(text: &str) -> bool {
    text.chars().all(char::is_whitespace)
}

/// A line in the making.
struct Cleaned {
    line: Line,
    /// How many combining marks the line ends with.
    marks: usize,
}

impl Cleaned {
    fn push(&mut self, c: char) {
        // Asking the tables is slow; below U+0300 there is no mark.
        if c >= '\u{300}' && is_combining_mark(c) {
            self.marks += 1;
            if self.marks > COMBINING_MARKS_MAX {
                self.line.altered = true;
                return;
            }
        } else if self.marks > 0 && c.width() != Some(0) {
            // What takes no column, such as a joiner, is not a new letter for marks to pile up on.
            self.marks = 0;
        }
        self.line.text.push(c);
    }
}

/// Whether a character must not reach another terminal.
fn is_forbidden(c: char) -> bool {
    // Embeddings and overrides of direction, then isolates (UAX 9).
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// What follows the sequence that the forbidden character `c` introduces: all of `rest` where it introduces none.
fn after_sequence(c: char, rest: &str) -> &str {
    match c {
        ESCAPE => match split_first(rest) {
            Some((kind @ ' '..='~', rest)) => after_escape(kind, rest),
            _ => rest,
        },
        // Each C1 control is short for ESC and the character 0x40 below it.
        '\u{80}'..='\u{9f}' => {
            char::from_u32(u32::from(c) - 0x40).map_or(rest, |kind| after_escape(kind, rest))
        }
        _ => rest,
    }
}

/// What follows the sequence that begins with ESC and `kind`.
fn after_escape(kind: char, rest: &str) -> &str {
    let is_intermediate = |c| matches!(c, ' '..='/');
    match kind {
        // A control sequence: parameters, intermediates, and a final character that says what to do.
        '[' => after_final(rest.trim_start_matches(|c| matches!(c, ' '..='?')), '@'),
        // Character sets and the like: intermediates and a final character.
        _ if is_intermediate(kind) => after_final(rest.trim_start_matches(is_intermediate), '0'),
        ']' => after_string(rest, &[BELL, STRING_TERMINATOR, CANCEL, SUBSTITUTE]),
        'P' | 'X' | '^' | '_' => after_string(rest, &[STRING_TERMINATOR, CANCEL, SUBSTITUTE]),
        // A single shift changes the next character; many keyboards send their arrows so.
        'N' | 'O' => after_final(rest, ' '),
        _ => rest,
    }
}

/// What follows the final character of a sequence, which is one from `lowest` to `~`. If there is another character in
/// its place, the sequence is broken and that character is text.
fn after_final(rest: &str, lowest: char) -> &str {
    rest.strip_prefix(|c| (lowest..='~').contains(&c))
        .unwrap_or(rest)
}

/// What follows a string for the terminal: nothing if nothing ends it. An escape ends it too, but is not part of it:
/// either it begins the terminator `ESC \`, which is then dropped as any two-character sequence, or something else.
fn after_string<'a>(rest: &'a str, ends: &[char]) -> &'a str {
    match rest
        .find(|c| c == ESCAPE || ends.contains(&c))
        .map(|at| &rest[at..])
    {
        None => "",
        Some(end) if end.starts_with(ESCAPE) => end,
        Some(end) => split_first(end).map_or("", |(_, rest)| rest),
    }
}

fn split_first(text: &str) -> Option<(char, &str)> {
    let mut chars = text.chars();
    chars.next().map(|c| (c, chars.as_str()))
}
