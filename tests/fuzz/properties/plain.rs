//! Bytes from telnet clients: the telnet parser, the line splitter, the restorer and the watch for strangers.

use super::{Input, NOW, assert_clean, assert_nothing_follows_the_last, decode, decode_in_pieces};
use crate::chat::{self, Protocol, Stranger, Time};
use crate::protocol::{Decoded, Decoder, JSON_LINE_BYTES_MAX, clean};

const IAC: u8 = 255;
const WONT: u8 = 252;
const DONT: u8 = 254;
const TIMING_MARK: u8 = 6;
const HERE: &[u8] = b"server: Yes, I am here.\r\n";

/// Flags: 1 has runs, 2 may switch to JSON.
pub fn check(bytes: &[u8]) {
    let Some(input) = Input::of(bytes) else { return };
    let may_switch = input.flags & 2 != 0;
    let stream = input.expanded();
    let decoder = || Decoder::new(Protocol::Plain, may_switch);
    let decoded = decode_in_pieces(decoder, &stream, input.split);
    assert_nothing_follows_the_last(&decoded);
    assert!(decoded.inputs.len() <= stream.len() + 1, "more inputs than bytes");
    lines_are_clean(&decoded);
    replies_are_refusals(&stream, &decoded.replies);
    memory_is_limited(decoder(), &input, &stream);
    postponed_answers_come(decoder(), &input, &stream);
    a_request_ends_it(decoder(), &stream);
}

fn lines_are_clean(decoded: &Decoded) {
    let mut switched = false;
    for input in &decoded.inputs {
        match input {
            chat::Input::Line(line) => {
                assert!(!switched, "a line of text after the switch to JSON");
                assert_clean(&line.text);
                let again = clean(line.text.as_bytes());
                assert_eq!(
                    (&again.text, again.altered),
                    (&line.text, false),
                    "cleaning is idempotent"
                );
            }
            chat::Input::SpeaksJson => assert!(!std::mem::replace(&mut switched, true)),
            chat::Input::Request { .. } | chat::Input::BadRequest { .. } => assert!(switched),
            _ => {}
        }
    }
}

/// Without telnet there is no answer; to telnet there are refusals, at most 64, and in one moment at most ten answers to
/// timing marks and "are you there".
fn replies_are_refusals(stream: &[u8], replies: &[u8]) {
    let (mut rest, mut refusals, mut answers) = (replies, 0, 0);
    while !rest.is_empty() {
        let length = match *rest {
            [IAC, WONT, TIMING_MARK, ..] => {
                answers += 1;
                3
            }
            [IAC, WONT | DONT, _, ..] => {
                refusals += 1;
                3
            }
            _ => {
                assert!(rest.starts_with(HERE), "{}", rest.escape_ascii());
                answers += 1;
                HERE.len()
            }
        };
        rest = &rest[length..];
    }
    // WONT TIMING-MARK may be the refusal of an offer, too.
    assert!(refusals <= 64 && answers <= 10 + 1, "{refusals} refusals, {answers} answers");
    assert!(replies.is_empty() || stream.contains(&IAC), "an answer to a client without telnet");
}

/// Between two reads a decoder holds at most one line and a few refusals. (`Debug` writes each byte of it as a number.)
fn memory_is_limited(decoder: Decoder, input: &Input<'_>, stream: &[u8]) {
    let mut reads = 0_u32;
    decode(decoder, input.split.pieces(stream), |decoder| {
        reads += 1;
        // Not after each read: writing it takes longer than the read.
        if reads.is_power_of_two() {
            let shown = format!("{decoder:?}").len();
            assert!(shown <= 5 * JSON_LINE_BYTES_MAX + 4096, "{shown} characters");
        }
    });
}

/// A postponed answer comes at the time that the decoder names, without any further byte.
fn postponed_answers_come(mut decoder: Decoder, input: &Input<'_>, stream: &[u8]) {
    let mut decoded = Decoded::default();
    let mut now = NOW;
    for piece in input.split.pieces(stream) {
        decoder.feed(piece, now, &mut decoded);
        if let Some(due) = decoder.answer_due() {
            assert!(due > now && due <= now + Time::from_secs(1), "due at {due:?}, now {now:?}");
            now = due;
            let before = decoded.replies.len();
            decoder.feed(b"", now, &mut decoded);
            assert_eq!(decoded.replies[before..], [IAC, WONT, TIMING_MARK]);
            assert_eq!(decoder.answer_due(), None);
        }
    }
}

/// A web page can have its browser send anything after the line of its request, and none of that may be said.
fn a_request_ends_it(decoder: Decoder, stream: &[u8]) {
    let request = [b"POST /x HTTP/1.1\r\n", stream].concat();
    let decoded = decode(decoder, [&request[..]], |_| {});
    assert_eq!(decoded.inputs, [chat::Input::Stranger(Stranger::Http)]);
    assert!(decoded.replies.is_empty());
}
