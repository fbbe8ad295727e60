//! A line for the screen, before colours are added.

use chatserv::protocol::clean;
use unicode_width::UnicodeWidthStr as _;

/// The width of the sign before a notice or an error: `-- ` or `!! `.
const SIGN_COLUMNS: usize = 3;

/// The role of a piece of a line, which decides its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A timestamp, with its brackets.
    Time,
    /// A person's name. Each name has its own colour.
    Name,
    /// The user's own name.
    Own,
    Room,
    /// The text of a message.
    Text,
    /// The text of a private message to the user, or of a message that mentions the user.
    Mention,
    /// The mark of a private message, with its recipients.
    Private,
    /// A join or leave, which matters least.
    Aside,
    /// Another notice of the client or the server, such as an answer to a request.
    Notice,
    Error,
}

/// A line for the screen: pieces of text, each with its role. It contains no line ends and no control characters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line {
    pieces: Vec<(Role, String)>,
    /// The indent of continuation rows, in columns, if the screen wraps the line.
    indent: usize,
}

impl Line {
    /// Creates a line of one piece.
    pub fn of(role: Role, text: &str) -> Self {
        Self::default().with(role, text)
    }

    /// Creates a notice of the client or the server.
    pub fn notice(text: &str) -> Self {
        Self::of(Role::Notice, text).indented(SIGN_COLUMNS)
    }

    /// Creates a notice of a join or leave.
    pub fn aside(text: &str) -> Self {
        Self::of(Role::Aside, text).indented(SIGN_COLUMNS)
    }

    /// Creates an error message.
    pub fn error(text: &str) -> Self {
        Self::of(Role::Error, text).indented(SIGN_COLUMNS)
    }

    /// Appends a piece. All texts pass through here, so this is where control characters are removed, whatever the
    /// server lets through.
    #[must_use]
    pub fn with(mut self, role: Role, text: &str) -> Self {
        self.pieces.push((role, clean(text.as_bytes()).text));
        self
    }

    /// Sets the indent of continuation rows.
    #[must_use]
    pub fn indented(self, columns: usize) -> Self {
        Self { indent: columns, ..self }
    }

    /// The width of the line in columns.
    pub fn width(&self) -> usize {
        self.pieces.iter().map(|(_, text)| text.width()).sum()
    }

    /// The indent of continuation rows in columns.
    pub fn indent(&self) -> usize {
        self.indent
    }

    /// The length of the text in bytes.
    pub fn len(&self) -> usize {
        self.pieces.iter().map(|(_, text)| text.len()).sum()
    }

    /// The pieces, in order.
    pub fn pieces(&self) -> impl Iterator<Item = (Role, &str)> {
        self.pieces.iter().map(|(role, text)| (*role, &**text))
    }

    /// The text without its roles.
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
