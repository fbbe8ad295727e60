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

use chatserv::chat::{ChatError, Line, NameError, Request, Timestamps, parse_line};
use chatserv::protocol::plain::error_sentence;
use chatserv::protocol::{clean, is_blank};

use super::Bell;
pub use encode::encode;
pub use own::{OWN_COMMANDS, own_command};

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

/// Understands a typed line. What a terminal would obey is dropped from it first, as the server would do.
pub fn understand(line: &str) -> Typed {
    let line = clean(line.as_bytes());
    if is_blank(&line.text) {
        return Typed::Nothing;
    }
    if let Some(typed) = own::understand(&line.text) {
        return typed;
    }
    let altered = line.altered;
    match parse(line) {
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
        Err(error) => refusal(&with_own_words(error)),
    }
}

/// What the line means to somebody who is no operator; only where that is nothing, what an operator would mean by it.
fn parse(line: Line) -> Result<Option<Request>, ChatError> {
    match parse_line(line.clone(), false) {
        Err(ChatError::NotOperator | ChatError::UnknownCommand { .. }) => parse_line(line, true),
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
