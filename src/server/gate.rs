//! The ports of the server.

use crate::chat::Protocol;

/// A port: what its clients speak at first, and how they come to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gate {
    /// `--port`: lines for people, and JSON after a first line of JSON.
    Plain,
    /// `--json-port`.
    Json,
    /// `--web-port`.
    Web,
    /// `--proxy-port`: as `Plain`, behind a header of a proxy.
    Proxied,
}

impl Gate {
    /// All, with the names that metrics use, in order.
    pub const ALL: [(Self, &'static str); 4] = [
        (Self::Plain, "plain"),
        (Self::Json, "json"),
        (Self::Web, "web"),
        (Self::Proxied, "proxy"),
    ];

    /// The protocol of its clients.
    pub fn protocol(self) -> Protocol {
        match self {
            Self::Plain | Self::Proxied => Protocol::Plain,
            Self::Json => Protocol::Json,
            Self::Web => Protocol::Web,
        }
    }

    /// The flag that sets it.
    pub fn flag(self) -> &'static str {
        match self {
            Self::Plain => "--port",
            Self::Json => "--json-port",
            Self::Web => "--web-port",
            Self::Proxied => "--proxy-port",
        }
    }
}
