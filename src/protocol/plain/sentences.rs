//! The messages that are one sentence. Other protocols send these words too, where a person may read them.

use super::clause::{because, clients_have, have, removal};
use super::refused::refused;
use super::{listing, span, tables};
use crate::chat::{Message, Timestamps};
use crate::protocol::ENDLESS_BYTES_MAX;

/// A message in one sentence, without a prefix and without an end of line. Empty where the message is a list, or what
/// somebody says: `encode` writes those.
pub(in crate::protocol) fn sentence(message: &Message) -> String {
    match message {
        Message::Error(refusal) => refused(refusal),
        Message::InputUsername => "Input username.".into(),
        Message::YourNameIs(name) => format!("Your username is {name}."),
        Message::Congratulations => {
            "Congratulations! You've successfully joined the chat server.".into()
        }
        Message::Connected { name, .. } => format!("You have joined the chat as {name}."),
        Message::YourId(id) => format!("Your id is: '{id}'."),
        Message::ClientCount(count) => {
            format!("There are {count} client(s) connected to this server.")
        }
        Message::TooManyNames => {
            "Too many tries. Connect again when you have thought of a name.".into()
        }
        Message::LoginTimedOut => {
            "You gave no username in time. Connect again to try once more.".into()
        }
        Message::Arrived(name) => format!("A new client has connected to the chat: id = {name}"),
        Message::Left { name, removed } => {
            format!("{name} has left the chat{}", removal(removed.as_ref()))
        }
        Message::MembershipChanged {
            room,
            arrived,
            left,
            present,
        } => match room {
            None => format!(
                "{} connected and {left} {} left; {present} are here.",
                clients_have(*arrived),
                have(*left)
            ),
            Some(room) => format!(
                "{} joined room {room} and {left} {} left; {present} are in it.",
                clients_have(*arrived),
                have(*left)
            ),
        },
        Message::Delivered {
            to,
            absent,
            everybody_in,
            ..
        } => listing::delivered(to, absent, everybody_in.as_deref()).join(" "),
        Message::CameToRoom { room, from } => format!("{from} has joined room {room}"),
        Message::WentFromRoom {
            room,
            from,
            removed,
        } => format!("{from} has left room {room}{}", removal(removed.as_ref())),
        Message::Topic { room, topic, by } => match (by, topic) {
            (Some(by), Some(topic)) => format!("{by} has set the topic of {room}: {topic}"),
            (Some(by), None) => format!("{by} has taken away the topic of {room}"),
            (None, Some(topic)) => format!("The topic of {room}: {topic}"),
            (None, None) => format!("{room} has no topic. /topic TEXT gives it one."),
        },
        Message::Renamed { from, to } => format!("{from} is now known as {to}"),
        Message::NowAway { why, .. } => format!(
            "You are marked as away{}. Type /back when you are here again.",
            because(why.as_deref())
        ),
        Message::NowBack { .. } => "You are marked as here again.".into(),
        Message::IsAway { name, why } => {
            format!("{name} is away{}.", because(why.as_deref()))
        }
        Message::Ignored(name) => {
            format!("You ignore {name} from now on. /unignore {name} takes that back.")
        }
        Message::Unignored(name) => format!("You read {name} again."),
        Message::Quiet { on: true } => {
            "You no longer hear who comes and goes. /quiet off takes that back.".into()
        }
        Message::Quiet { on: false } => "You hear who comes and goes.".into(),
        Message::TimestampsAre(Timestamps::Off) => {
            "Lines come without their time. /timestamp time shows it.".into()
        }
        Message::TimestampsAre(Timestamps::Time) => {
            "Lines come with their time. /timestamp off hides it.".into()
        }
        Message::TimestampsAre(Timestamps::Date) => {
            "Lines come with their date and time. /timestamp off hides them.".into()
        }
        Message::Pong => "Pong!".into(),
        Message::OperatorNow => "You are an operator now. /help shows what you may do.".into(),
        Message::Kicked { by, why } => {
            let why = because(why.as_deref());
            format!("You were kicked by {by}{why}. You may connect again.")
        }
        Message::Banned { why, remaining } => {
            let why = because(why.as_deref());
            match remaining {
                Some(left) => {
                    let left = span::left(*left);
                    format!("You are banned for another {left}{why}. Come back after that.")
                }
                None => format!("You are banned{why}. Only an operator can take that back."),
            }
        }
        Message::Removed(name) => format!("{name} was thrown out."),
        Message::BanTakenBack(ban) => format!("{} is banned no more.", tables::whom(ban)),
        Message::Muted { name, on: true } => {
            format!("Nobody hears {name} any more. /unmute {name} takes that back.")
        }
        Message::Muted { name, on: false } => format!("{name} is heard again."),
        Message::Motd(None) => "There is no message of the day.".into(),
        Message::ShutdownPlanned { left, why, by } if left.is_zero() => {
            format!("{by} shuts down the chat{}.", because(why.as_deref()))
        }
        Message::ShutdownPlanned { left, why, by } => format!(
            "{by} will shut down the chat in {}{}.",
            span::left(*left),
            because(why.as_deref())
        ),
        Message::ShutdownCancelled { by } => {
            format!("The chat goes on: {by} has cancelled the shutdown.")
        }
        Message::IdleSoon { left } => format!(
            "You will be disconnected in {} s unless you type something.",
            span::seconds_left(*left)
        ),
        Message::IdleBye | Message::Bye => "Bye!".into(),
        Message::HeldBack { lines: 0, .. } => {
            "Not so fast: the rest is read more slowly. Nothing is lost.".into()
        }
        // What is still in the socket has not been counted: nobody knows yet how many lines it is.
        Message::HeldBack { lines, wait } => format!(
            "Not so fast: at least {lines} line(s) held back, the last for {} s or more. Nothing is lost.",
            span::seconds_left(*wait)
        ),
        Message::EndlessLine => {
            format!("That line is too long: {ENDLESS_BYTES_MAX} bytes without an end. Goodbye.")
        }
        Message::ServerFull => "The chat server is full. Try again later.".into(),
        Message::TooManyFromAddress => {
            "Too many connections from your address. Try again in a minute.".into()
        }
        Message::NoThread => {
            "The chat server cannot take another client now. Try again later.".into()
        }
        Message::TooSlow => {
            "You were disconnected: your end did not read what was sent. Connect again.".into()
        }
        Message::ShutDown => "The chat has been shut down".into(),
        Message::Chat(_)
        | Message::History { .. }
        | Message::InRoom { .. }
        | Message::Rooms { .. }
        | Message::Ignoring(_)
        | Message::Whois(_)
        | Message::Help { .. }
        | Message::Who { .. }
        | Message::BanAdded(_)
        | Message::Bans { .. }
        | Message::Motd(Some(_))
        | Message::Threads { .. }
        | Message::WrongProtocol(_) => String::new(),
    }
}
