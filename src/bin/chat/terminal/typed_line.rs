//! The typed line: a cursor that moves by characters and words, and the text that was cut.

use std::mem;
use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation as _;

use super::keys::Key;

/// The maximum length of the line, which is more than the server accepts.
const BYTES_MAX: usize = 64 * 1024;

/// The typed line.
#[derive(Debug, Default)]
pub struct TypedLine {
    text: String,
    /// A byte offset between two grapheme clusters.
    cursor: usize,
    cut: String,
    /// The last key has cut something, so the next cut is added to it.
    was_cut: bool,
}

impl TypedLine {
    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn cursor(&self) -> usize {
        self.cursor
    }

    /// Replaces the text. The cursor is at this byte offset.
    pub fn set(&mut self, text: String, cursor: usize) {
        (self.text, self.cursor) = (text, cursor);
    }

    /// Replaces the text. The cursor is at its end.
    pub fn set_to_end(&mut self, text: String) {
        let end = text.len();
        self.set(text, end);
    }

    /// Takes the text, which is empty then.
    pub fn take(&mut self) -> String {
        self.cursor = 0;
        mem::take(&mut self.text)
    }

    /// Inserts a text before the cursor. Returns whether it fits.
    pub fn insert(&mut self, text: &str) -> bool {
        let fits = self.text.len() + text.len() <= BYTES_MAX;
        if fits {
            self.text.insert_str(self.cursor, text);
            self.cursor += text.len();
        }
        fits
    }

    /// Handles the keys of Emacs that edit a line, as shells do. Other keys have no effect.
    pub fn edit(&mut self, key: Key) {
        let was_cut = mem::take(&mut self.was_cut);
        let (at, end) = (self.cursor, self.text.len());
        match key {
            Key::Left | Key::Control('b') => self.cursor = self.left(),
            Key::Right | Key::Control('f') => self.cursor = self.right(),
            Key::WordLeft | Key::Alt('b') => self.cursor = self.begin_of(is_word),
            Key::WordRight | Key::Alt('f') => self.cursor = self.word_end(),
            Key::Home | Key::Control('a') => self.cursor = 0,
            Key::End | Key::Control('e') => self.cursor = end,
            Key::Backspace => self.remove(self.left()..at),
            Key::Delete | Key::Control('d') => self.remove(at..self.right()),
            Key::Alt('\u{8}' | '\u{7f}') => self.cut(self.begin_of(is_word)..at, was_cut),
            Key::Control('w') => self.cut(self.begin_of(is_visible)..at, was_cut),
            Key::Control('u') => self.cut(0..at, was_cut),
            Key::WordDelete | Key::Alt('d') => self.cut(at..self.word_end(), was_cut),
            Key::Control('k') => self.cut(at..end, was_cut),
            Key::Control('y') => {
                let cut = self.cut.clone();
                self.insert(&cut);
            }
            Key::Control('t') => self.transpose(),
            _ => {}
        }
    }

    fn remove(&mut self, range: Range<usize>) {
        self.cursor = range.start;
        self.text.replace_range(range, "");
    }

    /// Removes and keeps a text. `continues` says that it is added to what was cut before.
    fn cut(&mut self, range: Range<usize>, continues: bool) {
        if !continues && !range.is_empty() {
            self.cut.clear();
        }
        let at = if range.start < self.cursor { 0 } else { self.cut.len() };
        self.cut.insert_str(at, &self.text[range.clone()]);
        self.was_cut = true;
        self.remove(range);
    }

    /// Transposes the characters around the cursor, or the last two.
    fn transpose(&mut self) {
        if self.cursor == self.text.len() {
            self.cursor = self.left();
        }
        let (left, at, right) = (self.left(), self.cursor, self.right());
        let swapped = [&self.text[at..right], &self.text[left..at]].concat();
        self.text.replace_range(left..right, &swapped);
        self.cursor = right;
    }

    /// The begin of the character before the cursor.
    fn left(&self) -> usize {
        let last = self.text[..self.cursor].grapheme_indices(true).next_back();
        last.map_or(0, |(at, _)| at)
    }

    /// The end of the character after the cursor.
    fn right(&self) -> usize {
        self.cursor + self.text[self.cursor..].graphemes(true).next().map_or(0, str::len)
    }

    /// The begin of the last run of these characters before the cursor.
    fn begin_of(&self, is_inside: fn(&str) -> bool) -> usize {
        let letters = self.text[..self.cursor].grapheme_indices(true).rev();
        let mut run = letters.skip_while(|(_, letter)| !is_inside(letter));
        run.find(|(_, letter)| !is_inside(letter)).map_or(0, |(at, letter)| at + letter.len())
    }

    /// The end of the first word after the cursor.
    fn word_end(&self) -> usize {
        let letters = self.text[self.cursor..].grapheme_indices(true);
        let mut run = letters.skip_while(|(_, letter)| !is_word(letter));
        run.find(|(_, letter)| !is_word(letter)).map_or(self.text.len(), |(at, _)| self.cursor + at)
    }
}

fn is_word(letter: &str) -> bool {
    letter.starts_with(char::is_alphanumeric)
}

fn is_visible(letter: &str) -> bool {
    !letter.starts_with(char::is_whitespace)
}
