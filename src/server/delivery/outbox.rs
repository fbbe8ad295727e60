//! The unsent bytes of one client, owned by the dispatcher. No lock, no socket.
//!
//! A buffer holds the bytes of earlier batches; behind it, the current batch adds a part of the shared [`Tape`]. If a client
//! receives the same as the others, its part grows from message to message. If the next message is not adjacent on the tape,
//! the part is copied to the buffer first, which keeps the order. An outbox with nothing to send holds no buffer: ten
//! thousand idle clients cost no memory here.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::time::Duration;

use super::tape::{Part, Tape};
use crate::chat::Time;

/// The precision of the age of unsent bytes. A coarser one cuts clients earlier, a finer one stores more marks.
const MARK_EVERY: Duration = Duration::from_millis(100);

/// Bytes that the dispatcher hands to a writer, and an empty buffer on the way back.
#[derive(Debug, Default)]
pub struct Block {
    pub bytes: Vec<u8>,
    /// The byte before these was not the end of a line.
    pub mid_line: bool,
}

/// The unsent bytes of one client.
#[derive(Debug, Default)]
pub struct Outbox {
    buffer: Vec<u8>,
    /// How many bytes of the buffer are sent already.
    sent: usize,
    /// The bytes that follow the buffer, until the batch ends.
    part: Option<Part>,
    /// All bytes ever appended, sent or not, and those that the connection had before.
    appended: u64,
    /// The last byte sent was not the end of a line.
    mid_line: bool,
    /// Up to this count of bytes, an LF may be something else than the end of a line.
    opaque_end: u64,
    /// "All bytes up to this count were here at that time", oldest first; kept only while the socket is full.
    marks: VecDeque<(u64, Time)>,
}

impl Outbox {
    /// An empty outbox of a connection to which so many bytes were written before.
    pub fn after(written: u64) -> Self {
        Self { appended: written, ..Self::default() }
    }

    /// Appends a part of the tape.
    pub fn append(&mut self, part: Part, tape: &Tape, buffers: &mut Buffers) {
        self.appended += part.len() as u64;
        let joined = self.part.and_then(|last| last.joined(part));
        if joined.is_none() && !mutant!(OutboxLosesPart) {
            self.copy_part(tape, buffers);
        }
        self.part = joined.or(Some(part));
    }

    /// Copies the part from the tape into the buffer: the tape is about to be cleared, or the next part is not adjacent.
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

    /// All unsent bytes, without a copy if they are in one place.
    pub fn unsent<'a>(&'a mut self, tape: &'a Tape, buffers: &mut Buffers) -> &'a [u8] {
        match self.part {
            Some(part) if self.buffer.is_empty() || mutant!(TapeOvertakesBuffer) => {
                tape.bytes(part)
            }
            _ => {
                self.copy_part(tape, buffers);
                &self.buffer[self.sent..]
            }
        }
    }

