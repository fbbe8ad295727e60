//! What is wrong with a JSON line. The codec finds it, the Hub answers it: so an error comes in its place among the other
//! answers, and a client that is leaving gets none.

/// Why a line is no request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestError {
    /// Bytes that are no UTF-8 (RFC 8259, section 8.1, wants it).
    NotUtf8,
    /// A byte order mark at the beginning, which RFC 8259 forbids.
    ByteOrderMark,
    /// More levels of brackets than allowed.
    TooDeep,
    /// The line ends in the middle of an object.
    SeveralLines,
    /// Something follows the object.
    SeveralObjects,
    /// A value, but no object.
    NotAnObject,
    /// No JSON at all.
    NotJson {
        /// The byte at which that shows, counted from 1.
        column: usize,
    },
    /// A field twice.
    DuplicateField(String),
    /// No field `action`.
    MissingAction,
    /// An action that there is not.
    UnknownAction {
        /// As it was given.
        action: String,
        /// What was probably meant.
        near: Option<&'static str>,
    },
    /// A field that the action does not know, where that is not ignored.
    UnknownField(String),
    /// The action needs this field.
    MissingField(&'static str),
    /// The field holds something else than it should.
    WrongField {
        /// Which.
        field: &'static str,
        /// What it should hold, in a few words.
        expected: &'static str,
    },
}
