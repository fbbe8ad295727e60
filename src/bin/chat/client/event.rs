//! The events that the client receives, and the effects that it requests.

use std::time::Duration;

use jiff::Zoned;

use super::session::Sign;
use super::{Line, Reading};

/// The time of an event.
#[derive(Debug, Clone)]
pub struct Now {
    /// The time since the client's start, by a monotonic clock. Used for timeouts.
    pub elapsed: Duration,
    /// The time by this machine's clock and zone, both of which may be wrong. Used for display and for `sent_at`.
    pub wall: Zoned,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The client has been started.
    Started,
    /// The connection to the server is established.
    Connected,
    /// The connection could not be established; a sentence that says why.
    NotConnected(String),
    /// The server has sent this line, which has no line end and is not cleaned.
    Received(String),
    /// The connection has ended, with the kernel's reason if there is one.
    Disconnected(Option<String>),
    /// The user has typed a line, or a line came through the pipe.
    Typed(String),
    /// The user has pasted lines. They are sent as text, even if they look like commands.
    Pasted(Vec<String>),
    /// The same, but the user is asked first.
    PasteOffered(Vec<String>),
    /// The user has answered the question in the prompt: yes or no.
    Answered(bool),
    /// The user wants to talk in the next room.
    NextRoom,
    /// The user wants to talk in the next room with unseen messages.
    NextUnseen,
    /// The user wants to see older messages of the current room.
    WantsOlder,
    /// The screen has this many columns from now on.
    Resized(usize),
    /// The user has pressed Ctrl-C while lines were waiting to be sent.
    Dropped,
    /// The terminal has reported a sign of the user's presence.
    Seen(Sign),
    /// The input has ended: Ctrl-D, or the end of the pipe.
    InputEnded,
    /// The user wants the client to end now: Ctrl-C twice, or a signal.
    Interrupted,
    /// The deadline that [`Session::deadline`](super::Session::deadline) returned has passed.
    TimePassed,
}

/// An action that the session requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Connect to the server with this place in [`Settings::servers`].
    Connect(usize),
    /// Send this object, followed by a line end.
    Send(String),
    /// Close the connection. No [`Event::Disconnected`] follows.
    Disconnect,
    /// Show a line of the chat.
    Show(Line),
    /// Show a message of the client itself.
    Tell(Line),
    Ring,
    /// Let the input thread read the pipe's next line. This answers each [`Event::Typed`]. Lines that cannot be sent
    /// yet stay in the pipe.
    Turn,
    /// Replace the prompt of the input row.
    Prompt(Prompt),
    /// This person has spoken, which makes them the most probable candidate for completion.
    Spoke(String),
    /// This person is in the chat.
    Here(String),
    /// This person has left the chat.
    Gone(String),
    /// The user is in these rooms from now on.
    Rooms(Vec<String>),
    /// The server has these commands.
    Commands(Vec<String>),
    /// End the client.
    End(Ending),
}

/// The input row, without the typed text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Prompt {
    /// The text before the typed line, including the blank that separates them.
    pub text: String,
    /// A question, which `y` or `n` answers while nothing is typed.
    pub question: Option<String>,
    /// The number of typed lines and pastes that the session has processed.
    pub taken: u64,
    /// The number of their lines that are unacknowledged.
    pub waiting: usize,
    /// The last of the unacknowledged lines.
    pub last_waiting: Option<String>,
}

/// The result of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// The user has left, and everything was delivered.
    Left,
    /// The server was not reachable, refused the client, or disconnected it. The user has been told why.
    Refused,
    /// The user has left, but a line that was typed was not delivered. The user has been told which.
    Undelivered,
}

#[derive(
    Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, clap::ValueEnum,
)]
#[serde(rename_all = "lowercase")]
pub enum Bell {
    /// For mentions of the user and private messages.
    On,
    Off,
    /// For every message.
    All,
}

/// The settings of the core.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The user's name in the chat.
    pub user: String,
    /// The addresses of the chat, each `host:port`, for messages. Never empty.
    pub servers: Vec<String>,
    /// The rooms to join; the first of them is the current room. Never empty.
    pub rooms: Vec<String>,
    /// When to ring the bell, unless `/bell` changes it.
    pub bell: Bell,
    /// Whether to reconnect when the connection is lost.
    pub reconnect: bool,
    /// Whether the user is at a terminal, so that the client can ask questions.
    pub interactive: bool,
    /// A `strftime` pattern for times, such as `%H:%M`. An empty pattern shows no times.
    pub time: String,
    /// Whether to hide joins and leaves.
    pub quiet: bool,
    /// The typed lines that are commands.
    pub reading: Reading,
}
