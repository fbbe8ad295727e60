//! Error codes for programs, and the sentences for malformed requests.

use std::fmt;

use super::object::LEVELS_MAX;
use crate::chat::{ChatError, RequestError};

/// All error codes with their meanings. The codes never change, but the sentences beside them in `message` may.
pub fn error_codes() -> impl Iterator<Item = (&'static str, &'static str)> {
    CODES.iter().copied()
}

const CODES: &[(&str, &str)] = &[
    ("bad_json", "The line is not JSON."),
    ("bad_utf8", "The line is not UTF-8."),
    ("byte_order_mark", "The line begins with a byte order mark."),
    ("too_deep", "The line has too many levels of brackets."),
    ("line_too_long", "The line has too many bytes."),
    ("several_lines", "The object does not end on its line."),
    ("several_objects", "Something follows the object."),
    ("not_an_object", "The line is a JSON value but not an object."),
    ("duplicate_field", "A field is there twice."),
    ("missing_action", "There is no field `action`."),
    ("unknown_action", "There is no such action."),
    ("unknown_field", "`shutdown` does not know this field."),
    ("missing_field", "The action needs a field that is not there."),
    ("wrong_field", "A field has the wrong type or value."),
    ("not_connected", "The client must `connect` first."),
    ("already_connected", "The client has connected already."),
    ("name_refused", "The name breaks a rule of names."),
    ("name_taken", "Somebody has this name, or one that looks like it, or may still take it back."),
    ("wrong_reclaim", "The word in `reclaim` does not belong to this name."),
    (
        "too_many_reclaims",
        "Too many wrong words have come on this connection, or from this address.",
    ),
    (
        "reclaim_word_said",
        "The message would have shown everybody a word of `reclaim`: nothing was said.",
    ),
    ("name_banned", "This name is banned."),
    ("no_names", "Nobody has a name here: everybody is known by address."),
    ("room_refused", "The name of the room breaks a rule of names."),
    ("too_many_rooms", "The client cannot be in more rooms."),
    ("no_more_rooms", "The server cannot have more rooms."),
    ("no_such_room", "There is no such room."),
    ("not_in_room", "The client is not in this room."),
    ("topic_is_operators", "Only operators change the topic of this room."),
    ("no_such_person", "Nobody here has this name, or any of these names."),
    ("too_many_named", "One message cannot name so many people."),
    ("unclear_mention", "A word at the end may mention somebody who is here: nothing was said."),
    ("nobody_to_reply_to", "Nobody has sent the client a private message."),
    ("not_yourself", "Clients cannot do that to themselves."),
    ("no_history", "The server has no history on disk."),
    ("nothing_to_search", "The search has neither a word nor a person."),
    ("too_many_searches", "As many searches of this client are under way as may be."),
    ("searches_busy", "As many searches of all clients are under way as may be."),
    ("search_too_slow", "The search took too long and was ended."),
    (
        "history_behind",
        "The chat is so busy that the last lines cannot be looked up yet. Ask again later.",
    ),
    ("history_failed", "The history on disk cannot be read."),
    ("not_ignored", "The client does not ignore this person."),
    ("too_many_ignored", "The client cannot ignore more people."),
    ("text_too_long", "The text is longer than it may be."),
    ("muted", "An operator has muted the sender."),
    ("unknown_command", "There is no such command."),
    ("ambiguous_command", "More than one command begins like this."),
    ("misused_command", "A typed command has wrong arguments."),
    ("command_in_full", "A typed command that ends or removes something is abbreviated."),
    ("not_operator", "Only operators may do that."),
    ("glass_is_operators", "Only operators may look at the threads."),
    ("no_glass", "The server shows its threads to nobody."),
    ("no_operator_password", "The server has no operator password."),
    ("wrong_operator_password", "The password was wrong."),
    (
        "too_many_operator_passwords",
        "Too many wrong passwords have come on this connection, or from this address.",
    ),
    ("no_such_ban", "There is no such ban."),
    ("no_such_address", "This is not an address that can be banned."),
    ("loopback_ban", "The server's own machine cannot be banned."),
    ("too_many_bans", "The list of bans is full."),
    ("too_many_muted", "As many names are muted as may be."),
    ("no_shutdown_planned", "No shutdown is planned."),
    ("banned", "The client is banned: the connection ends."),
    ("full", "The server is full: the connection ends."),
    (
        "too_many_connections",
        "This address has too many connections, or opens them too fast: this one ends.",
    ),
    ("no_thread", "The machine cannot start another thread: the connection ends."),
];

