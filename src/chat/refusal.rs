//! Why something that somebody asked for is not done.

use std::sync::Arc;

use super::{NameError, Protocol, RequestError};

/// One reason. Whoever asked is told it as a sentence, and a program besides by a code that never changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChatError {
    /// The name breaks a rule of names.
    Name(NameError),
    /// Somebody has this name, or one that cannot be told from it.
    NameTaken {
        /// What they asked for.
        wanted: Arc<str>,
        /// The name that is in use.
        by: Arc<str>,
    },
    /// They did not ignore this one.
    NotIgnored(String),
    /// There is no such command.
    UnknownCommand {
        /// What they typed behind the slash.
        word: String,
        /// What they probably meant.
        near: Option<&'static str>,
    },
    /// The command needs something else behind it; here is its word.
    Misused(&'static str),
    /// More than one command begins like this.
    AmbiguousCommand {
        /// What they typed behind the slash.
        word: String,
        /// The commands it could be, without their slash.
        candidates: Vec<&'static str>,
    },
    /// The command has to be typed in full, since it ends something.
    TypeInFull(&'static str),
    /// The name is banned.
    NameBanned(Arc<str>),
    /// Nobody has a name in this chat.
    NoNamesHere,
    /// They ignore as many as one may ignore.
    TooManyIgnored,
    /// First a name, then this.
    NameFirst,
    /// They have joined already.
    AlreadyConnected,
    /// The line is no request.
    Request(RequestError),
    /// Nobody here has this name.
    NoSuchPerson(String),
    /// They name more people than one message may.
    TooManyNamed,
    /// None of these people is here, so nobody was told.
    NobodyOf(Vec<String>),
    /// There is no such room.
    NoSuchRoom(String),
    /// They are not in this room.
    NotInRoom(String),
    /// This is no name for a room.
    RoomName(NameError),
    /// They are in as many rooms as one may be in.
    TooManyRooms,
    /// The server has as many rooms as it may have.
    NoMoreRooms,
    /// The topic of this room is the operators'.
    TopicIsOperators(Arc<str>),
    /// A text that is longer than it may be.
    TextTooLong {
        /// How many bytes it may have.
        bytes_max: usize,
    },
    /// Nobody has written to them in private.
    NobodyToReplyTo,
    /// One cannot do that to oneself.
    NotYourself,
    /// An operator has muted them.
    YouAreMuted,
    /// Only operators may do that.
    NotOperator,
    /// There is no word by which one could become an operator.
    NoOperatorPassword,
    /// The word was wrong.
    WrongOperatorPassword {
        /// How many more tries their address has.
        tries_left: u32,
    },
    /// Their address has given too many wrong words.
    TooManyPasswordAttempts,
    /// To the operator: there is no such ban.
    NoSuchBan(String),
    /// To the operator: this looks like an address, and is none that can be banned.
    NoSuchAddress(String),
    /// To the operator: the server's own machine cannot be banned.
    LoopbackBan,
    /// To the operator: as many bans as there may be.
    TooManyBans,
    /// Nobody has planned to end the chat.
    NoShutdownPlanned,
    /// A line over the limit was skipped.
    LineTooLong(Protocol),
}
