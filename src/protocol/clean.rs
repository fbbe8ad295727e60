//! Turns bytes into text that is safe to show on another terminal and to write to the log.
//!
//! A terminal obeys what is written to it. Escape sequences set its title, its clipboard and its colours, move the
//! cursor over other people's lines, and make some terminals answer as if the person had typed. Bidi overrides change
//! the order in which a text appears. None of these may reach another person. Characters that languages and emoji need,
//! such as joiners, direction marks, variation selectors and tags, pass unchanged.

use std::borrow::Cow;

use crate::chat::{Line, MarkStack};

const ESCAPE: char = '\u{1b}';
/// Ends an operating system command in xterm.
const BELL: char = '\u{07}';
const STRING_TERMINATOR: char = '\u{9c}';
/// CANCEL and SUBSTITUTE abort any sequence.
const CANCEL: char = '\u{18}';
const SUBSTITUTE: char = '\u{1a}';

/// Decodes a line without its end, and removes what must not reach another terminal:
///
/// - invalid UTF-8 becomes U+FFFD;
/// - line breaks (LF, U+2028, U+2029) become blanks: text from JSON may contain them;
/// - control characters (C0, DEL, C1) are dropped, except that a tab becomes a blank;
/// - escape sequences (ECMA-48, section 5) are dropped whole, and an unterminated string up to the end of the line;
/// - bidi embeddings, overrides and isolates are dropped, and so is each mark that a [`MarkStack`] does not carry.
///
/// [`Line::altered`] says whether something was dropped or replaced; a tab does not count.
pub fn clean(bytes: &[u8]) -> Line {
    // Most lines are printable ASCII: one fast pass and one allocation.
    let printable = ordinary_prefix(bytes, |byte| matches!(byte, b' '..=b'~'));
    if printable == bytes.len()
        && let Ok(text) = str::from_utf8(bytes)
    {
        return Line { text: text.to_owned(), altered: false };
    }
    let decoded = String::from_utf8_lossy(bytes);
    let text = String::with_capacity(decoded.len());
    let altered = matches!(decoded, Cow::Owned(_));
    let mut cleaned = Cleaned { line: Line { text, altered }, marks: MarkStack::default() };
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
                rest = skip_sequence(c, after);
            }
        }
    }
    cleaned.line
}

/// Whether a text is empty or all white space.
pub fn is_blank(text: &str) -> bool {
    text.chars().all(char::is_whitespace)
}

/// The length of the longest prefix in which all bytes are `ordinary`.
///
/// Nearly all bytes are. So each chunk is checked without an early exit, which the compiler turns into a few wide
/// comparisons, and only the chunk with the first other byte is searched byte by byte.
pub(super) fn ordinary_prefix(bytes: &[u8], ordinary: impl Fn(u8) -> bool) -> usize {
    let mut length = 0;
    for chunk in bytes.chunks(32) {
        if !chunk.iter().fold(true, |all, &byte| all & ordinary(byte)) {
            return length + chunk.iter().take_while(|&&byte| ordinary(byte)).count();
        }
        length += chunk.len();
    }
    length
}

/// The part of a line that is already clean.
struct Cleaned {
    line: Line,
    /// The marks at its end.
    marks: MarkStack,
}

impl Cleaned {
    fn push(&mut self, c: char) {
        if self.marks.carries(c) {
            self.line.text.push(c);
        } else {
            self.line.altered = true;
        }
    }
}

/// Whether a character is a control, or a bidi embedding, override or isolate (UAX 9).
fn is_forbidden(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Skips the sequence that the forbidden character `c` begins. Returns the whole `rest` if `c` begins none.
fn skip_sequence(c: char, rest: &str) -> &str {
    match c {
        ESCAPE => match split_first(rest) {
            Some((kind @ ' '..='~', rest)) => skip_escape(kind, rest),
            _ => rest,
        },
        // Each C1 control is short for ESC and the character 0x40 below it.
        '\u{80}'..='\u{9f}' => {
            char::from_u32(u32::from(c) - 0x40).map_or(rest, |kind| skip_escape(kind, rest))
        }
        _ => rest,
    }
}

/// Skips the rest of a sequence that begins with ESC and `kind`.
fn skip_escape(kind: char, rest: &str) -> &str {
    let is_intermediate = |c| matches!(c, ' '..='/');
    match kind {
        // A control sequence: parameters and intermediates, then a final character.
        '[' => skip_final(rest.trim_start_matches(|c| matches!(c, ' '..='?')), '@'),
        // Character sets and the like: intermediates, then a final character.
        _ if is_intermediate(kind) => skip_final(rest.trim_start_matches(is_intermediate), '0'),
        ']' => skip_string(rest, &[BELL, STRING_TERMINATOR, CANCEL, SUBSTITUTE]),
        'P' | 'X' | '^' | '_' => skip_string(rest, &[STRING_TERMINATOR, CANCEL, SUBSTITUTE]),
        // A single shift changes the next character; many keyboards send arrow keys this way.
        'N' | 'O' => skip_final(rest, ' '),
        _ => rest,
    }
}

/// Skips the final character of a sequence, which lies between `lowest` and `~`. Any other character is text, and the
/// sequence is incomplete.
fn skip_final(rest: &str, lowest: char) -> &str {
    rest.strip_prefix(|c| (lowest..='~').contains(&c)).unwrap_or(rest)
}

/// Skips a control string, up to and including one of `ends`, or to the end of the line. An ESC ends the string too, but
/// is not skipped: it begins another sequence, usually the terminator `ESC \`.
fn skip_string<'a>(rest: &'a str, ends: &[char]) -> &'a str {
    match rest.find(|c| c == ESCAPE || ends.contains(&c)).map(|at| &rest[at..]) {
        None => "",
        Some(end) if end.starts_with(ESCAPE) => end,
        Some(end) => split_first(end).map_or("", |(_, rest)| rest),
    }
}

fn split_first(text: &str) -> Option<(char, &str)> {
    let mut chars = text.chars();
    chars.next().map(|c| (c, chars.as_str()))
}
