//! A typed line becomes an object for the server.
//!
//! The words are those of the server, from the same table, so a line means the same here and over telnet. Only who may
//! use which of them is not known here: whatever an operator could mean is sent, and the server decides.
//!
//! | file | what it holds |
//! |---|---|
//! | `own` | the commands that the client obeys itself |
//! | `encode`, `object` | a request becomes an object |

mod encode;
mod object;
mod own;

use chatserv::chat::{ChatError, Line, NameError, Request, Target, Timestamps, parse_line};
use chatserv::protocol::plain::error_sentence;
use chatserv::protocol::{clean, is_blank};

use super::{Bell, Reading};
pub use encode::encode;
pub use own::{OWN_COMMANDS, own_command};

/// The refusal of an operator's command that comes from a pipe.
const NO_OPERATORS: &str = "An operator's command from a pipe needs --commands. With --literal, every line is said as it is.";

/// A typed line, understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Typed {
    /// Nothing at all.
    Nothing,
    /// Something that the server should say or do.
    Ask(Request),
    /// To speak in this room from now on, or in the next one.
    Switch(Option<String>),
    /// When to ring the bell; without a choice, to be told.
    Bell(Option<Bell>),
    /// How to show times; without a choice, to be told.
    Timestamps(Option<Timestamps>),
    /// Nothing to be done but this answer, a sentence.
    Told(String),
    /// It cannot be understood; a sentence that says why, and what to do.
    Refused(String),
}

/// Understands a line that a person has typed.
pub fn understand(line: &str) -> Typed {
    understand_as(line, Reading::Commands)
}

/// Understands a typed line. What a terminal would obey is dropped from it first, as the server would do.
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
        // A server tells programs the time of everything. Which of it is shown is for the program to know.
        Ok(Some(Request::Timestamps { show })) => Typed::Timestamps(show),
        // The server would take what is left for what was typed, and a name is never mended.
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

/// What the line means to somebody who is no operator; only where that is nothing, what an operator would mean by it.
///
/// # Errors
///
/// As [`parse_line`], but [`ChatError::NotOperator`] only where operators' commands are refused.
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

/// Adds to what was probably meant the client's own commands, of which the server's table knows nothing.
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
