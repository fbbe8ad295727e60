//! The requests of clients.

/// A request of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    SpeakJson,
    /// A line of plain text without a slash: a name, or something to say.
    Text(String),
    EmptyLine,
    Connect(String),
    Chat {
        room: String,
        text: String,
    },
    Me {
        room: Option<String>,
        text: String,
    },
    Private {
        to: Vec<String>,
        text: String,
    },
    Join(String),
    Part(Option<String>),
    Nick(String),
    Ignore(String),
    Unignore(String),
    Kick(String),
    ShowTimes(bool),
    History {
        room: Option<String>,
        which: Which,
        limit: usize,
    },
    Ping,
    Quit,
    TooLong,
    /// A line of JSON that is no valid request, with the code and the sentence of the error.
    Wrong(&'static str, &'static str),
    /// A line that never ends.
    Endless,
    /// An HTTP request.
    Http,
    /// The end of a WebSocket, with its code.
    Close(u16),
}

/// The request in an event, and its tag.
pub type Asked = Option<(Action, Option<u64>)>;

/// The lines of a history that are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    Last,
    Before(u64),
    After(u64),
}
