//! Parses a line into the fields of an object, and a field into a value of the type that a request needs.
//!
//! Only the fields that an action reads are decoded, so others may hold anything. Texts are cleaned after they are decoded,
//! since `"\u001b[2J"` is harmless until then.

use core::net::IpAddr;
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::fmt::temporal::Pieces;
use jiff::{SignedDuration, Timestamp};
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer as _};
use serde_json::Deserializer;
use serde_json::value::RawValue;

use super::super::clean::{clean, is_blank};
use crate::chat::{
    Line, Moment, Network, Range, RequestError, Secret, SentAt, Tag, parse_duration,
};

/// How many levels of brackets a line may have, the object's own included. The parser needs stack for each level, so this
/// is checked first.
pub const LEVELS_MAX: usize = 16;

/// The longest `id`, in bytes as sent back.
pub const ID_BYTES_MAX: usize = 1024;

/// The longest `sent_at`. RFC 3339 allows any number of digits after the second, but the history of a room keeps the text.
const SENT_AT_BYTES_MAX: usize = 64;

/// The object on a line.
#[derive(Debug)]
pub(super) struct Object<'a> {
    /// Decoded keys and raw values, sorted by key, so that fields with the same key are neighbours. A field that is `null`
    /// counts as missing: many programs write fields without a value like that.
    fields: Vec<(Cow<'a, str>, &'a str)>,
    /// The fields that the action reads, required and optional.
    declared: [&'static [&'static str]; 2],
}

impl<'a> Object<'a> {
    /// Parses a line that is not blank.
    pub(super) fn parse(line: &'a [u8]) -> Result<Self, RequestError> {
        if levels(line) > LEVELS_MAX {
            return Err(RequestError::TooDeep);
        }
        let text = str::from_utf8(line).map_err(|_| RequestError::NotUtf8)?;
        if text.starts_with('\u{feff}') {
            return Err(RequestError::ByteOrderMark);
        }
        let not_json =
            |error: serde_json::Error| RequestError::NotJson { column: error.column().max(1) };
        let mut parser = Deserializer::from_str(text);
        if !text.trim_ascii_start().starts_with('{') {
            let value = IgnoredAny::deserialize(&mut parser);
            value.and_then(|_| parser.end()).map_err(not_json)?;
            return Err(RequestError::NotAnObject);
        }
        let fields = parser.deserialize_map(FieldsVisitor);
        let mut fields = fields.map_err(|error| {
            if error.is_eof() { RequestError::SeveralLines } else { not_json(error) }
        })?;
        parser.end().map_err(|_| RequestError::SeveralObjects)?;
        fields.sort_by(|(one, _), (other, _)| one.cmp(other));
        Ok(Object { fields, declared: [&[], &[]] })
    }

    /// The name of the action.
    pub(super) fn action(&self) -> Result<String, RequestError> {
        let name = self.raw("action").ok_or(RequestError::MissingAction)?;
        serde_json::from_str(name).map_err(|_| wrong("action", "the name of an action"))
    }

    /// Declares the fields that the action reads.
    pub(super) fn declare(
        &mut self,
        required: &'static [&'static str],
        optional: &'static [&'static str],
    ) {
        self.declared = [required, optional];
    }

    /// A field that the action does not read.
    pub(super) fn undeclared_key(&self) -> Option<&str> {
        let mut present = self.fields.iter().filter(|(_, value)| *value != "null");
        present.find(|(key, _)| !self.is_declared(key)).map(|(key, _)| &**key)
    }

    /// A key that occurs more than once.
    pub(super) fn duplicate_key(&self) -> Option<&str> {
        let mut neighbours = self.fields.windows(2);
        neighbours.find(|pair| pair[0].0 == pair[1].0).map(|pair| &*pair[0].0)
    }

    /// The `id` of the request, which its answer carries. So that no answer contains a control character, those outside of
    /// strings, which JSON limits to tabs and line ends, become blanks, and those inside become escapes.
    pub(super) fn tag(&self) -> Result<Option<Tag>, RequestError> {
        const { assert!(ID_BYTES_MAX == 1024, "the error below says 1 KiB") };
        let Some(id) = self.raw("id") else {
            return Ok(None);
        };
        let mut tag = String::new();
        for c in id.chars() {
            match c {
                '\0'..' ' => tag.push(' '),
                _ if c.is_control() => tag.push_str(&format!("\\u{:04x}", u32::from(c))),
                _ => tag.push(c),
            }
        }
        if tag.len() > ID_BYTES_MAX {
            return Err(wrong("id", "a value of at most 1 KiB"));
        }
        Ok(Some(Tag(Arc::from(tag))))
    }

    /// A required field.
    pub(super) fn get<T: Value>(&self, key: &'static str) -> Result<T, RequestError> {
        self.maybe(key)?.ok_or(RequestError::MissingField(key.into()))
    }

    /// An optional field.
    pub(super) fn maybe<T: Value>(&self, key: &'static str) -> Result<Option<T>, RequestError> {
        let value = self.raw(key).map(T::read);
        value.transpose().map_err(|expected| wrong(key, expected))
    }

    /// An optional remark, such as a reason. A blank one counts as missing.
    pub(super) fn remark(&self, key: &'static str) -> Result<Option<String>, RequestError> {
        Ok(self.replacement(key)?.filter(|text| !text.is_empty()))
    }

    /// A text that replaces another. A blank text becomes an empty one, which removes the other.
    pub(super) fn replacement(&self, key: &'static str) -> Result<Option<String>, RequestError> {
        let text = self.maybe(key)?.map(|line: Line| line.text);
        Ok(text.map(|text| if is_blank(&text) { String::new() } else { text }))
    }

    /// The raw value of a field.
    fn raw(&self, key: &'static str) -> Option<&'a str> {
        debug_assert!(self.is_declared(key), "the action does not declare the field {key}");
        let at = self.fields.partition_point(|(found, _)| **found < *key);
        let (found, value) = self.fields.get(at)?;
        (**found == *key && *value != "null").then_some(value)
    }

    fn is_declared(&self, key: &str) -> bool {
        ["action", "id"].contains(&key) || self.declared.iter().any(|names| names.contains(&key))
    }
}

