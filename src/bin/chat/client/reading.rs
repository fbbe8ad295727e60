//! How typed lines are read.

/// Which lines are commands. A program may repeat what it has heard, and so must not end the server by that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// Lines that begin with a slash, and `SHUTDOWN`: a person types them.
    Commands,
    /// The same, but an operator's commands are refused.
    NoOperators,
    /// None: each line is said as it is.
    Literal,
}
