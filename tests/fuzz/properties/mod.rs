//! Properties of everything that reads bytes from outside. Each function takes any bytes and panics if a property does not
//! hold. The fuzzer calls it with bytes that it makes up, and the test below with those in `tests/fuzz/corpus`.
//!
//! This module is a part of the library only in its unit tests and under the fuzzer (`cfg(fuzzing)`), so that the properties
//! reach private items and nothing of it ships. Forbidden characters and the like are written down here once more, in other
//! words than in the code that they check: a mistake in one place shows.

#[cfg(feature = "server")]
mod bans;
mod chat;
mod config;
#[cfg(feature = "cluster")]
mod entries;
#[cfg(feature = "web")]
mod frames;
#[cfg(feature = "web")]
mod http;
mod json;
mod plain;
mod proxy;
mod text;

use unicode_normalization::char::is_combining_mark;
use unicode_width::UnicodeWidthChar as _;

use crate::chat::Time;
use crate::protocol::{Decoded, Decoder};

/// A target: its name, and the check of its properties.
pub type Target = (&'static str, fn(&[u8]));

/// The targets that these features allow.
pub const TARGETS: &[Target] = &[
    #[cfg(feature = "server")]
    ("bans", bans::check),
    ("chat", chat::check),
    ("config", config::check),
    #[cfg(feature = "cluster")]
    ("entries", entries::check),
    #[cfg(feature = "web")]
    ("frames", frames::check),
    #[cfg(feature = "web")]
    ("http", http::check),
    ("json", json::check),
    ("plain", plain::check),
    ("proxy", proxy::check),
    ("text", text::check),
];

/// Checks the properties of the target with this name.
///
/// # Panics
/// One of them does not hold, or there is no such target.
pub fn check(target: &str, bytes: &[u8]) {
    let found = TARGETS.iter().find(|(name, _)| *name == target);
    let (_, check) = found.unwrap_or_else(|| panic!("there is no target {target}"));
    check(bytes);
}

/// The time of a read where time does not matter.
const NOW: Time = Time::from_secs(1000);

/// Bytes that are no part of UTF-8 stand for a run, so that a short input can reach the limits on length: this one, a byte,
/// and its number in units of [`RUN_BYTES`].
const RUN: u8 = 0xf8;
const RUN_BYTES: usize = 512;
/// The longest stream. All limits on length are below it.
const STREAM_BYTES_MAX: usize = 100 * 1024;
/// Longer streams are not read byte by byte, which takes most of the time.
const SINGLE_BYTES_MAX: usize = 512;

/// The parameters of an input besides its stream of bytes.
struct Input<'a> {
    /// A choice of the target.
    flags: u8,
    /// Where the reads split the stream.
    split: Split,
    stream: &'a [u8],
}

impl<'a> Input<'a> {
    fn of(bytes: &'a [u8]) -> Option<Self> {
        let (&[flags, low, high], stream) = bytes.split_first_chunk()?;
        Some(Self { flags, split: Split(u16::from_be_bytes([high, low]).into()), stream })
    }

    /// The stream, with its runs if the first flag says that it has some.
    fn expanded(&self) -> Vec<u8> {
        if self.flags & 1 == 0 {
            return self.stream.to_vec();
        }
        let (mut bytes, mut rest) = (Vec::new(), self.stream);
        while let Some((&first, after)) = rest.split_first() {
            rest = after;
            match *after {
                [byte, count, ..] if first == RUN && bytes.len() < STREAM_BYTES_MAX => {
                    bytes.resize(bytes.len() + RUN_BYTES * usize::from(count), byte);
                    rest = &after[2..];
                }
                _ => bytes.push(first),
            }
        }
        bytes
    }
}

/// The lengths of reads, by a generator of the simplest kind: short ones mostly, so that most boundaries are met.
#[derive(Clone, Copy)]
struct Split(u64);

impl Split {
    fn next(&mut self) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let random = (self.0 >> 33) as usize;
        match random % 8 {
            0..5 => 1 + random / 8 % 4,
            5..7 => 1 + random / 8 % 64,
            _ => 1 + random / 8 % 5000,
        }
    }

    /// The stream in pieces.
    fn pieces(mut self, mut stream: &[u8]) -> impl Iterator<Item = &[u8]> {
        std::iter::from_fn(move || {
            let length = self.next().min(stream.len());
            let (piece, rest) = stream.split_at(length);
            stream = rest;
            (!piece.is_empty()).then_some(piece)
        })
    }
}

