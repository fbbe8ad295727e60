//! All that is said, as objects: one on each line, with its fields in a fixed order.

use super::super::plain::{seconds_left, sentence};
use super::writer::Writer;
use super::{answers, errors};
use crate::chat::{Audience, ChatMessage, Manner, Message, Removal, Tag};

/// Appends `message` to `out` as the lines that go to a program; an answer carries the `tag` of its request as `id`.
/// Some messages are for people only, and are no bytes. [`Message::WrongProtocol`] is one of them: whoever gets that
/// speaks no JSON.
pub fn encode(message: &Message, tag: Option<&Tag>, out: &mut Vec<u8>) {
    match message {
        // By far the most frequent one.
        Message::Chat(told) => said(told, Writer::new(action_of(told.manner), tag, out)).end(),
        Message::Delivered {
            to,
            absent,
            received_at,
            message_id,
            ..
        } if tag.is_some() => {
            let mut ack = Writer::new("ack", tag, out).moment("received_at", *received_at);
            if let Some(id) = message_id {
                ack = ack.plain("message_id", id);
            }
            if !to.is_empty() {
                ack = ack.texts("to", to);
            }
            if !absent.is_empty() {
                ack = ack.texts("absent", absent);
            }
            ack.end();
        }
        // Who did not ask to be told is told only what did not go as they wished.
        Message::Delivered { absent, .. } => {
            if !absent.is_empty() {
                notice("not_here", message, tag, out).end();
            }
        }
        Message::Connected {
            name,
            address,
            clients,
        } => Writer::new("connect", tag, out)
            .text("from", name)
            .text("address", &address.to_string())
            .plain("clients", clients)
            .end(),
        Message::CameToRoom { room, from } => Writer::new("joinroom", tag, out)
            .text("room", room)
            .text("from", from)
            .end(),
        Message::WentFromRoom {
            room,
            from,
            removed,
        } => {
            let went = Writer::new("leaveroom", tag, out)
                .text("room", room)
                .text("from", from);
            match removed {
                None => went.end(),
                Some(removal) => went
                    .text("reason", reason_of(removal))
                    .text("by", &removal.by)
                    .maybe_text("message", removal.why.as_deref())
                    .end(),
            }
        }
        Message::Topic { room, topic, by } => Writer::new("topic", tag, out)
            .text("room", room)
            .text_or_null("topic", topic.as_deref())
            .maybe_text("from", by.as_deref())
            .end(),
        Message::Renamed { from, to } => Writer::new("nick", tag, out)
            .text("from", from)
            .text("username", to)
            .end(),
        Message::NowAway { from, why } => Writer::new("away", tag, out)
            .text("from", from)
            .maybe_text("message", why.as_deref())
            .end(),
        Message::NowBack { from } => Writer::new("back", tag, out).text("from", from).end(),
        Message::IsAway { name, .. } => notice("away", message, tag, out)
            .text("username", name)
            .end(),
        Message::Ignored(name) => Writer::new("ignore", tag, out).text("username", name).end(),
        Message::Unignored(name) => Writer::new("unignore", tag, out)
            .text("username", name)
            .end(),
        Message::Quiet { on } => Writer::new("quiet", tag, out).plain("on", on).end(),
        Message::Pong => Writer::new("pong", tag, out).end(),
        Message::OperatorNow => Writer::new("op", tag, out).end(),
        Message::Removed(name) => Writer::new("kick", tag, out).text("username", name).end(),
        Message::Muted { name, on } => Writer::new(if *on { "mute" } else { "unmute" }, tag, out)
            .text("username", name)
            .end(),
        Message::BanAdded(ban) => answers::ban(ban, Writer::new("ban", tag, out)).end(),
        Message::BanTakenBack(ban) => answers::ban(ban, Writer::new("unban", tag, out)).end(),
        Message::Motd(text) => Writer::new("motd", tag, out)
            .text_or_null("message", text.as_deref())
            .end(),
        Message::ShutdownPlanned { left, .. } => notice("shutdown_planned", message, tag, out)
            .plain("seconds", seconds_left(*left))
            .end(),
        Message::ShutdownCancelled { .. } => {
            notice("shutdown_cancelled", message, tag, out).end();
        }
        Message::ShutDown => Writer::new("shutdown", tag, out)
            .text("message", &sentence(message))
            .end(),
        Message::IdleSoon { left } => notice("idle", message, tag, out)
            .plain("seconds", seconds_left(*left))
            .end(),
        Message::HeldBack { lines, wait } => notice("held_back", message, tag, out)
            .plain("lines", lines)
            .plain("seconds", seconds_left(*wait))
            .end(),
        Message::MembershipChanged { room, .. } => notice("membership", message, tag, out)
            .maybe_text("room", room.as_deref())
            .end(),
        Message::Kicked { by, .. } => Writer::new("bye", tag, out)
            .text("reason", "kicked")
            .text("by", by)
            .text("message", &sentence(message))
            .end(),
        Message::Bye => bye("quit", BYE, tag, out),
        Message::IdleBye => bye("idle", BYE, tag, out),
        Message::TooSlow => bye("slow", &sentence(message), tag, out),
        Message::LoginTimedOut => bye("login_timeout", &sentence(message), tag, out),
        Message::TooManyNames => bye("too_many_names", &sentence(message), tag, out),
        Message::EndlessLine => bye("endless_line", &sentence(message), tag, out),
        Message::Error(refusal) => error(errors::code(refusal), message, tag, out),
        Message::Banned { .. } => last_error("banned", message, tag, out),
        Message::ServerFull => last_error("full", message, tag, out),
        Message::TooManyFromAddress => last_error("too_many_connections", message, tag, out),
        Message::NoThread => last_error("no_thread", message, tag, out),
        Message::InRoom { .. }
        | Message::History { .. }
        | Message::Rooms { .. }
        | Message::Who { .. }
        | Message::Whois(_)
        | Message::Ignoring(_)
        | Message::Help { .. }
        | Message::Bans { .. }
        | Message::Threads { .. } => answers::encode(message, tag, out),
        // A program has not seen the prompt, or took it for what it is; `connect` and `joinroom` say the rest.
        Message::InputUsername
        | Message::YourNameIs(_)
        | Message::Congratulations
        | Message::YourId(_)
        | Message::ClientCount(_)
        | Message::Arrived(_)
        | Message::Left { .. }
        | Message::TimestampsAre(_)
        | Message::WrongProtocol(_) => {}
    }
}