pub(super) fn wrong(field: &'static str, expected: &'static str) -> RequestError {
    RequestError::WrongField { field: field.into(), expected: expected.into() }
}

/// Collects all fields of an object. A map would keep only the last of several fields with the same key.
struct FieldsVisitor;

impl<'de> Visitor<'de> for FieldsVisitor {
    type Value = Vec<(Cow<'de, str>, &'de str)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields = Vec::new();
        while let Some((key, value)) = map.next_entry::<&RawValue, &RawValue>()? {
            // JSON allows half a surrogate pair in a key, which a `str` cannot hold. Such a key stays as it is written,
            // since no field has it.
            let written = key.get();
            let key = if written.contains('\\') {
                serde_json::from_str(written).map_or(Cow::Borrowed(written), Cow::Owned)
            } else {
                Cow::Borrowed(written.trim_matches('"'))
            };
            fields.push((key, value.get()));
        }
        Ok(fields)
    }
}

/// How many levels of brackets a line has outside of strings. Exact for all valid JSON.
fn levels(line: &[u8]) -> usize {
    let (mut level, mut deepest) = (0usize, 0);
    let mut in_string = false;
    let mut bytes = line.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => in_string = !in_string,
            // Skip the escaped byte, since an escaped quotation mark does not end a string.
            b'\\' if in_string => {
                bytes.next();
            }
            b'{' | b'[' if !in_string => {
                level += 1;
                deepest = deepest.max(level);
            }
            b'}' | b']' if !in_string => level = level.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// A type that a field is read as.
pub(super) trait Value: Sized {
    /// Reads a raw value. The error says what the field must be.
    fn read(json: &str) -> Result<Self, &'static str>;
}

fn string(json: &str) -> Result<String, &'static str> {
    serde_json::from_str(json).map_err(|_| {
        // JSON can express half of a character beyond U+FFFF, such as `"\ud83d"`.
        let is_string = json.starts_with('"');
        if is_string { "a text without half a character (a lone surrogate)" } else { "a text" }
    })
}

/// Parses a JSON string with `parse`. `expected` says what it must be.
fn parse<T>(
    json: &str,
    expected: &'static str,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<T, &'static str> {
    serde_json::from_str::<String>(json).ok().and_then(|text| parse(&text)).ok_or(expected)
}

/// A new name for a person or a room. It may break the rules of names: the Hub checks them.
impl Value for Line {
    fn read(json: &str) -> Result<Self, &'static str> {
        string(json).map(|text| clean(text.as_bytes()))
    }
}

/// A text that is not blank.
impl Value for String {
    fn read(json: &str) -> Result<Self, &'static str> {
        let Line { text, .. } = Line::read(json)?;
        if is_blank(&text) { Err("a text that is not empty") } else { Ok(text) }
    }
}

/// A secret is not cleaned, because it is compared and never shown.
impl Value for Secret {
    fn read(json: &str) -> Result<Self, &'static str> {
        string(json).map(Secret)
    }
}

