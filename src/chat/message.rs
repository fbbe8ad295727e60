//! The messages of the server, as values. The protocols choose the words, so another protocol needs only another encoder.

#![allow(missing_docs, reason = "most fields and variants are self-explanatory")]

use core::net::SocketAddr;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ban::{Ban, Network};
use super::error::ChatError;
use super::glass::GlassView;
use super::reclaim::ReclaimWord;
use super::request::{Moment, SentAt};
use super::time::Time;
use super::view::{CloseCode, Protocol, Stranger, Timestamps};

/// One thing that the server says to a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// Refuses a request.
    Error(ChatError),
    /// Asks for a name.
    InputUsername,
    YourNameIs(Arc<str>),
    Congratulations,
    /// Answers a JSON `connect`. `clients` counts everybody who has joined, the recipient included.
    Connected {
        name: Arc<str>,
        address: SocketAddr,
        clients: usize,
        /// The word by which to take the name back. An anonymous chat has none.
        word: Option<ReclaimWord>,
        /// The rooms of somebody who has taken the name back.
        rooms: Option<Vec<Arc<str>>>,
    },
    /// Tells somebody the word by which to take the name back.
    ReclaimWord {
        name: Arc<str>,
        word: ReclaimWord,
    },
    /// Tells somebody on plain text that they have taken the name back, with the room that they are in.
    WelcomeBack {
        name: Arc<str>,
        rooms: Vec<Arc<str>>,
    },
    /// A new connection has taken the name back: this one ends.
    TakenBack,
    /// The address by which the client is known in an anonymous chat.
    YourId(Arc<str>),
    /// How many people have joined, the recipient included.
    ClientCount(usize),
    /// Tells somebody whose name has letters beyond Latin how to type them in telnet.
    TelnetHint,
    /// Too many names were refused: the connection ends.
    TooManyNames,
    LoginTimedOut,
    /// Somebody has joined the chat.
    Arrived(Arc<str>),
    /// Somebody has left the chat.
    Left {
        name: Arc<str>,
        removed: Option<Removal>,
    },
    /// Sums up many arrivals and departures, in one room or in the whole chat.
    MembershipChanged {
        room: Option<Arc<str>>,
        arrived: usize,
        left: usize,
        present: usize,
    },
    Chat(Arc<ChatMessage>),
    /// Tells the sender who received a message.
    Delivered {
        /// The named people who received it.
        to: Vec<Arc<str>>,
        /// The named people who are not here.
        absent: Vec<String>,
        /// None of the named people is here, so everybody in this room received the message.
        everybody_in: Option<Arc<str>>,
        received_at: Timestamp,
        /// The message's id in its room.
        message_id: Option<u64>,
    },
    /// Tells the sender what a line says that they have typed into a program.
    Typed {
        manner: Manner,
        text: String,
    },
    /// A part of a room's history, oldest first.
    History {
        room: Arc<str>,
        messages: Vec<Arc<ChatMessage>>,
        /// Whether the requested part has more messages.
        more: bool,
        /// As in [`Message::InRoom`].
        epoch: u64,
        /// The ids among and beside these messages which the history on disk lacks.
        gaps: Vec<Gap>,
        /// The moment before which the messages are, if one was given.
        until: Option<Moment>,
        now: Timestamp,
    },
    /// The newest messages that were searched for, newest first.
    Found {
        rooms: Vec<Arc<str>>,
        lines: Vec<KeptLine>,
        more: bool,
        /// The place at which to continue if there is more.
        cursor: Option<u64>,
        now: Timestamp,
    },
    /// Tells the recipient that they are in a room.
    InRoom {
        room: Arc<str>,
        from: Arc<str>,
        /// In order of joining, the recipient included; at most `LIST_ENTRIES_MAX`.
        members: Vec<Arc<str>>,
        total: usize,
        topic: Option<Arc<str>>,
        /// Changes when the message ids of the room start again, because the room or the server is new.
        epoch: u64,
        /// 0 before the first message.
        last_message_id: u64,
    },
    /// Somebody has entered a room.
    CameToRoom {
        room: Arc<str>,
        from: Arc<str>,
    },
    /// Somebody has left a room.
    WentFromRoom {
        room: Arc<str>,
        from: Arc<str>,
        removed: Option<Removal>,
    },
    /// `by` has changed the topic. Without `by`, this answers a request for the topic.
    Topic {
        room: Arc<str>,
        topic: Option<Arc<str>>,
        by: Option<Arc<str>>,
    },
    /// The largest rooms first; at most `LIST_ENTRIES_MAX`.
    Rooms {
        rooms: Vec<RoomListing>,
        total: usize,
    },
    Renamed {
        from: Arc<str>,
        to: Arc<str>,
    },
    NowAway {
        from: Arc<str>,
        reason: Option<Arc<str>>,
    },
    NowBack {
        from: Arc<str>,
    },
    /// Tells the sender of a private message that its recipient is away.
    IsAway {
        name: Arc<str>,
        reason: Option<Arc<str>>,
    },
    /// The people that the recipient ignores.
    Ignoring(Vec<Arc<str>>),
    Ignored(Arc<str>),
    Unignored(Arc<str>),
    Quiet {
        on: bool,
    },
    TimestampsAre(Timestamps),
    Pong,
    Whois(Box<PersonDetails>),
    /// `operator` says whether to include the operators' commands.
    Help {
        operator: bool,
        topic: HelpTopic,
    },
    /// The people in a room or in the whole chat, in order of joining; at most `LIST_ENTRIES_MAX`.
    Who {
        room: Option<Arc<str>>,
        people: Vec<PersonListing>,
        total: usize,
    },
    /// The operator password was right.
    OperatorNow,
    /// Tells the recipient that they were kicked.
    Kicked {
        by: Arc<str>,
        reason: Option<Arc<str>>,
    },
    /// Tells the recipient that they are banned. `remaining` is `None` if the ban has no end.
    Banned {
        reason: Option<String>,
        remaining: Option<Time>,
    },
    /// Tells the operator who was kicked.
    Removed(Arc<str>),
    BanAdded {
        ban: Ban,
        /// A network that was not banned with the name, and how many other people come from there.
        spared: Option<(Network, usize)>,
    },
    BanTakenBack(Ban),
    /// At most `LIST_ENTRIES_MAX` bans.
    Bans {
        bans: Vec<Ban>,
        total: usize,
        now: Timestamp,
    },
    /// Tells the operators that a restart will forget bans.
    BansNotSaved {
        reason: String,
    },
    /// Tells the operator whether somebody is muted.
    Muted {
        name: Arc<str>,
        on: bool,
    },
    Motd(Option<Arc<str>>),
    /// The threads of the server; at most `LIST_ENTRIES_MAX`.
    Threads {
        rows: Vec<ThreadListing>,
        total: usize,
    },
    Glass(Box<GlassView>),
    ShutdownPlanned {
        left: Time,
        reason: Option<Arc<str>>,
        by: Arc<str>,
    },
    ShutdownCancelled {
        by: Arc<str>,
    },
    /// The server is about to restart: all its connections will end within this time.
    RestartSoon {
        within: Time,
    },
    /// The server restarts: the connection ends. `word` takes the name back.
    Restart {
        back: Option<(Arc<str>, ReclaimWord)>,
    },
    /// News of the link between the machines of a chat.
    Link(LinkNews),
    /// Warns a silent client.
    IdleSoon {
        left: Time,
    },
    /// The client was silent for too long: the connection ends.
    IdleBye,
    /// See [`Input::HeldBack`](super::event::Input::HeldBack).
    HeldBack {
        lines: usize,
        wait: Time,
    },
    /// The client sent a line without an end: the connection ends.
    EndlessLine,
    /// Tells a program that it is on the wrong port, in its own protocol if that takes one line.
    WrongProtocol(Stranger),
    /// Closes a WebSocket.
    Closed(CloseCode),
    Bye,
    ServerFull,
    /// The address has as many connections as it may have.
    TooManyFromAddress {
        max: usize,
    },
    /// The address has opened as many connections in a minute as it may open.
    TooFastFromAddress {
        max: usize,
    },
    /// The machine cannot start a thread for the client.
    NoThread,
    /// The client does not read: the connection ends.
    TooSlow,
    ShutDown,
}

