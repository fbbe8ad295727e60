//! Splits bytes into lines, wherever the reads end, and enforces the limits on their length.
//!
//! A typed line ends at CR, LF, CR LF or CR NUL and can be edited with backspace. A JSON line ends at LF, and no byte
//! edits it.

use std::borrow::Cow;
use std::mem;

use unicode_segmentation::UnicodeSegmentation;

use super::super::clean::ordinary_prefix;
use super::stranger::begins_like_tls;

/// The longest typed line, in bytes as received. Erased bytes count too; the line's end and telnet commands do not. A
/// longer line is reported with one [`Input::LineTooLong`](crate::chat::Input::LineTooLong).
pub const LINE_BYTES_MAX: usize = 4096;

/// The longest JSON line, in bytes as received; the line's end does not count.
pub const JSON_LINE_BYTES_MAX: usize = 16 * 1024;

/// After this many bytes without a line end the decoder reports
/// [`Input::LineEndless`](crate::chat::Input::LineEndless) and ignores the rest.
pub const ENDLESS_BYTES_MAX: usize = 64 * 1024;

const NUL: u8 = 0x00;
/// Ctrl-D: end of transmission.
const EOT: u8 = 0x04;
const BACKSPACE: u8 = 0x08;
const LF: u8 = b'\n';
const CR: u8 = b'\r';
/// The byte that most terminals send for the backspace key.
const DELETE: u8 = 0x7F;

/// How far back an erase looks for the beginning of a letter, in bytes. The emoji of a family of four with skin tones
/// takes 41. Without a bound, each backspace would search a long line of combining marks from its beginning.
const GRAPHEME_BYTES_MAX: usize = 128;

