//! All that the server can say, as values. There is no wire text here: each protocol has its own words for a
//! message, so a second protocol is one more encoder and not a second chat.

use core::net::SocketAddr;
use std::sync::Arc;

use jiff::Timestamp;

use super::{
    Ban, ChatError, ChatMessage, PersonDetails, PersonListing, Removal, RoomListing, Stranger,
    ThreadListing, Time, Timestamps,
};

/// One thing the server says to somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// What they asked for is not done.
    Error(ChatError),
    /// Asks for a name.
    InputUsername,
    /// The name is theirs now.
    YourNameIs(Arc<str>),
    /// They have joined.
    Congratulations,
    /// To a JSON client: the name is theirs and they have joined.
    Connected {
        /// The name.
        name: Arc<str>,
        /// Where they come from.
        address: SocketAddr,
        /// How many have joined, themselves included.
        clients: usize,
    },
    /// By what address they are known, where nobody has a name.
    YourId(Arc<str>),
    /// How many have joined, themselves included.
    ClientCount(usize),
    /// Too many refusals: the connection ends.
    TooManyNames,
    /// The time to give a name is over: the connection ends.
    LoginTimedOut,
    /// Somebody has joined.
    Arrived(Arc<str>),
    /// Somebody has left.
    Left {
        /// Who.
        name: Arc<str>,
        /// Who made them, if it was not their own wish.
        removed: Option<Removal>,
    },
    /// Many have joined or left: one line for all of them.
    MembershipChanged {
        /// A room; the whole chat where it is none.
        room: Option<Arc<str>>,
        /// How many have joined since the last such line.
        arrived: usize,
        /// How many have left since.
        left: usize,
        /// How many are in the chat now.
        present: usize,
    },
    /// Somebody says something.
    Chat(Arc<ChatMessage>),
    /// To its sender: who gets it. Those who said it to a room they are in are told nothing, unless they asked to be.
    Delivered {
        /// Those who were named and get it.
        to: Vec<Arc<str>>,
        /// Those who were named and are not here.
        absent: Vec<String>,
        /// Nobody who was named is here, so it was said to everybody in this room.
        everybody_in: Option<Arc<str>>,
        /// When the server received it.
        received_at: Timestamp,
        /// Its id, where it went to a room.
        message_id: Option<u64>,
    },
    /// Part of what was said in a room, oldest first.
    History {
        /// Which room.
        room: Arc<str>,
        /// What was said.
        said: Vec<Arc<ChatMessage>>,
        /// There are more lines of the part that was asked for.
        more: bool,
        /// As in [`Message::InRoom`].
        epoch: u64,
        /// The time now, to tell what was said on another day.
        now: Timestamp,
    },
    /// To somebody who is in a room now, or was in it already.
    InRoom {
        /// Which room.
        room: Arc<str>,
        /// Who came: they themselves.
        from: Arc<str>,
        /// Who is in it, in order of joining, themselves included: the first few hundred.
        members: Vec<Arc<str>>,
        /// How many are in it.
        total: usize,
        /// What it is about.
        topic: Option<Arc<str>>,
        /// Changes when the ids of a room begin anew, since the room or the server did.
        epoch: u64,
        /// The id of the last message; 0 where there is none yet.
        last_message_id: u64,
    },
    /// Somebody came into a room.
    CameToRoom {
        /// Which room.
        room: Arc<str>,
        /// Who.
        from: Arc<str>,
    },
    /// Somebody went from a room.
    WentFromRoom {
        /// Which room.
        room: Arc<str>,
        /// Who.
        from: Arc<str>,
        /// Who made them, if it was not their own wish.
        removed: Option<Removal>,
    },
    /// What a room is about.
    Topic {
        /// Which room.
        room: Arc<str>,
        /// What it is about.
        topic: Option<Arc<str>>,
        /// Who has just said so; without it, this is the answer to a question.
        by: Option<Arc<str>>,
    },
    /// The rooms there are, the largest first: the first few hundred.
    Rooms {
        /// Those.
        rooms: Vec<RoomListing>,
        /// How many there are in all.
        total: usize,
    },
    /// Somebody has another name.
    Renamed {
        /// Until now.
        from: Arc<str>,
        /// From now on.
        to: Arc<str>,
    },
    /// They are marked as away, or back.
    NowAway {
        /// Who.
        from: Arc<str>,
        /// Why.
        why: Option<Arc<str>>,
    },
    /// They are marked as here again.
    NowBack {
        /// Who.
        from: Arc<str>,
    },
    /// To somebody who has written to them: they are away.
    IsAway {
        /// Who.
        name: Arc<str>,
        /// Why.
        why: Option<Arc<str>>,
    },
    /// Whom they ignore.
    Ignoring(Vec<Arc<str>>),
    /// They ignore somebody from now on.
    Ignored(Arc<str>),
    /// They do not any more.
    Unignored(Arc<str>),
    /// Whether they hear who comes and goes.
    Quiet {
        /// Whether they do not.
        on: bool,
    },
    /// How they see when something was said.
    TimestampsAre(Timestamps),
    /// The answer to a sign of life.
    Pong,
    /// What is known of somebody.
    Whois(Box<PersonDetails>),
    /// The commands there are, or one of them.
    Help {
        /// Include the commands of operators.
        operator: bool,
        topic: HelpTopic,
    },
    /// Who is here, in order of joining. Only the first few hundred, never a flood.
    Who {
        /// In this room; in the whole chat where it is none.
        room: Option<Arc<str>>,
        /// The first of them.
        people: Vec<PersonListing>,
        /// How many there are in all.
        total: usize,
    },
    /// The word was right.
    OperatorNow,
    /// To whom it happens: an operator throws them out.
    Kicked {
        /// Which operator.
        by: Arc<str>,
        /// Why.
        why: Option<Arc<str>>,
    },
    /// To whom it happens, or who comes back: they are banned.
    Banned {
        /// Why.
        why: Option<String>,
        /// For how much longer; without it, until it is taken back.
        remaining: Option<Time>,
    },
    /// To the operator: somebody was thrown out.
    Removed(Arc<str>),
    /// To the operator: a ban holds.
    BanAdded(Ban),
    /// To the operator: a ban holds no more.
    BanTakenBack(Ban),
    /// To the operator: who is banned.
    Bans {
        /// The first few hundred.
        bans: Vec<Ban>,
        /// How many there are in all.
        total: usize,
        /// The time now, to tell what remains of them.
        now: Timestamp,
    },
    /// To the operator: whether somebody is muted.
    Muted {
        /// Who.
        name: Arc<str>,
        /// Whether they are.
        on: bool,
    },
    /// The message of the day.
    Motd(Option<Arc<str>>),
    /// To the operator: what each thread does, one row for each.
    Threads {
        /// The first few hundred.
        rows: Vec<ThreadListing>,
        /// How many there are in all.
        total: usize,
    },
    /// The chat will end.
    ShutdownPlanned {
        /// In how long.
        left: Time,
        /// Why.
        why: Option<Arc<str>>,
        /// Which operator says so.
        by: Arc<str>,
    },
    /// It will not after all.
    ShutdownCancelled {
        /// Which operator says so.
        by: Arc<str>,
    },
    /// They have typed nothing for so long that they will be disconnected soon.
    IdleSoon {
        /// How much time is left.
        left: Time,
    },
    /// They have typed nothing for too long: the connection ends.
    IdleBye,
    /// They say more than flood control lets through: it is said later.
    HeldBack {
        /// As in [`Input::HeldBack`](super::Input::HeldBack).
        lines: usize,
        /// The same.
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

/// What `/help` was asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HelpTopic {
    /// The commands that people use most, on one screen.
    Overview,
    /// Every command.
    All,
    /// One command, by its word.
    Command(&'static str),
}
