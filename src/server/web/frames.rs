//! Takes text out of a client's frames, by `tungstenite`.

use std::io::{self, ErrorKind, Read, Write};

use tungstenite::Error;
use tungstenite::protocol::frame::coding;
use tungstenite::protocol::{Message, Role, WebSocketConfig, WebSocketContext};

use crate::chat::CloseCode;
use crate::config::limits;
use crate::protocol::JSON_LINE_BYTES_MAX;
use crate::protocol::frames::Unframe;

/// The state of one WebSocket between two reads.
#[derive(Debug)]
pub struct Frames {
    context: WebSocketContext,
}

impl Frames {
    pub fn new() -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(limits::FRAME_BUFFER_BYTES)
            .write_buffer_size(0)
            .max_frame_size(Some(JSON_LINE_BYTES_MAX))
            .max_message_size(Some(JSON_LINE_BYTES_MAX));
        Self { context: WebSocketContext::new(Role::Server, Some(config)) }
    }
}

impl Unframe for Frames {
    fn unframe(
        &mut self,
        bytes: &[u8],
        lines: &mut Vec<u8>,
        replies: &mut Vec<u8>,
    ) -> Option<CloseCode> {
        let mut stream = Memory { input: bytes, output: replies };
        loop {
            match self.context.read(&mut stream) {
                Ok(Message::Text(text)) => {
                    // In JSON a line end can only stand between two tokens, where a blank means the same. So one message
                    // is one line.
                    let blank = |&byte: &u8| if byte == b'\n' { b' ' } else { byte };
                    lines.extend(text.as_bytes().iter().map(blank));
                    lines.push(b'\n');
                }
                Ok(Message::Binary(_)) => return Some(CloseCode::Unsupported),
                Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_)) => {}
                // The answer comes from the Hub, after those to earlier messages.
                Ok(Message::Close(frame)) => {
                    // The library has replaced a code that nobody may send.
                    let is_wrong = frame.is_some_and(|it| it.code == coding::CloseCode::Protocol);
                    return Some(if is_wrong {
                        CloseCode::ProtocolError
                    } else {
                        CloseCode::Normal
                    });
                }
                Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => return None,
                Err(Error::Capacity(_)) => return Some(CloseCode::TooBig),
                Err(Error::Utf8(_)) => return Some(CloseCode::InvalidText),
                Err(_) => return Some(CloseCode::ProtocolError),
            }
        }
    }
}

/// A stream without a socket: the bytes of one read, and what the library writes, which are answers to pings.
struct Memory<'a> {
    input: &'a [u8],
    output: &'a mut Vec<u8>,
}

impl Read for Memory<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.input.read(buffer)? {
            0 => Err(ErrorKind::WouldBlock.into()),
            count => Ok(count),
        }
    }
}