/// Something that a person said. Its recipients and the room's history share one copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatMessage {
    pub from: Arc<str>,
    pub to: Audience,
    pub manner: Manner,
    /// Cleaned.
    pub text: String,
    /// The time by the sender's clock, if the sender's program gave it.
    pub sent_at: Option<SentAt>,
    pub received_at: Timestamp,
}

impl ChatMessage {
    /// An estimate of the message's size in a JSON answer, in bytes: a quotation mark takes two bytes, and the times and the
    /// names of fields come on top.
    pub fn bytes_in_answer(&self) -> usize {
        const FIELDS_BYTES: usize = 384;
        FIELDS_BYTES + 2 * (self.text.len() + self.from.len())
    }
}

/// A message to a room, and the epoch of the room's ids.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptLine {
    pub epoch: u64,
    pub message: Arc<ChatMessage>,
}

/// Message ids of a room without messages, `first` and `last` included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    pub first: u64,
    pub last: u64,
    pub cause: Loss,
}

/// Why messages are missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Loss {
    /// The server ended without having written everything. Not all of these ids need have had a message.
    Crash,
    /// The queue to the disk or the disk itself was full.
    Full,
    /// The file was damaged, and the history began anew.
    Damage,
    /// This machine of several was away when they were said. Not all of these ids need have had a message.
    Absent,
}