/// The meaning of the next few bytes.
#[derive(Debug)]
pub(in crate::protocol) enum Step<'a> {
    /// They belong to the line, or edited it.
    Typed,
    /// A line, without its end.
    Ended(Cow<'a, [u8]>),
    /// The line exceeds its limit. Reported once, with the bytes that were kept.
    TooLong(Vec<u8>),
    /// Bytes of a line that is too long.
    Skipped(&'a [u8]),
    /// The end of a line that was too long.
    SkippedToEnd,
    /// More than [`ENDLESS_BYTES_MAX`] bytes have come without a line end.
    Endless,
    /// Ctrl-D on an empty typed line.
    EndOfTransmission,
}

/// The current, unfinished line.
#[derive(Debug, Default)]
pub(in crate::protocol) struct LineBuffer {
    is_json: bool,
    /// The bytes received and not erased, which may end within a character. The buffer goes with the line, so a silent
    /// connection holds none.
    typed: Vec<u8>,
    /// How many bytes have been received since the last line end. Erasing does not lower this, or a client could type and
    /// erase for ever.
    received: usize,
    /// The line is too long, and everything up to its end is skipped.
    skipping: bool,
    /// In a typed line: the last byte was a CR, which ended a line. An LF or NUL that follows belongs to that end. In a
    /// JSON line: a CR has come at the limit. If an LF follows, the CR belongs to the line's end and does not count.
    after_cr: bool,
}

impl LineBuffer {
    pub(in crate::protocol) fn json() -> Self {
        LineBuffer { is_json: true, ..LineBuffer::default() }
    }

    /// Takes some bytes from the front of `data`, or returns `None` if it is empty. A step takes either a run of ordinary
    /// bytes or one byte with a special meaning, so the caller can check the line after each.
    pub(in crate::protocol) fn step<'a>(&mut self, data: &mut &'a [u8]) -> Option<Step<'a>> {
        let (&first, rest) = data.split_first()?;
        // Telnet ends a line with CR LF or CR NUL (RFC 854), Unix with LF, and some programs with CR alone. A CR ends
        // the line at once, since nothing need follow it; an LF or NUL that does follow is dropped.
        if !self.is_json
            && mem::take(&mut self.after_cr)
            && !mutant!(CrLfIsTwoLines)
            && matches!(first, LF | NUL)
        {
            *data = rest;
            return Some(Step::Typed);
        }
        if self.is_line_end(first) {
            *data = rest;
            return Some(self.end(first, None));
        }
        let room = self.room();
        if room == 0 {
            if self.is_json && first == CR && !mem::replace(&mut self.after_cr, true) {
                *data = rest;
                return Some(Step::Typed);
            }
            return Some(self.overflow());
        }

        let within_limit = &data[..room.min(data.len())];
        let run = if self.is_json {
            ordinary_prefix(within_limit, |byte| byte != LF)
        } else {
            ordinary_prefix(within_limit, is_ordinary)
        };
        // Without a run, take the first byte, which may have a special meaning.
        let (run, rest) = data.split_at(run.max(1));
        *data = rest;
        if !self.skipping {
            if !self.is_json && !is_ordinary(first) {
                return Some(self.control(first));
            }
            // By far the most common case: one read holds the whole line, so nothing needs to be kept.
            if self.typed.is_empty()
                && let Some((&end, rest)) = rest.split_first()
                && self.is_line_end(end)
            {
                *data = rest;
                return Some(self.end(end, Some(run)));
            }
            self.typed.extend_from_slice(run);
        }
        self.received += run.len();
        Some(if self.skipping { Step::Skipped(run) } else { Step::Typed })
    }

    /// Ends the input: the bytes received so far are the last line.
    pub(in crate::protocol) fn finish(&mut self) -> Option<Vec<u8>> {
        Some(mem::take(&mut self.typed)).filter(|line| !line.is_empty())
    }

    /// Whether the line ends inside a UTF-8 sequence.
    pub(super) fn is_mid_letter(&self) -> bool {
        let tail = &self.typed[self.typed.len().saturating_sub(3)..];
        let last = tail.utf8_chunks().last().map_or(&[][..], |chunk| chunk.invalid());
        // An error without a length means that the sequence is valid so far.
        str::from_utf8(last).is_err_and(|error| error.error_len().is_none())
    }

    pub(in crate::protocol) fn begins_like_tls(&self) -> bool {
        begins_like_tls(&self.typed)
    }

    /// Whether the next byte would be the first of a line.
    pub(super) fn is_at_start(&self) -> bool {
        self.typed.is_empty() && !self.skipping
    }

    pub(super) fn erase(&mut self) {
        self.typed = Vec::new();
    }

    /// Erases the last grapheme cluster, which a person sees as one letter.
    pub(super) fn erase_grapheme(&mut self) {
        let look_from = self.typed.len().saturating_sub(GRAPHEME_BYTES_MAX);
        // These bytes need not be UTF-8, and may begin inside a character. An invalid sequence is shown as one U+FFFD
        // and erased as one.
        let erased = match self.typed[look_from..].utf8_chunks().last() {
            None => 0,
            Some(chunk) if chunk.invalid().is_empty() => {
                chunk.valid().graphemes(true).next_back().map_or(0, str::len)
            }
            Some(chunk) => chunk.invalid().len(),
        };
        self.typed.truncate(self.typed.len() - erased);
    }

    fn is_line_end(&self, byte: u8) -> bool {
        byte == LF || byte == CR && !self.is_json
    }

    /// How many more bytes the current limit allows.
    fn room(&self) -> usize {
        let limit = match (self.skipping, self.is_json) {
            (true, _) => ENDLESS_BYTES_MAX,
            (false, true) => JSON_LINE_BYTES_MAX,
            (false, false) => LINE_BYTES_MAX,
        };
        limit - self.received
    }

    /// Takes a control character in a typed line that is not too long.
    fn control(&mut self, byte: u8) -> Step<'static> {
        if byte == EOT && self.typed.is_empty() {
            return Step::EndOfTransmission;
        }
        self.received += 1;
        match byte {
            BACKSPACE | DELETE => self.erase_grapheme(),
            // Some programs send NULs to keep a connection alive. They do not begin a line.
            NUL if self.typed.is_empty() => {}
            // Other control characters stay for now: `clean` turns tabs into blanks and drops escape sequences whole.
            other => self.typed.push(other),
        }
        Step::Typed
    }

    /// Ends the line, which is `whole`, or else the bytes that were kept.
    fn end<'a>(&mut self, end: u8, whole: Option<&'a [u8]>) -> Step<'a> {
        self.after_cr = end == CR;
        self.received = 0;
        if mem::take(&mut self.skipping) {
            return Step::SkippedToEnd;
        }
        // A CR before the LF of a JSON line stays: in JSON it is white space.
        Step::Ended(whole.map_or_else(|| Cow::Owned(mem::take(&mut self.typed)), Cow::Borrowed))
    }

    /// Handles a byte over the limit that does not end the line.
    fn overflow(&mut self) -> Step<'static> {
        if mem::replace(&mut self.skipping, true) {
            return Step::Endless;
        }
        self.received += usize::from(mem::take(&mut self.after_cr));
        Step::TooLong(mem::take(&mut self.typed))
    }
}

/// Whether a byte of a typed line is not a control character.
fn is_ordinary(byte: u8) -> bool {
    byte >= b' ' && byte != DELETE
}
