//! The bytes that clients should receive: written for the model alone, without the codecs of the server.

use std::fmt::Write;

use super::seam::WALL_START_SECONDS;
use crate::chat::{Protocol, Time};

/// The columns of a line of plain text without `server: `.
const COLUMNS: usize = 72;

/// A line that the model expects. People see sentences, programs see objects; either may be missing.
#[derive(Debug, Clone, Default)]
pub struct Words {
    pub plain: Vec<String>,
    /// The fields behind `action`, as JSON.
    pub json: Option<(&'static str, String)>,
    /// A message, before which people may want to see the time.
    pub is_said: bool,
    /// The answer to a request.
    pub is_answer: bool,
    /// The connection ends after it.
    pub is_last: bool,
}

impl Words {
    /// One sentence of the server for people.
    pub fn sentence(text: impl Into<String>) -> Self {
        Self { plain: vec![text.into()], ..Self::default() }
    }

    /// Several pieces, which the server wraps.
    pub fn wrapped(pieces: &[String]) -> Self {
        let mut lines: Vec<String> = Vec::new();
        for piece in pieces {
            match lines.last_mut() {
                Some(line) if line.chars().count() + 1 + piece.chars().count() <= COLUMNS => {
                    line.push(' ');
                    line.push_str(piece);
                }
                _ => lines.push(piece.clone()),
            }
        }
        Self { plain: lines, ..Self::default() }
    }

    pub fn object(action: &'static str, fields: String) -> Self {
        Self { json: Some((action, fields)), ..Self::default() }
    }

    pub fn with_json(mut self, action: &'static str, fields: String) -> Self {
        self.json = Some((action, fields));
        self
    }

    pub fn answer(mut self) -> Self {
        self.is_answer = true;
        self
    }

    pub fn last(mut self) -> Self {
        self.is_last = true;
        self
    }

    pub fn error(code: &str, sentence: &str) -> Self {
        let fields = format!(r#","code":"{code}","message":{}"#, quote(sentence));
        Self::sentence(sentence).with_json("error", fields).answer()
    }

    /// The line as bytes. `tag` is that of the request which is answered, `clock` what to put before what people say.
    pub fn bytes(&self, protocol: Protocol, tag: Option<u64>, clock: Option<&str>) -> Vec<u8> {
        let mut out = String::new();
        if protocol == Protocol::Plain {
            for line in &self.plain {
                if !self.is_said {
                    out.push_str("server: ");
                } else if let Some(clock) = clock {
                    let _ = write!(out, "[{clock}] ");
                }
                out.push_str(line);
                out.push_str("\r\n");
            }
            return out.into_bytes();
        }
        let Some((action, fields)) = &self.json else {
            return Vec::new();
        };
        let _ = write!(out, r#"{{"action":"{action}"{fields}"#);
        if let Some(tag) = tag.filter(|_| self.is_answer) {
            let _ = write!(out, r#","id":{tag}"#);
        }
        out.push_str("}\n");
        if protocol == Protocol::Json {
            return out.into_bytes();
        }
        let mut frames = frame(out.into_bytes());
        if self.is_last {
            frames.extend(CLOSE_NORMAL);
        }
        frames
    }
}

/// A close frame of a WebSocket, with status 1000.
pub const CLOSE_NORMAL: [u8; 4] = [0x88, 2, 0x03, 0xe8];

/// A text frame of a WebSocket whose only LF is its last byte.
fn frame(mut line: Vec<u8>) -> Vec<u8> {
    let head = |length: usize| match length {
        0..=125 => vec![0x81, length as u8],
        126..=0xffff => vec![0x81, 126, (length >> 8) as u8, length as u8],
        _ => {
            let mut head = vec![0x81, 127];
            head.extend((length as u64).to_be_bytes());
            head
        }
    };
    while head(line.len()).contains(&b'\n') {
        line.insert(line.len() - 1, b' ');
    }
    let mut frame = head(line.len());
    frame.append(&mut line);
    frame
}

/// A JSON string.
pub fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted.push('"');
    quoted
}

pub fn list(names: &[String]) -> String {
    format!("[{}]", names.iter().map(|name| quote(name)).collect::<Vec<_>>().join(","))
}

/// A moment by the wall clock, in milliseconds since its start.
pub fn moment(elapsed_ms: u64) -> String {
    let (ms, seconds) = (elapsed_ms % 1_000, elapsed_ms / 1_000);
    let [hours, minutes] = hours_and_minutes(seconds);
    format!(r#""2027-01-15T{hours:02}:{minutes:02}:{:02}.{ms:03}Z""#, seconds % 60)
}

/// Hours and minutes by the wall clock.
pub fn clock(elapsed_ms: u64) -> String {
    let [hours, minutes] = hours_and_minutes(elapsed_ms / 1_000);
    format!("{hours:02}:{minutes:02}")
}

fn hours_and_minutes(seconds: u64) -> [u64; 2] {
    let seconds = seconds + WALL_START_SECONDS as u64 % 86_400;
    [seconds / 3_600, seconds / 60 % 60]
}

/// Seconds, rounded up.
pub fn seconds(time: Time) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}

/// Names separated by commas, as pieces of a sentence.
pub fn pieces(opening: &str, names: &[String], end: &str) -> Vec<String> {
    let last = names.len().saturating_sub(1);
    let piece = |(at, name): (usize, &String)| {
        let opening = if at == 0 { opening } else { "" };
        format!("{opening}{name}{}", if at == last { end } else { "," })
    };
    names.iter().enumerate().map(piece).collect()
}
