//! What a connection's codec makes of the bytes a person sent: the chat's view of a line, free of any wire format.

use std::sync::Arc;

use super::{Request, RequestError, Time};

/// One line as typed, cleaned: no control character, no escape sequence, no bidi override, no line separator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The text that may be shown to others.
    pub text: String,
    /// Whether cleaning had to drop or replace anything. A message may be said all the same; a name may not.
    pub altered: bool,
}

/// One thing that a person, or the program at the other end, has said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// The first line is JSON: they speak JSON lines from now on. Comes before what that line asks.
    SpeaksJson,
    /// A request that needs no more understanding: JSON.
    Request {
        /// What is asked.
        request: Request,
        /// What the answer is to carry, so that a program can tell to what it is one.
        tag: Option<Tag>,
    },
    /// A JSON line that is none.
    BadRequest {
        /// Why.
        why: RequestError,
        /// The tag, where as much could be read.
        tag: Option<Tag>,
    },
    /// A line that is not blank, or an empty one (an empty name asks again, an empty message is none).
    Line(Line),
    /// A line over the limit. What was typed of it is gone, the rest is skipped to its end.
    LineTooLong,
    /// So many bytes without a line end that nobody can be typing them.
    LineEndless,
    /// Ctrl-D at the start of a line: the person leaves.
    EndOfTransmission,
    /// They say more than flood control lets through. ChatMessage once, until they have been slower for a while.
    HeldBack {
        /// How many lines are held at the least, since more may wait unread; none where only bytes are too many.
        lines: usize,
        /// How long until the last of those is said, or until more is read.
        wait: Time,
    },
    /// The other end does not speak chat at all.
    Stranger(Stranger),
}

impl Input {
    /// Whether a program may have sent it by itself, only to say that it is still there.
    pub fn is_sign_of_life(&self) -> bool {
        matches!(
            self,
            Self::Request {
                request: Request::Ping,
                ..
            }
        )
    }
}

/// The `id` of a request: any JSON value, kept as it was written. The chat never looks into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag(pub Arc<str>);

/// Programs that came to the wrong port, told by the first thing they say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stranger {
    /// An HTTP request. A web page must not be able to speak to a chat on loopback.
    Http,
    /// An SSH client's greeting.
    Ssh,
    /// A TLS client's hello.
    Tls,
}
