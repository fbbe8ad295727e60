//! All that can be asked, and what each action needs: one table.

use super::super::clean::clean;
use super::fields::{Fields, wrong};
use super::object::Object;
use crate::chat::{Range, Request, RequestError, Target};

/// An action that nobody knows is shown to its sender up to here.
const SHOWN_CHARACTERS_MAX: usize = 32;
/// How much alike two words are if one is probably meant by the other, from 0 to 1: `join` and `joinroom` are.
const LIKENESS_MIN: f64 = 0.85;

/// One thing that can be asked.
#[derive(Debug)]
pub struct Action {
    /// What the field `action` holds.
    pub name: &'static str,
    /// The fields that have to be there.
    pub required: &'static [&'static str],
    /// The fields that may be there.
    pub optional: &'static [&'static str],
    /// Fields that it does not know are not ignored but wrong.
    pub strict: bool,
    make: fn(&Fields<'_>) -> Result<Request, RequestError>,
}

impl Action {
    /// All fields that are read, beside `action` and `id`.
    pub(super) fn fields(&self) -> impl Iterator<Item = &'static str> {
        self.required.iter().chain(self.optional).copied()
    }
}

/// All actions, in an order in which one can learn them.
pub fn actions() -> impl Iterator<Item = &'static Action> {
    ACTIONS.iter()
}

/// What an object asks.
pub(super) fn understand(object: &Object<'_>) -> Result<Request, RequestError> {
    if let Some(key) = object.doubled_key() {
        return Err(RequestError::DuplicateField(shown(
            &String::from_utf8_lossy(key),
        )));
    }
    let name = object.field("action").ok_or(RequestError::MissingAction)?;
    let name: String =
        serde_json::from_str(name).map_err(|_| wrong("action", "the name of an action"))?;
    let Some(action) = ACTIONS.iter().find(|action| action.name == name) else {
        let action = shown(&name);
        let near = near(&action);
        return Err(RequestError::UnknownAction { action, near });
    };
    if action.strict
        && let Some(key) = unknown_field(object, action)
    {
        return Err(RequestError::UnknownField(key));
    }
    (action.make)(&Fields { object, action })
}

/// A field that nobody would read. As everywhere, `null` is no field.
fn unknown_field(object: &Object<'_>, action: &Action) -> Option<String> {
    let is_known = |key: &[u8]| {
        let mut known = ["action", "id"].into_iter().chain(action.fields());
        known.any(|field| field.as_bytes() == key)
    };
    let mut unknown = object.keys().filter(|key| !is_known(key));
    unknown
        .next()
        .map(|key| shown(&String::from_utf8_lossy(key)))
}

/// As much of what somebody sent as may be quoted back to them.
fn shown(text: &str) -> String {
    let text = clean(text.as_bytes()).text;
    text.chars().take(SHOWN_CHARACTERS_MAX).collect()
}

/// The action that was probably meant.
fn near(given: &str) -> Option<&'static str> {
    let given = given.to_ascii_lowercase();
    ACTIONS
        .iter()
        .map(|action| (strsim::jaro_winkler(&given, action.name), action.name))
        .filter(|&(likeness, _)| likeness >= LIKENESS_MIN)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, name)| name)
}

const fn action(
    name: &'static str,
    required: &'static [&'static str],
    optional: &'static [&'static str],
    make: fn(&Fields<'_>) -> Result<Request, RequestError>,
) -> Action {
    Action {
        name,
        required,
        optional,
        strict: false,
        make,
    }
}

impl Action {
    /// The action cannot be undone, so a field that was meant to hold it off must not be ignored for a slip of the pen.
    const fn strict(mut self) -> Self {
        self.strict = true;
        self
    }
}

