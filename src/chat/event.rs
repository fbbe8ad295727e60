//! The two closed vocabularies at the border of the core: [`Event`], all that can happen to a chat, and
//! [`Effect`], all that a chat can want. Events are in the past tense, effects in the imperative. As both are closed,
//! one can read in one place everything that can wake the chat, and everything it can do.

// An address is a value: `core` has it, and no socket.
use core::net::SocketAddr;
use std::fmt;
use std::sync::Arc;

use super::{Ban, HubSettings, Input, LogEvent, Message, Protocol, Tag, Time, View};

/// Names a connection for as long as the server runs.
///
/// Ids are never used again. If they were, a late report about a connection that is gone could hit the newcomer
/// who got its number: two threads notice the same dead peer, both remove it, and the second removal
/// throws somebody else out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClientId(pub u64);

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// All that can happen to the chat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Somebody is connected, from this address. Nothing is known of them yet.
    Connected {
        /// The id by which all later events name this connection.
        client: ClientId,
        /// Where they come from, canonical: an IPv4 address is never dressed as IPv6.
        address: SocketAddr,
        /// What the port they came to speaks.
        protocol: Protocol,
    },
    /// A line came from them, or what stands for one.
    Received {
        /// Who sent it.
        client: ClientId,
        /// What their codec made of it.
        input: Input,
    },
    /// They had `--login-timeout` to give a name and did not.
    LoginTimedOut {
        /// Who was too slow.
        client: ClientId,
    },
    /// Nobody has typed anything there for a long time; `--idle-timeout` is near.
    IdleTooLong {
        /// Who.
        client: ClientId,
        /// How much time is left; none when it is over.
        left: Option<Time>,
    },
    /// Whoever runs the server has changed settings.
    Reloaded {
        /// All of them, the unchanged ones too.
        settings: Box<HubSettings>,
        /// The bans that hold from now on, where somebody has changed their file; none where those in force stay.
        bans: Option<Vec<Ban>>,
    },
    /// The connection is over. Comes at most once that matters: the Hub forgets the client with the first.
    Disconnected {
        /// Whose connection it was.
        client: ClientId,
        /// How it ended.
        reason: DisconnectReason,
    },
    /// The time that [`Hub::deadline`](super::Hub::deadline) named has come.
    DeadlineReached,
    /// Somebody outside the chat wants it to end: a signal.
    ShutdownRequested {
        /// Who, for the log.
        cause: ShutdownCause,
    },
}

/// All that the chat can want of the world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Say this to each of these clients.
    Send {
        /// Who gets it, each once.
        to: Vec<ClientId>,
        /// What they get.
        message: Message,
    },
    /// Tell this to the client that asked for it.
    Answer {
        /// Who asked.
        to: ClientId,
        /// What they tell their requests apart by, where they do.
        tag: Option<Tag>,
        /// What they get.
        message: Message,
    },
    /// From now on they are shown everything like this.
    Show {
        /// To whom.
        client: ClientId,
        /// How.
        view: View,
    },
    /// Answer this client with a [`Message::Threads`]: the chat itself knows of no thread.
    TellThreads {
        /// Who asked.
        client: ClientId,
        /// What they tell their requests apart by, where they do.
        tag: Option<Tag>,
    },
    /// Keep these bans, all there are, where a restart finds them.
    KeepBans(Vec<Ban>),
    /// They have a name now and are in the chat: the login deadline no longer holds for them.
    Admit {
        /// Who.
        client: ClientId,
    },
    /// End this connection after all that was sent to it so far has gone out. The Hub has forgotten the client.
    Disconnect {
        /// Who.
        client: ClientId,
        /// Why, for the log.
        reason: DisconnectReason,
    },
    /// Take no more connections and end when all are gone. Everybody has been told and disconnected already.
    Shutdown,
    /// Something an operator of the server may want to read in the log.
    Log(LogEvent),
}

/// How a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DisconnectReason {
    /// They said `/quit` or Ctrl-D.
    Quit,
    /// They closed their end.
    EndOfInput,
    /// Reading from them failed: a reset, mostly, as when they closed their end without having read everything.
    ReadError,
    /// They did not read, and what waited for them grew too large or too old.
    SlowReader,
    /// They sent no end of line for longer than anybody types.
    EndlessLine,
    /// They gave no name in time.
    LoginTimeout,
    /// They gave too many names that are none.
    NamesRefused,
    /// They spoke another protocol.
    Stranger,
    /// They typed nothing for too long.
    Idle,
    /// An operator threw them out.
    Kicked,
    /// They are banned.
    Banned,
    /// The server ends.
    ServerShutdown,
    /// The thread that read from them panicked.
    ReaderPanicked,
}

impl DisconnectReason {
    /// The reason in the words of the log.
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
            Self::ServerShutdown => "the server shuts down",
            Self::ReaderPanicked => "its reader thread panicked",
        }
    }
}

/// Who made the server end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShutdownCause {
    /// A signal, by its name: `SIGINT`, `SIGTERM`, `SIGHUP`.
    Signal(&'static str),
    /// An operator, by the name or address the chat knows them by.
    Operator(Arc<str>),
    /// The program that the server is a part of (a test, the lab).
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
