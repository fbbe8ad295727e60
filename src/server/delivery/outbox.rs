//! What waits to be sent to one client, owned by the dispatcher. No lock, no socket.
//!
//! First what did not go out before, as plain bytes; behind it what the present batch adds, as a part of the [`Tape`]
//! that all share. Whoever hears the same as others has one part that grows from message to message; where something
//! else comes between, what there is so far is copied into the bytes, so that the order takes care of itself.
//! An outbox with nothing to send holds no buffer: ten thousand idle people cost no memory here. Buffers are
//! lent by [`Buffers`] and come back when they have been sent.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::time::Duration;

use super::buffers::Buffers;
use super::tape::{Part, Tape};
use crate::chat::Time;

/// How exactly the age of unsent bytes is known. Coarser would cut earlier, finer would remember more.
const MARK_EVERY: Duration = Duration::from_millis(100);

/// Bytes on their way from the dispatcher to a writer and, emptied, back.
#[derive(Debug, Default)]
pub struct Block {
    /// What to write, in order.
    pub bytes: Vec<u8>,
    /// The byte sent before these was not the end of a line.
    pub mid_line: bool,
}

/// The unsent bytes of one client.
#[derive(Debug, Default)]
pub struct Outbox {
    buffer: Vec<u8>,
    /// How much of the buffer's beginning is already sent.
    sent: usize,
    /// What comes behind the buffer, as long as the batch lasts.
    part: Option<Part>,
    /// All bytes ever appended, also those sent or moved away.
    appended: u64,
    /// The last byte sent was not the end of a line.
    mid_line: bool,
    /// "All bytes up to this count were here at that time", oldest first; kept only while the socket is full.
    marks: VecDeque<(u64, Time)>,
}

impl Outbox {
    /// Puts a part of the tape behind all that waits already.
    pub fn append(&mut self, part: Part, tape: &Tape, buffers: &mut Buffers) {
        self.appended += part.len() as u64;
        let joined = self.part.and_then(|last| last.joined(part));
        if joined.is_none() {
            self.copy_part(tape, buffers);
        }
        self.part = joined.or(Some(part));
    }

    /// Copies what lies on the tape, which is about to be cleared or does not go on where it ends.
    pub fn copy_part(&mut self, tape: &Tape, buffers: &mut Buffers) {
        if let Some(part) = self.part.take() {
            self.copy(tape.bytes(part), buffers);
        }
    }

    fn copy(&mut self, bytes: &[u8], buffers: &mut Buffers) {
        if self.buffer.capacity() == 0 {
            self.buffer = buffers.lend();
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// What to send next: all there is. It is sent from where it lies, if it lies in one place.
    pub fn unsent<'a>(&'a mut self, tape: &'a Tape, buffers: &mut Buffers) -> &'a [u8] {
        match self.part {
            Some(part) if self.buffer.is_empty() => tape.bytes(part),
            _ => {
                self.copy_part(tape, buffers);
                &self.buffer[self.sent..]
            }
        }
    }

    /// How many bytes wait in here.
    pub fn len(&self) -> usize {
        self.buffer.len() - self.sent + self.part.map_or(0, Part::len)
    }

    /// Whether nothing waits in here (a writer may still have something).
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Notes that the first `count` bytes of what [`Outbox::unsent`] returned are gone. With the last one, the buffer
    /// goes back.
    pub fn advance(&mut self, count: usize, tape: &Tape, buffers: &mut Buffers) {
        if let Some(part) = self.part.take() {
            let (sent, left) = tape.bytes(part).split_at(count);
            self.mid_line = ends_mid_line(sent, self.mid_line);
            if !left.is_empty() {
                self.copy(left, buffers);
            }
            return;
        }
        self.sent += count;
        self.mid_line = ends_mid_line(&self.buffer[..self.sent], self.mid_line);
        if self.is_empty() {
            self.clear(buffers);
        }
    }

    /// Moves all unsent bytes out, for a writer. Contract: nothing of it lies on the tape any more
    /// ([`Outbox::copy_part`]).
    pub fn take(&mut self) -> Block {
        debug_assert!(self.part.is_none(), "what a writer gets outlives the tape");
        let mut bytes = std::mem::take(&mut self.buffer);
        bytes.drain(..std::mem::take(&mut self.sent));
        let block = Block {
            mid_line: self.mid_line,
            bytes,
        };
        self.mid_line = ends_mid_line(&block.bytes, self.mid_line);
        block
    }

    /// Forgets what is unsent.
    pub fn clear(&mut self, buffers: &mut Buffers) {
        buffers.give_back(std::mem::take(&mut self.buffer));
        self.sent = 0;
        self.part = None;
    }

    /// Drops all unsent lines but the one that has begun, and puts `words` behind that. (A line that has begun is in
    /// the buffer: what a socket does not take of a tape is copied there.)
    pub fn replace_unsent(&mut self, words: &[u8], buffers: &mut Buffers) {
        let mut last = rest_of_line(&self.buffer[self.sent..], self.mid_line).to_vec();
        last.extend_from_slice(words);
        self.clear(buffers);
        self.appended += last.len() as u64;
        self.copy(&last, buffers);
    }

    /// How many bytes the client has not taken, when `written` of all ever appended have gone out.
    pub fn pending(&self, written: u64) -> u64 {
        self.appended.saturating_sub(written)
    }

    /// Notes that all that was appended so far was here at `now`. Called after each flush that could not send.
    pub fn mark(&mut self, now: Time) {
        match self.marks.back_mut() {
            Some((end, _)) if *end == self.appended => {}
            Some((end, time)) if now.saturating_sub(*time) < MARK_EVERY => *end = self.appended,
            _ => self.marks.push_back((self.appended, now)),
        }
    }

    /// Since when the oldest unsent byte waits, when `written` of all ever appended have gone out.
    pub fn oldest(&mut self, written: u64) -> Option<Time> {
        while self.marks.front().is_some_and(|&(end, _)| end <= written) {
            self.marks.pop_front();
        }
        self.marks.front().map(|&(_, time)| time)
    }
}

/// Whether a line has begun and not ended after `sent`; if nothing was sent, it is as it was `before`.
fn ends_mid_line(sent: &[u8], before: bool) -> bool {
    sent.last().map_or(before, |&byte| byte != b'\n')
}

/// What of `unsent` belongs to a line that has begun already.
pub fn rest_of_line(unsent: &[u8], mid_line: bool) -> &[u8] {
    if !mid_line {
        return &[];
    }
    let end = unsent
        .iter()
        .position(|&byte| byte == b'\n')
        .map_or(unsent.len(), |at| at + 1);
    &unsent[..end]
}
