//! The address of a server: `HOST:PORT`, `[IPV6]:PORT` or a port on this machine.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::str::FromStr;

use crate::config::Bind;

/// The address of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    host: Host,
    pub(super) port: u16,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Host {
    /// 127.0.0.1, then ::1: the addresses on which the server listens by default.
    Localhost,
    Ip(IpAddr),
    /// A name to look up.
    Name(String),
}

impl FromStr for Address {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let expected = "a port, HOST:PORT or [IPV6]:PORT";
        let (host, port) = text.rsplit_once(':').unwrap_or(("localhost", text));
        // Rust parses `+80` as a number.
        let digits = port.bytes().all(|byte| byte.is_ascii_digit());
        let port = port.parse().ok().filter(|&port: &u16| digits && port != 0);
        let port = port.ok_or(expected)?;
        let host = match host.strip_prefix('[') {
            Some(v6) => {
                let v6 = v6.strip_suffix(']').and_then(|v6| v6.parse().ok());
                Host::Ip(IpAddr::V6(v6.ok_or(expected)?))
            }
            None if host.eq_ignore_ascii_case("localhost") => Host::Localhost,
            None => match host.parse() {
                Ok(v4) => Host::Ip(IpAddr::V4(v4)),
                Err(_) if is_name(host) => Host::Name(host.to_owned()),
                Err(_) => return Err(expected),
            },
        };
        Ok(Self { host, port })
    }
}

/// Accepts host names (RFC 1123, section 2.1), and underscores too, which container networks use.
fn is_name(host: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    !host.is_empty() && host.bytes().all(is_part)
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Host::Localhost => write!(f, "localhost:{}", self.port),
            Host::Ip(ip) => SocketAddr::new(*ip, self.port).fmt(f),
            Host::Name(name) => write!(f, "{name}:{}", self.port),
        }
    }
}

impl Address {
    /// The address at which this machine reaches a server with these settings.
    pub(super) fn of_server(bind: Bind, port: u16) -> Self {
        let host = match bind {
            Bind::Address(ip) if !ip.is_unspecified() => Host::Ip(ip),
            // A wildcard address includes localhost.
            Bind::Address(_) | Bind::Localhost => Host::Localhost,
        };
        Self { host, port }
    }

    /// The socket addresses, in the order in which to try them.
    ///
    /// # Errors
    /// The name lookup fails.
    pub fn candidates(&self) -> io::Result<Vec<SocketAddr>> {
        let at = |ip| SocketAddr::new(ip, self.port);
        Ok(match &self.host {
            Host::Localhost => vec![at(Ipv4Addr::LOCALHOST.into()), at(Ipv6Addr::LOCALHOST.into())],
            Host::Ip(ip) => vec![at(*ip)],
            Host::Name(name) => (name.as_str(), self.port).to_socket_addrs()?.collect(),
        })
    }
}
