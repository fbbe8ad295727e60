//! The kinds of ports.

use crate::chat::Protocol;

/// The kind of a port: what its clients speak at first, and how they come to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PortKind {
    /// `--port`: lines for people, and JSON after a first line of JSON.
    Plain,
    /// `--json-port`.
    Json,
    /// `--web-port`.
    Web,
    /// `--proxy-port`: as `Plain`, behind a header of a proxy.
    Proxied,
}

impl PortKind {
    /// All, each at its [index](Self::index).
    pub const ALL: [Self; 4] = [Self::Plain, Self::Json, Self::Web, Self::Proxied];

    /// The place of this kind in an array with something for each.
    pub const fn index(self) -> usize {
        match self {
            Self::Plain => 0,
            Self::Json => 1,
            Self::Web => 2,
            Self::Proxied => 3,
        }
    }

    /// The name that metrics use.
    pub fn label(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Json => "json",
            Self::Web => "web",
            Self::Proxied => "proxy",
        }
    }

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

const _: () = {
    let mut index = 0;
    while index < PortKind::ALL.len() {
        assert!(PortKind::ALL[index].index() == index);
        index += 1;
    }
};
