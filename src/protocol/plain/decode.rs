//! Step 2 of the path of a message: bytes from a telnet client become lines.
//!
//! TCP may split and join what was sent in any way, so each layer keeps the state that it needs between two
//! reads:
//!
//! ```text
//! bytes ─▶ Telnet ─▶ LineBuffer ─▶ Restorer ─▶ clean ─▶ Input::Line
//!            └─▶ replies
//! ```
//!
//! You can skip the helpers at first: [`Telnet`] removes telnet commands from the bytes and refuses their requests,
//! [`LineBuffer`] finds line ends and enforces the limits, [`Restorer`] adds bytes that telnet swallowed, [`clean`] drops
//! what could harm another terminal, and [`Watch`] recognises programs on the wrong port.

use super::line::{LineBuffer, Step};
use super::restore::Restorer;
use super::stranger::Watch;
use super::telnet::{Telnet, TelnetEvent};
use crate::chat::{Input, Line, Stranger, Time};
use crate::protocol::Decoded;
use crate::protocol::clean::{clean, is_blank};

/// The decoder of one plain-text connection. There may be ten thousand, so it holds a buffer only in the middle of a line.
#[derive(Debug)]
pub struct PlainDecoder {
    telnet: Telnet,
    line: LineBuffer,
    restorer: Restorer,
    /// Watches for strangers until the end of the first line that is not blank.
    watch: Option<Watch>,
    /// The last input has been reported, and the rest is ignored: a stranger's greeting may be the head of an HTTP request,
    /// whose body must not be executed, even if it says `SHUTDOWN`.
    finished: bool,
    /// Whether a first line that begins with a brace switches to JSON.
    may_be_json: bool,
}

impl PlainDecoder {
    /// A decoder for a new connection that speaks plain text.
    pub fn new() -> Self {
        PlainDecoder {
            telnet: Telnet::default(),
            line: LineBuffer::default(),
            restorer: Restorer::default(),
            watch: Some(Watch::default()),
            finished: false,
            may_be_json: false,
        }
    }

    /// A decoder for a new connection whose first line may switch it to JSON.
    pub fn or_json() -> Self {
        PlainDecoder { may_be_json: true, ..PlainDecoder::new() }
    }

    /// Decodes the bytes of one read and appends the result to `out`. The result does not depend on how reads split the
    /// bytes. `now` is for the rate limits on telnet. If a brace switches the connection to JSON, returns the bytes from
    /// that brace on, unprocessed: telnet commands mean nothing there.
    pub fn feed<'a>(&mut self, all: &'a [u8], now: Time, out: &mut Decoded) -> Option<&'a [u8]> {
        if self.finished {
            return None;
        }
        let mut bytes = all;
        self.telnet.send_postponed_answer(now, &mut out.replies);
        while let Some(heard) = self.telnet.step(&mut bytes, now, &mut out.replies) {
            match heard {
                TelnetEvent::Nothing => {}
                TelnetEvent::Data(data) => {
                    let unread = self.read_data(data, &mut out.inputs);
                    if unread > 0 {
                        return Some(&all[all.len() - bytes.len() - unread..]);
                    }
                }
                TelnetEvent::EraseCharacter => self.line.erase_grapheme(),
                TelnetEvent::EraseLine => self.line.erase(),
                // In the middle of a UTF-8 character, the byte is text and not a key.
                TelnetEvent::SpecialKey { mistaken_for, .. } if self.line.is_mid_letter() => {
                    self.read_data(&[mistaken_for], &mut out.inputs);
                }
                TelnetEvent::SpecialKey { erases_line: true, .. } => self.line.erase(),
                TelnetEvent::SpecialKey { .. } => {}
                TelnetEvent::EndOfInput => {
                    self.finish(out);
                    if !self.finished {
                        out.inputs.push(Input::EndOfTransmission);
                    }
                }
                TelnetEvent::TooMuch => self.finish_with(Input::LineEndless, &mut out.inputs),
            }
            if self.finished {
                return None;
            }
        }
        None
    }

    /// When to call [`PlainDecoder::feed`] even without bytes, because a postponed answer is due.
    pub fn answer_due(&self) -> Option<Time> {
        if self.finished { None } else { self.telnet.answer_due() }
    }

    /// Reports that the client has closed its sending side. An unfinished line counts as a line, so `printf hi | nc` says
    /// hi. An incomplete character becomes U+FFFD.
    pub fn finish(&mut self, out: &mut Decoded) {
        if let Some(line) = self.line.finish() {
            self.read_line(&line, &mut out.inputs);
        }
    }

    /// Reads bytes without telnet commands. Returns how many it leaves because they are JSON, usually 0.
    fn read_data(&mut self, mut data: &[u8], inputs: &mut Vec<Input>) -> usize {
        while !self.finished {
            if self.is_json(data) {
                return data.len();
            }
            let before = data;
            let Some(step) = self.line.step(&mut data) else {
                break;
            };
            if let Some(watch) = &mut self.watch {
                watch.follow(&before[..before.len() - data.len()]);
            }
            match step {
                Step::Ended(line) => self.read_line(&line, inputs),
                // A TLS hello has no lines, so it must be recognised before the end of one.
                Step::Typed if self.watch.is_some() && self.line.begins_like_tls() => {
                    self.finish_with(Input::Stranger(Stranger::Tls), inputs);
                }
                Step::Typed => {}
                Step::TooLong(start) => {
                    match self.watch.as_mut().and_then(|watch| watch.look_at_long(&start)) {
                        Some(stranger) => self.finish_with(Input::Stranger(stranger), inputs),
                        None => inputs.push(Input::LineTooLong),
                    }
                }
                Step::Skipped(run) => {
                    if let Some(stranger) =
                        self.watch.as_mut().and_then(|watch| watch.look_at_skipped(run))
                    {
                        self.finish_with(Input::Stranger(stranger), inputs);
                    }
                }
                Step::SkippedToEnd => self.watch = None,
                Step::Endless => self.finish_with(Input::LineEndless, inputs),
                Step::EndOfTransmission => inputs.push(Input::EndOfTransmission),
            }
        }
        0
    }

    /// Whether the next byte is a brace that begins the first non-blank line.
    fn is_json(&self, data: &[u8]) -> bool {
        self.may_be_json
            && data.first() == Some(&b'{')
            && self.watch.is_some()
            && self.line.is_at_start()
    }

    /// Reads one whole line, without its end.
    fn read_line(&mut self, bytes: &[u8], inputs: &mut Vec<Input>) {
        let line = clean(&self.restorer.restore(bytes));
        if is_blank(&line.text) {
            // Keep watching for strangers: HTTP allows empty lines before a request.
            inputs.push(Input::Line(Line { text: String::new(), altered: line.altered }));
            return;
        }
        match self.watch.take().and_then(|watch| watch.look_at_line(&line.text)) {
            Some(stranger) => self.finish_with(Input::Stranger(stranger), inputs),
            None => inputs.push(Input::Line(line)),
        }
    }

    /// Reports the last input, releases the buffer and ignores the rest.
    fn finish_with(&mut self, last: Input, inputs: &mut Vec<Input>) {
        inputs.push(last);
        self.line = LineBuffer::default();
        self.finished = true;
    }
}

impl Default for PlainDecoder {
    fn default() -> Self {
        PlainDecoder::new()
    }
}
