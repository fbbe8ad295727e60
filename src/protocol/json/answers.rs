//! Answers to questions. Most of them are lists, which are kept short.

use std::sync::Arc;

use super::encode::{action_of, said};
use super::writer::{Writer, string};
use crate::chat::{
    Ban, HelpTopic, Message, PersonDetails, PersonListing, Protocol, Queue, Tag, ThreadListing,
    commands,
};

/// Appends an answer that is a list or a description to `out`.
pub(super) fn encode(message: &Message, tag: Option<&Tag>, out: &mut Vec<u8>) {
    match message {
        Message::InRoom {
            room,
            from,
            members,
            total,
            topic,
            epoch,
            last_message_id,
        } => {
            // Nothing that is escaped grows to more than six times its length.
            let topic_bytes = topic.as_ref().map_or(0, |topic| 6 * topic.len());
            Writer::new("joinroom", tag, out)
                .text("room", room)
                .text("from", from)
                .list_of("members", members, *total, topic_bytes, |name, out| {
                    string(name, out);
                })
                .maybe_text("topic", topic.as_deref())
                .plain("epoch", epoch)
                .plain("last_message_id", last_message_id)
                .end();
        }
        Message::History {
            room,
            said: past,
            more,
            epoch,
            ..
        } => {
            // Each object just as it was delivered. It was the chat that left out what would make this too long: only
            // there it is known which end of the past was asked for.
            Writer::new("history", tag, out)
                .text("room", room)
                .all("messages", past, |told, out| {
                    said(told, Writer::new(action_of(told.manner), None, out)).close();
                })
                .plain("epoch", epoch)
                .plain("more", more)
                .end();
        }
        Message::Rooms { rooms, total } => Writer::new("rooms", tag, out)
            .list_of("rooms", rooms, *total, 0, |room, out| {
                Writer::nested(out)
                    .text("room", &room.room)
                    .plain("members", room.members)
                    .text_or_null("topic", room.topic.as_deref())
                    .close();
            })
            .end(),
        Message::Who {
            room,
            people,
            total,
        } => Writer::new("who", tag, out)
            .maybe_text("room", room.as_deref())
            .list_of("clients", people, *total, 0, |shown, out| {
                person(shown, Writer::nested(out)).close();
            })
            .end(),
        Message::Whois(known) => whois(known, Writer::new("whois", tag, out)).end(),
        Message::Ignoring(names) => Writer::new("ignore", tag, out)
            .list("usernames", names, |name, out| string(name, out))
            .end(),
        Message::Help { operator, topic } => {
            let commands: Vec<_> = commands(*operator)
                .filter(|command| match topic {
                    HelpTopic::Overview | HelpTopic::All => true,
                    HelpTopic::Command(word) => *word == command.word,
                })
                .collect();
            Writer::new("help", tag, out)
                .list("commands", &commands, |command, out| {
                    Writer::nested(out)
                        .text("command", command.word)
                        .text("arguments", command.arguments)
                        .text("description", command.about)
                        .close();
                })
                .end();
        }
        Message::Bans { bans, total, .. } => Writer::new("bans", tag, out)
            .list_of("bans", bans, *total, 0, |one, out| {
                ban(one, Writer::nested(out)).close();
            })
            .end(),
        Message::Threads { rows, total } => Writer::new("threads", tag, out)
            .list_of("threads", rows, *total, 0, |row, out| {
                thread(row, Writer::nested(out)).close();
            })
            .end(),
        _ => {}
    }
}

/// The fields of a thread.
fn thread<'a>(thread: &ThreadListing, object: Writer<'a>) -> Writer<'a> {
    let mut object = object
        .text("name", &thread.name)
        .text("role", thread.role)
        .text("doing", thread.doing)
        .plain("alive_seconds", thread.alive.as_secs());
    match thread.queue {
        Some(Queue::Bytes(bytes)) => object = object.plain("queued_bytes", bytes),
        Some(Queue::Events(events)) => object = object.plain("queued_events", events),
        None => {}
    }
    object
        .plain("bytes_in", thread.bytes_in)
        .plain("bytes_out", thread.bytes_out)
}

/// The fields of a ban.
pub(super) fn ban<'a>(ban: &Ban, mut object: Writer<'a>) -> Writer<'a> {
    object = object.maybe_text("username", ban.name.as_deref());
    if let Some(network) = ban.network {
        object = object.text("address", &network.to_string());
    }
    if let Some(until) = ban.until {
        object = object.moment("until", until);
    }
    object
        .maybe_text("reason", ban.why.as_deref())
        .text("by", &ban.by)
}

/// The fields of somebody in a list.
fn person<'a>(person: &PersonListing, object: Writer<'a>) -> Writer<'a> {
    object
        .text("username", &person.name)
        .texts::<Arc<str>>("rooms", &person.rooms)
        .plain("idle_seconds", person.idle.as_secs())
        .plain("away", person.away)
}

/// The fields of what is known of somebody.
fn whois<'a>(known: &PersonDetails, object: Writer<'a>) -> Writer<'a> {
    let protocol = match known.protocol {
        Protocol::Plain => "plain",
        Protocol::Json => "json",
    };
    let known_to_all = person(&known.person, object)
        .maybe_text("away_message", known.away_why.as_deref())
        .plain("connected_seconds", known.here_for.as_secs())
        .text("protocol", protocol)
        .plain("operator", known.operator);
    match known.private {
        None => known_to_all,
        Some((address, muted)) => known_to_all
            .text("address", &address.to_string())
            .plain("muted", muted),
    }
}
