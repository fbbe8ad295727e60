//! The errors with which the Hub refuses a request.

#![allow(missing_docs, reason = "most fields and variants are self-explanatory")]

use std::sync::Arc;

use super::name::NameError;
use super::request::RequestError;
use super::time::Time;
use super::view::Protocol;

/// A refused request. People get a sentence; programs also get a code, which never changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChatError {
    Name(NameError),
    /// Somebody has this name, or one that looks like it.
    NameTaken {
        wanted: Arc<str>,
        by: Arc<str>,
    },
    /// Somebody who had this name has lost the connection, and may still come back.
    NameHeld {
        name: Arc<str>,
        left: Time,
    },
    /// The word does not belong to the name.
    WrongReclaimWord {
        tries_left: u32,
    },
    /// A line that would have shown everybody a word that is worth something.
    ReclaimWordSaid,
    /// Too many wrong words have come on this connection, or from this address.
    NoReclaimTriesLeft,
    /// The server has no history on disk.
    NoHistory,
    /// A search without a word and without a sender.
    NothingToSearch,
    /// As many searches of the client are under way as may be.
    TooManySearches,
    /// As many searches of all clients are under way as may be.
    SearchesBusy,
    SearchTooSlow,
    HistoryBehind,
    /// The history on disk cannot be read.
    HistoryFailed,
    NotIgnored(String),
    UnknownCommand {
        word: String,
        near: Option<&'static str>,
    },
    /// A `before:` without a date that the server can read.
    WrongDate,
    /// A filter, such as `from`, stands twice in a search.
    FilterTwice(&'static str),
    /// The arguments do not fit the command, which is given by its word.
    Misused(&'static str),
    AmbiguousCommand {
        word: String,
        candidates: Vec<&'static str>,
    },
    /// The command ends or removes something, so it cannot be abbreviated.
    TypeInFull(&'static str),
    NameBanned(Arc<str>),
    /// The chat is anonymous: clients are known by their addresses.
    NoNamesHere,
    TooManyIgnored,
    /// The client has no name yet.
    NameFirst,
    AlreadyConnected,
    Request(RequestError),
    NoSuchPerson(String),
    /// The message names too many people.
    TooManyRecipients,
    /// Somebody who is here may have been meant by a word that is not a mention, so the message was not said.
    UnclearMention(Arc<str>),
    /// None of the recipients is here.
    NobodyOf(Vec<String>),
    NoSuchRoom(String),
    NotInRoom(String),
    RoomName(NameError),
    /// The client is in as many rooms as it may be.
    TooManyRooms,
    /// The server has as many rooms as it may have.
    NoMoreRooms,
    TopicIsOperators(Arc<str>),
    TextTooLong {
        bytes_max: usize,
    },
    NobodyToReplyTo,
    NotYourself,
    YouAreMuted,
    NotOperator,
    /// Only operators may look at the threads.
    GlassIsOperators,
    /// Nobody may look at the threads.
    NoGlass,
    NoOperatorPassword,
    WrongOperatorPassword {
        tries_left: u32,
    },
    /// Too many wrong passwords have come on this connection.
    NoPasswordTriesLeft,
    /// Too many wrong passwords have come from this address.
    TooManyPasswordAttempts,
    NoSuchBan(String),
    NoSuchAddress(String),
    LoopbackBan,
    TooManyBans,
    TooManyMuted,
    NoShutdownPlanned,
    LineTooLong(Protocol),
}