    /// The number of bytes in here; a writer may have more.
    pub fn len(&self) -> usize {
        self.buffer.len() - self.sent + self.part.map_or(0, Part::len)
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Removes the first `count` bytes of what [`Outbox::unsent`] returned. After the last one, the buffer is given back.
    pub fn advance(&mut self, count: usize, tape: &Tape, buffers: &mut Buffers) {
        if let Some(part) = self.part.take() {
            let (sent, left) = tape.bytes(part).split_at(count);
            self.mid_line = ends_mid_line(sent, self.mid_line);
            if !left.is_empty() && !mutant!(ShortSendIsWhole) {
                self.copy(left, buffers);
            }
            return;
        }
        self.sent += count;
        self.mid_line = ends_mid_line(&self.buffer[..self.sent], self.mid_line);
        if self.is_empty() {
            self.clear(buffers);
        } else if self.sent > self.buffer.len() / 2 {
            // Otherwise, a slow client to whom something is always sent would keep every byte.
            self.buffer.drain(..std::mem::take(&mut self.sent));
        }
    }

    /// Moves all unsent bytes out, for a writer. Contract: [`Outbox::copy_part`] was called, since a writer outlives the
    /// tape.
    pub fn take(&mut self) -> Block {
        debug_assert!(self.part.is_none(), "a writer's block outlives the tape");
        let mut bytes = std::mem::take(&mut self.buffer);
        bytes.drain(..std::mem::take(&mut self.sent));
        let block = Block { mid_line: self.mid_line, bytes };
        self.mid_line = ends_mid_line(&block.bytes, self.mid_line);
        block
    }

    /// Drops all unsent bytes.
    pub fn clear(&mut self, buffers: &mut Buffers) {
        buffers.give_back(std::mem::take(&mut self.buffer));
        self.sent = 0;
        self.part = None;
    }

    /// Drops all unsent lines but the one that has begun, and appends `words` to it. (The rest of such a line is in
    /// the buffer: bytes that a socket does not take are copied there.)
    pub fn replace_unsent(&mut self, words: &[u8], buffers: &mut Buffers) {
        let has_begun = self.mid_line && !mutant!(CutLosesBegunLine);
        let mut last = rest_of_line(&self.buffer[self.sent..], has_begun).to_vec();
        last.extend_from_slice(words);
        self.clear(buffers);
        self.appended += last.len() as u64;
        self.copy(&last, buffers);
    }

    /// Notes that everything appended so far may hold an LF that ends no line, such as one in the payload of a pong.
    pub fn mark_opaque(&mut self) {
        self.opaque_end = self.appended;
    }

    /// Whether a line can be told from the next one in all bytes that are not written, if `written` of all ever appended are.
    pub fn has_lines(&self, written: u64) -> bool {
        self.opaque_end <= written || mutant!(CutWithinReply)
    }

    pub fn appended(&self) -> u64 {
        self.appended
    }

    /// The bytes that are not written, if `written` of all ever appended are.
    pub fn pending(&self, written: u64) -> u64 {
        self.appended.saturating_sub(written)
    }

    /// Notes that everything appended so far was here at `now`. Called after each flush that could not send.
    pub fn mark(&mut self, now: Time) {
        match self.marks.back_mut() {
            Some((end, _)) if *end == self.appended => {}
            Some((end, time)) if now.saturating_sub(*time) < MARK_EVERY => *end = self.appended,
            _ => self.marks.push_back((self.appended, now)),
        }
    }

    /// Since when the oldest unwritten byte has been waiting, if `written` of all ever appended are written.
    pub fn oldest(&mut self, written: u64) -> Option<Time> {
        while self.marks.front().is_some_and(|&(end, _)| end <= written && !mutant!(AgeNeverEnds)) {
            self.marks.pop_front();
        }
        self.marks.front().map(|&(_, time)| time)
    }
}

/// Whether a line has begun and not ended after `sent`; `before` if nothing was sent.
fn ends_mid_line(sent: &[u8], before: bool) -> bool {
    sent.last().map_or(before, |&byte| byte != b'\n')
}

/// The part of `unsent` that belongs to a line that has begun already.
pub fn rest_of_line(unsent: &[u8], mid_line: bool) -> &[u8] {
    if !mid_line {
        return &[];
    }
    let end = unsent.iter().position(|&byte| byte == b'\n').map_or(unsent.len(), |at| at + 1);
    &unsent[..end]
}

/// Empty buffers, kept for reuse: sockets are seldom full, but then many are at the same time.
#[derive(Debug)]
pub struct Buffers {
    free: Vec<Vec<u8>>,
    /// Their capacity.
    held_bytes: usize,
    held_bytes_max: usize,
}

impl Buffers {
    /// Keeps empty buffers of at most `held_bytes_max` bytes together.
    pub fn new(held_bytes_max: usize) -> Self {
        Self { free: Vec::new(), held_bytes: 0, held_bytes_max }
    }

    /// An empty buffer, one of the kept ones if possible.
    pub fn lend(&mut self) -> Vec<u8> {
        let buffer = self.free.pop().unwrap_or_default();
        self.held_bytes -= buffer.capacity();
        buffer
    }

    /// Keeps a buffer, unless enough are kept.
    pub fn give_back(&mut self, mut buffer: Vec<u8>) {
        let capacity = buffer.capacity();
        if capacity > 0 && self.held_bytes + capacity <= self.held_bytes_max {
            if !mutant!(BufferIsNotCleared) {
                buffer.clear();
            }
            self.held_bytes += capacity;
            self.free.push(buffer);
        }
    }
}
