//! How a client sees what it is sent. A message is encoded once for each view that somebody has, and not for each person.

/// The language that a connection speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// Lines for people, over telnet.
    Plain,
    /// JSON objects, one on each line.
    Json,
}

/// Whether lines for people say when something was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Timestamps {
    /// They do not.
    #[default]
    Off,
    /// Hours and minutes.
    Time,
    /// The date as well.
    Date,
}

/// What decides about the bytes that a message becomes for a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// Lines for people.
    Plain(Timestamps),
    /// JSON objects.
    Json,
}

impl View {
    /// All views, each at its [`View::index`].
    pub const ALL: [View; 4] = [
        View::Plain(Timestamps::Off),
        View::Plain(Timestamps::Time),
        View::Plain(Timestamps::Date),
        View::Json,
    ];

    /// A small number of its own for each view.
    pub fn index(self) -> usize {
        match self {
            View::Plain(Timestamps::Off) => 0,
            View::Plain(Timestamps::Time) => 1,
            View::Plain(Timestamps::Date) => 2,
            View::Json => 3,
        }
    }
}

impl From<Protocol> for View {
    fn from(protocol: Protocol) -> Self {
        match protocol {
            Protocol::Plain => View::Plain(Timestamps::Off),
            Protocol::Json => View::Json,
        }
    }
}
