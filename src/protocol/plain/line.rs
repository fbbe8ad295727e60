//! Finds the ends of lines, wherever the reads have split them, and keeps to the limits on their length.

use std::borrow::Cow;
use std::mem;

use unicode_segmentation::UnicodeSegmentation;

use super::stranger::begins_like_tls;
use crate::protocol::{ENDLESS_BYTES_MAX, LINE_BYTES_MAX, ordinary_prefix};

const NUL: u8 = 0x00;
/// Ctrl-D, by its ASCII name: end of transmission.
const EOT: u8 = 0x04;
const BACKSPACE: u8 = 0x08;
const LF: u8 = b'\n';
const CR: u8 = b'\r';
/// What most keyboards send for the key above Enter.
const DELETE: u8 = 0x7F;

/// How far back an erase looks for the beginning of a letter, in bytes. A family of four, each with a skin colour,
/// takes 41. Without a bound, a long line of combining marks would be searched from its beginning for each backspace.
const GRAPHEME_BYTES_MAX: usize = 128;

/// What the next few bytes came to.
#[derive(Debug)]
pub(super) enum Step<'a> {
    /// They belong to the line, or have edited it: nothing to tell yet.
    Typed,
    /// A line, without its end.
    Ended(Cow<'a, [u8]>),
    /// The line has more than [`LINE_BYTES_MAX`] bytes. Said once; here is what there was of it until then.
    TooLong(Vec<u8>),
    /// Bytes of a line that is too long.
    Skipped(&'a [u8]),
    /// The end of a line that was too long.
    SkippedToEnd,
    /// There are more than [`ENDLESS_BYTES_MAX`] bytes without a line end.
    Endless,
    /// Ctrl-D on an empty line.
    EndOfTransmission,
}

/// The line that somebody is in the middle of.
#[derive(Debug, Default)]
pub(super) struct LineBuffer {
    /// What has been typed of it and not erased, as it came: it may hold half a character. Handed out or dropped with
    /// the line, so that nobody who is silent holds a buffer.
    typed: Vec<u8>,
    /// How many bytes have been received since the last line end. It never shrinks when something is erased: typing
    /// and erasing for ever is a line without end, too.
    received: usize,
    /// Whether the line is too long, and all up to its end is skipped.
    skipping: bool,
    /// Whether the last byte was a CR. It has ended the line; an LF or NUL that follows belongs to that same end.
    after_cr: bool,
}

impl LineBuffer {
    /// Takes some bytes from the front of `data`; `None` when there are none. A step takes either a run of ordinary
    /// bytes or a single byte that means something, so what has been typed can be looked at after each of those.
    pub(super) fn step<'a>(&mut self, data: &mut &'a [u8]) -> Option<Step<'a>> {
        let (&first, rest) = data.split_first()?;
        // Telnet ends a line with CR LF or CR NUL (RFC 854), Unix with LF, and some programs with CR alone. Since one
        // cannot wait for what may never come, CR ends the line, and LF or NUL is swallowed if it comes.
        if mem::take(&mut self.after_cr) && matches!(first, LF | NUL) {
            *data = rest;
            return Some(Step::Typed);
        }
        if is_line_end(first) {
            *data = rest;
            return Some(self.end(first, None));
        }
        let room = self.room();
        if room == 0 {
            return Some(self.overflow());
        }

        let run = ordinary_prefix(&data[..room.min(data.len())], is_ordinary);
        // Where no run begins there is one byte that may mean something.
        let (run, rest) = data.split_at(run.max(1));
        *data = rest;
        if !self.skipping {
            if !is_ordinary(first) {
                return Some(self.control(first));
            }
            // By far the most usual case: one read holds the whole line. Then it need not be kept here at all.
            if self.typed.is_empty()
                && let Some((&end, rest)) = rest.split_first()
                && is_line_end(end)
            {
                *data = rest;
                return Some(self.end(end, Some(run)));
            }
            self.typed.extend_from_slice(run);
        }
        self.received += run.len();
        Some(if self.skipping {
            Step::Skipped(run)
        } else {
            Step::Typed
        })
    }

    /// The other end will send no more: what was typed is the last line.
    pub(super) fn finish(&mut self) -> Option<Vec<u8>> {
        Some(mem::take(&mut self.typed)).filter(|line| !line.is_empty())
    }

    /// Whether the line ends in the middle of a letter: in the first bytes of a UTF-8 sequence that lacks others.
    pub(super) fn is_mid_letter(&self) -> bool {
        let tail = &self.typed[self.typed.len().saturating_sub(3)..];
        let last = tail
            .utf8_chunks()
            .last()
            .map_or(&[][..], |chunk| chunk.invalid());
        // An error without a length says "so far so good", and that the end is missing.
        std::str::from_utf8(last).is_err_and(|error| error.error_len().is_none())
    }

    /// Whether the line begins like a TLS hello.
    pub(super) fn begins_like_tls(&self) -> bool {
        begins_like_tls(&self.typed)
    }

    /// Whether the next byte may be the first of a line.
    pub(super) fn is_at_start(&self) -> bool {
        self.typed.is_empty() && !self.skipping
    }

    /// Erases all that was typed.
    pub(super) fn erase(&mut self) {
        self.typed = Vec::new();
    }

    /// Erases the last of what a person sees as letters: one key press, even where it takes several characters.
    pub(super) fn erase_grapheme(&mut self) {
        let look_from = self.typed.len().saturating_sub(GRAPHEME_BYTES_MAX);
        // These bytes need not be UTF-8, and may begin in the middle of a character: hence chunks, of which each is a
        // valid string and what follows it that is not valid. Such a thing is shown as one U+FFFD, and erased as one.
        let erased = match self.typed[look_from..].utf8_chunks().last() {
            None => 0,
            Some(chunk) if chunk.invalid().is_empty() => chunk
                .valid()
                .graphemes(true)
                .next_back()
                .map_or(0, str::len),
            Some(chunk) => chunk.invalid().len(),
        };
        self.typed.truncate(self.typed.len() - erased);
    }

    /// How many bytes may come before the next limit is crossed.
    fn room(&self) -> usize {
        let limit = if self.skipping {
            ENDLESS_BYTES_MAX
        } else {
            LINE_BYTES_MAX
        };
        limit - self.received
    }

    /// A control character, in a line that is not too long.
    fn control(&mut self, byte: u8) -> Step<'static> {
        if byte == EOT && self.typed.is_empty() {
            return Step::EndOfTransmission;
        }
        self.received += 1;
        match byte {
            BACKSPACE | DELETE => self.erase_grapheme(),
            // Some programs send a NUL now and then to keep a connection alive. It begins no line.
            NUL if self.typed.is_empty() => {}
            // The rest stays for now: a tab is a blank, and others begin escape sequences, to be dropped as a whole.
            other => self.typed.push(other),
        }
        Step::Typed
    }

    /// The line is over: `whole`, or else what was gathered.
    fn end<'a>(&mut self, end: u8, whole: Option<&'a [u8]>) -> Step<'a> {
        self.after_cr = end == CR;
        self.received = 0;
        if mem::take(&mut self.skipping) {
            return Step::SkippedToEnd;
        }
        Step::Ended(whole.map_or_else(|| Cow::Owned(mem::take(&mut self.typed)), Cow::Borrowed))
    }

    /// One more byte than a limit allows is there, and it ends no line.
    fn overflow(&mut self) -> Step<'static> {
        if mem::replace(&mut self.skipping, true) {
            return Step::Endless;
        }
        Step::TooLong(mem::take(&mut self.typed))
    }
}

fn is_line_end(byte: u8) -> bool {
    matches!(byte, CR | LF)
}

/// Whether a byte stands for itself: no control character. All of UTF-8's other bytes do.
fn is_ordinary(byte: u8) -> bool {
    byte >= b' ' && byte != DELETE
}
