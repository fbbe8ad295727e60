//! What is worth a line in the log.

use core::net::SocketAddr;
use std::sync::Arc;

use super::{ClientId, DisconnectReason, NameError, ShutdownCause};

/// What is worth a line in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogEvent {
    /// Somebody is in the chat.
    Joined {
        /// Who.
        client: ClientId,
        /// Known as.
        name: Arc<str>,
    },
    /// Somebody who had joined is gone.
    Left {
        /// Who.
        client: ClientId,
        /// Known as.
        name: Arc<str>,
        /// How it ended.
        reason: DisconnectReason,
    },
    /// Somebody who never joined is gone.
    LeftUnnamed {
        /// Who.
        client: ClientId,
        /// How it ended.
        reason: DisconnectReason,
    },
    /// A name was refused by its own rules.
    NameRefused {
        /// Who asked for it.
        client: ClientId,
        /// Which rule.
        refusal: NameError,
    },
    /// A name was refused since somebody has it.
    NameTaken {
        /// Who asked for it.
        client: ClientId,
        /// Who has it.
        by: Arc<str>,
    },
    /// Somebody who is no operator asked for what only operators may.
    NotOperator {
        /// Who.
        client: ClientId,
    },
    /// Somebody has another name.
    Renamed {
        /// Who.
        client: ClientId,
        /// Known as until now.
        from: Arc<str>,
        /// Known as from now on.
        to: Arc<str>,
    },
    /// An operator did what only operators may.
    Operated {
        /// Which operator.
        by: Arc<str>,
        /// What, in the words of the command: `kick`, `ban`, `mute`.
        what: &'static str,
        /// To whom or what.
        whom: String,
        /// Why, where it was told.
        why: Option<Arc<str>>,
    },
    /// Somebody has become an operator by the word.
    BecameOperator {
        /// Who.
        client: ClientId,
        /// Known as.
        name: Arc<str>,
    },
    /// Somebody gave a wrong word.
    WrongOperatorPassword {
        /// Who.
        client: ClientId,
        /// Where they come from.
        address: SocketAddr,
    },
    /// Somebody who is banned was turned away.
    TurnedAway {
        /// Who.
        client: ClientId,
        /// Where they come from.
        address: SocketAddr,
    },
    /// Somebody said something. The log has it only when `--log-messages` says so.
    Chat {
        /// Known as.
        name: Arc<str>,
        /// Where: the name of a room, or of those it was said to.
        to: String,
        /// What.
        text: String,
    },
    /// The chat ends.
    ShuttingDown {
        /// Who wanted it.
        cause: ShutdownCause,
        /// How many had joined.
        joined: usize,
    },
}
