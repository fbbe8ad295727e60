//! How typed lines are interpreted.

/// The lines that are commands. A program may repeat what it has received, and that must not shut down the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// Lines that begin with a slash, and `SHUTDOWN`, as for a user at a terminal.
    Commands,
    /// The same, but operators' commands are refused.
    NoOperators,
    /// None: each line is sent as text.
    Literal,
}
