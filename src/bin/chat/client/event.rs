//! All that can happen to the client, and all that it can want.

use std::time::Duration;

use jiff::Zoned;

use super::session::Sign;
use super::{Line, Reading};

/// The moment at which something happens.
#[derive(Debug, Clone)]
pub struct Now {
    /// Since the client's start, by a clock that never jumps: for waiting.
    pub elapsed: Duration,
    /// By this machine's clock and zone, which may both be wrong: for showing, and for `sent_at`.
    pub wall: Zoned,
}

/// Something that has happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The client has been started.
    Started,
    /// There is a connection to the server.
    Connected,
    /// There is none; a sentence that says why.
    NotConnected(String),
    /// The server has sent a line; here it is, without its end and not cleaned.
    Received(String),
    /// The connection has ended; where the kernel says why, its words.
    Disconnected(Option<String>),
    /// A line was typed, or came through the pipe.
    Typed(String),
    /// Lines were pasted. They are text, whatever they look like.
    Pasted(Vec<String>),
    /// The question in the prompt was answered: yes or no.
    Answered(bool),
    /// Tab was pressed on an empty line.
    TabPressed,
    /// Ctrl-C was pressed while lines were waiting to be sent.
    Dropped,
    /// The terminal has told something of the person before it.
    Seen(Sign),
    /// Nothing more will be typed: Ctrl-D, or the end of the pipe.
    InputEnded,
    /// Somebody wants the client to end now: Ctrl-C twice, or a signal.
    Interrupted,
    /// The time that [`Session::deadline`](super::Session::deadline) named has come.
    TimePassed,
}

/// Something that should be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Open a connection to the server.
    Connect,
    /// Send this object, and a line end behind it.
    Send(String),
    /// Close the connection. No [`Event::Disconnected`] follows.
    Disconnect,
    /// Show what came from the chat.
    Show(Line),
    /// Show what the client itself has to say.
    Tell(Line),
    /// Ring the bell.
    Ring,
    /// Let the pipe's next line be read: the answer to each [`Event::Typed`]. Without it nothing is read, so what the pipe
    /// holds waits there until it can be sent.
    Turn,
    /// What stands in the row in which a person types has changed.
    Prompt(Prompt),
    /// Somebody has spoken, and so is probably whom the next half-typed name means.
    Spoke(String),
    /// Somebody is here.
    Here(String),
    /// Somebody has gone.
    Gone(String),
    /// One is in these rooms from now on.
    Rooms(Vec<String>),
    /// The server has these commands.
    Commands(Vec<String>),
    /// End.
    End(Ending),
}

/// The row in which a person types, but for what is typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Prompt {
    /// Stands before the typed line, with the blank behind it.
    pub text: String,
    /// Is answered by `y` or `n` while nothing is typed.
    pub question: Option<String>,
    /// How many of the [`Event::Typed`] and [`Event::Pasted`] have been taken.
    pub taken: u64,
    /// How many of their lines the server has not answered.
    pub waiting: usize,
    /// The last of these.
    pub last_waiting: Option<String>,
}

/// How it ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// As was wished, with everything delivered.
    Left,
    /// Not as was wished: the server is not there, refused, or has sent one away. It has been told why.
    Refused,
    /// One has left, but something of what was typed did not arrive. It has been told what.
    Undelivered,
}

/// When to ring the bell.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, clap::ValueEnum,
)]
#[serde(rename_all = "lowercase")]
pub enum Bell {
    /// When one is mentioned or written to in private.
    On,
    /// Never.
    Off,
    /// For everything that somebody says.
    All,
}

/// What the client was asked for, as far as the core needs to know.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The name to have.
    pub user: String,
    /// `host:port`, for sentences.
    pub server: String,
    /// The rooms to be in; one speaks in the first of them. Never empty.
    pub rooms: Vec<String>,
    /// When to ring the bell, until `/bell` says otherwise.
    pub bell: Bell,
    /// Whether to connect again when the connection is lost.
    pub reconnect: bool,
    /// Whether a person sits at a terminal: somebody who can be asked.
    pub interactive: bool,
    /// How to show times, as `strftime` writes it: `%H:%M`. An empty one shows none.
    pub time: String,
    /// Whether to show nothing of who comes and goes.
    pub quiet: bool,
    /// Which typed lines are commands.
    pub reading: Reading,
}
