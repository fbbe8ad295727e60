//! The refusals, each one sentence: what is wrong, and what to do instead.

use super::help::{find, usage};
use super::layout::shortened;
use super::listing;
use crate::chat::{Protocol, Refusal};
use crate::config::limits::NAMED_MAX;
use crate::protocol::{JSON_LINE_BYTES_MAX, LINE_BYTES_MAX};

/// The words of a refusal. JSON clients are told them too, beside its code; and a client that sees for itself what the
/// server would refuse says it in the same words.
pub fn refused(refusal: &Refusal) -> String {
    match refusal {
        Refusal::NameRefused(refusal) => format!("That is no username: {refusal}"),
        Refusal::NameTaken { wanted, by } if wanted == by => {
            format!("{by} is taken. Choose another name.")
        }
        Refusal::NameTaken { wanted, by } => {
            format!("{wanted} is taken: it looks like {by}, who is here. Choose another name.")
        }
        Refusal::NotIgnored(name) => format!(
            "You do not ignore {}. /ignore shows whom you do.",
            shortened(name)
        ),
        Refusal::UnknownCommand { word, near } => {
            let word = shortened(word);
            match near {
                Some(near) => format!("There is no command /{word}. Did you mean /{near}?"),
                None => format!("There is no command /{word}. Try /help."),
            }
        }
        Refusal::Misused(word) => {
            let usage = find(word).map_or_else(|| format!("/{word}"), usage);
            format!("Type it like this: {usage} (see /help {word})")
        }
        Refusal::AmbiguousCommand { word, candidates } => {
            format!(
                "/{} could be /{}. Type a little more.",
                shortened(word),
                candidates.join(" or /")
            )
        }
        Refusal::TypeInFull(word) => format!("Type /{word} in full to do that."),
        Refusal::NameFirst => "First choose a username, then that.".into(),
        Refusal::AlreadyConnected => {
            "You have joined already. /nick NAME changes your name.".into()
        }
        Refusal::Malformed(why) => why.to_string(),
        Refusal::NoSuchPerson(name) => format!(
            "Nobody here is called {}. /who shows who is here.",
            shortened(name)
        ),
        Refusal::TooManyNamed => {
            format!("That names too many people: at most {NAMED_MAX} in one message.")
        }
        Refusal::NobodyOf(names) => listing::nobody_of(names).join(" "),
        Refusal::NoSuchRoom(room) => format!(
            "There is no room {}. /rooms shows those there are.",
            shortened(room)
        ),
        Refusal::NotInRoom(room) => {
            let room = shortened(room);
            format!("You are not in room {room}. /join {room} goes there.")
        }
        Refusal::RoomRefused(refusal) => format!("That is no name for a room: {refusal}"),
        Refusal::TooManyRooms => {
            "You are in as many rooms as one may be in. Leave one of them first.".into()
        }
        Refusal::NoMoreRooms => {
            "There are as many rooms as there may be. /rooms shows them.".into()
        }
        Refusal::TopicIsOperators(room) => {
            format!("Only an operator may change the topic of {room}.")
        }
        Refusal::TextTooLong { bytes_max } => {
            format!("That text is too long: at most {bytes_max} bytes. Make it shorter.")
        }
        Refusal::NobodyToReplyTo => {
            "Nobody has written to you in private. /msg NAME TEXT does that.".into()
        }
        Refusal::NotYourself => "You cannot do that to yourself.".into(),
        Refusal::YouAreMuted => "An operator has muted you: nobody hears what you say.".into(),
        Refusal::NotOperator => "Only an operator of this chat may do that. See /help.".into(),
        Refusal::NoOperatorWord => "This chat has no operator password.".into(),
        Refusal::WrongOperatorWord { tries_left: 0 } => {
            "That is not the operator password, and it was the last try.".into()
        }
        Refusal::WrongOperatorWord { tries_left } => {
            let tries = if *tries_left == 1 { "try" } else { "tries" };
            format!("That is not the operator password. You have {tries_left} more {tries}.")
        }
        Refusal::TooManyOperatorWords => {
            "Too many wrong passwords have come from your address.".into()
        }
        Refusal::NoSuchBan(whom) => {
            let whom = shortened(whom);
            format!("There is no ban of {whom}. /bans shows those there are.")
        }
        Refusal::NoSuchAddress(typed) => format!(
            "{} is no address. Try one such as 192.0.2.7 or 2001:db8::1.",
            shortened(typed)
        ),
        Refusal::LoopbackBan => "The server's own machine cannot be banned.".into(),
        Refusal::TooManyBans => {
            "There are as many bans as there may be. /unban takes one back.".into()
        }
        Refusal::NoShutdownPlanned => {
            "No shutdown is planned. /shutdown in 5m would plan one.".into()
        }
        Refusal::LineTooLong(protocol) => {
            let bytes_max = match protocol {
                Protocol::Plain => LINE_BYTES_MAX,
                Protocol::Json => JSON_LINE_BYTES_MAX,
            };
            format!("That line was too long and was not said: at most {bytes_max} bytes.")
        }
        Refusal::NameBanned(name) => format!("{name} is banned. Choose another name."),
        Refusal::NoNamesHere => {
            "Nobody has a name in this chat: everyone is known by address.".into()
        }
        Refusal::TooManyIgnored => {
            "You ignore as many as one may ignore. /unignore NAME takes one back.".into()
        }
    }
}
