//! The refusals, each one sentence: what is wrong, and what to do instead.

use super::help::{find, usage};
use super::layout::shortened;
use super::listing;
use crate::chat::{ChatError, Protocol};
use crate::config::limits::NAMED_MAX;
use crate::protocol::{JSON_LINE_BYTES_MAX, LINE_BYTES_MAX};

/// The words of a refusal. JSON clients are told them too, beside its code; and a client that sees for itself what the
/// server would refuse says it in the same words.
pub fn refused(refusal: &ChatError) -> String {
    match refusal {
        ChatError::Name(refusal) => format!("That is no username: {refusal}"),
        ChatError::NameTaken { wanted, by } if wanted == by => {
            format!("{by} is taken. Choose another name.")
        }
        ChatError::NameTaken { wanted, by } => {
            format!("{wanted} is taken: it looks like {by}, who is here. Choose another name.")
        }
        ChatError::NotIgnored(name) => format!(
            "You do not ignore {}. /ignore shows whom you do.",
            shortened(name)
        ),
        ChatError::UnknownCommand { word, near } => {
            let word = shortened(word);
            match near {
                Some(near) => format!("There is no command /{word}. Did you mean /{near}?"),
                None => format!("There is no command /{word}. Try /help."),
            }
        }
        ChatError::Misused(word) => {
            let usage = find(word).map_or_else(|| format!("/{word}"), usage);
            format!("Type it like this: {usage} (see /help {word})")
        }
        ChatError::AmbiguousCommand { word, candidates } => {
            format!(
                "/{} could be /{}. Type a little more.",
                shortened(word),
                candidates.join(" or /")
            )
        }
        ChatError::TypeInFull(word) => format!("Type /{word} in full to do that."),
        ChatError::NameFirst => "First choose a username, then that.".into(),
        ChatError::AlreadyConnected => {
            "You have joined already. /nick NAME changes your name.".into()
        }
        ChatError::Request(why) => why.to_string(),
        ChatError::NoSuchPerson(name) => format!(
            "Nobody here is called {}. /who shows who is here.",
            shortened(name)
        ),
        ChatError::TooManyNamed => {
            format!("That names too many people: at most {NAMED_MAX} in one message.")
        }
        ChatError::NobodyOf(names) => listing::nobody_of(names).join(" "),
        ChatError::NoSuchRoom(room) => format!(
            "There is no room {}. /rooms shows those there are.",
            shortened(room)
        ),
        ChatError::NotInRoom(room) => {
            let room = shortened(room);
            format!("You are not in room {room}. /join {room} goes there.")
        }
        ChatError::RoomName(refusal) => format!("That is no name for a room: {refusal}"),
        ChatError::TooManyRooms => {
            "You are in as many rooms as one may be in. Leave one of them first.".into()
        }
        ChatError::NoMoreRooms => {
            "There are as many rooms as there may be. /rooms shows them.".into()
        }
        ChatError::TopicIsOperators(room) => {
            format!("Only an operator may change the topic of {room}.")
        }
        ChatError::TextTooLong { bytes_max } => {
            format!("That text is too long: at most {bytes_max} bytes. Make it shorter.")
        }
        ChatError::NobodyToReplyTo => {
            "Nobody has written to you in private. /msg NAME TEXT does that.".into()
        }
        ChatError::NotYourself => "You cannot do that to yourself.".into(),
        ChatError::YouAreMuted => "An operator has muted you: nobody hears what you say.".into(),
        ChatError::NotOperator => "Only an operator of this chat may do that. See /help.".into(),
        ChatError::NoOperatorPassword => "This chat has no operator password.".into(),
        ChatError::WrongOperatorPassword { tries_left: 0 } => {
            "That is not the operator password, and it was the last try.".into()
        }
        ChatError::WrongOperatorPassword { tries_left } => {
            let tries = if *tries_left == 1 { "try" } else { "tries" };
            format!("That is not the operator password. You have {tries_left} more {tries}.")
        }
        ChatError::TooManyPasswordAttempts => {
            "Too many wrong passwords have come from your address.".into()
        }
        ChatError::NoSuchBan(whom) => {
            let whom = shortened(whom);
            format!("There is no ban of {whom}. /bans shows those there are.")
        }
        ChatError::NoSuchAddress(typed) => format!(
            "{} is no address. Try one such as 192.0.2.7 or 2001:db8::1.",
            shortened(typed)
        ),
        ChatError::LoopbackBan => "The server's own machine cannot be banned.".into(),
        ChatError::TooManyBans => {
            "There are as many bans as there may be. /unban takes one back.".into()
        }
        ChatError::NoShutdownPlanned => {
            "No shutdown is planned. /shutdown in 5m would plan one.".into()
        }
        ChatError::LineTooLong(protocol) => {
            let bytes_max = match protocol {
                Protocol::Plain => LINE_BYTES_MAX,
                Protocol::Json => JSON_LINE_BYTES_MAX,
            };
            format!("That line was too long and was not said: at most {bytes_max} bytes.")
        }
        ChatError::NameBanned(name) => format!("{name} is banned. Choose another name."),
        ChatError::NoNamesHere => {
            "Nobody has a name in this chat: everyone is known by address.".into()
        }
        ChatError::TooManyIgnored => {
            "You ignore as many as one may ignore. /unignore NAME takes one back.".into()
        }
    }
}
