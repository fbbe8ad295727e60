//! What enters the dispatcher's inbox: the one bounded channel into the one thread that owns all state.

use std::sync::Arc;

use super::admission::Place;
use super::connection::Connection;
use super::delivery::outbox::Block;
use crate::chat::{ClientId, DisconnectReason, Protocol, Time};
use crate::protocol::Decoded;

/// The sending end that listeners, readers and writers share.
pub type Inbox<'a> = crossbeam_channel::Sender<Inbound<'a>>;

/// All that another thread can tell the dispatcher. `'a` is the life of the server that lends the places.
pub enum Inbound<'a> {
    /// A listener has accepted somebody, and their reader has its first turn to get.
    Connected {
        /// The socket and what goes with it.
        connection: Arc<Connection>,
        /// Their place among at most `--max-clients`.
        place: Place<'a>,
        /// What the port they came to speaks.
        protocol: Protocol,
    },
    /// A reader has read something that means something. It sends no more before its turn.
    Received {
        /// Whose reader.
        client: ClientId,
        /// All that one read held.
        decoded: Decoded,
    },
    /// A reader's login deadline has passed. It sends no more before its turn.
    LoginTimedOut {
        /// Whose reader.
        client: ClientId,
    },
    /// No byte has come for a long time from somebody who is in the chat. Their reader sends no more before its turn.
    IdleTooLong {
        /// Whose reader.
        client: ClientId,
        /// How much time is left before `--idle-timeout` is over; none when it is.
        left: Option<Time>,
    },
    /// A reader's last act.
    ReaderEnded {
        /// Whose reader.
        client: ClientId,
        /// How the input ended.
        end: InputEnd,
    },
    /// A writer has written what it was handed, or could not, and gives back the right to write.
    Drained {
        /// Whose writer.
        client: ClientId,
        /// The emptied buffer, for the next one who needs one.
        block: Block,
        /// How far it came; an error means that the socket no longer works.
        outcome: std::io::Result<Written>,
    },
    /// A writer's last act.
    WriterEnded {
        /// Whose writer.
        client: ClientId,
        /// It panicked while it had the right to write, which therefore nobody has now.
        lost_block: bool,
    },
    /// A listener's last act: nobody can arrive through it any more.
    ListenerClosed,
}

/// How a connection's input ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InputEnd {
    /// The client closed its side, or the socket was shut down.
    Closed,
    /// A read failed.
    Failed,
    /// The connection was closing, and more came than is thrown away: it lies unread in the socket.
    LeftUnread,
    /// The reader panicked.
    Panicked,
}

impl From<InputEnd> for DisconnectReason {
    fn from(end: InputEnd) -> Self {
        match end {
            InputEnd::Closed | InputEnd::LeftUnread => Self::EndOfInput,
            InputEnd::Failed => Self::ReadError,
            InputEnd::Panicked => Self::ReaderPanicked,
        }
    }
}

/// What a writer has written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// All that it was handed.
    Everything,
    /// The line it was in, and the last words of a cut.
    LastWords,
}
