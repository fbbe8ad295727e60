//! One object in the making. It is written field by field, straight to where it goes: no value of it is built first.

use std::fmt::{self, Display, Write};

use jiff::Timestamp;

use super::super::ordinary_prefix;
use super::ANSWER_BYTES_MAX;
use crate::chat::Tag;
use crate::config::limits::LIST_ENTRIES_MAX;

/// Room for what may follow a list: its bracket, `total`, `epoch`, `last_message_id` and `more`, the name of `id`, and
/// the end of the line.
const BEHIND_LIST_BYTES: usize = 160;

/// An object that has been begun.
pub(super) struct Writer<'a> {
    out: &'a mut Vec<u8>,
    /// Where in `out` it begins.
    start: usize,
    tag: Option<&'a Tag>,
}

impl<'a> Writer<'a> {
    /// Begins a line that says this.
    pub(super) fn new(action: &str, tag: Option<&'a Tag>, out: &'a mut Vec<u8>) -> Self {
        let mut line = Writer::nested(out).text("action", action);
        line.tag = tag;
        line
    }

    /// Begins an object inside of another.
    pub(super) fn nested(out: &'a mut Vec<u8>) -> Self {
        let start = out.len();
        out.push(b'{');
        Writer {
            out,
            start,
            tag: None,
        }
    }

    /// A text.
    pub(super) fn text(mut self, key: &str, text: &str) -> Self {
        string(text, self.value(key));
        self
    }

    /// A text, if there is one.
    pub(super) fn maybe_text(self, key: &str, text: Option<&str>) -> Self {
        match text {
            Some(text) => self.text(key, text),
            None => self,
        }
    }

    /// A text, or `null`.
    pub(super) fn text_or_null(mut self, key: &str, text: Option<&str>) -> Self {
        match text {
            Some(text) => string(text, self.value(key)),
            None => self.value(key).extend_from_slice(b"null"),
        }
        self
    }

    /// Texts, all of them.
    pub(super) fn texts<T: AsRef<str>>(self, key: &str, texts: &[T]) -> Self {
        self.all(key, texts, |text, out| string(text.as_ref(), out))
    }

    /// A list that somebody else has kept short, each entry as `write` writes it.
    pub(super) fn all<T>(
        mut self,
        key: &str,
        entries: &[T],
        write: impl Fn(&T, &mut Vec<u8>),
    ) -> Self {
        let out = self.value(key);
        out.push(b'[');
        for entry in entries {
            write(entry, out);
            out.push(b',');
        }
        close_list(out);
        self
    }

    /// A number, or whether something is so: what JSON writes as Rust does.
    pub(super) fn plain(mut self, key: &str, value: impl Display) -> Self {
        display(value, self.value(key));
        self
    }

    /// A moment, in UTC and to the millisecond, as RFC 3339 has it.
    pub(super) fn moment(mut self, key: &str, moment: Timestamp) -> Self {
        let out = self.value(key);
        out.push(b'"');
        display(format_args!("{moment:.3}"), out);
        out.push(b'"');
        self
    }

    /// As many of the entries as an answer may have, each as `write` writes it, and how many of them that are. What is
    /// to follow the list takes `behind_bytes`, not counting short fields.
    fn entries<T>(
        &mut self,
        key: &str,
        entries: &[T],
        behind_bytes: usize,
        write: impl Fn(&T, &mut Vec<u8>),
    ) -> usize {
        self.value(key).push(b'[');
        let end = self.list_end(behind_bytes);
        let mut count = 0;
        for entry in entries.iter().take(LIST_ENTRIES_MAX) {
            let before = self.out.len();
            write(entry, self.out);
            self.out.push(b',');
            if self.out.len() > end {
                self.out.truncate(before);
                break;
            }
            count += 1;
        }
        close_list(self.out);
        count
    }

    /// A list that may be cut, and then says `"more":true`.
    pub(super) fn list<T>(
        mut self,
        key: &str,
        entries: &[T],
        write: impl Fn(&T, &mut Vec<u8>),
    ) -> Self {
        if self.entries(key, entries, 0, write) < entries.len() {
            self.plain("more", true)
        } else {
            self
        }
    }

    /// A list that may be cut or be only the beginning of `total` entries.
    pub(super) fn list_of<T>(
        mut self,
        key: &str,
        entries: &[T],
        total: usize,
        behind_bytes: usize,
        write: impl Fn(&T, &mut Vec<u8>),
    ) -> Self {
        let count = self.entries(key, entries, behind_bytes, write);
        let whole = self.plain("total", total);
        if count < total {
            whole.plain("more", true)
        } else {
            whole
        }
    }

    /// Ends an object inside of another.
    pub(super) fn close(self) {
        self.out.push(b'}');
    }

    /// Ends the line, with the `id` of the request that it answers.
    pub(super) fn end(mut self) {
        if let Some(Tag(tag)) = self.tag {
            self.value("id").extend_from_slice(tag.as_bytes());
        }
        self.out.extend_from_slice(b"}\n");
    }

    /// How long `out` may be when all entries of a list are written.
    fn list_end(&self, behind_bytes: usize) -> usize {
        let behind = behind_bytes + BEHIND_LIST_BYTES + self.tag.map_or(0, |Tag(tag)| tag.len());
        self.start + ANSWER_BYTES_MAX.saturating_sub(behind)
    }

    /// Begins a field. Its key needs no escapes: all keys are words of ours.
    fn value(&mut self, key: &str) -> &mut Vec<u8> {
        if self.out.last() != Some(&b'{') {
            self.out.push(b',');
        }
        self.out.push(b'"');
        self.out.extend_from_slice(key.as_bytes());
        self.out.extend_from_slice(b"\":");
        self.out
    }
}

/// Takes the comma behind the last entry for the end of the list.
fn close_list(out: &mut Vec<u8>) {
    match out.last_mut() {
        Some(comma @ b',') => *comma = b']',
        _ => out.push(b']'),
    }
}

/// Writes a text as a JSON string. Beside what JSON wants escaped (RFC 8259, section 7), this escapes whatever no
/// terminal should be shown: that texts are clean is a promise of others, and a line is never broken by anybody's slip.
pub(super) fn string(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    let is_plain = |byte| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\';
    let plain = ordinary_prefix(text.as_bytes(), is_plain);
    out.extend_from_slice(&text.as_bytes()[..plain]);
    for c in text[plain..].chars() {
        match c {
            '"' => out.extend_from_slice(b"\\\""),
            '\\' => out.extend_from_slice(b"\\\\"),
            _ if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') => {
                display(format_args!("\\u{:04x}", u32::from(c)), out);
            }
            _ => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    out.push(b'"');
}

/// Writes what needs no quotation marks and no escapes.
fn display(value: impl Display, out: &mut Vec<u8>) {
    write!(Text(out), "{value}").expect("memory takes all that is written to it");
}

/// Takes text from the machinery of formatting.
struct Text<'a>(&'a mut Vec<u8>);

impl fmt::Write for Text<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}
