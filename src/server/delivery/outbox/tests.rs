use super::*;
use crate::chat::View;

fn at(milliseconds: u64) -> Time {
    Duration::from_millis(milliseconds)
}

/// An outbox with the tape and the buffers that it needs.
#[derive(Debug)]
struct Desk {
    tape: Tape,
    buffers: Buffers,
    outbox: Outbox,
}

impl Desk {
    fn new() -> Self {
        Self { tape: Tape::default(), buffers: Buffers::new(1024), outbox: Outbox::default() }
    }

    /// Encodes a message onto the tape.
    fn say(&mut self, view: View, bytes: &[u8]) -> Part {
        self.tape.begin();
        self.tape.part(view, |out| out.extend_from_slice(bytes))
    }

    fn append(&mut self, bytes: &[u8]) {
        let part = self.say(View::ALL[0], bytes);
        self.outbox.append(part, &self.tape, &mut self.buffers);
    }

    fn unsent(&mut self) -> &[u8] {
        self.outbox.unsent(&self.tape, &mut self.buffers)
    }

    /// Hands everything to a writer.
    fn takes(&mut self) -> Block {
        self.outbox.copy_part(&self.tape, &mut self.buffers);
        self.outbox.take()
    }

    /// Sends `count` bytes and ends the batch.
    fn sends(&mut self, count: usize) {
        self.unsent();
        self.outbox.advance(count, &self.tape, &mut self.buffers);
        self.tape.clear();
    }
}

#[test]
fn bytes_that_a_socket_takes_at_once_are_never_copied() {
    let mut desk = Desk::new();
    for line in [&b"hello\r\n"[..], b"how are you\r\n"] {
        desk.append(line);
    }
    assert_eq!(desk.unsent(), b"hello\r\nhow are you\r\n");
    assert_eq!(desk.outbox.buffer.capacity(), 0);
    desk.sends(20);
    assert!(desk.outbox.is_empty());
    assert_eq!(desk.outbox.buffer.capacity(), 0);
}

#[test]
fn parts_that_are_not_adjacent_keep_their_order() {
    let [plain, .., json] = View::ALL;
    let mut desk = Desk::new();
    desk.append(b"one\r\n");
    desk.say(plain, b"not for them\r\n");
    desk.append(b"two\r\n");
    let part = desk.say(json, b"{}\r\n");
    desk.outbox.append(part, &desk.tape, &mut desk.buffers);
    desk.append(b"three\r\n");
    assert_eq!(desk.outbox.len(), 21);
    assert_eq!(desk.unsent(), b"one\r\ntwo\r\n{}\r\nthree\r\n");
}

#[test]
fn an_empty_outbox_holds_no_buffer_and_a_used_one_comes_back() {
    let mut desk = Desk::new();
    desk.append(b"hello\r\n");
    desk.sends(3);
    assert_eq!(desk.unsent(), b"lo\r\n");
    desk.append(b"you\r\n");
    assert_eq!(desk.unsent(), b"lo\r\nyou\r\n");
    desk.sends(9);
    assert!(desk.outbox.is_empty());
    assert_eq!(desk.outbox.buffer.capacity(), 0);
    assert_eq!(desk.buffers.free.len(), 1);
    desk.append(b"x");
    desk.sends(0);
    assert_eq!(desk.buffers.free.len(), 0, "the same buffer was lent again");
}

#[test]
fn the_buffer_of_an_outbox_that_is_never_empty_stays_small() {
    let mut desk = Desk::new();
    let mut expected = Vec::new();
    for count in 0..1_000 {
        let line = format!("line {count}\r\n");
        desk.append(line.as_bytes());
        expected.extend_from_slice(line.as_bytes());
        assert_eq!(desk.unsent(), expected);
        let sent = expected.len() - 1;
        desk.sends(sent);
        expected.drain(..sent);
    }
    assert!(desk.outbox.buffer.capacity() < 100, "{}", desk.outbox.buffer.capacity());
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
        let mut desk = Desk::new();
        desk.append(b"one\r\ntwo\r\n");
        desk.sends(sent);
        desk.append(b"three\r\n");
        desk.outbox.replace_unsent(b"bye\r\n", &mut desk.buffers);
        assert_eq!(desk.unsent(), expected.as_bytes(), "{sent} bytes sent");
    }
}

#[test]
fn a_block_for_a_writer_says_whether_a_line_has_begun() {
    let mut desk = Desk::new();
    desk.append(b"one\r\n");
    desk.sends(2);
    let block = desk.takes();
    assert_eq!((block.bytes.as_slice(), block.mid_line), (b"e\r\n".as_slice(), true));
    desk.append(b"two\r\n");
    assert!(!desk.takes().mid_line);
}

#[test]
fn age_is_that_of_the_oldest_unsent_byte_and_not_of_the_last_progress() {
    let mut desk = Desk::new();
    assert_eq!(desk.outbox.oldest(0), None);
    for (time, line) in [(0, b"aaaa"), (50, b"bbbb"), (1_000, b"cccc")] {
        desk.append(line);
        desk.outbox.mark(at(time));
        desk.outbox.mark(at(time));
    }
    // The first two came within one tenth of a second, and count as the older.
    let outbox = &mut desk.outbox;
    assert_eq!(outbox.pending(7), 5);
    assert_eq!(outbox.oldest(7), Some(at(0)));
    assert_eq!(outbox.oldest(8), Some(at(1_000)));
    assert_eq!(outbox.oldest(11), Some(at(1_000)));
    assert_eq!(outbox.oldest(12), None);
}

#[test]
fn no_more_buffers_are_kept_than_allowed() {
    let mut buffers = Buffers::new(100);
    buffers.give_back(Vec::with_capacity(80));
    buffers.give_back(Vec::with_capacity(80));
    assert_eq!((buffers.free.len(), buffers.held_bytes), (1, 80));
    let lent = buffers.lend();
    assert_eq!((lent.capacity(), buffers.held_bytes), (80, 0));
}
