//! The frames of a WebSocket.

use super::{
    Input, SINGLE_BYTES_MAX, Split, assert_nothing_follows_the_last, decode_in_pieces, json,
};
use crate::chat::CloseCode;
use crate::protocol::frames::Unframe as _;
use crate::protocol::{Decoder, JSON_LINE_BYTES_MAX};
use crate::server::fuzzing::Frames;

const TEXT: u8 = 0x81;
const CONTINUATION: u8 = 0x80;
const PING: u8 = 0x89;
/// Clears the bit for the last frame of a message.
const NOT_LAST: u8 = 0x7f;
const KEY: [u8; 4] = [0x12, 0x0a, 0xff, 0x80];

/// Flags: 1 has runs, 2 builds valid frames from the stream.
pub fn check(bytes: &[u8]) {
    let Some(input) = Input::of(bytes) else { return };
    let stream = input.expanded();
    if input.flags & 2 != 0 {
        return messages_arrive(&stream, input.split);
    }
    let whole = read([&stream[..]]);
    assert_eq!(read(input.split.pieces(&stream)), whole, "another split, another meaning");
    if stream.len() < SINGLE_BYTES_MAX {
        assert_eq!(read(stream.chunks(1)), whole, "byte by byte, another meaning");
    }
    let (lines, replies, _) = whole;
    assert!(str::from_utf8(&lines).is_ok(), "only text arrives");
    assert!(lines.is_empty() || lines.ends_with(b"\n"));
    assert!(lines.split(|&byte| byte == b'\n').all(|line| line.len() <= JSON_LINE_BYTES_MAX));
    assert!(lines.len() + replies.len() <= stream.len(), "more comes out than went in");
    answers_are_pongs(&replies);
    // With the decoder behind it.
    let decoder = || Decoder::framed(Box::new(Frames::new()));
    let decoded = decode_in_pieces(decoder, &stream, input.split);
    assert_nothing_follows_the_last(&decoded);
    decoded.inputs.iter().for_each(json::check_input);
}

/// The lines, the replies and the code after these reads.
fn read<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (Vec<u8>, Vec<u8>, Option<CloseCode>) {
    let (mut lines, mut replies) = (Vec::new(), Vec::new());
    let mut frames = Frames::new();
    let code = pieces.into_iter().find_map(|piece| frames.unframe(piece, &mut lines, &mut replies));
    (lines, replies, code)
}

/// Replies are whole pongs without a mask, each of at most 125 bytes (RFC 6455, sections 5.1 and 5.5).
fn answers_are_pongs(mut replies: &[u8]) {
    while let [first, length, rest @ ..] = replies {
        assert_eq!(*first, 0x8a);
        assert!(*length <= 125 && rest.len() >= usize::from(*length));
        replies = &rest[usize::from(*length)..];
    }
    assert!(replies.is_empty());
}

/// Each line of the stream is sent as a text message, in fragments with pings between them. All arrive, in order, and so do
/// the pongs.
fn messages_arrive(stream: &[u8], mut split: Split) {
    let (mut sent, mut lines, mut pongs) = (Vec::new(), Vec::new(), Vec::new());
    let text = String::from_utf8_lossy(stream);
    for line in text.split('\n').filter(|line| line.len() <= JSON_LINE_BYTES_MAX) {
        let mut kind = TEXT;
        let mut rest = line.as_bytes();
        loop {
            // Some fragments are empty.
            let length = (split.next() - 1).min(rest.len());
            let (part, after) = rest.split_at(length);
            rest = after;
            if rest.is_empty() {
                frame(kind, part, &mut sent);
                break;
            }
            frame(kind & NOT_LAST, part, &mut sent);
            kind = CONTINUATION;
            if part.len() % 4 == 3 {
                let part = &part[..part.len().min(125)];
                frame(PING, part, &mut sent);
                pongs.extend_from_slice(&[0x8a, part.len() as u8]);
                pongs.extend_from_slice(part);
            }
        }
        lines.extend_from_slice(line.as_bytes());
        lines.push(b'\n');
    }
    assert_eq!(read(split.pieces(&sent)), (lines, pongs, None));
}

/// A frame as a client sends it.
fn frame(first: u8, payload: &[u8], out: &mut Vec<u8>) {
    out.push(first);
    match payload.len() {
        length @ 0..126 => out.push(0x80 | length as u8),
        length => {
            out.push(0x80 | 126);
            out.extend_from_slice(&(length as u16).to_be_bytes());
        }
    }
    out.extend_from_slice(&KEY);
    out.extend(payload.iter().zip(KEY.iter().cycle()).map(|(byte, key)| byte ^ key));
}
