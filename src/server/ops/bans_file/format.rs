//! The list of bans as TOML, which any editor can change.

use std::fmt;

use jiff::Timestamp;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, MapAccess, Unexpected, Visitor};
use serde::{Deserialize, Serialize};
use toml::Spanned;
use toml::value::Datetime;

use crate::chat::{Ban, Network};
use crate::config::{line_of, toml_reason};
use crate::protocol::clean;

/// The comment at the top of the file.
const HEADING: &str = "\
# The bans of this server. It replaces the whole file, comments included, when a ban is made or lifted: stop the server
# before you edit this file.
# A ban has a name, a network or both. Without `until` it does not expire; `why` and `by` may be missing too.
";

/// The author of a ban that names none, shown as `by the server's file`. No client can have this name.
const BY_FILE: &str = "the server's file";

/// The whole file; `T` is one `[[ban]]`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct List<T> {
    // `ban = []` would not allow a `[[ban]]` below it.
    #[serde(default = "Vec::new", skip_serializing_if = "Vec::is_empty")]
    ban: Vec<T>,
}

/// A ban in the file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    #[serde(default, deserialize_with = "text")]
    name: Option<String>,
    #[serde(default, deserialize_with = "text")]
    network: Option<String>,
    /// An RFC 3339 time, with or without quotes.
    #[serde(default, deserialize_with = "text_or_time")]
    until: Option<String>,
    #[serde(default, deserialize_with = "text")]
    why: Option<String>,
    #[serde(default, deserialize_with = "text")]
    by: Option<String>,
}

/// Reads a string. For a date without quotes, which is a map to serde, the error names it.
fn text<'de, D: Deserializer<'de>>(value: D) -> Result<Option<String>, D::Error> {
    value.deserialize_any(Text { may_be_time: false }).map(Some)
}

/// Reads a string or a date and time of TOML.
fn text_or_time<'de, D: Deserializer<'de>>(value: D) -> Result<Option<String>, D::Error> {
    value.deserialize_any(Text { may_be_time: true }).map(Some)
}

struct Text {
    may_be_time: bool,
}

impl<'de> Visitor<'de> for Text {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.may_be_time { "a string or a time" } else { "a string in quotes" })
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<String, E> {
        Ok(text.to_owned())
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<String, A::Error> {
        match Datetime::deserialize(MapAccessDeserializer::new(map)) {
            Ok(time) if self.may_be_time => Ok(time.to_string()),
            Ok(_) => Err(de::Error::invalid_type(Unexpected::Other("a date"), &self)),
            Err(_) => Err(de::Error::invalid_type(Unexpected::Map, &self)),
        }
    }
}

impl From<&Ban> for Fields {
    fn from(ban: &Ban) -> Self {
        Fields {
            name: ban.name.as_deref().map(str::to_owned),
            network: ban.network.map(|network| network.to_string()),
            until: ban.until.map(|until| until.to_string()),
            why: ban.reason.clone(),
            by: Some(ban.by.as_ref().to_owned()),
        }
    }
}

impl TryFrom<Fields> for Ban {
    type Error = &'static str;

    /// Fails if a field does not hold what it should, and says what that is.
    fn try_from(fields: Fields) -> Result<Self, Self::Error> {
        // People see these texts, and a file edited by hand may hold anything. A blank text counts as missing.
        let text = |given: Option<String>| {
            let cleaned = clean(given?.as_bytes()).text;
            let text = cleaned.trim();
            (!text.is_empty()).then(|| text.to_owned())
        };
        let network = fields.network.map(|network| {
            Network::parse(&network).filter(|network| !network.is_loopback()).ok_or(
                "network: expected an address of another machine, an IPv4 /32 or an IPv6 /64",
            )
        });
        let until = fields.until.map(|until| {
            let moment: Result<Timestamp, _> = until.parse();
            moment.map_err(|_| "until: expected a time with its zone, as in 2026-11-20T12:03:04Z")
        });
        let ban = Ban {
            name: text(fields.name).map(Into::into),
            network: network.transpose()?,
            until: until.transpose()?,
            reason: text(fields.why),
            by: text(fields.by).map_or_else(|| BY_FILE.into(), Into::into),
        };
        if ban.name.is_none() && ban.network.is_none() {
            return Err("expected a name, a network or both");
        }
        Ok(ban)
    }
}

/// The file with these bans.
pub fn write(bans: &[Ban]) -> String {
    let list = List { ban: bans.iter().map(Fields::from).collect() };
    let list = toml::to_string(&list).expect("a list of tables that hold strings only is TOML");
    format!("{HEADING}\n{list}")
}

