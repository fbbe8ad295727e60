//! The table of actions: everything that a program can request, with the fields of each request.

use super::super::clean::{clean, is_blank};
use super::object::{Address, Before, Object, wrong};
use crate::chat::{Line, Range, Request, RequestError, Target, near_word};

/// How much of an unknown name to quote back to its sender.
const QUOTE_CHARACTERS_MAX: usize = 32;
/// How many letters of an action's name are enough to suggest it, as `join` suggests `joinroom`.
const BEGINNING_MIN: usize = 3;

/// One action.
#[derive(Debug)]
pub struct Action {
    /// The value of the field `action`.
    pub name: &'static str,
    /// The fields that must be present.
    pub required: &'static [&'static str],
    /// The fields that may be present.
    pub optional: &'static [&'static str],
    /// Whether unknown fields are errors. Most actions ignore them.
    pub strict: bool,
    read: fn(&Object<'_>) -> Result<Request, RequestError>,
}

impl Action {
    const fn new(
        name: &'static str,
        required: &'static [&'static str],
        optional: &'static [&'static str],
        read: fn(&Object<'_>) -> Result<Request, RequestError>,
    ) -> Self {
        Action { name, required, optional, strict: false, read }
    }

    /// For an action that cannot be undone: a mistyped field that was meant to delay it must not be ignored.
    const fn strict(mut self) -> Self {
        self.strict = true;
        self
    }
}

/// All actions, in the order of the guide.
pub fn actions() -> impl Iterator<Item = &'static Action> {
    ACTIONS.iter()
}

/// Reads the request in an object.
pub(super) fn parse_request(object: &mut Object<'_>) -> Result<Request, RequestError> {
    if let Some(key) = object.duplicate_key() {
        return Err(RequestError::DuplicateField(quoted(key)));
    }
    let name = object.action()?;
    let Some(action) = ACTIONS.iter().find(|action| action.name == name) else {
        let action = quoted(&name);
        let near = near(&action).map(Into::into);
        return Err(RequestError::UnknownAction { action, near });
    };
    object.declare(action.required, action.optional);
    if action.strict
        && let Some(key) = object.undeclared_key()
    {
        return Err(RequestError::UnknownField(quoted(key)));
    }
    (action.read)(object)
}

/// The part of somebody's input to quote back.
fn quoted(text: &str) -> String {
    clean(text.as_bytes()).text.chars().take(QUOTE_CHARACTERS_MAX).collect()
}

/// The action that was probably meant.
fn near(given: &str) -> Option<&'static str> {
    let given = given.to_ascii_lowercase();
    let names = || ACTIONS.iter().map(|action| action.name);
    near_word(&given, names())
        .or_else(|| names().find(|name| given.len() >= BEGINNING_MIN && name.starts_with(&given)))
}

