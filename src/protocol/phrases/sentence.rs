//! The messages that are one sentence. Other protocols send these words too, where a person may read them.

use super::clause::{because, begun, clients_have, have, removal};
use super::help::{find, usage};
use super::layout::shortened;
use super::{listing, span, table};
use crate::chat::{Message, Protocol, Removal, Timestamps};
use crate::protocol::{ENDLESS_BYTES_MAX, JSON_LINE_BYTES_MAX, LINE_BYTES_MAX};

/// A message in one sentence, without a prefix and without an end of line. Empty where the message is a list, or what
/// somebody says: `encode` writes those.
pub(in crate::protocol) fn sentence(message: &Message) -> String {
    match message {
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
        Message::NameRefused(refusal) => format!("That is no username: {refusal}"),
        Message::NameTaken { wanted, by } if wanted == by => {
            format!("{by} is taken. Choose another name.")
        }
        Message::NameTaken { wanted, by } => {
            format!("{wanted} is taken: it looks like {by}, who is here. Choose another name.")
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
        Message::NotIgnored(name) => format!(
            "You do not ignore {}. /ignore shows whom you do.",
            shortened(name)
        ),
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
        Message::UnknownCommand { word, near } => {
            let word = shortened(word);
            match near {
                Some(near) => format!("There is no command /{word}. Did you mean /{near}?"),
                None => format!("There is no command /{word}. Try /help."),
            }
        }
        Message::Misused(word) => {
            let usage = find(word).map_or_else(|| format!("/{word}"), usage);
            format!("Type it like this: {usage} (see /help {word})")
        }
        Message::AmbiguousCommand { word, candidates } => {
            format!(
                "/{} could be /{}. Type a little more.",
                shortened(word),
                candidates.join(" or /")
            )
        }
        Message::TypeInFull(word) => format!("Type /{word} in full to do that."),
        Message::NameFirst => "First choose a username, then that.".into(),
        Message::AlreadyConnected => {
            "You have joined already. /nick NAME changes your name.".into()
        }
        Message::Malformed(why) => why.to_string(),
        Message::NoSuchPerson(name) => format!(
            "Nobody here is called {}. /who shows who is here.",
            shortened(name)
        ),
        Message::NobodyOf(names) => listing::nobody_of(names).join(" "),
        Message::NoSuchRoom(room) => format!(
            "There is no room {}. /rooms shows those there are.",
            shortened(room)
        ),
        Message::NotInRoom(room) if room.is_empty() => {
            "You are in no room. /join ROOM goes to one.".into()
        }
        Message::NotInRoom(room) => {
            let room = shortened(room);
            format!("You are not in room {room}. /join {room} goes there.")
        }
        // A refusal speaks of a name, and fits on a line only by itself.
        Message::RoomRefused(refusal) => begun(&refusal.to_string()),
        Message::TooManyRooms => {
            "You are in as many rooms as one may be in. Leave one of them first.".into()
        }
        Message::NoMoreRooms => {
            "There are as many rooms as there may be. /rooms shows them.".into()
        }
        Message::TopicIsOperators(room) => {
            format!("Only an operator may change the topic of {room}.")
        }
        Message::TextTooLong { bytes_max } => {
            format!("That text is too long: at most {bytes_max} bytes. Make it shorter.")
        }
        Message::NobodyToReplyTo => {
            "Nobody has written to you in private. /msg NAME TEXT does that.".into()
        }
        Message::NotYourself => "You cannot do that to yourself.".into(),
        Message::YouAreMuted => "An operator has muted you: nobody hears what you say.".into(),
        Message::NotOperator => "Only an operator of this chat may do that.".into(),
        Message::OperatorNow => "You are an operator now. /help shows what you may do.".into(),
        Message::OperatorAlready => "You are an operator already.".into(),
        Message::NoOperatorWord => "This chat has no word that makes an operator.".into(),
        Message::WrongOperatorWord { tries_left: 0 } => {
            "That is not the word, and it was the last try.".into()
        }
        Message::WrongOperatorWord { tries_left } => {
            let tries = if *tries_left == 1 { "try" } else { "tries" };
            format!("That is not the word. You have {tries_left} more {tries}.")
        }
        Message::TooManyOperatorWords => "Too many wrong words have come from your address.".into(),
        Message::Kicked(Removal { banned, by, why }) => {
            let why = because(why.as_deref());
            if *banned {
                format!("You were banned by {by}{why}. Only an operator can take that back.")
            } else {
                format!("You were kicked by {by}{why}. You may connect again.")
            }
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
        Message::BanTakenBack(ban) => format!("{} is banned no more.", table::whom(ban)),
        Message::NoSuchBan(whom) => {
            let whom = shortened(whom);
            format!("There is no ban of {whom}. /bans shows those there are.")
        }
        Message::LoopbackBan => "The server's own machine cannot be banned.".into(),
        Message::TooManyBans => {
            "There are as many bans as there may be. /unban takes one back.".into()
        }
        Message::Muted { name, on: true } => {
            format!("Nobody hears {name} any more. /unmute {name} takes that back.")
        }
        Message::Muted { name, on: false } => format!("{name} is heard again."),
        Message::Motd(None) => "There is no message of the day.".into(),
        Message::ShutdownPlanned { left, why, by } => format!(
            "{by} will shut down the chat in {}{}.",
            span::left(*left),
            because(why.as_deref())
        ),
        Message::ShutdownCancelled { by } => {
            format!("The chat goes on: {by} has cancelled the shutdown.")
        }
        Message::NoShutdownPlanned => {
            "No shutdown is planned. /shutdown in 5m would plan one.".into()
        }
        Message::IdleSoon { left } => format!(
            "You will be disconnected in {} s unless you type something.",
            span::seconds_left(*left)
        ),
        Message::IdleBye | Message::Bye => "Bye!".into(),
        Message::LineTooLong(protocol) => {
            let bytes_max = match protocol {
                Protocol::Plain => LINE_BYTES_MAX,
                Protocol::Json => JSON_LINE_BYTES_MAX,
            };
            format!("That line was too long and was not said: at most {bytes_max} bytes.")
        }
        Message::HeldBack { lines: 0, .. } => {
            "That was much at once: the rest is read a little slower.".into()
        }
        Message::HeldBack { lines, wait } => format!(
            "Not so fast: {lines} line(s) held back. Nothing is lost, the last is said in {} s.",
            // Rounded up: it is a promise.
            wait.as_secs() + 1
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
        Message::Said(_)
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
