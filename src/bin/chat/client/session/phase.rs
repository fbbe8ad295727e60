//! The state of the session.

use std::time::Duration;

/// The state of the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// The client is connecting.
    Connecting,
    /// The client is connected and waits for the server's greeting, which shows the protocol. A server that speaks JSON
    /// from the start sends none.
    Greeting {
        /// The timeout of the greeting.
        until: Duration,
    },
    /// The client has sent the user's name.
    Introduced {
        /// The timeout of the answer.
        until: Duration,
    },
    /// The name was refused, and the user has been asked for another.
    Naming {
        /// Whether the connection still exists.
        connected: bool,
    },
    /// The user is in the chat.
    Here,
    /// The connection is lost, and the client will reconnect.
    Waiting {
        /// When to reconnect.
        until: Duration,
    },
    /// The server has disconnected the idle user. Enter reconnects.
    Asleep,
    /// The client has told the server that the user leaves.
    Leaving {
        /// The timeout of the server's goodbye.
        until: Duration,
    },
    /// The session has ended.
    Ended,
}

/// The purpose of a request that the client sends on its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To log in.
    Connect,
    /// To join this room at the start.
    Enter(String),
    /// To fetch the history of this room.
    Past(String),
    /// To look further back in this room.
    Older(String),
    /// To learn the server's commands.
    Commands,
    /// To restore the user's settings on the server after a reconnect.
    Again,
    /// To keep the user from being disconnected as idle.
    Alive,
}