/// Decodes a stream and its end. With each read, `watch` sees the decoder.
fn decode<'a>(
    mut decoder: Decoder,
    pieces: impl IntoIterator<Item = &'a [u8]>,
    mut watch: impl FnMut(&Decoder),
) -> Decoded {
    let mut decoded = Decoded::default();
    for piece in pieces {
        decoder.feed(piece, NOW, &mut decoded);
        watch(&decoder);
    }
    decoder.finish(&mut decoded);
    decoded
}

/// Asserts that a stream has the same meaning however the reads split it, and returns it.
fn decode_in_pieces(decoder: impl Fn() -> Decoder, stream: &[u8], split: Split) -> Decoded {
    let whole = decode(decoder(), [stream], |_| {});
    let pieces = decode(decoder(), split.pieces(stream), |_| {});
    assert_eq!(pieces, whole, "another split, another meaning");
    if stream.len() < SINGLE_BYTES_MAX {
        let single = decode(decoder(), stream.chunks(1), |_| {});
        assert_eq!(single, whole, "byte by byte, another meaning");
    }
    whole
}

/// Asserts that a text is safe to show on another terminal.
#[track_caller]
fn assert_clean(text: &str) {
    let forbidden = |c: char| matches!(u32::from(c), 0..=0x1f | 0x7f..=0x9f | 0x2028..=0x202e | 0x2066..=0x2069);
    assert!(!text.contains(forbidden), "{text:?}");
    let is_stacked = |c: char| is_combining_mark(c) && c.width() == Some(0);
    let mut marks = 0;
    for c in text.chars() {
        marks = if is_stacked(c) { marks + 1 } else { 0 };
        assert!(marks <= 8, "marks pile up: {text:?}");
    }
}

/// Asserts that a text, such as an error for the operator, is one line that a terminal can show.
#[track_caller]
fn assert_one_line(text: &str) {
    assert!(!text.contains(char::is_control), "{text:?}");
    assert!(!text.is_empty());
}

/// Asserts that nothing follows an input after which a decoder ignores the rest.
fn assert_nothing_follows_the_last(decoded: &Decoded) {
    use crate::chat::Input::{Closed, LineEndless, Stranger};
    let is_last =
        |input: &crate::chat::Input| matches!(input, Closed(_) | LineEndless | Stranger(_));
    let end = decoded.inputs.iter().position(is_last);
    assert!(end.is_none_or(|end| end + 1 == decoded.inputs.len()), "{:?}", decoded.inputs);
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    /// Every target has a corpus, and every file in it passes.
    #[test]
    fn the_corpus_holds() {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus");
        for (target, check) in TARGETS {
            let files: Vec<_> = fs::read_dir(corpus.join(target))
                .unwrap_or_else(|error| panic!("the corpus of {target}: {error}"))
                .map(|entry| entry.unwrap().path())
                .collect();
            assert!(!files.is_empty(), "{target}");
            for file in files {
                let bytes = fs::read(&file).unwrap();
                let checked = std::panic::catch_unwind(|| check(&bytes));
                assert!(checked.is_ok(), "{}: see the panic above", file.display());
            }
        }
    }

    /// The fuzzer has a program for each target.
    #[test]
    fn every_target_is_a_program_of_the_fuzzer() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz");
        let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
        for (target, _) in TARGETS {
            let program = format!("name = \"{target}\"\npath = \"targets/{target}.rs\"\n");
            assert!(manifest.contains(&program), "{program}");
            let source =
                fs::read_to_string(folder.join("targets").join(format!("{target}.rs"))).unwrap();
            assert!(source.contains(&format!("check(\"{target}\", bytes)")), "{source}");
        }
    }

    #[test]
    fn runs_are_expanded_and_pieces_are_the_stream() {
        let input = Input::of(b"\x01\x02\x03ab\xf8x\x02cd\xf8y").unwrap();
        let expanded = input.expanded();
        assert_eq!(expanded, [b"ab", &[b'x'; 1024][..], b"cd\xf8y"].concat());
        let pieces = |seed| Split(seed).pieces(&expanded).collect::<Vec<_>>();
        assert!((0..100).all(|seed| pieces(seed).concat() == expanded));
        assert!((0..100).filter(|&seed| pieces(seed).len() > 3).count() > 50);
    }
}