/// What is said last to those who have done nothing wrong, and to those who have been told.
const BYE: &str = "Bye!";

/// The fields of what somebody has said.
pub(super) fn said<'a>(said: &ChatMessage, object: Writer<'a>) -> Writer<'a> {
    let object = match &said.to {
        Audience::Room { room, message_id } => {
            object.text("room", room).plain("message_id", message_id)
        }
        Audience::People(names) => object.texts("to", names),
    };
    object
        .text("message", &said.text)
        .text("from", &said.from)
        .maybe_text(
            "sent_at",
            said.sent_at.as_ref().map(|sent_at| &*sent_at.written),
        )
        .moment("received_at", said.received_at)
}

/// The action by which something is said in this manner.
pub(super) fn action_of(manner: Manner) -> &'static str {
    match manner {
        Manner::Chat => "chat",
        Manner::Me => "me",
        Manner::Private => "msg",
    }
}

fn reason_of(removal: &Removal) -> &'static str {
    if removal.banned { "banned" } else { "kicked" }
}

/// Something that nobody asked for.
fn notice<'a>(
    code: &str,
    message: &Message,
    tag: Option<&'a Tag>,
    out: &'a mut Vec<u8>,
) -> Writer<'a> {
    Writer::new("notice", tag, out)
        .text("code", code)
        .text("message", &sentence(message))
}

/// The last line before the connection ends.
fn bye(reason: &str, message: &str, tag: Option<&Tag>, out: &mut Vec<u8>) {
    Writer::new("bye", tag, out)
        .text("reason", reason)
        .text("message", message)
        .end();
}

/// Something that is not done, or went wrong.
fn error(code: &str, message: &Message, tag: Option<&Tag>, out: &mut Vec<u8>) {
    Writer::new("error", tag, out)
        .text("code", code)
        .text("message", &sentence(message))
        .end();
}

/// An error that ends the connection.
fn last_error(code: &str, message: &Message, tag: Option<&Tag>, out: &mut Vec<u8>) {
    error(code, message, tag, out);
    bye(code, BYE, None, out);
}
