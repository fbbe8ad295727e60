//! Bytes to what they mean, and back. Nothing in here knows of a socket, a thread or a clock.
//!
//! What a person types passes through four layers, each of which knows nothing of the next:
//!
//! ```text
//! bytes ─▶ telnet ─▶ line ─▶ text ─▶ stranger ─▶ Input
//!            └─▶ reply bytes
//! ```
//!
//! What a program sends as JSON is another way to the same [`Input`]s.
//!
//! | file | what it holds |
//! |---|---|
//! | `decoder` | the decoder of one connection, whichever of the two languages it speaks |
//! | `json` | JSON lines, in both directions |
//! | `plain` | the decoder of one plain-text connection, which ties these together |
//! | `telnet` | takes telnet's commands out of the bytes, and refuses what they ask for |
//! | `line` | finds the ends of lines, and keeps to the limits on their length |
//! | `text` | makes of bytes a text that is safe to show on another terminal |
//! | `phrases` | what the server says, in words |
//! | `stranger` | tells programs that came to the wrong port |
//!
//! TCP carries a stream of bytes: what was sent in one piece may arrive in many, and the other way round. So no layer
//! may depend on where a read happened to end. Each keeps between two reads exactly what it needs to go on.

mod clean;
mod decoder;
pub mod json;
pub mod plain;

pub use clean::{clean, is_blank};
pub use decoder::Decoder;
pub use plain::PlainDecoder;

use jiff::tz::TimeZone;

use crate::chat::{Input, Message, Tag, Timestamps, View};

/// The longest line, in bytes as received. Bytes that the person erased again count, because they were received; the
/// line's end and telnet's commands do not. A longer line is answered with one [`Input::LineTooLong`].
pub const LINE_BYTES_MAX: usize = 4096;

/// The longest JSON line, in bytes as received; the line's end does not count.
pub const JSON_LINE_BYTES_MAX: usize = 16 * 1024;

/// So many bytes without a line end are no line: the decoder says [`Input::LineEndless`] and hears no more.
pub const ENDLESS_BYTES_MAX: usize = 64 * 1024;

/// What came of some bytes.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Decoded {
    /// What the other end has said, in order.
    pub inputs: Vec<Input>,
    /// Bytes to send back at once, as they are. Empty unless the other end has spoken telnet.
    pub replies: Vec<u8>,
}

impl Decoded {
    /// Whether there is neither anything to hand on nor anything to answer.
    pub fn is_empty(&self) -> bool {
        self.inputs.is_empty() && self.replies.is_empty()
    }
}

/// Appends `message` to `out` as the bytes for whoever has this view. An answer carries the `tag` of its request, and
/// times for people are in `zone`.
pub fn encode(
    message: &Message,
    tag: Option<&Tag>,
    view: View,
    zone: &TimeZone,
    out: &mut Vec<u8>,
) {
    match (view, message) {
        (View::Plain(timestamps), _) => plain::encode(message, timestamps, zone, out),
        // Whoever speaks another protocol understands neither of ours.
        (View::Json, Message::WrongProtocol(_)) => {
            plain::encode(message, Timestamps::Off, zone, out);
        }
        (View::Json, _) => json::encode(message, tag, out),
    }
}

/// How many bytes at the beginning are `ordinary`.
///
/// Nearly all of them are. So whole chunks are looked at without leaving early, which the compiler turns into a few
/// wide comparisons; only the chunk that holds the first other byte is searched one by one.
fn ordinary_prefix(bytes: &[u8], ordinary: impl Fn(u8) -> bool) -> usize {
    let mut length = 0;
    for chunk in bytes.chunks(32) {
        if !chunk.iter().fold(true, |all, &byte| all & ordinary(byte)) {
            return length + chunk.iter().take_while(|&&byte| ordinary(byte)).count();
        }
        length += chunk.len();
    }
    length
}