/// A list of names, or a single name.
impl Value for Vec<String> {
    fn read(json: &str) -> Result<Self, &'static str> {
        const NAMES: &str = "a list of at least one name";
        if json.starts_with('"') {
            return Ok(vec![String::read(json)?]);
        }
        let names: Vec<String> = serde_json::from_str(json).map_err(|_| NAMES)?;
        let names: Vec<_> = names.iter().map(|name| clean(name.as_bytes()).text).collect();
        let is_right = !names.is_empty() && !names.iter().any(|name| is_blank(name));
        is_right.then_some(names).ok_or(NAMES)
    }
}

impl Value for u64 {
    fn read(json: &str) -> Result<Self, &'static str> {
        serde_json::from_str(json).map_err(|_| "a whole number that is not negative")
    }
}

impl Value for usize {
    fn read(json: &str) -> Result<Self, &'static str> {
        serde_json::from_str(json).map_err(|_| "a whole number that is not negative")
    }
}

impl Value for bool {
    fn read(json: &str) -> Result<Self, &'static str> {
        serde_json::from_str(json).map_err(|_| "`true` or `false`")
    }
}

impl Value for Duration {
    fn read(json: &str) -> Result<Self, &'static str> {
        parse(json, "a length of time such as `30m`, `2h` or `7d`", |text| {
            parse_duration(text).filter(|duration| !duration.is_zero())
        })
    }
}

/// An IP address or a network, as written.
pub(super) struct Address(pub(super) String);

impl Value for Address {
    fn read(json: &str) -> Result<Self, &'static str> {
        parse(json, "an IP address", |text| {
            let is_address = text.parse::<IpAddr>().is_ok() || Network::parse(text).is_some();
            is_address.then(|| Address(text.to_owned()))
        })
    }
}

impl Value for Moment {
    fn read(json: &str) -> Result<Self, &'static str> {
        let expected =
            "a date such as `2026-11-20`, alone or with a time such as `2026-11-20T12:03:04+01:00`";
        parse(json, expected, Moment::parse)
    }
}

/// The end of a part of a history: a message id, or a date.
pub(super) struct Before(pub(super) Range);

impl Value for Before {
    fn read(json: &str) -> Result<Self, &'static str> {
        if json.starts_with('"') {
            return Moment::read(json).map(|moment| Self(Range::Until(moment)));
        }
        u64::read(json).map(|id| Self(Range::Before(id)))
    }
}

/// A time by the sender's clock.
impl Value for SentAt {
    fn read(json: &str) -> Result<Self, &'static str> {
        let expected = "a date and time as in RFC 3339, such as `2026-11-20T12:03:04+01:00`";
        parse(json, expected, parse_sent_at)
    }
}

/// Parses `date-time` of RFC 3339, section 5.6: `2026-11-20T12:03:04.5+01:00`. The text is passed on as it is written,
/// so the looser forms that jiff reads are refused first.
pub fn parse_sent_at(written: &str) -> Option<SentAt> {
    let upper = written.to_ascii_uppercase();
    let (seconds, rest) = upper.split_at_checked("2026-11-20T12:03:04".len())?;
    let (fraction, offset) = match rest.strip_prefix('.') {
        Some(digits) => digits.split_at(digits.find(|c: char| !c.is_ascii_digit())?),
        None => ("0", rest),
    };
    let is_strict = has_shape(seconds, "0000-00-00T00:00:00")
        && !fraction.is_empty()
        && (offset == "Z" || has_shape(offset, "+00:00") && offset[1..3] < *"24")
        && written.len() <= SENT_AT_BYTES_MAX;
    if !is_strict {
        return None;
    }
    // jiff reads at most nanoseconds, and reads second 60 as second 59.
    let fraction = &fraction[..fraction.len().min(9)];
    let text = format!("{seconds}.{fraction}{offset}");
    let pieces = Pieces::parse(&text).ok()?;
    let (local, zone) = (pieces.date().to_datetime(pieces.time()?), pieces.to_numeric_offset()?);
    // A leap second ends a day in UTC, at the same moment everywhere.
    let utc = local.time().wrapping_sub(SignedDuration::from_secs(zone.seconds().into()));
    if seconds.ends_with("60") && (utc.hour(), utc.minute()) != (23, 59) {
        return None;
    }
    // The last timestamp is a day before the end of the year 9999, so that it exists in every zone.
    let at = zone.to_timestamp(local).unwrap_or(Timestamp::MAX);
    Some(SentAt { written: written.into(), at, zone })
}

/// Whether a text is `shape` with any digits for its zeros, and `+` or `-` for its plus.
fn has_shape(text: &str, shape: &str) -> bool {
    let fits = |(byte, shape)| match shape {
        b'0' => u8::is_ascii_digit(&byte),
        b'+' => matches!(byte, b'+' | b'-'),
        other => byte == other,
    };
    text.len() == shape.len() && text.bytes().zip(shape.bytes()).all(fits)
}
