//! All that the server can say, as values. There is no wire text here: each protocol has its own words for a
//! message, so a second protocol is one more encoder and not a second chat.

use std::sync::Arc;

use super::{NameRefusal, Stranger, Time};

/// One thing the server says to somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// Asks for a name.
    InputUsername,
    /// The name is theirs now.
    YourNameIs(Arc<str>),
    /// They have joined.
    Congratulations,
    /// By what address they are known, where nobody has a name.
    YourId(Arc<str>),
    /// How many have joined, themselves included.
    ClientCount(usize),
    /// The name breaks a rule of names.
    NameRefused(NameRefusal),
    /// Somebody has this name, or one that cannot be told from it.
    NameTaken {
        /// What they asked for.
        wanted: Arc<str>,
        /// The name that is in use.
        by: Arc<str>,
    },
    /// Too many refusals: the connection ends.
    TooManyNames,
    /// The time to give a name is over: the connection ends.
    LoginTimedOut,
    /// Somebody has joined.
    Arrived(Arc<str>),
    /// Somebody has left.
    Left(Arc<str>),
    /// Many have joined or left: one line for all of them.
    MembershipChanged {
        /// How many have joined since the last such line.
        arrived: usize,
        /// How many have left since.
        left: usize,
        /// How many are in the chat now.
        present: usize,
    },
    /// Somebody says something.
    Said {
        /// Who.
        from: Arc<str>,
        /// What, clean.
        text: String,
    },
    /// The commands there are.
    Help {
        /// Whether to tell what operators may.
        operator: bool,
    },
    /// Who is in the chat, in order of joining. Only the first few hundred, never a flood.
    Who {
        /// The first of them.
        names: Vec<Arc<str>>,
        /// How many there are in all.
        total: usize,
    },
    /// There is no such command.
    UnknownCommand {
        /// What they typed behind the slash.
        word: String,
    },
    /// More than one command begins like this.
    AmbiguousCommand {
        /// What they typed behind the slash.
        word: String,
        /// The commands it could be, without their slash.
        candidates: Vec<&'static str>,
    },
    /// The command has to be typed in full, since it ends something.
    TypeInFull(&'static str),
    /// First a name, then this.
    NameFirst,
    /// Only operators may do that.
    NotOperator,
    /// A line over the limit was skipped.
    LineTooLong,
    /// They say more than flood control lets through: it is said later.
    HeldBack {
        /// How many lines are held, or none where only bytes are too many.
        lines: usize,
        /// How long until the last of those is said.
        wait: Time,
    },
    /// A line without an end: the connection ends.
    EndlessLine,
    /// To a program that speaks another protocol, in its own manner where that is one line.
    WrongProtocol(Stranger),
    /// They asked to leave.
    Bye,
    /// The server is full: sent by the listener, which takes no place for them.
    ServerFull,
    /// Too many connections from their address: sent by the listener.
    TooManyFromAddress,
    /// The machine cannot make another thread: sent by the listener.
    NoThread,
    /// They did not read: the last thing that is sent.
    TooSlow,
    /// The chat ends for everybody.
    ShutDown,
}
