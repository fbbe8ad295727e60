//! The decoder of one connection, whichever of the two languages it speaks.

use super::json::JsonDecoder;
use super::{Decoded, PlainDecoder};
use crate::chat::{Input, Protocol, Time};

/// Turns the bytes of one connection into [`Input`]s.
///
/// On the port for people, the first line may show that a program speaks: if it begins with `{`, all from there on is
/// JSON. So a program needs no port of its own, and a person loses nothing: no name begins with a brace.
#[derive(Debug)]
pub struct Decoder(Language);

#[derive(Debug)]
enum Language {
    Plain(PlainDecoder),
    Json(JsonDecoder),
}

impl Decoder {
    /// A decoder for a connection that has not said anything. `may_switch` tells whether a first line that begins with
    /// `{` makes a plain connection a JSON one.
    pub fn new(protocol: Protocol, may_switch: bool) -> Self {
        Decoder(match protocol {
            Protocol::Plain if may_switch => Language::Plain(PlainDecoder::or_json()),
            Protocol::Plain => Language::Plain(PlainDecoder::new()),
            Protocol::Json => Language::Json(JsonDecoder::new()),
        })
    }

    /// Takes what one read has brought and appends what it means to `out`. The same bytes mean the same, however the
    /// reads have split them. `now` is for telnet's limits on answers, which are so many in so much time.
    pub fn feed(&mut self, bytes: &[u8], now: Time, out: &mut Decoded) {
        match &mut self.0 {
            Language::Plain(plain) => {
                if let Some(json) = plain.feed(bytes, now, out) {
                    out.inputs.push(Input::SpeaksJson);
                    let mut decoder = JsonDecoder::new();
                    decoder.feed(json, &mut out.inputs);
                    self.0 = Language::Json(decoder);
                }
            }
            Language::Json(json) => json.feed(bytes, &mut out.inputs),
        }
    }

    /// When [`Decoder::feed`] is to be called although nothing has come, with no bytes: an answer is owed then.
    pub fn answer_due(&self) -> Option<Time> {
        match &self.0 {
            Language::Plain(plain) => plain.answer_due(),
            Language::Json(_) => None,
        }
    }

    /// The other end has closed its sending side. What it had begun to say is a line, although its end is missing.
    pub fn finish(&mut self, out: &mut Decoded) {
        match &mut self.0 {
            Language::Plain(plain) => plain.finish(out),
            Language::Json(json) => json.finish(&mut out.inputs),
        }
    }
}
