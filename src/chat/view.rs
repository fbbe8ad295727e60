//! How a client sees messages. A message is encoded once per view, not once per recipient.

use serde::{Deserialize, Serialize};

/// The language that a connection speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Protocol {
    /// Lines for people, over telnet.
    Plain,
    /// JSON objects, one on each line.
    Json,
    /// The same objects, each in a message of a WebSocket, from a page in a browser.
    Web,
}

/// Why a WebSocket is closed: the status codes of RFC 6455, section 7.4, that the server sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum CloseCode {
    /// The other end asked for it, or the server has said everything.
    Normal = 1000,
    /// A frame breaks the protocol.
    ProtocolError = 1002,
    /// Only text has a meaning here.
    Unsupported = 1003,
    /// The text is not UTF-8.
    InvalidText = 1007,
    /// The message has too many bytes.
    TooBig = 1009,
}

/// Protocols of programs that connect to the wrong port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the variants are self-explanatory")]
pub enum Stranger {
    /// Detected so that a web page cannot speak to a chat on loopback.
    Http,
    Ssh,
    Tls,
    /// A load balancer that sends the address of its client first (HAProxy's PROXY protocol).
    Proxy,
}

/// Whether a line of plain text shows when it was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the variants are self-explanatory")]
pub enum Timestamps {
    #[default]
    Off,
    Time,
    Date,
}

/// Everything about a client that determines how a message is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants are self-explanatory")]
pub enum View {
    Plain(Timestamps),
    Json,
    Web,
}

impl View {
    /// All views, each at its [`View::index`].
    pub const ALL: [View; 5] = [
        View::Plain(Timestamps::Off),
        View::Plain(Timestamps::Time),
        View::Plain(Timestamps::Date),
        View::Json,
        View::Web,
    ];

    /// The view's place in [`View::ALL`].
    pub fn index(self) -> usize {
        match self {
            View::Plain(Timestamps::Off) => 0,
            View::Plain(Timestamps::Time) => 1,
            View::Plain(Timestamps::Date) => 2,
            View::Json => 3,
            View::Web => 4,
        }
    }
}

impl From<Protocol> for View {
    fn from(protocol: Protocol) -> Self {
        match protocol {
            Protocol::Plain => View::Plain(Timestamps::Off),
            Protocol::Json => View::Json,
            Protocol::Web => View::Web,
        }
    }
}

impl From<View> for Protocol {
    fn from(view: View) -> Self {
        match view {
            View::Plain(_) => Protocol::Plain,
            View::Json => Protocol::Json,
            View::Web => Protocol::Web,
        }
    }
}
