//! A connection as the core knows it: its id, and the reason for its end.

#![allow(missing_docs, reason = "most variants are self-explanatory")]

use std::fmt;

use serde::{Deserialize, Serialize};

use super::view::CloseCode;

/// Identifies a connection for as long as the server runs.
///
/// Ids are never reused. Otherwise, if two threads reported the same dead connection, the second report could remove a
/// newcomer with the same id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ClientId(pub u64);

/// How many bits of an id number it among those that one start of a node gives. In a chat on several nodes, the bits above
/// them number the start. Neither number can grow that large.
const NUMBER_BITS: u32 = 32;

impl ClientId {
    /// The number of the node's start that gave this id; 0 if there is only one node.
    pub fn start(self) -> u64 {
        self.0 >> NUMBER_BITS
    }

    /// The first id that the start of a node with this number gives.
    pub fn first_of(start: u64) -> Self {
        Self(start << NUMBER_BITS | 1)
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// Why a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum DisconnectReason {
    Quit,
    EndOfInput,
    /// Usually a reset: the client closed its socket without reading everything.
    ReadError,
    SlowReader,
    EndlessLine,
    LoginTimeout,
    NamesRefused,
    Stranger,
    Idle,
    Kicked,
    Banned,
    /// A new connection has taken the name back.
    TakenBack,
    ServerShutdown,
    /// Its server is about to restart. The person may take the name back, on another one too.
    Restart,
    /// The node to which it was connected is gone. The others serve on.
    MachineGone,
    ReaderPanicked,
    /// A WebSocket was closed in an orderly way, or because of what it sent.
    Closed(CloseCode),
}

impl DisconnectReason {
    /// Whether the person may not have wanted it, and may come back.
    pub fn is_loss(self) -> bool {
        match self {
            Self::EndOfInput
            | Self::ReadError
            | Self::SlowReader
            | Self::Idle
            | Self::Restart
            | Self::ReaderPanicked => true,
            // Also when the page is only loaded again.
            Self::Closed(code) => code == CloseCode::Normal,
            Self::Quit
            | Self::EndlessLine
            | Self::LoginTimeout
            | Self::NamesRefused
            | Self::Stranger
            | Self::Kicked
            | Self::Banned
            | Self::TakenBack
            | Self::MachineGone
            | Self::ServerShutdown => false,
        }
    }

    /// The reason as the log words it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Quit => "quit",
            Self::EndOfInput => "closed by the client",
            Self::ReadError => "connection lost",
            Self::SlowReader => "does not read what is sent",
            Self::EndlessLine => "a line without an end",
            Self::LoginTimeout => "no name in time",
            Self::NamesRefused => "too many names refused",
            Self::Stranger => "speaks another protocol",
            Self::Idle => "idle for too long",
            Self::Kicked => "kicked",
            Self::Banned => "banned",
            Self::TakenBack => "name taken back by a new connection",
            Self::ServerShutdown => "the server shuts down",
            Self::Restart => "its server restarts",
            Self::MachineGone => "its machine is gone",
            Self::ReaderPanicked => "its reader thread panicked",
            Self::Closed(CloseCode::Normal) => "closed by the browser",
            Self::Closed(CloseCode::ProtocolError) => "a frame that breaks the WebSocket protocol",
            Self::Closed(CloseCode::Unsupported) => "a binary message",
            Self::Closed(CloseCode::InvalidText) => "a message that is not UTF-8",
            Self::Closed(CloseCode::TooBig) => "a message over 16 KiB",
        }
    }
}
