//! The decoder of one plain-text connection.

use super::super::Decoded;
use super::super::clean::{clean, is_blank};
use super::line::{LineBuffer, Step};
use super::stranger::Watch;
use super::telnet::{Heard, Telnet};
use crate::chat::{Input, Line, Stranger, Time};

/// Turns the bytes of one plain-text connection into [`Input`]s, and answers telnet's commands.
///
/// There is one for each connection, ten thousand of them at times, so it is small, and holds no buffer while nobody
/// is in the middle of a line.
#[derive(Debug)]
pub struct PlainDecoder {
    telnet: Telnet,
    line: LineBuffer,
    /// Looks out for strangers, until the first line that is not blank has been seen.
    watch: Option<Watch>,
    /// Whether the end has been said, and all that follows is ignored. What comes after a stranger's greeting must
    /// never be taken for chat: it may be the body of a web page's request, and say `SHUTDOWN`.
    deaf: bool,
    /// Whether a first line that begins with a brace is no plain text.
    may_be_json: bool,
}

impl PlainDecoder {
    /// A decoder for a connection that has not said anything.
    pub fn new() -> Self {
        PlainDecoder {
            telnet: Telnet::default(),
            line: LineBuffer::default(),
            watch: Some(Watch::default()),
            deaf: false,
            may_be_json: false,
        }
    }

    /// A decoder for a connection that may turn out to speak JSON.
    pub(in crate::protocol) fn that_may_be_json() -> Self {
        PlainDecoder {
            may_be_json: true,
            ..PlainDecoder::new()
        }
    }

    /// Takes what one read has brought and appends what it means to `out`. The same bytes mean the same, however the
    /// reads have split them. `now` is for telnet's limits on answers, which are so many in so much time.
    pub fn feed(&mut self, bytes: &[u8], now: Time, out: &mut Decoded) {
        self.feed_until_json(bytes, now, out);
    }

    /// The same, up to the brace that makes the connection a JSON one: what is left from there on, untouched, since
    /// telnet's commands mean nothing in JSON.
    pub(in crate::protocol) fn feed_until_json<'a>(
        &mut self,
        all: &'a [u8],
        now: Time,
        out: &mut Decoded,
    ) -> Option<&'a [u8]> {
        if self.deaf {
            return None;
        }
        let mut bytes = all;
        self.telnet.pay_debt(now, &mut out.replies);
        while let Some(heard) = self.telnet.step(&mut bytes, now, &mut out.replies) {
            match heard {
                Heard::Nothing => {}
                Heard::Data(data) => {
                    let unread = self.read_data(data, &mut out.inputs);
                    if unread > 0 {
                        return Some(&all[all.len() - bytes.len() - unread..]);
                    }
                }
                Heard::EraseCharacter => self.line.erase_grapheme(),
                Heard::EraseLine => self.line.erase(),
                // No key is pressed between two bytes of a letter.
                Heard::SpecialKey { mistaken_for, .. } if self.line.is_mid_letter() => {
                    self.read_data(&[mistaken_for], &mut out.inputs);
                }
                Heard::SpecialKey { erases_line, .. } if erases_line => self.line.erase(),
                Heard::SpecialKey { .. } => {}
                Heard::EndOfInput => {
                    self.finish(out);
                    if !self.deaf {
                        out.inputs.push(Input::EndOfTransmission);
                    }
                }
                Heard::TooMuch => self.end_with(Input::LineEndless, &mut out.inputs),
            }
            if self.deaf {
                return None;
            }
        }
        None
    }

    /// When [`PlainDecoder::feed`] is to be called although nothing has come, with no bytes: an answer is owed then.
    pub fn answer_due(&self) -> Option<Time> {
        if self.deaf {
            None
        } else {
            self.telnet.debt_due()
        }
    }

    /// The other end has closed its sending side. What it had begun to say is a line, although its end is missing:
    /// `printf hi | nc` says hi. A character that was not sent to its end becomes U+FFFD.
    pub fn finish(&mut self, out: &mut Decoded) {
        if let Some(line) = self.line.finish() {
            self.read_line(&line, &mut out.inputs);
        }
    }

    /// Takes bytes that are free of telnet's commands. How many it leaves: none, but where they are JSON from there on.
    fn read_data(&mut self, mut data: &[u8], inputs: &mut Vec<Input>) -> usize {
        loop {
            if self.is_json(data) {
                return data.len();
            }
            let Some(step) = self.line.step(&mut data) else {
                return 0;
            };
            match step {
                Step::Typed => self.look_at_beginning(inputs),
                Step::Ended(line) => self.read_line(&line, inputs),
                Step::TooLong(start) => match self
                    .watch
                    .as_mut()
                    .and_then(|watch| watch.look_at_long(&start))
                {
                    Some(stranger) => self.end_with(Input::Stranger(stranger), inputs),
                    None => inputs.push(Input::LineTooLong),
                },
                Step::Skipped(run) => {
                    if let Some(stranger) = self
                        .watch
                        .as_mut()
                        .and_then(|watch| watch.look_at_skipped(run))
                    {
                        self.end_with(Input::Stranger(stranger), inputs);
                    }
                }
                Step::SkippedToEnd => self.watch = None,
                Step::Endless => self.end_with(Input::LineEndless, inputs),
                Step::EndOfTransmission => inputs.push(Input::EndOfTransmission),
            }
            if self.deaf {
                return 0;
            }
        }
    }

    /// Whether the next byte is the brace that begins the first line which is not blank.
    fn is_json(&self, data: &[u8]) -> bool {
        self.may_be_json
            && data.first() == Some(&b'{')
            && self.watch.is_some()
            && self.line.is_at_start()
    }

    /// A TLS hello has no lines, so it must be told before the end of one.
    fn look_at_beginning(&mut self, inputs: &mut Vec<Input>) {
        if self.watch.is_some() && self.line.begins_like_tls() {
            self.end_with(Input::Stranger(Stranger::Tls), inputs);
        }
    }

    /// Takes one whole line, without its end.
    fn read_line(&mut self, bytes: &[u8], inputs: &mut Vec<Input>) {
        let line = clean(bytes);
        if is_blank(&line.text) {
            // A blank line is an empty one. It is no greeting either: HTTP allows empty lines before a request.
            inputs.push(Input::Line(Line {
                text: String::new(),
                altered: line.altered,
            }));
            return;
        }
        match self
            .watch
            .take()
            .and_then(|watch| watch.look_at_line(&line.text))
        {
            Some(stranger) => self.end_with(Input::Stranger(stranger), inputs),
            None => inputs.push(Input::Line(line)),
        }
    }

    /// Says one last thing, lets go of what is held, and hears no more.
    fn end_with(&mut self, last: Input, inputs: &mut Vec<Input>) {
        inputs.push(last);
        self.line = LineBuffer::default();
        self.deaf = true;
    }
}

impl Default for PlainDecoder {
    fn default() -> Self {
        PlainDecoder::new()
    }
}
