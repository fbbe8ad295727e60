//! The codecs, by tables of bytes and what they mean.
//!
//! TCP may split a stream anywhere. So each row is decoded as a whole, in two pieces cut at each byte, and byte by byte,
//! always with the same result.

mod cleaning;
mod json_actions;
mod json_answers;
mod json_encoder;
mod json_lines;
mod json_malformed;
mod json_properties;
mod json_requests;
mod json_samples;
mod json_samples_people;
mod json_samples_server;
mod json_sent_at;
mod json_switch;
mod lines;
mod properties;
mod proxy;
mod strangers;
mod telnet;

use std::time::Duration;

use chatserv::chat::{Input, Line, Protocol, Request, RequestError, Stranger, Tag};
use chatserv::protocol::{Decoded, Decoder};

/// The time of tests in which time does not matter.
const NOW: Duration = Duration::from_secs(1000);

/// A line without changes.
fn line(text: &str) -> Input {
    Input::Line(Line { text: text.to_owned(), altered: false })
}

/// A line with dropped or replaced characters.
fn altered(text: &str) -> Input {
    Input::Line(Line { text: text.to_owned(), altered: true })
}

fn stranger(stranger: Stranger) -> Input {
    Input::Stranger(stranger)
}

/// A request without an `id`.
fn request(request: Request) -> Input {
    Input::Request { request, tag: None }
}

/// A bad request without an `id`.
fn malformed(reason: RequestError) -> Input {
    Input::BadRequest { reason, tag: None }
}

fn tag(id: &str) -> Option<Tag> {
    Some(Tag(id.into()))
}

/// The decoder of a port for people that does not accept JSON.
fn plain() -> Decoder {
    Decoder::new(Protocol::Plain, false)
}

/// The decoder of a port for people that accepts JSON.
fn may_switch() -> Decoder {
    Decoder::new(Protocol::Plain, true)
}

/// The decoder of a port for JSON.
fn json() -> Decoder {
    Decoder::new(Protocol::Json, false)
}

/// Decodes pieces of a stream and then its end.
fn decode<'a>(mut decoder: Decoder, pieces: impl IntoIterator<Item = &'a [u8]>) -> Decoded {
    let mut decoded = Decoded::default();
    for piece in pieces {
        decoder.feed(piece, NOW, &mut decoded);
    }
    decoder.finish(&mut decoded);
    decoded
}

/// Checks a stream for people, split in every way.
#[track_caller]
fn check(bytes: impl AsRef<[u8]>, inputs: &[Input], replies: &[u8]) {
    check_with(plain, bytes.as_ref(), inputs, replies);
}

/// Checks a stream of JSON, split in every way.
#[track_caller]
fn check_json(bytes: impl AsRef<[u8]>, inputs: &[Input]) {
    check_with(json, bytes.as_ref(), inputs, b"");
}

#[track_caller]
fn check_with(decoder: fn() -> Decoder, bytes: &[u8], inputs: &[Input], replies: &[u8]) {
    let (inputs, replies) = (inputs.to_vec(), replies.to_vec());
    let expected = Decoded { inputs, replies };
    let shown = bytes[..bytes.len().min(60)].escape_ascii();
    assert_eq!(decode(decoder(), [bytes]), expected, "whole: {shown}");
    let single = decode(decoder(), bytes.chunks(1));
    assert_eq!(single, expected, "byte by byte: {shown}");
    // Most cuts within the thousands of equal letters before a limit are alike.
    let is_needed = |&cut: &usize| cut < 200 || bytes.len() - cut < 60 || cut % 1009 == 0;
    for cut in (1..bytes.len()).filter(is_needed) {
        let (one, two) = bytes.split_at(cut);
        let decoded = decode(decoder(), [one, two]);
        assert_eq!(decoded, expected, "cut after {cut} bytes: {shown}");
    }
}

/// Checks a stream for people that is too long for each cut, in reads of several sizes.
#[track_caller]
fn check_long(bytes: &[u8], inputs: &[Input], replies: &[u8]) {
    let (inputs, replies) = (inputs.to_vec(), replies.to_vec());
    let expected = Decoded { inputs, replies };
    for read_bytes in [1, 2, 7, 1460, 4095, 4096, 4097, 16 * 1024, bytes.len()] {
        let decoded = decode(plain(), bytes.chunks(read_bytes));
        assert!(decoded == expected, "in reads of {read_bytes} bytes");
    }
}

/// Decodes one line of JSON.
#[track_caller]
fn asked(line: &str) -> Result<Request, RequestError> {
    match decode(json(), [line.as_bytes()]).inputs.as_slice() {
        [Input::Request { request, .. }] => Ok(request.clone()),
        [Input::BadRequest { reason, .. }] => Err(reason.clone()),
        other => panic!("{line}: {other:?}"),
    }
}
