//! Finds the ends of JSON lines, wherever the reads have split them, and keeps to the limits on their length.
//!
//! It is a simpler thing than a line that somebody types: LF or CR LF ends it, and no byte edits it.

use std::borrow::Cow;
use std::mem;

use super::super::{ENDLESS_BYTES_MAX, JSON_LINE_BYTES_MAX, ordinary_prefix};

const LF: u8 = b'\n';
const CR: u8 = b'\r';

/// What the next few bytes came to.
#[derive(Debug)]
pub(super) enum Step<'a> {
    /// They belong to the line.
    Gathered,
    /// A line, without its end.
    Ended(Cow<'a, [u8]>),
    /// The line has more than [`JSON_LINE_BYTES_MAX`] bytes. ChatMessage once; here is what there was of it until then.
    TooLong(Vec<u8>),
    /// Bytes of a line that is too long.
    Skipped(&'a [u8]),
    /// The end of a line that was too long.
    SkippedToEnd,
    /// There are more than [`ENDLESS_BYTES_MAX`] bytes without a line end.
    Endless,
}

/// The line that a program is in the middle of.
#[derive(Debug, Default)]
pub(super) struct LineBuffer {
    /// What has come of it. Handed out or dropped with the line, so that nobody who is silent holds a buffer.
    gathered: Vec<u8>,
    /// How many bytes have been received since the last line end.
    received: usize,
    /// Whether the line is too long, and all up to its end is skipped.
    skipping: bool,
    /// Whether a CR has come where the limit allows no more bytes. With an LF behind it, it is part of the line's end
    /// and does not count; with anything else, the line is too long.
    cr_at_limit: bool,
}

impl LineBuffer {
    /// Takes some bytes from the front of `data`; `None` when there are none.
    pub(super) fn step<'a>(&mut self, data: &mut &'a [u8]) -> Option<Step<'a>> {
        let (&first, after_first) = data.split_first()?;
        if first == LF {
            *data = after_first;
            return Some(self.end(None));
        }
        let room = self.room();
        if room == 0 {
            if first == CR && !self.cr_at_limit {
                *data = after_first;
                self.cr_at_limit = true;
                return Some(Step::Gathered);
            }
            return Some(self.overflow());
        }

        let run = ordinary_prefix(&data[..room.min(data.len())], |byte| byte != LF);
        let (run, rest) = data.split_at(run);
        *data = rest;
        // By far the most usual case: one read holds the whole line. Then it need not be kept here at all.
        if self.received == 0
            && let Some((&LF, rest)) = rest.split_first()
        {
            *data = rest;
            return Some(self.end(Some(run)));
        }
        self.received += run.len();
        if self.skipping {
            return Some(Step::Skipped(run));
        }
        self.gathered.extend_from_slice(run);
        Some(Step::Gathered)
    }

    /// The other end will send no more: what was gathered is the last line.
    pub(super) fn finish(&mut self) -> Vec<u8> {
        mem::take(&mut self.gathered)
    }

    /// What has come of a line that has not ended.
    pub(super) fn gathered(&self) -> &[u8] {
        &self.gathered
    }

    /// How many bytes may come before the next limit is crossed.
    fn room(&self) -> usize {
        let limit = if self.skipping {
            ENDLESS_BYTES_MAX
        } else {
            JSON_LINE_BYTES_MAX
        };
        limit - self.received
    }

    /// The line is over: `whole`, or else what was gathered.
    fn end<'a>(&mut self, whole: Option<&'a [u8]>) -> Step<'a> {
        self.received = 0;
        self.cr_at_limit = false;
        if mem::take(&mut self.skipping) {
            return Step::SkippedToEnd;
        }
        // A CR before the LF needs no care: to JSON it is a blank.
        Step::Ended(whole.map_or_else(|| Cow::Owned(mem::take(&mut self.gathered)), Cow::Borrowed))
    }

    /// One more byte than a limit allows is there, and it ends no line.
    fn overflow(&mut self) -> Step<'static> {
        if mem::replace(&mut self.skipping, true) {
            return Step::Endless;
        }
        self.received += usize::from(mem::take(&mut self.cr_at_limit));
        Step::TooLong(mem::take(&mut self.gathered))
    }
}
