//! JSON in the messages of a WebSocket (RFC 6455): what a page in a browser sends and receives.
//!
//! The server sends each line of a JSON connection, its LF included, in one text frame. So a line of bytes that ends in
//! LF is a whole frame, and everything that sends lines, or drops whole ones, works here too. For that, no other byte of
//! the frame may be an LF.

use std::fmt::Debug;

use super::Decoded;
use super::json::{self, JsonDecoder};
use crate::chat::{CloseCode, Input, Message, Tag};

/// The first byte of an unfragmented text frame.
const TEXT: u8 = 0x81;
/// The first byte of a close frame.
const CLOSE: u8 = 0x88;
/// Payloads below this length have it in one byte.
const ONE_BYTE_LENGTHS: usize = 126;
/// Marks a length of two bytes, and one of eight.
const TWO_BYTES: u8 = 126;
const EIGHT_BYTES: u8 = 127;

/// Takes text out of frames. The server implements it over a library, which reads from a stream, as this module may not.
pub trait Unframe: Debug + Send {
    /// Decodes the bytes of one read. Appends each complete message to `lines`, as one line with an LF behind it, and what
    /// the protocol demands as an answer to `replies`. Returns the code if the WebSocket has to be closed; then it is not
    /// called again.
    fn unframe(
        &mut self,
        bytes: &[u8],
        lines: &mut Vec<u8>,
        replies: &mut Vec<u8>,
    ) -> Option<CloseCode>;
}

/// Turns the bytes of one WebSocket into [`Input`]s.
#[derive(Debug)]
pub(super) struct FramedDecoder {
    /// `None` once the WebSocket has to be closed: the rest is ignored.
    unframe: Option<Box<dyn Unframe>>,
    json: JsonDecoder,
}

impl FramedDecoder {
    pub(super) fn new(unframe: Box<dyn Unframe>) -> Self {
        Self { unframe: Some(unframe), json: JsonDecoder::new() }
    }

    pub(super) fn feed(&mut self, bytes: &[u8], out: &mut Decoded) {
        let Some(unframe) = &mut self.unframe else {
            return;
        };
        let mut lines = Vec::new();
        let close = unframe.unframe(bytes, &mut lines, &mut out.replies);
        self.json.feed(&lines, &mut out.inputs);
        if let Some(code) = close {
            out.inputs.push(Input::Closed(code));
            self.unframe = None;
        }
    }
}

/// Appends `message` to `out` as text frames, and a close frame after the last message of a connection.
pub(super) fn encode(message: &Message, tag: Option<&Tag>, out: &mut Vec<u8>) {
    match message {
        Message::Closed(code) => return close(*code, out),
        Message::WrongProtocol(_) => return close(CloseCode::Unsupported, out),
        _ => {}
    }
    let mut lines = Vec::new();
    json::encode(message, tag, &mut lines);
    for line in lines.split_inclusive(|&byte| byte == b'\n') {
        text(line, out);
    }
    if is_last(message) {
        close(CloseCode::Normal, out);
    }
}

/// Appends a line, which ends in LF, as one text frame. Where the length would have a byte 0x0A, blanks before the LF make
/// it longer: one, or up to 256 if it is the higher byte.
fn text(line: &[u8], out: &mut Vec<u8>) {
    let mut length = line.len();
    while header(length).contains(&b'\n') && !mutant!(FrameHasLineFeed) {
        length += 1;
    }
    out.extend_from_slice(header(length).as_slice());
    out.extend_from_slice(line.strip_suffix(b"\n").unwrap_or(line));
    out.resize(out.len() + length - line.len(), b' ');
    out.push(b'\n');
}

/// The header of a text frame from a server, which is not masked.
fn header(length: usize) -> Vec<u8> {
    // A usize has at most 64 bits.
    let bytes = (length as u64).to_be_bytes();
    match length {
        0..ONE_BYTE_LENGTHS => vec![TEXT, bytes[7]],
        ONE_BYTE_LENGTHS..0x1_0000 => vec![TEXT, TWO_BYTES, bytes[6], bytes[7]],
        _ => [&[TEXT, EIGHT_BYTES], &bytes[..]].concat(),
    }
}

fn close(code: CloseCode, out: &mut Vec<u8>) {
    let [high, low] = (code as u16).to_be_bytes();
    out.extend_from_slice(&[CLOSE, 2, high, low]);
}

/// Whether the server closes the connection after this message.
fn is_last(message: &Message) -> bool {
    matches!(
        message,
        Message::Banned { .. }
            | Message::Bye
            | Message::EndlessLine
            | Message::IdleBye
            | Message::Kicked { .. }
            | Message::LoginTimedOut
            | Message::Restart { .. }
            | Message::ShutDown
            | Message::TakenBack
            | Message::TooManyNames
            | Message::TooSlow
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The payload of the one frame in `bytes`, as a client reads it.
    fn payload(bytes: &[u8]) -> &[u8] {
        assert_eq!(bytes[0], TEXT);
        let (length, start) = match bytes[1] {
            TWO_BYTES => (u64::from(u16::from_be_bytes([bytes[2], bytes[3]])), 4),
            EIGHT_BYTES => (u64::from_be_bytes(bytes[2..10].try_into().unwrap()), 10),
            short => (u64::from(short), 2),
        };
        assert_eq!(length, (bytes.len() - start) as u64, "one frame");
        &bytes[start..]
    }

    #[test]
    fn the_only_line_feed_of_a_frame_is_its_last_byte() {
        // All lengths of one and two bytes, and those where the third changes.
        let lengths = (1..70_000).chain([0xfffff, 0x10_0000, 0xa_0000, 0xa_ffff, 0xb_0000]);
        for length in lengths {
            let mut line = vec![b'x'; length];
            line[length - 1] = b'\n';
            let mut frame = Vec::new();
            text(&line, &mut frame);
            assert_eq!(frame.iter().position(|&byte| byte == b'\n'), Some(frame.len() - 1));
            let payload = payload(&frame).trim_ascii_end();
            assert_eq!(payload, line.trim_ascii_end(), "{length}");
        }
    }

    #[test]
    fn the_shortest_form_of_a_length_is_used() {
        for (length, header_bytes) in [(1, 2), (125, 2), (126, 4), (65_535, 4), (65_536, 10)] {
            assert_eq!(header(length).len(), header_bytes, "{length}");
        }
    }

    #[test]
    fn the_last_message_is_followed_by_a_close_frame() {
        let mut out = Vec::new();
        encode(&Message::Bye, None, &mut out);
        let (text, close) = out.split_at(out.len() - 4);
        assert_eq!(close, [0x88, 2, 0x03, 0xe8]);
        assert!(payload(text).starts_with(b"{\"action\":\"bye\""));
        out.clear();
        encode(&Message::Closed(CloseCode::TooBig), None, &mut out);
        assert_eq!(out, [0x88, 2, 0x03, 0xf1]);
        out.clear();
        encode(&Message::Pong, None, &mut out);
        assert_eq!(payload(&out), b"{\"action\":\"pong\"}\n");
    }
}
