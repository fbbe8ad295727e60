//! A line for the screen, before it has colours.

use chatserv::protocol::clean;
use unicode_width::UnicodeWidthStr as _;

/// The part that a piece of a line plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// When it was said, with its brackets.
    Time,
    /// Somebody's name, which has a colour of its own.
    Name,
    /// One's own name.
    Own,
    /// A room's name.
    Room,
    /// What was said.
    Text,
    /// What was said to oneself, or mentions one.
    Mention,
    /// That something was said in private, and to whom.
    Private,
    /// Who comes and goes, and answers: what nobody has said.
    Notice,
    /// What went wrong.
    Error,
}

/// A line for the screen: pieces of text, each with the part it plays. It holds no line end and nothing that a terminal
/// obeys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line {
    /// The pieces, in order.
    pieces: Vec<(Role, String)>,
    /// How many columns the further rows are indented, where a screen breaks the line.
    indent: usize,
}

impl Line {
    /// A line of one piece.
    pub fn of(role: Role, text: &str) -> Self {
        Self::default().with(role, text)
    }

    /// What the client or the server has to tell.
    pub fn notice(text: &str) -> Self {
        Self::of(Role::Notice, text)
    }

    /// What went wrong.
    pub fn error(text: &str) -> Self {
        Self::of(Role::Error, text)
    }

    /// The line with one more piece. Whatever server this is, and whatever it lets through: here, where all texts pass,
    /// a text loses what a terminal would obey.
    #[must_use]
    pub fn with(mut self, role: Role, text: &str) -> Self {
        self.pieces.push((role, clean(text.as_bytes()).text));
        self
    }

    /// Has further rows begin in this column, where a screen breaks the line.
    #[must_use]
    pub fn indented(self, columns: usize) -> Self {
        Self { indent: columns, ..self }
    }

    /// How many columns the line takes.
    pub fn width(&self) -> usize {
        self.pieces.iter().map(|(_, text)| text.width()).sum()
    }

    /// How many columns further rows are indented.
    pub fn indent(&self) -> usize {
        self.indent
    }

    /// How many bytes the text has.
    pub fn len(&self) -> usize {
        self.pieces.iter().map(|(_, text)| text.len()).sum()
    }

    /// The pieces, in order.
    pub fn pieces(&self) -> impl Iterator<Item = (Role, &str)> {
        self.pieces.iter().map(|(role, text)| (*role, &**text))
    }

    /// The line without its parts.
    pub fn text(&self) -> String {
        self.pieces.iter().map(|(_, text)| &**text).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_of_anybody_is_obeyed_by_the_terminal() {
        let line = Line::of(Role::Name, "b\u{1b}]0;owned\u{7}ob")
            .with(Role::Text, ": \u{9b}2Jhi\r\n\u{202e}");
        assert_eq!(line.text(), "bob: hi ");
    }
}
