//! What the tests of JSON lines share.

use chatserv::chat::{Input, Protocol, Request, RequestError, Tag};
use chatserv::protocol::{Decoded, Decoder};

use crate::protocol::NOW;

/// What comes of the pieces and the end of input after them.
pub fn decode<'a>(mut decoder: Decoder, pieces: impl IntoIterator<Item = &'a [u8]>) -> Decoded {
    let mut decoded = Decoded::default();
    for piece in pieces {
        decoder.feed(piece, NOW, &mut decoded);
    }
    decoder.finish(&mut decoded);
    decoded
}

/// On a port where everybody speaks JSON.
pub fn json() -> Decoder {
    Decoder::new(Protocol::Json, false)
}

/// Checks what comes of bytes, split in each way.
#[track_caller]
pub fn check(decoder: fn() -> Decoder, bytes: &[u8], expected: &Decoded) {
    let shown = bytes[..bytes.len().min(60)].escape_ascii();
    assert_eq!(decode(decoder(), [bytes]), *expected, "whole: {shown}");
    assert_eq!(
        decode(decoder(), bytes.chunks(1)),
        *expected,
        "byte by byte: {shown}"
    );
    // In the long stretch of equal letters before a limit, a cut is like any other.
    let is_telling = |&cut: &usize| cut < 200 || bytes.len() - cut < 60 || cut % 1009 == 0;
    for cut in (1..bytes.len()).filter(is_telling) {
        let (one, two) = bytes.split_at(cut);
        let decoded = decode(decoder(), [one, two]);
        assert_eq!(decoded, *expected, "cut after {cut} bytes: {shown}");
    }
}

/// The same, on a port where everybody speaks JSON.
#[track_caller]
pub fn check_json(bytes: impl AsRef<[u8]>, inputs: &[Input]) {
    let expected = Decoded {
        inputs: inputs.to_vec(),
        replies: Vec::new(),
    };
    check(json, bytes.as_ref(), &expected);
}

/// A request without an `id`.
pub fn request(request: Request) -> Input {
    Input::Request { request, tag: None }
}

/// A line that is none, and has no `id`.
pub fn malformed(why: RequestError) -> Input {
    Input::BadRequest { why, tag: None }
}

pub fn tag(id: &str) -> Option<Tag> {
    Some(Tag(id.into()))
}

/// What one line asks.
#[track_caller]
pub fn asked(line: &str) -> Result<Request, RequestError> {
    match decode(json(), [line.as_bytes()]).inputs.as_slice() {
        [Input::Request { request, .. }] => Ok(request.clone()),
        [Input::BadRequest { why, .. }] => Err(why.clone()),
        other => panic!("{line}: {other:?}"),
    }
}
