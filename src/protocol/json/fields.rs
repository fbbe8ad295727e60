//! A field becomes a text, a name, a number, or what is wrong with it.

use core::net::IpAddr;
use std::time::Duration;

use serde::Deserialize;

use super::super::clean::{clean, is_blank};
use super::Action;
use super::object::Object;
use super::sent_at::parse_sent_at;
use crate::chat::{Line, Network, RequestError, Secret, SentAt};

const TEXT: &str = "a text";
const TEXT_NOT_EMPTY: &str = "a text that is not empty";
/// JSON can write half of a character beyond U+FFFF (`"\ud83d"`); no text can hold it.
const WHOLE_TEXT: &str = "a text without half a character (a lone surrogate)";

/// The fields of a request.
pub(super) struct Fields<'a> {
    pub(super) object: &'a Object<'a>,
    /// What is asked. Its row in the table names all fields that are read.
    pub(super) action: &'static Action,
}

impl<'a> Fields<'a> {
    /// A text that has to be there and to hold something.
    pub(super) fn text(&self, key: &'static str) -> Result<String, RequestError> {
        needed(key, self.maybe_text(key)?)
    }

    /// A text that holds something, if it is there.
    pub(super) fn maybe_text(&self, key: &'static str) -> Result<Option<String>, RequestError> {
        match self.maybe_line(key)? {
            Some(line) if is_blank(&line.text) => Err(wrong(key, TEXT_NOT_EMPTY)),
            line => Ok(line.map(|line| line.text)),
        }
    }

    /// A text that tells why, or what else one may say or leave out: an empty one is none.
    pub(super) fn remark(&self, key: &'static str) -> Result<Option<String>, RequestError> {
        let line = self.maybe_line(key)?;
        Ok(line.map(|line| line.text).filter(|text| !is_blank(text)))
    }

    /// A text that takes the place of another, if it is there; an empty one only takes the other away.
    pub(super) fn replacement(&self, key: &'static str) -> Result<Option<String>, RequestError> {
        let line = self.maybe_line(key)?;
        Ok(line.map(|line| {
            if is_blank(&line.text) {
                String::new()
            } else {
                line.text
            }
        }))
    }

    /// A name that somebody or something is to have. It may break any rule of names: the chat says which.
    pub(super) fn line(&self, key: &'static str) -> Result<Line, RequestError> {
        needed(key, self.maybe_line(key)?)
    }

    /// The same, if it is there.
    pub(super) fn maybe_line(&self, key: &'static str) -> Result<Option<Line>, RequestError> {
        let decoded = self.string(key)?;
        Ok(decoded.map(|text| clean(text.as_bytes())))
    }

    /// A word that is compared and never shown. So it is not cleaned: it is right exactly as it is.
    pub(super) fn secret(&self, key: &'static str) -> Result<Secret, RequestError> {
        needed(key, self.string(key)?).map(Secret)
    }

    /// Names of people: a list, or one of them by itself.
    pub(super) fn names(&self, key: &'static str) -> Result<Vec<String>, RequestError> {
        needed(key, self.maybe_names(key)?)
    }

    /// The same, if they are there.
    pub(super) fn maybe_names(
        &self,
        key: &'static str,
    ) -> Result<Option<Vec<String>>, RequestError> {
        const NAMES: &str = "a list of at least one name";
        if self.value(key).is_some_and(|value| value.starts_with('"')) {
            return Ok(self.maybe_text(key)?.map(|name| vec![name]));
        }
        let Some(mut names) = self.decoded::<Vec<String>>(key, NAMES)? else {
            return Ok(None);
        };
        for name in &mut names {
            *name = clean(name.as_bytes()).text;
        }
        let all_right = !names.is_empty() && !names.iter().any(|name| is_blank(name));
        all_right.then_some(Some(names)).ok_or(wrong(key, NAMES))
    }

    /// A whole number, if it is there.
    pub(super) fn number<T: TryFrom<u64>>(
        &self,
        key: &'static str,
    ) -> Result<Option<T>, RequestError> {
        const NUMBER: &str = "a whole number that is not negative";
        let number = self.decoded::<u64>(key, NUMBER)?;
        let converted = number.map(|number| T::try_from(number));
        converted.transpose().map_err(|_| wrong(key, NUMBER))
    }

    /// A choice, if it is there.
    pub(super) fn choice(&self, key: &'static str) -> Result<Option<bool>, RequestError> {
        self.decoded(key, "`true` or `false`")
    }

    /// A length of time, if it is there.
    pub(super) fn duration(&self, key: &'static str) -> Result<Option<Duration>, RequestError> {
        self.read(
            key,
            "a length of time such as `30m`, `2h` or `7d`",
            |text| {
                // A capital `M` would be a month.
                let duration = humantime::parse_duration(text).ok();
                let duration = duration.filter(|_| !text.contains('M'));
                duration.filter(|duration| !duration.is_zero())
            },
        )
    }

    /// A moment by the sender's clock, if it is there.
    pub(super) fn sent_at(&self, key: &'static str) -> Result<Option<SentAt>, RequestError> {
        const DATE: &str = "a date and time as in RFC 3339, such as `2026-11-20T12:03:04+01:00`";
        self.read(key, DATE, parse_sent_at)
    }

    /// An address, if it is there, as it is written.
    pub(super) fn address(&self, key: &'static str) -> Result<Option<String>, RequestError> {
        self.read(key, "an IP address", |text| {
            let is_address = text.parse::<IpAddr>().is_ok() || Network::parse(text).is_some();
            is_address.then(|| text.to_owned())
        })
    }

    /// What `read` makes of a text, if it is there.
    fn read<T>(
        &self,
        key: &'static str,
        expected: &'static str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, RequestError> {
        let Some(text) = self.decoded::<String>(key, expected)? else {
            return Ok(None);
        };
        read(&text).map(Some).ok_or(wrong(key, expected))
    }

    /// A text as it was meant, not cleaned, if it is there.
    fn string(&self, key: &'static str) -> Result<Option<String>, RequestError> {
        let is_text = |value: &str| value.starts_with('"');
        let expected = if self.value(key).is_some_and(is_text) {
            WHOLE_TEXT
        } else {
            TEXT
        };
        self.decoded(key, expected)
    }

    /// A value of the type that is `expected`, if it is there.
    fn decoded<T: Deserialize<'a>>(
        &self,
        key: &'static str,
        expected: &'static str,
    ) -> Result<Option<T>, RequestError> {
        let decoded = self.value(key).map(serde_json::from_str);
        decoded.transpose().map_err(|_| wrong(key, expected))
    }

    /// A value as it is written, if it is there.
    fn value(&self, key: &'static str) -> Option<&'a str> {
        debug_assert!(
            self.action.fields().any(|field| field == key),
            "the table has no field {key} for {}",
            self.action.name
        );
        self.object.field(key)
    }
}

/// What there is of a field that has to be there.
fn needed<T>(key: &'static str, value: Option<T>) -> Result<T, RequestError> {
    value.ok_or(RequestError::MissingField(key))
}

pub(super) fn wrong(field: &'static str, expected: &'static str) -> RequestError {
    RequestError::WrongField { field, expected }
}
