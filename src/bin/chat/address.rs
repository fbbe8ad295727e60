//! The address of a chat: `chat://host`, `chat://host:port`, or several of them as in `chat://host:port,host:port`.

use std::fmt;
use std::str::FromStr;

use chatserv::healthcheck::Address;
use serde::{Deserialize, Serialize};

/// The scheme of an address, which is case-insensitive (RFC 3986, section 3.1).
const SCHEME: &str = "chat://";

/// The default port, on which a server listens unless it is told otherwise.
const PORT: u16 = 1337;

#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Url {
    /// Hosts and ports, as messages show them. Never empty.
    addresses: Vec<Address>,
}

impl Url {
    /// Returns whether the text is meant as an address of a server, even if the address is not valid.
    pub fn is_meant(text: &str) -> bool {
        without_scheme(text).is_some()
    }

    /// The addresses, the one to try first at the front. There is at least one.
    pub fn addresses(&self) -> &[Address] {
        &self.addresses
    }
}

/// Returns whether the text is a port. Rust would parse `+80` as a number, but a port consists of digits.
fn is_port(text: &str) -> bool {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    digits && text.parse().is_ok_and(|port: u16| port != 0)
}

/// Returns the part after `chat://`.
fn without_scheme(text: &str) -> Option<&str> {
    let (scheme, rest) = text.split_at_checked(SCHEME.len())?;
    scheme.eq_ignore_ascii_case(SCHEME).then_some(rest)
}

impl FromStr for Url {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let rest = without_scheme(text)
            .ok_or("a server address looks like chat://HOST:PORT, as in chat://localhost:1337")?;
        // An empty path is equivalent to no path (RFC 3986, section 6.2.3).
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        if rest.contains(['/', '?', '#']) {
            return Err("nothing may follow the port, as in chat://localhost:1337");
        }
        if rest.contains('@') {
            return Err("the user comes before the server, as in chat luca chat://localhost:1337");
        }
        let addresses = rest.split(',').map(address).collect::<Result<_, _>>()?;
        Ok(Self { addresses })
    }
}

/// Reads one address, whose port is optional.
fn address(rest: &str) -> Result<Address, &'static str> {
    // The brackets of an IPv6 address contain colons, and none of them starts a port.
    let port = rest.rsplit(']').next().and_then(|end| end.rsplit_once(':'));
    let rest = match port {
        Some((_, port)) if is_port(port) => rest.to_owned(),
        Some(_) => return Err("the port is a number from 1 to 65535"),
        // A number alone is meant as a port, although the system would parse it as an IPv4 address.
        None if is_port(rest) || rest.is_empty() => {
            return Err("the host is missing, as in chat://localhost:1337");
        }
        None => format!("{rest}:{PORT}"),
    };
    rest.parse().map_err(|_| "the host is a name, an IPv4 address, or an IPv6 address in brackets")
}

impl TryFrom<String> for Url {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Url> for String {
    fn from(url: Url) -> Self {
        url.to_string()
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, address) in self.addresses.iter().enumerate() {
            let before = if number == 0 { SCHEME } else { "," };
            write!(f, "{before}{address}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_and_written() {
        for (given, shown) in [
            ("chat://localhost:1337", "localhost:1337"),
            ("CHAT://Example.org:1", "Example.org:1"),
            ("chat://192.0.2.7:65535", "192.0.2.7:65535"),
            ("chat://[::1]:1337", "[::1]:1337"),
            ("chat://[2001:DB8:0::1]:80", "[2001:db8::1]:80"),
            ("chat://my_host.local:1337", "my_host.local:1337"),
            ("chat://localhost", "localhost:1337"),
            ("chat://localhost/", "localhost:1337"),
            ("chat://[::1]", "[::1]:1337"),
            ("chat://[::1]:42/", "[::1]:42"),
            ("chat://a,b:1,[::1],c:2/", "a:1337,b:1,[::1]:1337,c:2"),
        ] {
            let url: Url = given.parse().unwrap_or_else(|reason| panic!("{given}: {reason}"));
            assert_eq!(url.to_string(), format!("chat://{shown}"));
            assert_eq!(url.to_string().parse(), Ok(url));
        }
    }

    #[test]
    fn what_is_wrong_with_an_address_is_said() {
        let wrong = [
            ("", "a server address looks like"),
            ("localhost:1337", "a server address looks like"),
            ("chat://1337", "the host is missing"),
            ("chat://", "the host is missing"),
            ("chat://localhost:", "the port is a number"),
            ("chat://localhost:0", "the port is a number"),
            ("chat://localhost:65536", "the port is a number"),
            ("chat://localhost:http", "the port is a number"),
            ("chat://localhost:1337//", "nothing may follow"),
            ("chat://localhost:1337/lobby", "nothing may follow"),
            ("chat://localhost:1337?room=dev", "nothing may follow"),
            ("chat://luca@localhost:1337", "the user comes before"),
            ("chat://:1337", "the host is"),
            ("chat://::1:1337", "the host is"),
            ("chat://[::1", "the host is"),
            ("chat://two words:1337", "the host is"),
            ("chat://a,", "the host is missing"),
            ("chat://a,,b", "the host is missing"),
            ("chat://a, b", "the host is"),
            ("chat://a,chat://b", "nothing may follow"),
        ];
        for (given, beginning) in wrong {
            let reason = given.parse::<Url>().unwrap_err();
            assert!(reason.starts_with(beginning), "{given:?}: {reason}");
        }
    }
}
