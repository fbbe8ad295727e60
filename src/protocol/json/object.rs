//! A line becomes the fields of an object, or what is wrong with it.
//!
//! The values of the fields are only found here, not decoded: what nobody reads does no harm, whatever it holds.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer as _};
use serde_json::Deserializer;
use serde_json::value::RawValue;

use super::{ID_BYTES_MAX, LEVELS_MAX};
use crate::chat::{RequestError, Tag};

/// The object that a line is.
#[derive(Debug)]
pub(super) struct Object<'a> {
    /// Keys, decoded, with their values as they are written, in the order of the keys: so fields with the same key are
    /// neighbours. Keys are bytes, since JSON allows half a surrogate pair in them, which no text can hold.
    fields: Vec<(Cow<'a, [u8]>, &'a RawValue)>,
}

impl<'a> Object<'a> {
    /// Reads a line that is not blank.
    pub(super) fn parse(line: &'a [u8]) -> Result<Self, RequestError> {
        if levels(line) > LEVELS_MAX {
            return Err(RequestError::TooDeep);
        }
        let text = str::from_utf8(line).map_err(|_| RequestError::NotUtf8)?;
        if text.starts_with('\u{feff}') {
            return Err(RequestError::ByteOrderMark);
        }
        let mut parser = Deserializer::from_str(text);
        if !text.trim_ascii_start().starts_with('{') {
            IgnoredAny::deserialize(&mut parser)
                .and_then(|_| parser.end())
                .map_err(not_json)?;
            return Err(RequestError::NotAnObject);
        }
        let mut fields = parser.deserialize_map(Fields).map_err(|error| {
            if error.is_eof() {
                RequestError::SeveralLines
            } else {
                not_json(error)
            }
        })?;
        parser.end().map_err(|_| RequestError::SeveralObjects)?;
        // A stable sort: of several fields with the same key, the one that was written first stays first.
        fields.sort_by(|(one, _), (other, _)| one.cmp(other));
        Ok(Object { fields })
    }

    /// The value of a field, as it is written. `null` is what many programs write for a field that has no value: it
    /// counts as a field that is not there.
    pub(super) fn field(&self, key: &str) -> Option<&'a str> {
        let at = self
            .fields
            .partition_point(|(found, _)| **found < *key.as_bytes());
        let (found, value) = self.fields.get(at)?;
        (**found == *key.as_bytes() && !is_null(value)).then(|| value.get())
    }

    /// The keys of all fields that hold something.
    pub(super) fn keys(&self) -> impl Iterator<Item = &[u8]> {
        let held = self.fields.iter().filter(|(_, value)| !is_null(value));
        held.map(|(key, _)| &**key)
    }

    /// A key that is there more than once.
    pub(super) fn doubled_key(&self) -> Option<&[u8]> {
        let mut neighbours = self.fields.windows(2);
        neighbours
            .find(|pair| pair[0].0 == pair[1].0)
            .map(|pair| &*pair[0].0)
    }

    /// What the answer is to carry. Outside of its texts, an `id` may hold tabs and carriage returns, which are blanks
    /// to JSON: they become blanks, so that no line that is sent holds a control character. Inside of them, others are
    /// allowed; they are escaped.
    ///
    /// # Errors
    ///
    /// With more than [`ID_BYTES_MAX`] it is a wrong field.
    pub(super) fn tag(&self) -> Result<Option<Tag>, RequestError> {
        const SHORT: &str = "a value of at most 1 KiB";
        const { assert!(ID_BYTES_MAX == 1024, "the text above says so") };
        let Some(id) = self.field("id") else {
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
            return Err(RequestError::WrongField {
                field: "id",
                expected: SHORT,
            });
        }
        Ok(Some(Tag(Arc::from(tag))))
    }
}

fn is_null(value: &RawValue) -> bool {
    value.get() == "null"
}

fn not_json(error: serde_json::Error) -> RequestError {
    RequestError::NotJson {
        column: error.column().max(1),
    }
}

/// How many levels of brackets there are outside of texts. It is found from the bytes alone, and right for all that is
/// JSON.
fn levels(line: &[u8]) -> usize {
    let (mut level, mut deepest) = (0usize, 0);
    let mut in_text = false;
    let mut bytes = line.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => in_text = !in_text,
            // What is escaped, a quotation mark mostly, ends no text.
            b'\\' if in_text => {
                bytes.next();
            }
            b'{' | b'[' if !in_text => {
                level += 1;
                deepest = deepest.max(level);
            }
            b'}' | b']' if !in_text => level = level.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// Gathers all fields of an object, those with the same key too: a map of serde's would keep only the last of them.
struct Fields;

impl<'de> Visitor<'de> for Fields {
    type Value = Vec<(Cow<'de, [u8]>, &'de RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields = Vec::new();
        while let Some(key) = map.next_key_seed(Key)? {
            fields.push((key, map.next_value()?));
        }
        Ok(fields)
    }
}

/// Reads a key as bytes; borrowed where nothing in it is escaped.
struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Cow<'de, [u8]>;

    fn deserialize<D: serde::Deserializer<'de>>(self, key: D) -> Result<Self::Value, D::Error> {
        key.deserialize_bytes(self)
    }
}

impl<'de> Visitor<'de> for Key {
    type Value = Cow<'de, [u8]>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_bytes<E>(self, key: &'de [u8]) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(key))
    }

    fn visit_bytes<E>(self, key: &[u8]) -> Result<Self::Value, E> {
        Ok(Cow::Owned(key.to_vec()))
    }
}