/// Grouped as in the guide: yourself, rooms, talk, people, the server, operators.
static ACTIONS: [Action; 36] = [
    Action::new("connect", &[], &["username", "reclaim"], |given| {
        Ok(Request::Connect { name: given.maybe("username")?, word: given.maybe("reclaim")? })
    }),
    Action::new("reclaim", &[], &[], |_| Ok(Request::Reclaim)),
    Action::new("nick", &["username"], &[], |given| {
        Ok(Request::Nick { name: given.get("username")? })
    }),
    Action::new("away", &[], &["message"], |given| {
        Ok(Request::Away { reason: given.remark("message")? })
    }),
    Action::new("back", &[], &[], |_| Ok(Request::Back)),
    Action::new("quiet", &[], &["on"], |given| Ok(Request::Quiet { on: given.maybe("on")? })),
    Action::new("quit", &[], &[], |_| Ok(Request::Quit)),
    Action::new("joinroom", &["room"], &["history"], |given| {
        // A program asks for as many past lines as it wants to show. The default is none.
        let history = Some(given.maybe("history")?.unwrap_or(0));
        Ok(Request::Join { room: given.get("room")?, history })
    }),
    Action::new("leaveroom", &["room"], &[], |given| {
        Ok(Request::Part { room: Some(given.get("room")?) })
    }),
    Action::new("topic", &["room"], &["topic"], |given| {
        Ok(Request::Topic { room: Some(given.get("room")?), topic: given.replacement("topic")? })
    }),
    Action::new("rooms", &[], &[], |_| Ok(Request::Rooms)),
    Action::new("history", &["room"], &["before", "after", "limit"], history),
    Action::new("search", &[], &["words", "username", "room", "before", "cursor", "limit"], search),
    Action::new("chat", &["message"], &["room", "to", "sent_at"], |given| {
        let (target, text) = (target(given)?, given.get("message")?);
        Ok(Request::Chat { target, text, sent_at: given.maybe("sent_at")? })
    }),
    Action::new("me", &["message"], &["room", "to", "sent_at"], |given| {
        let (target, text) = (target(given)?, given.get("message")?);
        Ok(Request::Me { target, text, sent_at: given.maybe("sent_at")? })
    }),
    Action::new("msg", &["to", "message"], &["sent_at"], |given| {
        let (to, text) = (given.get("to")?, given.get("message")?);
        Ok(Request::Private { to, text, sent_at: given.maybe("sent_at")? })
    }),
    Action::new("typed", &["line"], &["room", "sent_at"], |given| {
        let line: Line = given.get("line")?;
        if is_blank(&line.text) {
            return Err(wrong("line", "a text that is not empty"));
        }
        Ok(Request::Typed { line, room: given.maybe("room")?, sent_at: given.maybe("sent_at")? })
    }),
    Action::new("reply", &["message"], &[], |given| {
        Ok(Request::Reply { text: given.get("message")? })
    }),
    Action::new("who", &[], &["room"], |given| Ok(Request::Who { room: given.maybe("room")? })),
    Action::new("whois", &["username"], &[], |given| {
        Ok(Request::Whois { name: given.get("username")? })
    }),
    Action::new("ignore", &[], &["username"], |given| {
        Ok(Request::Ignore { name: given.maybe("username")? })
    }),
    Action::new("unignore", &["username"], &[], |given| {
        Ok(Request::Unignore { name: given.get("username")? })
    }),
    Action::new("help", &[], &["command"], |given| {
        Ok(Request::Help { about: given.maybe("command")? })
    }),
    Action::new("ping", &[], &[], |_| Ok(Request::Ping)),
    Action::new("motd", &[], &["message"], |given| {
        Ok(Request::Motd { text: given.replacement("message")? })
    }),
    Action::new("op", &["password"], &[], |given| {
        Ok(Request::Op { password: given.get("password")? })
    }),
    Action::new("kick", &["username"], &["reason"], |given| {
        Ok(Request::Kick { name: given.get("username")?, reason: given.remark("reason")? })
    }),
    Action::new("ban", &[], &["username", "address", "duration", "reason"], |given| {
        let (target, duration) = (name_or_address(given)?, given.maybe("duration")?);
        Ok(Request::Ban { target, duration, reason: given.remark("reason")? })
    }),
    Action::new("unban", &[], &["username", "address"], |given| {
        Ok(Request::Unban { target: name_or_address(given)? })
    }),
    Action::new("bans", &[], &[], |_| Ok(Request::Bans)),
    Action::new("mute", &["username"], &[], |given| {
        Ok(Request::Mute { name: given.get("username")? })
    }),
    Action::new("unmute", &["username"], &[], |given| {
        Ok(Request::Unmute { name: given.get("username")? })
    }),
    Action::new("threads", &[], &[], |_| Ok(Request::Threads)),
    Action::new("glass", &[], &[], |_| Ok(Request::Glass)),
    Action::new("follow", &["message"], &["room", "to"], |given| {
        let (target, text) = (target(given)?, given.get("message")?);
        Ok(Request::Follow { target, text, moments: Box::default() })
    }),
    Action::new("shutdown", &[], &["duration", "reason", "cancel"], shutdown).strict(),
];

/// The recipients. Names take precedence over a room.
fn target(given: &Object<'_>) -> Result<Target, RequestError> {
    Ok(match (given.maybe("to")?, given.maybe("room")?) {
        (Some(names), _) => Target::People(names),
        (None, Some(room)) => Target::Room(room),
        (None, None) => Target::Here,
    })
}

fn history(given: &Object<'_>) -> Result<Request, RequestError> {
    let range = match (given.maybe("before")?, given.maybe("after")?) {
        (Some(_), Some(_)) => {
            return Err(wrong("before", "a message id or a date, without an `after` beside it"));
        }
        (Some(Before(range)), None) => range,
        (None, Some(id)) => Range::After(id),
        (None, None) => Range::Last,
    };
    Ok(Request::History { room: Some(given.get("room")?), range, limit: given.maybe("limit")? })
}

fn search(given: &Object<'_>) -> Result<Request, RequestError> {
    let (words, from): (Option<String>, _) = (given.maybe("words")?, given.maybe("username")?);
    if words.is_none() && from.is_none() {
        return Err(RequestError::MissingField("words".into()));
    }
    Ok(Request::Search {
        words: words.unwrap_or_default(),
        from,
        room: given.maybe("room")?,
        before: given.maybe("before")?,
        cursor: given.maybe("cursor")?,
        limit: given.maybe("limit")?,
    })
}

/// The target of a ban: a name or an address, but not both.
fn name_or_address(given: &Object<'_>) -> Result<String, RequestError> {
    match (given.maybe("username")?, given.maybe("address")?) {
        (Some(_), Some(_)) => {
            Err(wrong("address", "an IP address, without a `username` beside it"))
        }
        (Some(target), None) | (None, Some(Address(target))) => Ok(target),
        (None, None) => Err(RequestError::MissingField("username".into())),
    }
}

fn shutdown(given: &Object<'_>) -> Result<Request, RequestError> {
    let (after, reason) = (given.maybe("duration")?, given.remark("reason")?);
    match given.maybe("cancel")? {
        Some(true) if after.is_some() || reason.is_some() => {
            Err(wrong("cancel", "true, without anything else beside it"))
        }
        Some(true) => Ok(Request::CancelShutdown),
        Some(false) | None => Ok(Request::Shutdown { after, reason }),
    }
}
