//! The header by which a proxy tells whom a connection is from: versions 1 and 2 of HAProxy's PROXY protocol
//! (<https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt>).
//!
//! The bytes of the client follow at once, so nobody may read beyond the header: [`parse`] says how many bytes are surely
//! still part of it.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::fmt;

/// The beginning of version 1, a line of text.
const TEXT: &[u8] = b"PROXY ";

/// The longest header of version 1, its line end included.
const TEXT_BYTES_MAX: usize = 107;

/// The shortest: `PROXY UNKNOWN`.
const TEXT_BYTES_MIN: usize = 15;

/// The beginning of version 2.
const SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";

/// The part of version 2 that always has the same length: the signature, a byte each for version and family, and the length
/// of the rest.
const FIXED_BYTES: usize = 16;

/// The longest header of version 2 that is accepted. The addresses take 36 bytes, and a proxy may append more about the
/// connection, of which the standard wants a receiver to take 500.
const BINARY_BYTES_MAX: usize = 4096;

/// The other end of the connection, as the header names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A client with this address, which is canonical.
    Client(SocketAddr),
    /// The proxy itself, which checks whether the server is healthy, or a client of which it gives no Internet address.
    Proxy,
}

/// The result of parsing the beginning of a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parsed {
    /// At least so many more bytes belong to it.
    More(usize),
    /// It is complete.
    Complete(Origin),
}

/// Why bytes are no header. More bytes would not change it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeaderError {
    /// The connection begins with something else.
    Missing,
    /// It begins as one does, and goes on otherwise.
    Malformed,
    /// It is longer than any that makes sense.
    TooLong,
}

impl fmt::Display for HeaderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => {
                "no PROXY header comes first. Have the proxy send one, or send it to another port"
            }
            Self::Malformed => "the PROXY header is malformed",
            Self::TooLong => "the PROXY header is too long",
        })
    }
}

/// Parses what has come so far, which is no more than earlier calls have allowed: one byte at first, and then as many as each
/// [`Parsed::More`] says.
///
/// # Errors
/// This is no header.
pub fn parse(bytes: &[u8]) -> Result<Parsed, HeaderError> {
    if bytes.is_empty() {
        return Ok(Parsed::More(1));
    }
    let begins_like = |start: &[u8]| {
        let both = start.len().min(bytes.len());
        start[..both] == bytes[..both]
    };
    if begins_like(SIGNATURE) {
        parse_binary(bytes)
    } else if begins_like(TEXT) {
        parse_text(bytes)
    } else {
        Err(HeaderError::Missing)
    }
}

/// `PROXY TCP4 192.0.2.7 192.0.2.1 40000 1337` or `PROXY UNKNOWN`, and CR LF.
fn parse_text(bytes: &[u8]) -> Result<Parsed, HeaderError> {
    let Some(line) = bytes.strip_suffix(b"\r\n") else {
        return match bytes {
            _ if bytes.contains(&b'\n') => Err(HeaderError::Malformed),
            // The line end is to come.
            _ if bytes.len() >= TEXT_BYTES_MAX => Err(HeaderError::TooLong),
            _ if bytes.len() < TEXT_BYTES_MIN => Ok(Parsed::More(TEXT_BYTES_MIN - bytes.len())),
            [.., b'\r'] => Ok(Parsed::More(1)),
            _ => Ok(Parsed::More(2.min(TEXT_BYTES_MAX - bytes.len()))),
        };
    };
    let line = line.strip_prefix(TEXT).unwrap_or_default();
    if line.contains(&b'\n') {
        return Err(HeaderError::Malformed);
    }
    let is_unknown = line.strip_prefix(b"UNKNOWN").is_some_and(|rest| {
        // The specification has a receiver ignore the rest of the line.
        rest.is_empty() || rest.starts_with(b" ")
    });
    if is_unknown {
        return Ok(Parsed::Complete(Origin::Proxy));
    }
    let client = std::str::from_utf8(line).ok().and_then(client_of_text);
    client.map(|client| Parsed::Complete(Origin::Client(client))).ok_or(HeaderError::Malformed)
}

fn client_of_text(line: &str) -> Option<SocketAddr> {
    let mut words = line.split(' ');
    let mut next = || words.next();
    let (family, client, server) = (next()?, next()?, next()?);
    let (port, server_port) = (next()?, next()?);
    let parse = |address: &str| match family {
        "TCP4" => address.parse::<Ipv4Addr>().ok().map(IpAddr::V4),
        "TCP6" => address.parse::<Ipv6Addr>().ok().map(IpAddr::V6),
        _ => None,
    };
    let is_number = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    let parse_port = |port: &str| port.parse::<u16>().ok().filter(|_| is_number(port));
    parse(server)?;
    parse_port(server_port)?;
    let client = SocketAddr::new(parse(client)?.to_canonical(), parse_port(port)?);
    next().is_none().then_some(client)
}

fn parse_binary(bytes: &[u8]) -> Result<Parsed, HeaderError> {
    if let Some(missing @ 1..) = FIXED_BYTES.checked_sub(bytes.len()) {
        return Ok(Parsed::More(missing));
    }
    let (fixed, rest) = bytes.split_at(FIXED_BYTES);
    let length = usize::from(u16::from_be_bytes([fixed[14], fixed[15]]));
    // The high digit is the version, the low one says who speaks.
    let is_of_client = match fixed[12] {
        0x20 => false,
        0x21 => true,
        _ => return Err(HeaderError::Malformed),
    };
    // Unspecified; streams and datagrams over IPv4, IPv6 and Unix sockets.
    let addresses_length = match fixed[13] {
        0x00 => 0,
        0x11 | 0x12 => 12,
        0x21 | 0x22 => 36,
        0x31 | 0x32 => 216,
        _ => return Err(HeaderError::Malformed),
    };
    // A proxy that speaks for itself may give any addresses, or none.
    if is_of_client && length < addresses_length {
        return Err(HeaderError::Malformed);
    }
    if FIXED_BYTES + length > BINARY_BYTES_MAX {
        return Err(HeaderError::TooLong);
    }
    if let Some(missing @ 1..) = length.checked_sub(rest.len()) {
        return Ok(Parsed::More(missing));
    }
    // Client, server, client's port, server's port. What follows them says more about the connection, and is skipped.
    let port = |at: usize| u16::from_be_bytes([rest[at], rest[at + 1]]);
    let client = match addresses_length {
        _ if !is_of_client => None,
        12 => first(rest).map(|bytes: [u8; 4]| SocketAddr::from((bytes, port(8)))),
        36 => first(rest).map(|bytes: [u8; 16]| SocketAddr::from((bytes, port(32)))),
        _ => None,
    };
    Ok(Parsed::Complete(match client {
        Some(client) => Origin::Client(SocketAddr::new(client.ip().to_canonical(), client.port())),
        None => Origin::Proxy,
    }))
}

fn first<const N: usize>(bytes: &[u8]) -> Option<[u8; N]> {
    bytes.first_chunk().copied()
}
