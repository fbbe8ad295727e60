//! Where the conversation stands.

use std::time::Duration;

/// Where the conversation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// A connection is being opened.
    Connecting,
    /// There is one. The server's first words show what it is; one that speaks JSON from the start says nothing.
    Greeting {
        /// How long to wait for them.
        until: Duration,
    },
    /// The server has been told who one is.
    Introduced {
        /// How long to wait for its answer.
        until: Duration,
    },
    /// The name could not be had, and somebody has been asked for another.
    Naming {
        /// Whether there still is a connection.
        connected: bool,
    },
    /// In the chat.
    Here,
    /// The connection is lost.
    Waiting {
        /// When to try again.
        until: Duration,
    },
    /// The server has closed the connection because nothing was typed. Enter opens another.
    Asleep,
    /// The server has been told that one leaves.
    Leaving {
        /// How long to wait for its good-bye.
        until: Duration,
    },
    /// It has ended.
    Ended,
}

/// What a request of the client's own was for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To be in the chat.
    Connect,
    /// To be in this room, as at the start.
    Enter(String),
    /// To see what was said in this room.
    Past(String),
    /// To know the server's commands.
    Commands,
    /// To have again what one had before the connection was lost.
    Again,
    /// To be taken for somebody who is here.
    Alive,
}
