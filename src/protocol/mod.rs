//! Turns bytes into requests, and messages into bytes. This module knows nothing of sockets, threads or clocks.
//!
//! ```text
//!                 bytes ─▶ telnet ─▶ line ─▶ restore ─▶ clean ─▶ stranger ─▶ Input
//! plain text                 └─▶ replies
//!                 Message ─▶ encode (sentences, tables) ─▶ layout ─▶ bytes
//!
//! JSON            bytes ─▶ line ─▶ stranger ─▶ object ─▶ actions ─▶ Input
//!                 Message ─▶ encode ─▶ bytes
//!
//! Browsers        bytes ─▶ frames ─▶ (as JSON)
//!                 Message ─▶ encode ─▶ frames ─▶ bytes
//! ```
//!
//! TCP carries a stream of bytes: one send may arrive in several reads, and several sends in one. No layer may depend on
//! where a read ends, so each one keeps the state that it needs between two reads.
//!
//! | file | contents |
//! |---|---|
//! | `frames` | JSON in the messages of a WebSocket |
//! | `proxy` | the header by which a proxy tells whom a connection is from |
//! | `clean` | makes text safe to show on another terminal |
//! | `plain/decode` | the decoder of a plain-text connection |
//! | `plain/encode` | messages as lines for people |
//! | `plain/telnet` | removes telnet commands and refuses all options |
//! | `plain/restore` | restores letters that telnet clients break |
//! | `plain/line` | splits bytes into lines of limited length, for both protocols |
//! | `plain/stranger` | recognises programs on the wrong port, for both protocols |
//! | `plain/past` | past messages with their times |
//! | `plain/sentences`, `plain/tables` | the words of everything that the server says to people |
//! | `plain/layout` | lines of limited width, columns, times |
//! | `json/decoder` | the decoder of a JSON connection |
//! | `json/object` | parses a line into the fields of an object, and a field into a value |
//! | `json/actions` | the table of actions, each with its fields |
//! | `json/encode` | messages as objects |
//! | `json/errors` | error codes for programs, sentences for their authors |

mod clean;
pub mod frames;
pub mod json;
pub mod plain;
pub mod proxy;

pub use clean::{clean, is_blank};
pub use plain::PlainDecoder;
pub use plain::line::{ENDLESS_BYTES_MAX, JSON_LINE_BYTES_MAX, LINE_BYTES_MAX};

use jiff::tz::TimeZone;

use crate::chat::{Input, Message, Protocol, Station, Tag, Time, Timestamps, View};
use frames::{FramedDecoder, Unframe};
use json::JsonDecoder;

/// The result of decoding some bytes.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Decoded {
    /// The decoded inputs, in order.
    pub inputs: Vec<Input>,
    /// Bytes to send back at once, as they are. Empty unless the other end speaks telnet, or sends a WebSocket's ping.
    pub replies: Vec<u8>,
}

impl Decoded {
    /// Whether there are neither inputs nor replies.
    pub fn is_empty(&self) -> bool {
        self.inputs.is_empty() && self.replies.is_empty()
    }

    /// Records that the lines in it that are followed pass this station now.
    pub fn pass(&mut self, station: Station, now: impl Fn() -> Time) {
        self.inputs.iter_mut().for_each(|input| input.pass(station, &now));
    }
}

/// Turns the bytes of one connection into [`Input`]s.
///
/// On the plain-text port, a first line that begins with `{` switches the connection to JSON. So programs need no port of
/// their own. People are not affected, since no name begins with a brace.
#[derive(Debug)]
pub struct Decoder(Language);

#[derive(Debug)]
enum Language {
    Plain(PlainDecoder),
    Json(JsonDecoder),
    Framed(FramedDecoder),
}

impl Decoder {
    /// A decoder for a new connection. `may_switch` allows a plain-text connection to become a JSON one.
    pub fn new(protocol: Protocol, may_switch: bool) -> Self {
        Decoder(match protocol {
            Protocol::Plain if may_switch => Language::Plain(PlainDecoder::or_json()),
            Protocol::Plain => Language::Plain(PlainDecoder::new()),
            Protocol::Json | Protocol::Web => Language::Json(JsonDecoder::new()),
        })
    }

    /// A decoder for JSON in the messages of a WebSocket, which `unframe` takes out of their frames.
    pub fn framed(unframe: Box<dyn Unframe>) -> Self {
        Decoder(Language::Framed(FramedDecoder::new(unframe)))
    }

    /// Decodes the bytes of one read and appends the result to `out`. The result does not depend on how reads split the
    /// bytes. `now` is when the read returned: for the rate limits on telnet, and for lines that are followed.
    pub fn feed(&mut self, bytes: &[u8], now: Time, out: &mut Decoded) {
        match &mut self.0 {
            Language::Plain(plain) => {
                if let Some(rest) = plain.feed(bytes, now, out) {
                    out.inputs.push(Input::SpeaksJson);
                    let mut json = JsonDecoder::new();
                    json.feed(rest, &mut out.inputs);
                    self.0 = Language::Json(json);
                }
            }
            Language::Json(json) => json.feed(bytes, &mut out.inputs),
            Language::Framed(framed) => framed.feed(bytes, out),
        }
        if !matches!(self.0, Language::Plain(_)) {
            out.pass(Station::Read, || now);
        }
    }

    /// When to call [`Decoder::feed`] even without bytes, because a postponed answer is due.
    pub fn answer_due(&self) -> Option<Time> {
        match &self.0 {
            Language::Plain(plain) => plain.answer_due(),
            Language::Json(_) | Language::Framed(_) => None,
        }
    }

    /// Reports that the other end has closed its sending side: an unfinished line counts as a line, but half a frame does
    /// not count as a message.
    pub fn finish(&mut self, out: &mut Decoded) {
        match &mut self.0 {
            Language::Plain(plain) => plain.finish(out),
            Language::Json(json) => json.finish(&mut out.inputs),
            Language::Framed(_) => {}
        }
    }
}

/// Appends `message` to `out`, encoded for clients with this view. An answer carries the `tag` of its request; `zone` is
/// for the times that people see.
pub fn encode(
    message: &Message,
    tag: Option<&Tag>,
    view: View,
    zone: &TimeZone,
    out: &mut Vec<u8>,
) {
    match (view, message) {
        (View::Plain(timestamps), _) => plain::encode(message, timestamps, zone, out),
        // A program that speaks another protocol does not understand JSON either.
        (View::Json, Message::WrongProtocol(_)) => {
            plain::encode(message, Timestamps::Off, zone, out);
        }
        (View::Json, _) => json::encode(message, tag, out),
        (View::Web, _) => frames::encode(message, tag, out),
    }
}
