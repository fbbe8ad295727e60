//! Bans: of a name, of a network, or of both.

use core::net::{IpAddr, Ipv6Addr};
use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A ban by an operator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the other fields are self-explanatory")]
pub struct Ban {
    /// Nobody may use this name, or one that looks like it.
    pub name: Option<Arc<str>>,
    pub network: Option<Network>,
    /// `None` if the ban has no end.
    pub until: Option<Timestamp>,
    pub reason: Option<String>,
    pub by: Arc<str>,
}

impl Ban {
    /// Whether the ban has not expired.
    pub(super) fn holds(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

/// The unit of a ban by address: an IPv4 address (a /32), or the /64 network of an IPv6 address, since one machine can use
/// every address of its /64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Network(IpAddr);

impl Network {
    /// The network of an address. `::ffff:192.0.2.7` counts as 192.0.2.7.
    pub fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V6(v6) if !v6.is_loopback() => {
                let [a, b, c, d, ..] = v6.segments();
                Network(IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0)))
            }
            other => Network(other),
        }
    }

    /// Parses an address, or a network as [`Display`](fmt::Display) writes it: `192.0.2.7`, `192.0.2.7/32`,
    /// `2001:db8::1`, `2001:db8::/64`, `[2001:db8::1]`.
    pub fn parse(text: &str) -> Option<Self> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (text, None),
        };
        let bare = address.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        let network = Network::of(bare.unwrap_or(address).parse().ok()?);
        let expected = if network.0.is_ipv4() { "32" } else { "64" };
        length.is_none_or(|length| length == expected).then_some(network)
    }

    /// Whether this is the server's own machine.
    pub fn is_loopback(self) -> bool {
        self.0.is_loopback()
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            IpAddr::V4(v4) => write!(f, "{v4}"),
            IpAddr::V6(v6) if v6.is_loopback() => write!(f, "{v6}"),
            IpAddr::V6(v6) => write!(f, "{v6}/64"),
        }
    }
}