/// Reads the bans that have not expired. The error is one line that says what is wrong in which line of the file.
pub fn read(text: &str, now: Timestamp) -> Result<Vec<Ban>, String> {
    let list: List<Spanned<Fields>> =
        toml::from_str(text).map_err(|error| toml_reason(text, &error))?;
    let mut bans = Vec::new();
    for entry in list.ban {
        let start = entry.span().start;
        // Counting lines takes time, and only an error needs it.
        let ban: Ban = entry
            .into_inner()
            .try_into()
            .map_err(|what| format!("line {}: {what}", line_of(text, start)))?;
        if ban.until.is_none_or(|until| until > now) {
            bans.push(ban);
        }
    }
    Ok(bans)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::limits;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn bans() -> Vec<Ban> {
        vec![
            Ban {
                name: Some("mal \"lory\"".into()),
                network: Some(Network::of("2001:db8::1".parse().unwrap())),
                until: Some(at("2026-11-20T12:03:04.5Z")),
                reason: Some("[[ban]]\\".into()),
                by: "ann".into(),
            },
            Ban {
                name: None,
                network: Some(Network::of("192.0.2.7".parse().unwrap())),
                until: None,
                reason: None,
                by: "127.0.0.1:4000".into(),
            },
        ]
    }

    #[test]
    fn written_bans_read_back_the_same() {
        let now = at("2026-01-01T00:00:00Z");
        for bans in [bans(), Vec::new()] {
            assert_eq!(read(&write(&bans), now), Ok(bans));
        }
        assert_eq!(read("", now), Ok(Vec::new()));
    }

    #[test]
    fn a_time_needs_no_quotes() {
        for until in [
            "2026-11-20T12:03:04Z",
            "2026-11-20 13:03:04+01:00",
            "'2026-11-20T12:03:04Z'",
            "\"2026-11-20T12:03:04.0Z\"",
        ] {
            let text = format!("[[ban]]\nname = 'mallory'\nuntil = {until}\n");
            let bans = read(&text, Timestamp::UNIX_EPOCH).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(bans[0].until, Some(at("2026-11-20T12:03:04Z")), "{until}");
        }
    }

    #[test]
    fn a_ban_can_be_written_below_an_empty_list() {
        let text = write(&[]) + "[[ban]]\nname = 'mallory'\nby = 'me'\n";
        assert_eq!(read(&text, Timestamp::UNIX_EPOCH).unwrap().len(), 1);
    }

    #[test]
    fn a_ban_without_an_author_is_by_the_file() {
        for by in ["", "by = ''", "by = '  '", "by = \"\\t\\u001b\""] {
            let text = format!("[[ban]]\nname = ' mallory '\n{by}\n");
            let bans = read(&text, Timestamp::UNIX_EPOCH).unwrap();
            assert_eq!(&*bans[0].by, "the server's file", "{by}");
            assert_eq!(bans[0].name.as_deref(), Some("mallory"));
            assert_eq!(read(&write(&bans), Timestamp::UNIX_EPOCH), Ok(bans));
        }
    }

    #[test]
    fn the_most_and_longest_bans_fit_into_the_file() {
        // Three quotation marks, which no string without escapes can hold, then only characters that need an escape.
        let escaped = |bytes: usize| format!("\'\'\'{}", "\\\"".repeat(bytes / 2 - 2) + "\\");
        let ban = Ban {
            name: Some(escaped(128).into()),
            network: Network::parse("2001:1db8:1111:ffff::/64"),
            until: Some(at("9999-12-30T21:59:59.999999999Z")),
            reason: Some(escaped(limits::NOTE_BYTES_MAX)),
            by: escaped(128).into(),
        };
        assert_eq!(ban.by.len(), 128);
        let bans = vec![ban; limits::BANS_MAX];
        let text = write(&bans);
        assert!(text.len() as u64 <= limits::BANS_FILE_BYTES_MAX);
        assert!(read(&text, Timestamp::UNIX_EPOCH).unwrap() == bans);
    }

    #[test]
    fn expired_bans_are_dropped() {
        let read_at = |now| read(&write(&bans()), at(now)).unwrap().len();
        assert_eq!(read_at("2026-11-20T12:03:04Z"), 2);
        assert_eq!(read_at("2026-11-20T12:03:05Z"), 1);
    }

    #[test]
    fn texts_are_cleaned() {
        let text = r#"
            [[ban]]
            name = "mal\u001b[2Jlory"
            why = "one\ntwo"
            by = "\u202eann"
        "#;
        let ban = read(text, Timestamp::UNIX_EPOCH).unwrap().remove(0);
        assert_eq!(ban.name.as_deref(), Some("mallory"));
        assert_eq!(ban.reason.as_deref(), Some("one two"));
        assert_eq!(&*ban.by, "ann");
    }

    #[test]
    fn an_error_names_the_line() {
        let first = "[[ban]]\nname = 'fine'\nby = 'me'\n\n";
        for (second, line, what) in [
            ("[[ban]]\nname = 'x", 6, ""),
            ("[[ban]]\nname = 5\nby = 'me'", 6, "expected a string"),
            ("[[ban]]\nname = ' '", 5, "expected a name, a network or both"),
            ("[[ban]]\nnetwrok = '192.0.2.7'\nby = 'me'", 6, "unknown field `netwrok`"),
            ("[[ban]]\nby = 'me'", 5, "expected a name, a network or both"),
            ("[[ban]]\nnetwork = '192.0.2.0/24'\nby = 'me'", 5, "network: expected"),
            ("[[ban]]\nnetwork = '127.0.0.1'\nby = 'me'", 5, "network: expected"),
            ("[[ban]]\nname = 'x'\nuntil = '2026-11-20'\nby = 'me'", 5, "until: expected"),
            ("[[ban]]\nname = 'x'\nuntil = 2026-11-20", 5, "until: expected a time with its zone"),
            ("[[ban]]\nname = 'x'\nuntil = 2026-11-20T12:03:04", 5, "until: expected"),
            ("[[ban]]\nname = 'x'\nwhy = 2026-11-20", 7, "a date, expected a string in quotes"),
            ("[[ban]]\nname = { first = 'x' }", 6, "map, expected a string in quotes"),
            ("[[ban]]\nname = 'x'\nuntil = 5", 7, "expected a string or a time"),
            ("[[bans]]\nname = 'x'", 5, "unknown field `bans`"),
        ] {
            let error = read(&format!("{first}{second}"), Timestamp::UNIX_EPOCH).unwrap_err();
            assert!(error.starts_with(&format!("line {line}: ")), "{second:?}: {error}");
            assert!(error.contains(what), "{second:?}: {error}");
            assert!(!error.contains('\n'), "{error}");
        }
    }
}
