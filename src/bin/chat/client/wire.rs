//! Converts a typed line to an object for the server.
//!
//! The commands come from the server's own table, so a line means the same here and over telnet. The client does not
//! know whether the user is an operator: it sends operators' commands too, and the server decides.
//!
//! | file | what it holds |
//! |---|---|
//! | `own` | the commands that the client handles itself |
//! | `encode`, `object` | the encoding of a request as an object |

mod encode;
mod object;
mod own;

use chatserv::chat::{ChatError, Line, NameError, Request, Target, Timestamps, parse_line};
use chatserv::protocol::plain::error_sentence;
use chatserv::protocol::{clean, is_blank};

use super::{Bell, Reading};
pub use encode::encode;
pub use own::{OWN_COMMANDS, own_command};

const NO_OPERATORS: &str = "An operator's command from a pipe needs --commands. With --literal, every line is sent as text.";

/// The meaning of a typed line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Typed {
    Nothing,
    /// A request to the server.
    Ask(Request),
    /// Make this room the current one, or the next room if there is none.
    Switch(Option<String>),
    /// When to ring the bell; without a value, show the setting.
    Bell(Option<Bell>),
    /// How to show times; without a value, show the setting.
    Timestamps(Option<Timestamps>),
    /// Only show this answer, which is a sentence.
    Told(String),
    /// The line cannot be parsed. The sentence says why, and what to do.
    Refused(String),
}

/// Parses a line that a user has typed.
pub fn understand(line: &str) -> Typed {
    understand_as(line, Reading::Commands)
}

/// Parses a typed line. Control characters are removed first, as the server would do.
pub fn understand_as(line: &str, reading: Reading) -> Typed {
    let line = clean(line.as_bytes());
    if is_blank(&line.text) {
        return Typed::Nothing;
    }
    if reading == Reading::Literal {
        let target = Target::Here;
        return Typed::Ask(Request::Chat { target, text: line.text, sent_at: None });
    }
    if let Some(typed) = own::understand(&line.text) {
        return typed;
    }
    let altered = line.altered;
    match parse(line, reading) {
        // The server sends programs all timestamps. The client decides which of them to show.
        Ok(Some(Request::Timestamps { show })) => Typed::Timestamps(show),
        // The server would accept the remaining characters as the name, but a name must not be altered silently.
        Ok(Some(Request::Nick { .. })) if altered => refusal(&ChatError::Name(NameError::Altered)),
        Ok(Some(Request::Join { .. })) if altered => {
            refusal(&ChatError::RoomName(NameError::Altered))
        }
        Ok(Some(Request::Help { about: Some(word) })) => {
            own::help(&word).unwrap_or(Typed::Ask(Request::Help { about: Some(word) }))
        }
        Ok(Some(request)) => Typed::Ask(request),
        Ok(None) => Typed::Nothing,
        Err(ChatError::NotOperator) => Typed::Refused(NO_OPERATORS.to_owned()),
        Err(error) => refusal(&with_own_words(error)),
    }
}

/// Parses the line with the commands of people who are not operators. The operators' commands are tried only if that
/// fails.
///
/// # Errors
///
/// As [`parse_line`], but [`ChatError::NotOperator`] only if operators' commands are refused.
fn parse(line: Line, reading: Reading) -> Result<Option<Request>, ChatError> {
    match parse_line(line.clone(), false) {
        Err(ChatError::NotOperator | ChatError::UnknownCommand { .. }) => {
            match parse_line(line, true) {
                Ok(_) if reading == Reading::NoOperators => Err(ChatError::NotOperator),
                parsed => parsed,
            }
        }
        parsed => parsed,
    }
}

/// Adds the client's own commands, which the server's table does not contain, to the suggestions of an error.
fn with_own_words(error: ChatError) -> ChatError {
    match error {
        ChatError::AmbiguousCommand { word, mut candidates } => {
            candidates.extend(own::begun(&word).map(|own| own.word));
            ChatError::AmbiguousCommand { word, candidates }
        }
        ChatError::UnknownCommand { word, near: None } => {
            ChatError::UnknownCommand { near: own::near(&word), word }
        }
        other => other,
    }
}

fn refusal(reason: &ChatError) -> Typed {
    Typed::Refused(error_sentence(reason))
}

#[cfg(test)]
mod tests;
