//! Encodes requests as objects, with the fields that the server's table of actions names.

use std::time::Duration;

use chatserv::chat::{ChatError, Line, Moment, Network, Protocol, Range, Request, Target};
use chatserv::protocol::JSON_LINE_BYTES_MAX;
use chatserv::protocol::plain::error_sentence;

use super::object::Object;

const NO_ROOM: &str = "You are in no room. /join ROOM joins one.";
const TIMES_ARE_OURS: &str = "The client shows the times. Type /timestamp.";

/// Encodes a request as an object on one line. A message goes to `room` unless it names another target, and carries
/// `sent_at` (RFC 3339). The answer will carry the `id`.
///
/// # Errors
///
/// The user is in no room, the request has no action, or the line is too long for the server, whose answer to such a
/// line carries no id. The message says what to do.
pub fn encode(
    request: &Request,
    room: Option<&str>,
    sent_at: &str,
    id: u64,
) -> Result<String, String> {
    let here = Here { room, sent_at };
    let line = object(request, here)?.end(id);
    if line.len() > JSON_LINE_BYTES_MAX {
        return Err(error_sentence(&ChatError::LineTooLong(Protocol::Json)));
    }
    Ok(line)
}

/// Encodes each request with its fields in the order of the guide's table.
fn object(request: &Request, here: Here) -> Result<Object, &'static str> {
    Ok(match request {
        Request::Connect { name, word } => Object::new("connect")
            .maybe("username", name.as_ref().map(text_of))
            .maybe("reclaim", word.as_ref().map(|word| word.0.as_str())),
        Request::Reclaim => Object::new("reclaim"),
        Request::Nick { name } => about("nick", &name.text),
        Request::Away { reason } => Object::new("away").maybe("message", reason.as_deref()),
        Request::Back => Object::new("back"),
        Request::Quiet { on } => Object::new("quiet").maybe("on", *on),
        Request::Quit => Object::new("quit"),
        Request::Join { room, history } => {
            Object::new("joinroom").with("room", text_of(room)).maybe("history", *history)
        }
        Request::Part { room } => here.room("leaveroom", room.as_deref())?,
        Request::Topic { room, topic } => {
            here.room("topic", room.as_deref())?.maybe("topic", topic.as_deref())
        }
        Request::Rooms => Object::new("rooms"),
        Request::History { room, range, limit } => {
            part(here.room("history", room.as_deref())?, *range).maybe("limit", *limit)
        }
        Request::Search { words, from, room, before, cursor, limit } => Object::new("search")
            .maybe("words", Some(words.as_str()).filter(|words| !words.is_empty()))
            .maybe("username", from.as_deref())
            .maybe("room", room.as_deref())
            .maybe("before", before.map(moment))
            .maybe("cursor", *cursor)
            .maybe("limit", *limit),
        Request::Chat { target, text, .. } => here.said(here.target("chat", target)?, text),
        Request::Me { target, text, .. } => here.said(here.target("me", target)?, text),
        Request::Private { to, text, .. } => here.said(to_people("msg", to), text),
        Request::Typed { line, room, sent_at } => Object::new("typed")
            .with("line", text_of(line))
            .maybe("room", room.as_deref())
            .maybe("sent_at", sent_at.as_ref().map(|sent_at| &*sent_at.written)),
        Request::Reply { text } => Object::new("reply").with("message", text.as_str()),
        Request::Who { room } => Object::new("who").maybe("room", room.as_deref()),
        Request::Whois { name } => about("whois", name),
        Request::Ignore { name } => Object::new("ignore").maybe("username", name.as_deref()),
        Request::Unignore { name } => about("unignore", name),
        Request::Timestamps { .. } => return Err(TIMES_ARE_OURS),
        Request::Help { about } => Object::new("help").maybe("command", about.as_deref()),
        Request::Ping => Object::new("ping"),
        Request::Motd { text } => Object::new("motd").maybe("message", text.as_deref()),
        Request::Op { password } => Object::new("op").with("password", password.0.as_str()),
        Request::Kick { name, reason } => about("kick", name).maybe("reason", reason.as_deref()),
        Request::Ban { target, duration, reason } => name_or_address("ban", target)
            .maybe("duration", duration.map(written))
            .maybe("reason", reason.as_deref()),
        Request::Unban { target } => name_or_address("unban", target),
        Request::Bans => Object::new("bans"),
        Request::Mute { name } => about("mute", name),
        Request::Unmute { name } => about("unmute", name),
        Request::Threads => Object::new("threads"),
        Request::Glass => Object::new("glass"),
        Request::Follow { target, text, .. } => {
            here.target("follow", target)?.with("message", text.as_str())
        }
        Request::Shutdown { after, reason } => Object::new("shutdown")
            .maybe("duration", after.map(written))
            .maybe("reason", reason.as_deref()),
        Request::CancelShutdown => Object::new("shutdown").with("cancel", true),
    })
}

/// The current room, and the current time.
#[derive(Clone, Copy)]
struct Here<'a> {
    room: Option<&'a str>,
    sent_at: &'a str,
}

impl Here<'_> {
    /// An action on a room: the named one, or else the current one.
    fn room(self, action: &str, named: Option<&str>) -> Result<Object, &'static str> {
        let room = named.or(self.room).ok_or(NO_ROOM)?;
        Ok(Object::new(action).with("room", room))
    }

    /// An action that sends a message. The server resolves the `@names` at the end of the text, since it knows who is
    /// in the chat.
    fn target(self, action: &str, target: &Target) -> Result<Object, &'static str> {
        match target {
            Target::Here => self.room(action, None),
            Target::Room(room) => Ok(Object::new(action).with("room", room.as_str())),
            Target::People(names) => Ok(to_people(action, names)),
        }
    }

    /// Adds a message and its time.
    fn said(self, object: Object, text: &str) -> Object {
        object.with("message", text).with("sent_at", self.sent_at)
    }
}

fn to_people(action: &str, names: &[String]) -> Object {
    Object::new(action).with("to", names)
}

/// An action on one name.
fn about(action: &str, name: &str) -> Object {
    Object::new(action).with("username", name)
}

/// Adds the requested range of a history.
fn part(object: Object, range: Range) -> Object {
    match range {
        Range::Last => object,
        Range::Before(id) => object.with("before", id),
        Range::After(id) => object.with("after", id),
        Range::Until(until) => object.with("before", moment(until)),
    }
}

/// A moment in a form that the server reads.
fn moment(moment: Moment) -> String {
    match moment {
        Moment::Local(local) => local.to_string(),
        Moment::Exact(moment) => moment.to_string(),
    }
}

/// A typed line names only a "target". The server treats both fields alike, but refuses an `address` that is not valid.
fn name_or_address(action: &str, target: &str) -> Object {
    let key = match Network::parse(target) {
        Some(_) => "address",
        None => "username",
    };
    Object::new(action).with(key, target)
}

fn text_of(line: &Line) -> &str {
    &line.text
}

/// A duration in the server's format: `1h 30m`.
fn written(duration: Duration) -> String {
    humantime::format_duration(duration).to_string()
}

#[cfg(test)]
mod tests;
