//! Who may not come in: a name, a network, or both.

use core::net::{IpAddr, Ipv6Addr};
use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;

/// Keeps somebody out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ban {
    /// Nobody may have this name, or one that cannot be told from it.
    pub name: Option<Arc<str>>,
    /// Nobody may come from here.
    pub network: Option<Network>,
    /// When it ends; without it, when it is taken back.
    pub until: Option<Timestamp>,
    /// Why.
    pub why: Option<String>,
    /// Which operator.
    pub by: Arc<str>,
}

/// An address as one is counted by: an IPv4 address (a /32), or the /64 that an IPv6 address is in, since whoever has
/// one address of it has them all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Network(IpAddr);

impl Network {
    /// The network of an address. An IPv4 address dressed as IPv6 is taken for itself.
    pub fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V6(v6) if !v6.is_loopback() => {
                let [a, b, c, d, ..] = v6.segments();
                Network(IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0)))
            }
            other => Network(other),
        }
    }

    /// Reads an address, or a network as it is written here: `192.0.2.7`, `192.0.2.7/32`, `2001:db8::1`, `2001:db8::/64`,
    /// `[2001:db8::1]`.
    pub fn parse(text: &str) -> Option<Self> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (text, None),
        };
        let bare = address
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'));
        let network = Network::of(bare.unwrap_or(address).parse().ok()?);
        let expected = if network.0.is_ipv4() { "32" } else { "64" };
        length
            .is_none_or(|length| length == expected)
            .then_some(network)
    }

    /// Whether it is the machine that the server runs on.
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