pub(super) fn code(error: &ChatError) -> &'static str {
    match error {
        ChatError::Request(error) => request_code(error),
        ChatError::LineTooLong(_) => "line_too_long",
        ChatError::NameFirst => "not_connected",
        ChatError::AlreadyConnected => "already_connected",
        ChatError::Name(_) => "name_refused",
        ChatError::NameTaken { .. } | ChatError::NameHeld { .. } => "name_taken",
        ChatError::WrongReclaimWord { .. } => "wrong_reclaim",
        ChatError::NoReclaimTriesLeft => "too_many_reclaims",
        ChatError::ReclaimWordSaid => "reclaim_word_said",
        ChatError::NameBanned(_) => "name_banned",
        ChatError::NoNamesHere => "no_names",
        ChatError::RoomName(_) => "room_refused",
        ChatError::TooManyRooms => "too_many_rooms",
        ChatError::NoMoreRooms => "no_more_rooms",
        ChatError::NoSuchRoom(_) => "no_such_room",
        ChatError::NotInRoom(_) => "not_in_room",
        ChatError::TopicIsOperators(_) => "topic_is_operators",
        ChatError::NoSuchPerson(_) | ChatError::NobodyOf(_) => "no_such_person",
        ChatError::TooManyRecipients => "too_many_named",
        ChatError::UnclearMention(_) => "unclear_mention",
        ChatError::NobodyToReplyTo => "nobody_to_reply_to",
        ChatError::NotYourself => "not_yourself",
        ChatError::NoHistory => "no_history",
        ChatError::NothingToSearch => "nothing_to_search",
        ChatError::TooManySearches => "too_many_searches",
        ChatError::SearchesBusy => "searches_busy",
        ChatError::SearchTooSlow => "search_too_slow",
        ChatError::HistoryBehind => "history_behind",
        ChatError::HistoryFailed => "history_failed",
        ChatError::NotIgnored(_) => "not_ignored",
        ChatError::TooManyIgnored => "too_many_ignored",
        ChatError::TextTooLong { .. } => "text_too_long",
        ChatError::YouAreMuted => "muted",
        ChatError::UnknownCommand { .. } => "unknown_command",
        ChatError::AmbiguousCommand { .. } => "ambiguous_command",
        ChatError::NotOperator => "not_operator",
        ChatError::GlassIsOperators => "glass_is_operators",
        ChatError::NoGlass => "no_glass",
        ChatError::NoOperatorPassword => "no_operator_password",
        ChatError::WrongOperatorPassword { .. } => "wrong_operator_password",
        ChatError::NoPasswordTriesLeft | ChatError::TooManyPasswordAttempts => {
            "too_many_operator_passwords"
        }
        ChatError::NoSuchBan(_) => "no_such_ban",
        ChatError::NoSuchAddress(_) => "no_such_address",
        ChatError::LoopbackBan => "loopback_ban",
        ChatError::TooManyBans => "too_many_bans",
        ChatError::TooManyMuted => "too_many_muted",
        ChatError::NoShutdownPlanned => "no_shutdown_planned",
        ChatError::Misused(_) | ChatError::WrongDate | ChatError::FilterTwice(_) => {
            "misused_command"
        }
        ChatError::TypeInFull(_) => "command_in_full",
    }
}

fn request_code(error: &RequestError) -> &'static str {
    match error {
        RequestError::NotUtf8 => "bad_utf8",
        RequestError::ByteOrderMark => "byte_order_mark",
        RequestError::TooDeep => "too_deep",
        RequestError::SeveralLines => "several_lines",
        RequestError::SeveralObjects => "several_objects",
        RequestError::NotAnObject => "not_an_object",
        RequestError::NotJson { .. } => "bad_json",
        RequestError::DuplicateField(_) => "duplicate_field",
        RequestError::MissingAction => "missing_action",
        RequestError::UnknownAction { .. } => "unknown_action",
        RequestError::UnknownField(_) => "unknown_field",
        RequestError::MissingField(_) => "missing_field",
        RequestError::WrongField { .. } => "wrong_field",
    }
}

/// Writes a sentence for the author of the program: what is wrong, and what to do about it.
impl fmt::Display for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotUtf8 => f.write_str("This line is not UTF-8. Encode it as UTF-8."),
            Self::ByteOrderMark => f.write_str("This line begins with a byte order mark. Leave it out."),
            Self::TooDeep => {
                write!(f, "This line has more than {LEVELS_MAX} levels of brackets. Send a flatter object.")
            }
            Self::SeveralLines => f.write_str(
                "The object does not end on this line. Send one object on one line, without line ends in it.",
            ),
            Self::SeveralObjects => {
                f.write_str("Something follows the object. Send one object on one line, and a line end after it.")
            }
            Self::NotAnObject => f.write_str(
                "This is JSON but not an object. Send one object on one line, such as {\"action\":\"ping\"}.",
            ),
            Self::NotJson { column } => {
                write!(f, "This stops being JSON at byte {column}. Send one object on one line.")
            }
            Self::DuplicateField(field) => write!(f, "The field `{field}` is there twice. Send each field once."),
            Self::MissingAction => {
                f.write_str("There is no field `action`. Send one that says what to do, such as {\"action\":\"ping\"}.")
            }
            Self::UnknownAction { action, near: Some(near) } => {
                write!(f, "There is no action `{action}`. Did you mean `{near}`?")
            }
            Self::UnknownAction { action, near: None } => {
                write!(f, "There is no action `{action}`. The documentation lists all actions.")
            }
            Self::UnknownField(field) => write!(f, "This action knows no field `{field}`. Leave it out."),
            Self::MissingField(field) => write!(f, "The field `{field}` is missing. This action needs it."),
            Self::WrongField { field, expected } => write!(f, "The field `{field}` is wrong. It must be {expected}."),
        }
    }
}