impl Loss {
    /// The word for programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Crash => "crash",
            Self::Full => "full",
            Self::Damage => "damage",
            Self::Absent => "absent",
        }
    }

    /// The loss with this word.
    pub fn parse(word: &str) -> Option<Self> {
        let all = [Self::Crash, Self::Full, Self::Damage, Self::Absent];
        all.into_iter().find(|loss| loss.as_str() == word)
    }
}

/// A message before its recipients are known.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) manner: Manner,
    pub(super) text: String,
    pub(super) sent_at: Option<SentAt>,
}

impl Draft {
    pub(super) fn into_message(
        self,
        from: Arc<str>,
        to: Audience,
        received_at: Timestamp,
    ) -> ChatMessage {
        let Draft { manner, text, sent_at } = self;
        ChatMessage { from, to, manner, text, sent_at, received_at }
    }
}

/// The recipients of a chat message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Audience {
    /// `message_id` grows by one with each message in the room.
    Room {
        room: Arc<str>,
        message_id: u64,
    },
    People(Vec<Arc<str>>),
}

/// How something was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Manner {
    Chat,
    /// `/me`
    Me,
    /// `/msg`
    Private,
}

/// News of the link between the machines of one chat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkNews {
    /// This machine does not reach the others: what people say waits.
    Waiting,
    /// It reaches them again.
    GoesOn,
    /// The others have given this machine up: its people have lost their names.
    PlaceLost,
    /// This line was lost with them.
    NotSaid(String),
    /// This machine was so slow that it skipped lines. They are in the history.
    Skipped,
    /// The last lines may be lost, for everybody.
    Rewound,
}

/// The operator who removed somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removal {
    /// Whether the person was banned, or only kicked.
    pub banned: bool,
    pub by: Arc<str>,
    pub reason: Option<Arc<str>>,
}

/// The content of `/help`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HelpTopic {
    /// The most useful commands, on one screen.
    Overview,
    All,
    /// One command, by its word.
    Command(&'static str),
}

/// A person in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonListing {
    pub name: Arc<str>,
    pub rooms: Vec<Arc<str>>,
    pub idle: Time,
    pub away: bool,
    /// The machine to which the person is connected, if the chat has several.
    pub machine: Option<Arc<str>>,
}

/// The content of `/whois`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonDetails {
    pub person: PersonListing,
    pub away_why: Option<Arc<str>>,
    pub here_for: Time,
    pub protocol: Protocol,
    pub operator: bool,
    /// For operators only: the address, and whether the person is muted.
    pub private: Option<(SocketAddr, bool)>,
}

/// A room in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomListing {
    pub room: Arc<str>,
    pub members: usize,
    pub topic: Option<Arc<str>>,
}

/// A thread in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThreadListing {
    pub name: String,
    pub role: &'static str,
    pub doing: &'static str,
    pub alive: Time,
    pub queue: Option<Queue>,
    pub bytes_in: u64,
    pub bytes_out: u64,
}

/// The work that waits for a thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Queue {
    /// Unsent bytes for a reader's client.
    Bytes(u64),
    /// Events in the dispatcher's inbox.
    Events(u64),
    /// Lines that the archive has to write.
    Lines(u64),
}
