//! Events that are worth a line in the log.

#![allow(missing_docs, reason = "fields and variants are self-explanatory")]

use core::net::SocketAddr;
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::client::{ClientId, DisconnectReason};
use super::name::NameError;

/// A line for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogEvent {
    /// A connection has said something, or the server ends it.
    Arrived {
        client: ClientId,
        address: SocketAddr,
    },
    Joined {
        client: ClientId,
        name: Arc<str>,
    },
    Left {
        client: ClientId,
        name: Arc<str>,
        reason: DisconnectReason,
    },
    /// The client left before it had a name.
    LeftUnnamed {
        client: ClientId,
        reason: DisconnectReason,
        /// It said nothing, such as a health check.
        was_silent: bool,
    },
    NameRefused {
        client: ClientId,
        refusal: NameError,
    },
    NameTaken {
        client: ClientId,
        by: Arc<str>,
    },
    /// The client has taken back the name of the connection `former`.
    TookBack {
        client: ClientId,
        name: Arc<str>,
        former: ClientId,
    },
    WrongReclaimWord {
        client: ClientId,
        address: SocketAddr,
    },
    /// A client that is not an operator used an operator command.
    NotOperator {
        client: ClientId,
    },
    Renamed {
        client: ClientId,
        from: Arc<str>,
        to: Arc<str>,
    },
    /// An operator used a command. `what` is its word, `whom` its target.
    Operated {
        by: Arc<str>,
        what: &'static str,
        target: String,
        reason: Option<Arc<str>>,
    },
    BecameOperator {
        client: ClientId,
        name: Arc<str>,
    },
    WrongOperatorPassword {
        client: ClientId,
        address: SocketAddr,
    },
    /// A banned client was turned away.
    TurnedAway {
        client: ClientId,
        address: SocketAddr,
    },
    /// With `--log-messages`: `to` is a room, or the names of the recipients.
    Chat {
        name: Arc<str>,
        to: String,
        text: String,
    },
    ShuttingDown {
        cause: ShutdownCause,
        joined: usize,
    },
}

/// The cause of the end of the chat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ShutdownCause {
    /// The name of a signal, such as `SIGTERM`.
    Signal(Cow<'static, str>),
    /// The name of an operator.
    Operator(Arc<str>),
    /// The program that embeds the server (a test, the lab).
    Program,
}

impl fmt::Display for ShutdownCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signal(name) => write!(f, "{name}"),
            Self::Operator(name) => write!(f, "operator {name:?}"),
            Self::Program => write!(f, "the program"),
        }
    }
}
