//! Reads the head of an HTTP request, and decides what it asks for. Pure: bytes in, decision out.

use std::net::IpAddr;

use httparse::{EMPTY_HEADER, Error, Status};

use super::answer::{Part, Refusal};
use crate::config::limits;

/// A request that the server fulfils.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// For a part of the page. The host is the server as the browser calls it.
    Part { part: Part, host: String },
    /// To open a WebSocket, with this key of the handshake.
    Open { key: String },
}

/// The bytes of a key, 16, as base64.
const KEY_CHARACTERS: usize = 24;

/// Parses what has come so far to the socket with the address `local`; none if the head may go on. `hosts` are further
/// names of this server, and `others` the addresses of the page on other machines of the chat, each separated by commas.
///
/// # Errors
/// The status of the refusal, and the reason for people. More bytes would not change it.
pub fn parse(
    bytes: &[u8],
    local: IpAddr,
    hosts: &str,
    others: &str,
) -> Result<Option<Request>, (Refusal, &'static str)> {
    let malformed = |reason| (Refusal::Malformed, reason);
    // The rest decides nothing, so the result does not depend on how the reads split the head.
    let head = &bytes[..bytes.len().min(limits::HTTP_HEAD_BYTES_MAX)];
    let mut fields = [EMPTY_HEADER; limits::HTTP_HEADERS_MAX];
    let mut request = httparse::Request::new(&mut fields);
    let length = match request.parse(head) {
        Ok(Status::Complete(length)) => length,
        Ok(Status::Partial) if head.len() < limits::HTTP_HEAD_BYTES_MAX => return Ok(None),
        Ok(Status::Partial) => {
            return Err((Refusal::HeadTooLarge, "The head of the request is too long."));
        }
        Err(Error::TooManyHeaders) => {
            return Err((Refusal::HeadTooLarge, "The request has too many header fields."));
        }
        Err(_) => return Err(malformed("This is not an HTTP request.")),
    };
    let (path, method) = (request.path.unwrap_or_default(), request.method.unwrap_or_default());
    let head = Head { fields: request.headers };
    let host = head.one("Host")?.ok_or(malformed("The request names no Host."))?;
    if !is_own(host, local, hosts) {
        return Err((
            Refusal::Forbidden,
            "This server does not know the name in the address. Its operator can allow it with --web-host NAME.",
        ));
    }
    if method != "GET" {
        return Err((Refusal::NotAllowed, "Only GET is possible here."));
    }
    let path = path.split('?').next().unwrap_or_default();
    if path != "/chat" {
        let part = Part::at(path)
            .ok_or((Refusal::NotFound, "There is no such page. The chat is at /."))?;
        return Ok(Some(Request::Part { part, host: host.to_owned() }));
    }
    let is_upgrade = request.version == Some(1)
        && head.has_token("Connection", "upgrade")
        && head.has_token("Upgrade", "websocket")
        && head.one("Sec-WebSocket-Version")? == Some("13");
    let key = head.one("Sec-WebSocket-Key")?.filter(|key| is_key(key));
    let Some(key) = key.filter(|_| is_upgrade) else {
        return Err((
            Refusal::UpgradeRequired,
            "Here the page opens its WebSocket, by version 13 of the protocol.",
        ));
    };
    let origin = head.one("Origin")?.unwrap_or_default();
    let is_own = origin.split_once("://").is_some_and(|(_, it)| it.eq_ignore_ascii_case(host));
    let is_other = |other: &str| !other.is_empty() && other.eq_ignore_ascii_case(origin);
    if !is_own && !others.split(',').any(is_other) {
        return Err((
            Refusal::Forbidden,
            "Only this server's own page and those in --web-others may open a WebSocket here. Programs use --json-port.",
        ));
    }
    if bytes.len() > length {
        return Err(malformed("Something follows the head of the request."));
    }
    Ok(Some(Request::Open { key: key.to_owned() }))
}

/// The header fields of a request.
struct Head<'a> {
    fields: &'a [httparse::Header<'a>],
}

impl<'a> Head<'a> {
    /// The values of a field, without the blanks around them.
    fn all(&self, name: &str) -> impl Iterator<Item = Option<&'a str>> {
        let named = self.fields.iter().filter(move |field| field.name.eq_ignore_ascii_case(name));
        named.map(|field| std::str::from_utf8(field.value).ok().map(str::trim))
    }

    /// The value of a field that a request has once at most.
    fn one(&self, name: &str) -> Result<Option<&'a str>, (Refusal, &'static str)> {
        let mut values = self.all(name);
        match (values.next(), values.next()) {
            (None, _) => Ok(None),
            (Some(Some(value)), None) => Ok(Some(value)),
            _ => Err((
                Refusal::Malformed,
                "A header field of the request is there twice, or no text.",
            )),
        }
    }

    /// Whether the list in a field has this word.
    fn has_token(&self, name: &str, token: &str) -> bool {
        let words = self.all(name).flatten().flat_map(|value| value.split(','));
        words.map(str::trim).any(|word| word.eq_ignore_ascii_case(token))
    }
}

/// Whether a key is 16 bytes in base64.
fn is_key(key: &str) -> bool {
    let is_base64 = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/');
    let digits = key.strip_suffix("==").unwrap_or_default();
    key.len() == KEY_CHARACTERS
        && digits.len() == KEY_CHARACTERS - 2
        && digits.chars().all(is_base64)
}

/// Whether a `Host`, with a port or without, means this server.
fn is_own(host: &str, local: IpAddr, hosts: &str) -> bool {
    let (name, port) = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, port)) => {
            (address, port.strip_prefix(':').or(port.is_empty().then_some("")))
        }
        None => match host.split_once(':') {
            Some((name, port)) => (name, Some(port)),
            None => (host, Some("")),
        },
    };
    let is_port = port.is_some_and(|port| port.bytes().all(|digit| digit.is_ascii_digit()));
    let address = name.parse::<IpAddr>().ok().map(|address| address.to_canonical());
    let is_known = |known: &str| match known.parse::<IpAddr>() {
        Ok(known) => address == Some(known.to_canonical()),
        Err(_) => known.eq_ignore_ascii_case(name),
    };
    is_port
        && (is_known("localhost")
            || address == Some(local)
            || hosts.split(',').filter(|known| !known.is_empty()).any(is_known))
}

#[cfg(test)]
mod tests;
