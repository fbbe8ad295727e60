//! The codecs, by tables of bytes and what they mean.
//!
//! TCP may split a stream anywhere, so every row of every table is fed whole, in two pieces cut at each byte, and one
//! byte at a time. The outcome must be the same.

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
mod json_support;
mod json_switch;
mod lines;
mod properties;
mod strangers;
mod telnet;

use std::time::Duration;

use chatserv::chat::{Input, Line, Stranger};
use chatserv::protocol::{Decoded, PlainDecoder};

/// Any moment will do where no limit counts time.
const NOW: Duration = Duration::from_secs(1000);

/// A line that came as it was typed.
fn line(text: &str) -> Input {
    Input::Line(Line {
        text: text.to_owned(),
        altered: false,
    })
}

/// A line of which something was dropped or replaced.
fn altered(text: &str) -> Input {
    Input::Line(Line {
        text: text.to_owned(),
        altered: true,
    })
}

fn stranger(stranger: Stranger) -> Input {
    Input::Stranger(stranger)
}

/// What comes of the pieces and the end of input after them.
fn decode<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Decoded {
    let mut decoder = PlainDecoder::new();
    let mut decoded = Decoded::default();
    for piece in pieces {
        decoder.feed(piece, NOW, &mut decoded);
    }
    decoder.finish(&mut decoded);
    decoded
}

/// Checks one row of a table, split in each way. In rows of thousands of bytes, which are about a limit near their end,
/// the long stretch of equal letters before it is cut only here and there.
#[track_caller]
fn check(bytes: impl AsRef<[u8]>, inputs: &[Input], replies: &[u8]) {
    let bytes = bytes.as_ref();
    let expected = Decoded {
        inputs: inputs.to_vec(),
        replies: replies.to_vec(),
    };
    let shown = bytes[..bytes.len().min(60)].escape_ascii();
    assert_eq!(decode([bytes]), expected, "whole: {shown}");
    assert_eq!(decode(bytes.chunks(1)), expected, "byte by byte: {shown}");
    let is_telling = |&cut: &usize| cut < 500 || bytes.len() - cut < 60 || cut % 101 == 0;
    for cut in (1..bytes.len()).filter(is_telling) {
        let (one, two) = bytes.split_at(cut);
        assert_eq!(
            decode([one, two]),
            expected,
            "cut after {cut} bytes: {shown}"
        );
    }
}

/// Checks a row too long to be cut at each byte: in reads of several sizes.
#[track_caller]
fn check_long(bytes: &[u8], inputs: &[Input], replies: &[u8]) {
    let expected = Decoded {
        inputs: inputs.to_vec(),
        replies: replies.to_vec(),
    };
    for read_bytes in [1, 2, 7, 1460, 4095, 4096, 4097, 16 * 1024, bytes.len()] {
        assert!(
            decode(bytes.chunks(read_bytes)) == expected,
            "in reads of {read_bytes} bytes"
        );
    }
}
