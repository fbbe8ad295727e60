//! The decoder of one JSON connection.

use super::super::plain::stranger::{Watch, begins_like_tls};
use super::actions::understand;
use super::lines::{LineBuffer, Step};
use super::object::Object;
use crate::chat::{Input, Stranger};

/// Turns the bytes of one JSON connection into [`Input`]s.
///
/// There is one for each connection, so it is small, and holds no buffer while nobody is in the middle of a line.
#[derive(Debug)]
pub(in crate::protocol) struct JsonDecoder {
    line: LineBuffer,
    /// Looks out for strangers, until the first line that is not blank has been seen.
    watch: Option<Watch>,
    /// Whether the end has been said, and all that follows is ignored.
    deaf: bool,
}

impl JsonDecoder {
    /// A decoder for a connection that has not said anything.
    pub(in crate::protocol) fn new() -> Self {
        JsonDecoder {
            line: LineBuffer::default(),
            watch: Some(Watch::default()),
            deaf: false,
        }
    }

    /// Takes what one read has brought and appends what it means to `inputs`. The same bytes mean the same, however
    /// the reads have split them.
    pub(in crate::protocol) fn feed(&mut self, mut bytes: &[u8], inputs: &mut Vec<Input>) {
        while !self.deaf {
            match self.line.step(&mut bytes) {
                None => return,
                Some(Step::Gathered) => self.look_at_beginning(inputs),
                Some(Step::Ended(line)) => self.read_line(&line, inputs),
                Some(Step::TooLong(start)) => {
                    if begins_with_brace(&start) {
                        self.watch = None;
                    }
                    let watch = self.watch.as_mut();
                    match watch.and_then(|watch| watch.look_at_long(&start)) {
                        Some(stranger) => self.end_with(Input::Stranger(stranger), inputs),
                        None => inputs.push(Input::LineTooLong),
                    }
                }
                Some(Step::Skipped(run)) => {
                    let watch = self.watch.as_mut();
                    if let Some(stranger) = watch.and_then(|watch| watch.look_at_skipped(run)) {
                        self.end_with(Input::Stranger(stranger), inputs);
                    }
                }
                Some(Step::SkippedToEnd) => self.watch = None,
                Some(Step::Endless) => self.end_with(Input::LineEndless, inputs),
            }
        }
    }

    /// The other end has closed its sending side. What it had begun to say is a line, although its end is missing.
    pub(in crate::protocol) fn finish(&mut self, inputs: &mut Vec<Input>) {
        let line = self.line.finish();
        self.read_line(&line, inputs);
    }

    /// A TLS hello has no lines, so it must be told before the end of one.
    fn look_at_beginning(&mut self, inputs: &mut Vec<Input>) {
        if self.watch.is_some() && begins_like_tls(self.line.gathered()) {
            self.end_with(Input::Stranger(Stranger::Tls), inputs);
        }
    }

    /// Takes one whole line, without its end.
    fn read_line(&mut self, line: &[u8], inputs: &mut Vec<Input>) {
        if line.trim_ascii().is_empty() {
            return;
        }
        if let Some(stranger) = self.watch.take().and_then(|watch| told(&watch, line)) {
            return self.end_with(Input::Stranger(stranger), inputs);
        }
        let object = match Object::parse(line) {
            Ok(object) => object,
            Err(why) => return inputs.push(Input::BadRequest { why, tag: None }),
        };
        inputs.push(match object.tag() {
            Err(why) => Input::BadRequest { why, tag: None },
            Ok(tag) => match understand(&object) {
                Ok(request) => Input::Request { request, tag },
                Err(why) => Input::BadRequest { why, tag },
            },
        });
    }

    /// Says one last thing, lets go of what is held, and hears no more.
    fn end_with(&mut self, last: Input, inputs: &mut Vec<Input>) {
        inputs.push(last);
        self.line = LineBuffer::default();
        self.deaf = true;
    }
}

/// The stranger whose first line this is, if it is one's.
fn told(watch: &Watch, line: &[u8]) -> Option<Stranger> {
    if begins_with_brace(line) {
        None
    } else if begins_like_tls(line) {
        Some(Stranger::Tls)
    } else {
        watch.look_at_line(&String::from_utf8_lossy(line))
    }
}

/// Whether a line begins as an object does, which no stranger's greeting does. So a message may speak of HTTP.
fn begins_with_brace(line: &[u8]) -> bool {
    line.trim_ascii_start().starts_with(b"{")
}
