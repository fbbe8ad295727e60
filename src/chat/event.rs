//! The interface of the core: [`Event`] lists everything that can happen to a chat, [`Effect`] everything that it can ask
//! for. Events are in the past tense, effects in the imperative.

#![allow(missing_docs, reason = "most fields and variants are self-explanatory")]

// Addresses are plain values in `core`; sockets are in `std`.
use core::net::SocketAddr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::ban::Ban;
use super::client::{ClientId, DisconnectReason};
use super::error::ChatError;
use super::follow::{Moments, Station};
use super::kept::{Fetch, Found, LookupError, Past, Question, Search};
use super::log_event::{LogEvent, ShutdownCause};
use super::message::{KeptLine, Message};
use super::name::NameKey;
use super::reclaim::ReclaimWord;
use super::request::{Line, Request, RequestError};
use super::settings::HubSettings;
use super::time::{Now, Time};
use super::view::{CloseCode, Protocol, Stranger, View};

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// A connection was accepted. The address is canonical: `::ffff:192.0.2.7` arrives as `192.0.2.7`. The core has no
    /// randomness, so the event carries the word by which its owner can take the name back. `by_proxy`: a proxy reported the
    /// address.
    Connected {
        client: ClientId,
        address: SocketAddr,
        protocol: Protocol,
        word: ReclaimWord,
        by_proxy: bool,
    },
    /// The client's decoder decoded an input.
    Received { client: ClientId, input: Input },
    /// The client gave no name within `--login-timeout`.
    LoginTimedOut { client: ClientId },
    /// The client has been silent. `left` is what remains of `--idle-timeout`, or `None` if it is over.
    IdleTooLong { client: ClientId, left: Option<Time> },
    /// The settings of the server changed.
    Reloaded { settings: Box<HubSettings> },
    /// The list of bans could not be stored: [`Effect::SaveBans`] failed for this reason.
    BansNotSaved { reason: String },
    /// The answer to the [`Effect::Fetch`] or [`Effect::Search`] with this ticket. Each has one, in the order of the effects.
    Found { ticket: u64, found: Result<Found, LookupError> },
    /// The history on disk has removed the messages which the people with this name sent before this moment.
    Forgotten { sender: NameKey, before: jiff::Timestamp },
    /// The connection is over. A second report about the same client has no effect.
    Disconnected { client: ClientId, reason: DisconnectReason },
    /// The server of these clients is about to restart, and ends their connections. Each can reclaim its name with its word.
    Dismissed { clients: Vec<ClientId> },
    /// The time that [`Hub::deadline`](super::Hub::deadline) returned has come.
    DeadlineReached,
    /// A node with this name takes part in the chat, as start number `start`.
    MachineCame {
        #[serde(rename = "machine")]
        start: u64,
        name: Arc<str>,
    },
    /// A node is gone, and with it the clients whose ids belong to these starts of it.
    MachineGone {
        #[serde(rename = "machines")]
        starts: Vec<u64>,
    },
    /// The log that several nodes share has lost the last events. The state no longer includes them.
    Rewound,
    /// A signal, or the program that embeds the server, requested the end of the chat.
    ShutdownRequested { cause: ShutdownCause },
}

/// Something that the chat asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Send the message to each of these clients. No client is listed twice.
    Send { to: Arc<[ClientId]>, message: Message },
    /// Send the answer to a request. Each request has at most one answer, which carries its tag.
    Answer { to: ClientId, tag: Option<Tag>, message: Message },
    /// From now on, encode for this view what the client receives.
    SetView { client: ClientId, view: View },
    /// Answer with a [`Message::Threads`]. The core itself knows nothing of threads.
    AnswerThreads { client: ClientId, tag: Option<Tag> },
    /// Answer with a [`Message::Glass`], to which [`Hub::name_readers`](super::Hub::name_readers) has added the names.
    AnswerGlass { client: ClientId, tag: Option<Tag> },
    /// Keep track of the line that was just sent to these clients, and report its way in the next [`Effect::AnswerGlass`].
    Follow { client: ClientId, to: Arc<[ClientId]>, moments: Box<Moments> },
    /// Store the complete list of bans, so that it survives a restart.
    SaveBans(Vec<Ban>),
    /// Keep these messages on disk, in this order. This effect and the next four come only where there is a history on disk.
    Keep(Vec<KeptLine>),
    /// Keep the topic of a room on disk.
    KeepTopic { epoch: u64, room: Arc<str>, topic: Option<Arc<str>> },
    /// Look up a part of a room's history on disk.
    Fetch(Fetch),
    /// Search the history on disk.
    Search(Search),
    /// Write the lines of this that the history on disk is missing: the machine was away.
    CatchUp(Past),
    /// Lift the login deadline: the client has joined.
    Admit { client: ClientId },
    /// Close the connection once everything sent to it so far has gone out. The Hub has already removed the client.
    Disconnect { client: ClientId, reason: DisconnectReason },
    /// Accept no more connections, and end when all are closed. Effects before this one notify and disconnect every client.
    Shutdown,
    /// Write a line to the log.
    Log(LogEvent),
}

