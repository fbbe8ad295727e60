//! A typed line becomes an object for the server.

use chatserv::chat::{Request, Timestamps};

use super::Bell;

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
    /// It cannot be understood; a sentence that says why, and what to do.
    Refused(String),
}

/// Understands a typed line.
pub fn understand(line: &str) -> Typed {
    let _ = line;
    Typed::Nothing
}

/// The object that asks for this, on one line. What is said goes to `room` where it does not say where else, and carries
/// `sent_at`. The answer will carry the `id`.
///
/// # Errors
///
/// There is no room to say it in, or the request has no action; a sentence that says what to do.
pub fn encode(
    request: &Request,
    room: Option<&str>,
    sent_at: &str,
    id: u64,
) -> Result<String, String> {
    let _ = (request, room, sent_at, id);
    Err(String::new())
}
