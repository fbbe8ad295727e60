//! JSON lines from programs.

use serde_json::Value;

use super::{Input, assert_clean, assert_nothing_follows_the_last, decode, decode_in_pieces};
use crate::chat::{self, Message, Protocol, Request, Tag, View};
use crate::protocol::{Decoder, JSON_LINE_BYTES_MAX, encode};
use jiff::tz::TimeZone;

/// Fields whose texts are compared and never shown.
const SECRETS: [&str; 2] = ["password", "word"];

/// Flags: 1 has runs, 2 completes the stream to an object.
pub fn check(bytes: &[u8]) {
    let Some(input) = Input::of(bytes) else { return };
    let mut stream = input.expanded();
    if input.flags & 2 != 0 {
        stream = [b"{\"action\":\"", &stream[..], b"}\n"].concat();
    }
    let decoder = || Decoder::new(Protocol::Json, false);
    let decoded = decode_in_pieces(decoder, &stream, input.split);
    assert_nothing_follows_the_last(&decoded);
    assert!(decoded.replies.is_empty());
    let lines = stream.split(|&byte| byte == b'\n').count();
    // The last line may be too long, and then endless.
    assert!(decoded.inputs.len() <= lines + 1, "more inputs than lines");
    for input in &decoded.inputs {
        check_input(input);
    }
    let mut reads = 0_u32;
    decode(decoder(), input.split.pieces(&stream), |decoder| {
        reads += 1;
        if reads.is_power_of_two() {
            let shown = format!("{decoder:?}").len();
            assert!(shown <= 5 * JSON_LINE_BYTES_MAX + 4096, "{shown} characters");
        }
    });
}

/// Checks what a decoder has made of a line.
pub fn check_input(input: &chat::Input) {
    match input {
        chat::Input::Request { request, tag } => {
            check_request(request);
            tag.iter().for_each(tag_comes_back);
        }
        chat::Input::BadRequest { tag, .. } => tag.iter().for_each(tag_comes_back),
        _ => {}
    }
}

/// The texts of a request are clean, since other people see most of them.
pub fn check_request(request: &Request) {
    let value = serde_json::to_value(request);
    texts_are_clean("", &value.unwrap_or_else(|error| panic!("{request:?}: {error}")));
}

fn texts_are_clean(key: &str, value: &Value) {
    match value {
        Value::String(_) if SECRETS.contains(&key) => {}
        Value::String(text) => assert_clean(text),
        Value::Array(values) => values.iter().for_each(|value| texts_are_clean(key, value)),
        Value::Object(fields) => {
            fields.iter().for_each(|(key, value)| texts_are_clean(key, value));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The `id` of a request is in its answer, which is one line.
fn tag_comes_back(tag: &Tag) {
    assert!(tag.0.len() <= 1024);
    let mut line = Vec::new();
    encode(&Message::Pong, Some(tag), View::Json, &TimeZone::UTC, &mut line);
    let line = String::from_utf8(line).unwrap_or_else(|error| panic!("{error}"));
    assert!(!line.trim_end_matches('\n').contains(char::is_control), "{line:?}");
    let parsed: Result<Value, _> = serde_json::from_str(&line);
    // A number beyond the range of this parser is passed on all the same.
    if let (Ok(answer), Ok(id)) = (parsed, serde_json::from_str::<Value>(&tag.0)) {
        assert_eq!(answer["id"], id);
    }
}