impl From<Question> for Effect {
    fn from(question: Question) -> Self {
        match question {
            Question::Fetch(fetch) => Self::Fetch(fetch),
            Question::Search(search) => Self::Search(search),
        }
    }
}

/// One unit that a decoder has decoded from the bytes of a client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Input {
    /// The first line is JSON, so the client speaks JSON from now on. Precedes the request of that line.
    SpeaksJson,
    /// A decoded JSON request.
    Request { request: Request, tag: Option<Tag> },
    /// A JSON line that is not a valid request, with its tag if that could be read.
    BadRequest { reason: RequestError, tag: Option<Tag> },
    /// A line of plain text, which may be empty.
    Line(Line),
    /// A line over the limit was skipped.
    LineTooLong,
    /// Too many bytes without a line end. Nothing follows.
    LineEndless,
    /// Ctrl-D at the start of a line, or telnet's end of file.
    EndOfTransmission,
    /// Flood control delays at least `lines` lines, or only bytes if that is 0. `wait` is the time until all have passed.
    /// Reported once, and again only after the client has been slow enough for a while.
    HeldBack { lines: usize, wait: Time },
    /// The client speaks another protocol. Nothing follows.
    Stranger(Stranger),
    /// The WebSocket has to be closed with this code. Nothing follows.
    Closed(CloseCode),
}

impl Input {
    /// Whether programs send this by themselves to show that they are alive.
    pub fn is_keepalive(&self) -> bool {
        matches!(self, Self::Request { request: Request::Ping | Request::Glass, .. })
    }

    /// Records that it passes this station now, if it is a line that is followed. Others do not read the clock.
    pub fn pass(&mut self, station: Station, now: impl FnOnce() -> Time) {
        if let Self::Request { request: Request::Follow { moments, .. }, .. } = self {
            moments.pass(station, now());
        }
    }
}

/// The `id` of a JSON request: any JSON value, as text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tag(pub Arc<str>);

/// Collects the effects of one event, in the order in which to carry them out.
pub(super) struct Reaction<'e> {
    pub(super) now: Now,
    /// The tag of the request, until its answer takes it.
    tag: Option<Tag>,
    folds: bool,
    effects: &'e mut Vec<Effect>,
}

impl<'e> Reaction<'e> {
    pub(super) fn new(now: Now, effects: &'e mut Vec<Effect>) -> Self {
        Self { now, tag: None, folds: false, effects }
    }

    pub(super) fn set_tag(&mut self, tag: Option<Tag>) {
        self.tag = tag;
    }

    /// Arrivals and departures are only counted from now on, and summed up later.
    pub(super) fn fold_announcements(&mut self) {
        self.folds = true;
    }

    pub(super) fn folds_announcements(&self) -> bool {
        self.folds
    }

    pub(super) fn has_tag(&self) -> bool {
        self.tag.is_some()
    }

    pub(super) fn take_tag(&mut self) -> Option<Tag> {
        self.tag.take()
    }

    /// Answers the request. Only the first answer carries the tag.
    pub(super) fn answer(&mut self, to: ClientId, message: Message) {
        let tag = self.tag.take();
        self.push(Effect::Answer { to, tag, message });
    }

    pub(super) fn refuse(&mut self, to: ClientId, error: ChatError) {
        self.answer(to, Message::Error(error));
    }

    /// Sends one client a message that is not an answer.
    pub(super) fn tell(&mut self, client: ClientId, message: Message) {
        self.send(vec![client], message);
    }

    pub(super) fn send(&mut self, to: Vec<ClientId>, message: Message) {
        if to.is_empty() {
            return;
        }
        // The lines of one read mostly go to the same people, and then share the list.
        let to = match self.effects.last() {
            Some(Effect::Send { to: last, .. }) if **last == *to => Arc::clone(last),
            _ => to.into(),
        };
        self.push(Effect::Send { to, message });
    }

    /// Keeps a message on disk. All messages of one read share the first effect: if each had its own, their deliveries
    /// would no longer be neighbours, which are cheaper.
    pub(super) fn keep(&mut self, line: Option<KeptLine>) {
        let Some(line) = line else {
            return;
        };
        match self.effects.first_mut() {
            Some(Effect::Keep(lines)) => lines.push(line),
            _ => self.effects.insert(0, Effect::Keep(vec![line])),
        }
    }

    pub(super) fn log(&mut self, event: LogEvent) {
        self.push(Effect::Log(event));
    }

    pub(super) fn effects(&self) -> &[Effect] {
        self.effects
    }

    pub(super) fn push(&mut self, effect: Effect) {
        self.effects.push(effect);
    }
}
