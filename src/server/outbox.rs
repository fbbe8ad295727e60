//! What waits to be sent to one client: plain bytes, owned by the dispatcher. No lock, no socket.
//!
//! Lines are copied into it one after the other, whoever they come from, so their order takes care of itself.
//! An outbox with nothing to send holds no buffer: ten thousand idle people cost no memory here. Buffers are
//! lent by [`Buffers`] and come back when they have been sent.

use std::collections::VecDeque;
use std::time::Duration;

use crate::chat::Time;
use crate::config::Config;

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
    /// All bytes ever appended, also those sent or moved away.
    appended: u64,
    /// The last byte sent was not the end of a line.
    mid_line: bool,
    /// "All bytes up to this count were here at that time", oldest first; kept only while the socket is full.
    marks: VecDeque<(u64, Time)>,
}

impl Outbox {
    /// Copies `bytes` behind all that waits already.
    pub fn append(&mut self, bytes: &[u8], buffers: &mut Buffers) {
        if self.buffer.capacity() == 0 {
            self.buffer = buffers.lend();
        }
        self.buffer.extend_from_slice(bytes);
        self.appended += bytes.len() as u64;
    }

    /// What to send next.
    pub fn unsent(&self) -> &[u8] {
        &self.buffer[self.sent..]
    }

    /// Whether nothing waits in here (a writer may still have something).
    pub fn is_empty(&self) -> bool {
        self.unsent().is_empty()
    }

    /// Notes that the first `count` unsent bytes are gone. With the last one, the buffer goes back.
    pub fn advance(&mut self, count: usize, buffers: &mut Buffers) {
        self.sent += count;
        self.mid_line = ends_mid_line(&self.buffer[..self.sent], self.mid_line);
        if self.is_empty() {
            self.clear(buffers);
        }
    }

    /// Moves all unsent bytes out, for a writer.
    pub fn take(&mut self) -> Block {
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
    }

    /// Drops all unsent lines but the one that has begun, and puts `words` behind that.
    pub fn replace_unsent(&mut self, words: &[u8], buffers: &mut Buffers) {
        let mut last = rest_of_line(self.unsent(), self.mid_line).to_vec();
        last.extend_from_slice(words);
        self.clear(buffers);
        self.append(&last, buffers);
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

/// What may wait to be sent.
#[derive(Debug)]
pub struct OutboxLimits {
    /// For one client.
    pub bytes_max: u64,
    /// How long the oldest byte may wait for one client.
    pub age_max: Time,
    /// For all together.
    pub total_bytes_max: u64,
}

impl OutboxLimits {
    /// As the settings say.
    pub fn of(config: &Config) -> Self {
        Self {
            bytes_max: config.outbox_bytes as u64,
            age_max: config.outbox_age,
            total_bytes_max: config.outbox_total as u64,
        }
    }
}

/// Empty buffers that wait to be lent again.
#[derive(Debug)]
pub struct Buffers {
    free: Vec<Vec<u8>>,
    /// The capacity of all free ones, in bytes.
    held_bytes: usize,
    held_bytes_max: usize,
}

impl Buffers {
    /// No buffers yet; at most `held_bytes_max` bytes of empty ones are kept.
    pub fn new(held_bytes_max: usize) -> Self {
        Self {
            free: Vec::new(),
            held_bytes: 0,
            held_bytes_max,
        }
    }

    /// An empty buffer, used before if there is one.
    pub fn lend(&mut self) -> Vec<u8> {
        let buffer = self.free.pop().unwrap_or_default();
        self.held_bytes -= buffer.capacity();
        buffer
    }

    /// Takes a buffer back and keeps it, unless enough are kept.
    pub fn give_back(&mut self, mut buffer: Vec<u8>) {
        let capacity = buffer.capacity();
        if capacity > 0 && self.held_bytes + capacity <= self.held_bytes_max {
            buffer.clear();
            self.held_bytes += capacity;
            self.free.push(buffer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: u64) -> Time {
        Duration::from_millis(milliseconds)
    }

    #[test]
    fn an_empty_outbox_holds_no_buffer_and_a_used_one_comes_back() {
        let mut buffers = Buffers::new(1024);
        let mut outbox = Outbox::default();
        outbox.append(b"hello\r\n", &mut buffers);
        outbox.advance(3, &mut buffers);
        assert_eq!(outbox.unsent(), b"lo\r\n");
        outbox.advance(4, &mut buffers);
        assert!(outbox.is_empty());
        assert_eq!(outbox.buffer.capacity(), 0);
        let mut other = Outbox::default();
        other.append(b"x", &mut buffers);
        assert!(buffers.free.is_empty(), "the same buffer was lent again");
        assert_eq!(buffers.held_bytes, 0);
    }

    #[test]
    fn no_more_is_kept_than_allowed() {
        let mut buffers = Buffers::new(100);
        buffers.give_back(Vec::with_capacity(80));
        buffers.give_back(Vec::with_capacity(80));
        assert_eq!((buffers.free.len(), buffers.held_bytes), (1, 80));
    }

    #[test]
    fn a_cut_finishes_the_line_that_has_begun_and_no_other() {
        for (sent, expected) in [
            (0, "bye\r\n"),
            (1, "ne\r\nbye\r\n"),
            (4, "\nbye\r\n"),
            (5, "bye\r\n"),
            (7, "o\r\nbye\r\n"),
        ] {
            let mut buffers = Buffers::new(1024);
            let mut outbox = Outbox::default();
            outbox.append(b"one\r\ntwo\r\n", &mut buffers);
            outbox.advance(sent, &mut buffers);
            outbox.replace_unsent(b"bye\r\n", &mut buffers);
            assert_eq!(outbox.unsent(), expected.as_bytes(), "{sent} bytes sent");
        }
    }

    #[test]
    fn what_is_moved_to_a_writer_knows_whether_a_line_has_begun() {
        let mut buffers = Buffers::new(1024);
        let mut outbox = Outbox::default();
        outbox.append(b"one\r\n", &mut buffers);
        outbox.advance(2, &mut buffers);
        let block = outbox.take();
        assert_eq!(
            (block.bytes.as_slice(), block.mid_line),
            (b"e\r\n".as_slice(), true)
        );
        outbox.append(b"two\r\n", &mut buffers);
        assert!(!outbox.take().mid_line);
    }

    #[test]
    fn age_is_that_of_the_oldest_unsent_byte_and_not_of_the_last_progress() {
        let mut buffers = Buffers::new(1024);
        let mut outbox = Outbox::default();
        assert_eq!(outbox.oldest(0), None);
        for (time, line) in [(0, b"aaaa"), (50, b"bbbb"), (1_000, b"cccc")] {
            outbox.append(line, &mut buffers);
            outbox.mark(at(time));
            outbox.mark(at(time));
        }
        // The first two came within one tenth of a second, and count as the older.
        assert_eq!(outbox.pending(7), 5);
        assert_eq!(outbox.oldest(7), Some(at(0)));
        assert_eq!(outbox.oldest(8), Some(at(1_000)));
        assert_eq!(outbox.oldest(11), Some(at(1_000)));
        assert_eq!(outbox.oldest(12), None);
    }
}