/// In the order of the help: oneself, rooms, talk, people, the server, operators.
static ACTIONS: [Action; 31] = [
    action("connect", &[], &["username"], |given| {
        let name = given.maybe_line("username")?;
        Ok(Request::Connect { name })
    }),
    action("nick", &["username"], &[], |given| {
        let name = given.line("username")?;
        Ok(Request::Nick { name })
    }),
    action("away", &[], &["message"], |given| {
        let why = given.remark("message")?;
        Ok(Request::Away { why })
    }),
    action("back", &[], &[], |_| Ok(Request::Back)),
    action("quiet", &[], &["on"], |given| {
        let on = given.choice("on")?;
        Ok(Request::Quiet { on })
    }),
    action("quit", &[], &[], |_| Ok(Request::Quit)),
    action("joinroom", &["room"], &["history"], |given| {
        let room = given.line("room")?;
        // A program asks for what it wants to show: none, unless it says how many.
        let history = Some(given.number("history")?.unwrap_or(0));
        Ok(Request::Join { room, history })
    }),
    action("leaveroom", &["room"], &[], |given| {
        let room = Some(given.text("room")?);
        Ok(Request::Part { room })
    }),
    action("topic", &["room"], &["topic"], |given| {
        let room = Some(given.text("room")?);
        let topic = given.replacement("topic")?;
        Ok(Request::Topic { room, topic })
    }),
    action("rooms", &[], &[], |_| Ok(Request::Rooms)),
    action("history", &["room"], &["before", "after", "limit"], history),
    action("chat", &["message"], &["room", "to", "sent_at"], |given| {
        Ok(Request::Chat {
            target: target(given)?,
            text: given.text("message")?,
            sent_at: given.sent_at("sent_at")?,
        })
    }),
    action("me", &["message"], &["room", "to", "sent_at"], |given| {
        Ok(Request::Me {
            target: target(given)?,
            text: given.text("message")?,
            sent_at: given.sent_at("sent_at")?,
        })
    }),
    action("msg", &["to", "message"], &["sent_at"], |given| {
        Ok(Request::Private {
            to: given.names("to")?,
            text: given.text("message")?,
            sent_at: given.sent_at("sent_at")?,
        })
    }),
    action("reply", &["message"], &[], |given| {
        let text = given.text("message")?;
        Ok(Request::Reply { text })
    }),
    action("who", &[], &["room"], |given| {
        let room = given.maybe_text("room")?;
        Ok(Request::Who { room })
    }),
    action("whois", &["username"], &[], |given| {
        let name = given.text("username")?;
        Ok(Request::Whois { name })
    }),
    action("ignore", &[], &["username"], |given| {
        let name = given.maybe_text("username")?;
        Ok(Request::Ignore { name })
    }),
    action("unignore", &["username"], &[], |given| {
        let name = given.text("username")?;
        Ok(Request::Unignore { name })
    }),
    action("help", &[], &["command"], |given| {
        let about = given.maybe_text("command")?;
        Ok(Request::Help { about })
    }),
    action("ping", &[], &[], |_| Ok(Request::Ping)),
    action("motd", &[], &["message"], |given| {
        let text = given.replacement("message")?;
        Ok(Request::Motd { text })
    }),
    action("op", &["password"], &[], |given| {
        let word = given.secret("password")?;
        Ok(Request::Op { word })
    }),
    action("kick", &["username"], &["reason"], |given| {
        Ok(Request::Kick {
            name: given.text("username")?,
            why: given.remark("reason")?,
        })
    }),
    action(
        "ban",
        &[],
        &["username", "address", "duration", "reason"],
        |given| {
            Ok(Request::Ban {
                whom: name_or_address(given)?,
                duration: given.duration("duration")?,
                why: given.remark("reason")?,
            })
        },
    ),
    action("unban", &[], &["username", "address"], |given| {
        let whom = name_or_address(given)?;
        Ok(Request::Unban { whom })
    }),
    action("bans", &[], &[], |_| Ok(Request::Bans)),
    action("mute", &["username"], &[], |given| {
        let name = given.text("username")?;
        Ok(Request::Mute { name })
    }),
    action("unmute", &["username"], &[], |given| {
        let name = given.text("username")?;
        Ok(Request::Unmute { name })
    }),
    action("threads", &[], &[], |_| Ok(Request::Threads)),
    action("shutdown", &[], &["duration", "reason", "cancel"], shutdown).strict(),
];

/// To whom something is said: names go before a room.
fn target(given: &Fields<'_>) -> Result<Target, RequestError> {
    let (to, room) = (given.maybe_names("to")?, given.maybe_text("room")?);
    Ok(match (to, room) {
        (Some(names), _) => Target::People(names),
        (None, Some(room)) => Target::Room(room),
        (None, None) => Target::Here,
    })
}

fn history(given: &Fields<'_>) -> Result<Request, RequestError> {
    let (before, after) = (given.number("before")?, given.number("after")?);
    let range = match (before, after) {
        (Some(_), Some(_)) => {
            return Err(wrong(
                "before",
                "a message id, without an `after` beside it",
            ));
        }
        (Some(id), None) => Range::Before(id),
        (None, Some(id)) => Range::After(id),
        (None, None) => Range::Last,
    };
    Ok(Request::History {
        room: Some(given.text("room")?),
        range,
        limit: given.number("limit")?,
    })
}

/// Whom a ban is about: exactly one of the two.
fn name_or_address(given: &Fields<'_>) -> Result<String, RequestError> {
    match (given.maybe_text("username")?, given.address("address")?) {
        (Some(_), Some(_)) => Err(wrong(
            "address",
            "an IP address, without a `username` beside it",
        )),
        (Some(whom), None) | (None, Some(whom)) => Ok(whom),
        (None, None) => Err(RequestError::MissingField("username")),
    }
}

fn shutdown(given: &Fields<'_>) -> Result<Request, RequestError> {
    let (after, why) = (given.duration("duration")?, given.remark("reason")?);
    match given.choice("cancel")? {
        Some(true) if after.is_some() || why.is_some() => {
            Err(wrong("cancel", "true, without anything else beside it"))
        }
        Some(true) => Ok(Request::CancelShutdown),
        Some(false) | None => Ok(Request::Shutdown { after, why }),
    }
}
