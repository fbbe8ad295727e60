//! The requests of clients. A typed `/join dev` and `{"action":"joinroom","room":"dev"}` become the same value, so the
//! Hub implements each rule once.

#![allow(missing_docs, reason = "most fields and variants are self-explanatory")]

use std::borrow::Cow;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;
use serde::{Deserialize, Serialize};

use super::follow::Moments;
use super::punctuation::MENTION_SIGNS;
use super::settings::Secret;
use super::view::Timestamps;

/// A request. Texts are cleaned. Names of people and rooms are as typed; the Hub looks them up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// Join the chat. An anonymous chat needs no name. With the word of `/reclaim`, take the name back.
    Connect {
        name: Option<Line>,
        word: Option<Secret>,
    },
    Chat {
        target: Target,
        text: String,
        sent_at: Option<SentAt>,
    },
    /// `/me waves`
    Me {
        target: Target,
        text: String,
        sent_at: Option<SentAt>,
    },
    /// `/msg`
    Private {
        to: Vec<String>,
        text: String,
        sent_at: Option<SentAt>,
    },
    Reply {
        text: String,
    },
    /// `history` is how many past lines to show; the default is in the settings.
    Join {
        room: Line,
        history: Option<usize>,
    },
    /// Without a room, the one that the client is in.
    Part {
        room: Option<String>,
    },
    /// An empty `topic` removes the topic, `None` asks for it.
    Topic {
        room: Option<String>,
        topic: Option<String>,
    },
    Nick {
        name: Line,
    },
    Away {
        reason: Option<String>,
    },
    Back,
    /// Without a name, list the people whom the client ignores.
    Ignore {
        name: Option<String>,
    },
    Unignore {
        name: String,
    },
    /// `None` toggles.
    Quiet {
        on: Option<bool>,
    },
    /// `None` asks for the current choice.
    Timestamps {
        show: Option<Timestamps>,
    },
    Help {
        about: Option<String>,
    },
    Who {
        room: Option<String>,
    },
    Rooms,
    Whois {
        name: String,
    },
    History {
        room: Option<String>,
        range: Range,
        limit: Option<usize>,
    },
    /// Without a room, in all rooms that the client is in. `cursor` continues an earlier answer.
    Search {
        words: String,
        from: Option<String>,
        room: Option<String>,
        before: Option<Moment>,
        cursor: Option<u64>,
        limit: Option<usize>,
    },
    Ping,
    Quit,
    /// A line as a person has typed it, with its command if it has one. `room` is the one that the person looks at.
    Typed {
        line: Line,
        room: Option<String>,
        sent_at: Option<SentAt>,
    },
    /// Ask for the word by which to take the name back.
    Reclaim,
    /// `/op PASSWORD`
    Op {
        password: Secret,
    },
    Kick {
        name: String,
        reason: Option<String>,
    },
    /// `whom` is a name or an address. Without a duration the ban has no end.
    Ban {
        target: String,
        duration: Option<Duration>,
        reason: Option<String>,
    },
    Unban {
        target: String,
    },
    Bans,
    Mute {
        name: String,
    },
    Unmute {
        name: String,
    },
    /// An empty text removes the message of the day, `None` asks for it.
    Motd {
        text: Option<String>,
    },
    Threads,
    /// Ask for what the glass view shows.
    Glass,
    /// Say a line, and have its way reported in the next answer to `Glass`.
    Follow {
        target: Target,
        text: String,
        moments: Box<Moments>,
    },
    /// Without a time, at once.
    Shutdown {
        after: Option<Duration>,
        reason: Option<String>,
    },
    CancelShutdown,
}

impl Request {
    /// Whether only operators may make this request.
    pub fn is_for_operators(&self) -> bool {
        matches!(
            self,
            Self::Kick { .. }
                | Self::Ban { .. }
                | Self::Unban { .. }
                | Self::Bans
                | Self::Mute { .. }
                | Self::Unmute { .. }
                | Self::Motd { .. }
                | Self::Threads
                | Self::Shutdown { .. }
                | Self::CancelShutdown
        )
    }
}

/// The recipients that a request names. Mentions at the end of the text override a room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Target {
    /// The room that the client is in.
    Here,
    Room(String),
    People(Vec<String>),
}

/// A time by the sender's clock, in the sender's time zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentAt {
    /// RFC 3339, passed on as the sender wrote it.
    pub written: Box<str>,
    /// The same moment, or the latest that a `Timestamp` can hold if it is later.
    pub at: Timestamp,
    #[serde(with = "seconds_east")]
    pub zone: Offset,
}

/// Encodes an offset from UTC as a number of seconds.
mod seconds_east {
    use jiff::tz::Offset;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(zone: &Offset, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i32(zone.seconds())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Offset, D::Error> {
        Offset::from_seconds(i32::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// A part of a room's history, by message ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Range {
    Last,
    /// The last messages before this id.
    Before(u64),
    /// The first messages after this id.
    After(u64),
    /// The last messages before this moment.
    Until(Moment),
}

/// A moment as people write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Moment {
    /// In the time zone of the server. A date alone is its midnight.
    Local(DateTime),
    /// With an offset from UTC.
    Exact(Timestamp),
}

impl Moment {
    /// Reads `2026-11-20`, `2026-11-20T12:03`, and a time of RFC 3339 such as `2026-11-20T12:03:04+01:00`.
    pub fn parse(text: &str) -> Option<Self> {
        // jiff would also read `20261120` and the name of a zone.
        let is_plain = |c: char| {
            c.is_ascii_digit() || matches!(c, '-' | '+' | ':' | '.' | 'T' | 't' | 'Z' | 'z')
        };
        if !text.chars().all(is_plain) || text.as_bytes().get(4) != Some(&b'-') {
            return None;
        }
        match text.parse::<Timestamp>() {
            Ok(moment) => Some(Self::Exact(moment)),
            Err(_) => text.parse().ok().map(Self::Local),
        }
    }
}

/// One line of input, cleaned: without control characters, escape sequences, bidi overrides and line separators.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    pub text: String,
    /// Whether cleaning dropped or replaced something. A message may still be said, but a name is refused.
    pub altered: bool,
}

/// Why a JSON line is not a valid request. The Hub answers with it, so that the error keeps its place among the answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum RequestError {
    /// RFC 8259, section 8.1 requires UTF-8.
    NotUtf8,
    /// RFC 8259, section 8.1 forbids it.
    ByteOrderMark,
    TooDeep,
    /// The line ends within an object.
    SeveralLines,
    /// Something follows the object.
    SeveralObjects,
    NotAnObject,
    /// `column` counts bytes from 1.
    NotJson {
        column: usize,
    },
    DuplicateField(String),
    MissingAction,
    UnknownAction {
        action: String,
        near: Option<Cow<'static, str>>,
    },
    /// Most actions ignore unknown fields; this one does not.
    UnknownField(String),
    MissingField(Cow<'static, str>),
    WrongField {
        field: Cow<'static, str>,
        expected: Cow<'static, str>,
    },
}

/// A person's name as typed, without the `@` of a mention.
pub fn without_at(typed: &str) -> &str {
    let typed = typed.trim();
    typed.strip_prefix(MENTION_SIGNS).unwrap_or(typed)
}
