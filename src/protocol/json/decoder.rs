//! The decoder of one JSON connection.

use super::super::plain::line::{LineBuffer, Step};
use super::super::plain::stranger::{Watch, begins_like_tls};
use super::actions::parse_request;
use super::object::Object;
use crate::chat::{Input, Stranger};

/// Turns the bytes of one JSON connection into [`Input`]s.
///
/// There is one for each connection, so it is small and holds no buffer between two lines.
#[derive(Debug)]
pub(in crate::protocol) struct JsonDecoder {
    line: LineBuffer,
    /// Watches for strangers until the end of the first line that is not blank.
    watch: Option<Watch>,
    /// The last input has been reported; the rest is ignored.
    finished: bool,
}

impl JsonDecoder {
    pub(in crate::protocol) fn new() -> Self {
        JsonDecoder { line: LineBuffer::json(), watch: Some(Watch::default()), finished: false }
    }

    /// Decodes the bytes of one read and appends the result to `inputs`.
    pub(in crate::protocol) fn feed(&mut self, mut bytes: &[u8], inputs: &mut Vec<Input>) {
        while !self.finished {
            let before = bytes;
            let Some(step) = self.line.step(&mut bytes) else {
                return;
            };
            if let Some(watch) = &mut self.watch {
                watch.follow(&before[..before.len() - bytes.len()]);
            }
            let watch = self.watch.as_mut();
            match step {
                // A TLS hello has no lines, so it must be recognised before the end of one.
                Step::Typed if watch.is_some() && self.line.begins_like_tls() => {
                    self.finish_with(Input::Stranger(Stranger::Tls), inputs);
                }
                Step::Ended(line) => self.read_line(&line, inputs),
                Step::TooLong(start) => {
                    if begins_with_brace(&start) {
                        self.watch = None;
                    }
                    let watch = self.watch.as_mut();
                    match watch.and_then(|watch| watch.look_at_long(&start)) {
                        Some(stranger) => self.finish_with(Input::Stranger(stranger), inputs),
                        None => inputs.push(Input::LineTooLong),
                    }
                }
                Step::Skipped(run) => {
                    if let Some(stranger) = watch.and_then(|watch| watch.look_at_skipped(run)) {
                        self.finish_with(Input::Stranger(stranger), inputs);
                    }
                }
                Step::SkippedToEnd => self.watch = None,
                Step::Endless => self.finish_with(Input::LineEndless, inputs),
                // Ctrl-D means nothing in JSON lines.
                Step::Typed | Step::EndOfTransmission => {}
            }
        }
    }

    /// Reports that the other end has closed its sending side: an unfinished line counts as a line.
    pub(in crate::protocol) fn finish(&mut self, inputs: &mut Vec<Input>) {
        if let Some(line) = self.line.finish() {
            self.read_line(&line, inputs);
        }
    }

    /// Reads one whole line, without its end.
    fn read_line(&mut self, line: &[u8], inputs: &mut Vec<Input>) {
        let is_in_header = self.watch.as_ref().is_some_and(Watch::is_within_signature);
        if line.trim_ascii().is_empty() || is_in_header {
            return;
        }
        if let Some(stranger) = self.watch.take().and_then(|watch| recognise(&watch, line)) {
            return self.finish_with(Input::Stranger(stranger), inputs);
        }
        let parsed = Object::parse(line).and_then(|object| Ok((object.tag()?, object)));
        inputs.push(match parsed {
            Err(reason) => Input::BadRequest { reason, tag: None },
            Ok((tag, mut object)) => match parse_request(&mut object) {
                Ok(request) => Input::Request { request, tag },
                Err(reason) => Input::BadRequest { reason, tag },
            },
        });
    }

    /// Reports the last input, releases the buffer and ignores the rest.
    fn finish_with(&mut self, last: Input, inputs: &mut Vec<Input>) {
        inputs.push(last);
        self.line = LineBuffer::json();
        self.finished = true;
    }
}

fn recognise(watch: &Watch, line: &[u8]) -> Option<Stranger> {
    if begins_with_brace(line) {
        None
    } else if begins_like_tls(line) {
        Some(Stranger::Tls)
    } else {
        watch.look_at_line(&String::from_utf8_lossy(line))
    }
}

/// Whether a line begins like an object. No stranger's greeting does, so a message in an object may mention HTTP.
fn begins_with_brace(line: &[u8]) -> bool {
    line.trim_ascii_start().starts_with(b"{")
}
