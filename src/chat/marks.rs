//! How many marks may be stacked on a letter.

use unicode_normalization::char::is_combining_mark;
use unicode_width::UnicodeWidthChar as _;

/// The most marks on one letter. Pointed Hebrew and Burmese need five, the largest stacks of Tibetan eight. Dozens would
/// cover the lines of other people.
pub const STACKED_MARKS_MAX: usize = 8;

/// Counts the marks that share a column with the letter before them.
#[derive(Debug, Default)]
pub struct MarkStack {
    marks: usize,
}

impl MarkStack {
    /// Takes the next character of a text. Returns whether it may stand there, which is false for a mark too many.
    pub fn carries(&mut self, c: char) -> bool {
        // The table lookups are slow, and there is no mark below U+0300.
        if c < '\u{300}' && self.marks == 0 {
            return true;
        }
        if !takes_no_column(c) {
            self.marks = 0;
        } else if is_combining_mark(c) || is_old_korean(c) {
            self.marks += 1;
            return self.marks <= STACKED_MARKS_MAX;
        }
        // Other invisible characters, such as joiners, add nothing to the stack and do not end it.
        true
    }
}

/// Whether a character is drawn over the one before it. Some Indian and Burmese marks have a column of their own.
pub fn takes_no_column(c: char) -> bool {
    c.width() == Some(0)
}

/// The vowels and finals of old Korean, which are no marks but pile up like them.
fn is_old_korean(c: char) -> bool {
    matches!(c, '\u{1160}'..='\u{11ff}' | '\u{d7b0}'..='\u{d7ff}')
}