impl Write for Memory<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.output.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: [u8; 4] = [0x12, 0x0a, 0xff, 0x80];

    /// A frame as a client sends it: `first` is its first byte.
    fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
        let mut frame = vec![first];
        match payload.len() {
            length @ 0..126 => frame.push(0x80 | length as u8),
            length => {
                frame.push(0x80 | 126);
                frame.extend_from_slice(&(length as u16).to_be_bytes());
            }
        }
        frame.extend_from_slice(&KEY);
        frame.extend(payload.iter().zip(KEY.iter().cycle()).map(|(byte, key)| byte ^ key));
        frame
    }

    /// Lines, replies and the code after these bytes, `step` at a time.
    fn read(bytes: &[u8], step: usize) -> (String, Vec<u8>, Option<CloseCode>) {
        let (mut lines, mut replies) = (Vec::new(), Vec::new());
        let mut frames = Frames::new();
        let code =
            bytes.chunks(step).find_map(|part| frames.unframe(part, &mut lines, &mut replies));
        (String::from_utf8(lines).unwrap(), replies, code)
    }

    #[test]
    fn the_result_does_not_depend_on_how_reads_split_the_frames() {
        let long = "x".repeat(JSON_LINE_BYTES_MAX);
        let bytes = [
            masked(0x81, b"{\"a\":1}"),
            // Fragments, with a ping between them.
            masked(0x01, "{\"b\":\"\u{00e4}".as_bytes().split_last().unwrap().1),
            masked(0x89, b"are you there?"),
            masked(0x00, &["\u{00e4}".as_bytes().last().copied().unwrap(), b'"']),
            masked(0x80, b"\n}"),
            masked(0x8a, b"an answer that nobody asked for"),
            masked(0x81, b""),
            masked(0x81, long.as_bytes()),
        ]
        .concat();
        let whole = read(&bytes, bytes.len());
        assert_eq!(whole.0, format!("{{\"a\":1}}\n{{\"b\":\"\u{00e4}\" }}\n\n{long}\n"));
        assert_eq!(whole.1, [&[0x8a, 14], &b"are you there?"[..]].concat());
        assert_eq!(whole.2, None);
        for step in [1, 2, 3, 5, 7, 511, 512, 513, 4096] {
            assert_eq!(read(&bytes, step), whole, "{step} bytes at a time");
        }
        // And every way to split it in two.
        for at in 1..200 {
            let (mut lines, mut replies) = (Vec::new(), Vec::new());
            let mut frames = Frames::new();
            for part in [&bytes[..at], &bytes[at..]] {
                assert_eq!(frames.unframe(part, &mut lines, &mut replies), None);
            }
            assert_eq!((lines, replies), (whole.0.clone().into_bytes(), whole.1.clone()), "{at}");
        }
    }

    proptest::proptest! {
        /// Anything at all: no panic, and the same however the reads split it.
        #[test]
        fn random_bytes_do_no_harm(
            frames in proptest::collection::vec(
                (proptest::bool::ANY, 0_u8..=255, proptest::collection::vec(0_u8..=255, 0..300)), 0..6),
            step in 1_usize..50,
        ) {
            let bytes = |(is_frame, first, payload): &(bool, u8, Vec<u8>)| {
                // Mostly frames that make sense.
                if *is_frame { masked([0x81, 0x01, 0x80, 0x89][usize::from(first % 4)], payload) }
                else { [&[*first], &payload[..]].concat() }
            };
            let bytes: Vec<u8> = frames.iter().flat_map(bytes).collect();
            let whole = read(&bytes, bytes.len().max(1));
            let parts = read(&bytes, step);
            proptest::prop_assert_eq!(&parts, &whole);
            proptest::prop_assert!(parts.0.is_empty() || parts.0.ends_with('\n'));
        }
    }

    #[test]
    fn bad_frames_close_the_socket_with_the_code_of_the_standard() {
        use CloseCode::{InvalidText, Normal, ProtocolError, TooBig, Unsupported};
        let too_long = vec![b'x'; JSON_LINE_BYTES_MAX + 1];
        let half = vec![b'x'; JSON_LINE_BYTES_MAX / 2 + 1];
        let table = [
            ("an unmasked frame", vec![0x81, 2, b'h', b'i'], ProtocolError),
            ("a reserved bit", masked(0xc1, b"hi"), ProtocolError),
            ("a reserved opcode", masked(0x83, b"hi"), ProtocolError),
            ("a reserved control opcode", masked(0x8b, b"hi"), ProtocolError),
            ("a continuation of nothing", masked(0x80, b"hi"), ProtocolError),
            (
                "a message inside a message",
                [masked(0x01, b"hi"), masked(0x81, b"hi")].concat(),
                ProtocolError,
            ),
            ("a ping in fragments", masked(0x09, b"hi"), ProtocolError),
            ("a long ping", masked(0x89, &[b'x'; 126]), ProtocolError),
            ("half a close code", masked(0x88, &[3]), ProtocolError),
            ("a close code that nobody may send", masked(0x88, &[0x03, 0xed]), ProtocolError),
            ("a binary message", masked(0x82, b"hi"), Unsupported),
            ("bad UTF-8", masked(0x81, &[0xff, 0xfe]), InvalidText),
            ("half a letter", masked(0x81, &"\u{00e4}".as_bytes()[..1]), InvalidText),
            ("a close reason in bad UTF-8", masked(0x88, &[0x03, 0xe8, 0xff]), InvalidText),
            ("a long message", masked(0x81, &too_long), TooBig),
            (
                "a long message in fragments",
                [masked(0x01, &half), masked(0x80, &half)].concat(),
                TooBig,
            ),
            (
                "an announced gigabyte",
                vec![0x81, 0xff, 0, 0, 0, 0, 0x40, 0, 0, 0, 1, 2, 3, 4],
                TooBig,
            ),
            (
                "an endless message",
                vec![0x81, 0xff, 0x7f, 0xff, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4],
                TooBig,
            ),
            ("an empty close", masked(0x88, b""), Normal),
            ("a page that goes", masked(0x88, &[0x03, 0xe9]), Normal),
        ];
        for (what, bytes, code) in table {
            for step in [1, bytes.len()] {
                let (lines, replies, found) = read(&bytes, step);
                assert_eq!((lines.as_str(), found), ("", Some(code)), "{what}");
                assert!(replies.is_empty(), "{what}");
            }
        }
    }
}
