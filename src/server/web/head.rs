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

/// Whether the head is there to its end, as far as one can see without parsing it.
pub fn is_complete(bytes: &[u8]) -> bool {
    bytes.windows(4).any(|end| end == b"\r\n\r\n") || bytes.windows(2).any(|end| end == b"\n\n")
}

/// Parses a head that came to the socket with the address `local`. `hosts` are further names of this server, separated by
/// commas.
///
/// # Errors
/// The status of the refusal, and the reason for people.
pub fn parse(bytes: &[u8], local: IpAddr, hosts: &str) -> Result<Request, (Refusal, &'static str)> {
    let malformed = |reason| (Refusal::Malformed, reason);
    let mut fields = [EMPTY_HEADER; limits::HTTP_HEADERS_MAX];
    let mut request = httparse::Request::new(&mut fields);
    let length = match request.parse(bytes) {
        Ok(Status::Complete(length)) => length,
        Err(Error::TooManyHeaders) => {
            return Err((Refusal::HeadTooLarge, "The request has too many header fields."));
        }
        Ok(Status::Partial) | Err(_) => return Err(malformed("This is not an HTTP request.")),
    };
    if length > limits::HTTP_HEAD_BYTES_MAX {
        return Err((Refusal::HeadTooLarge, "The head of the request is too long."));
    }
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
        return Ok(Request::Part { part, host: host.to_owned() });
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
    let origin = head.one("Origin")?.and_then(|origin| origin.split_once("://"));
    if !origin.is_some_and(|(_, origin)| origin.eq_ignore_ascii_case(host)) {
        return Err((
            Refusal::Forbidden,
            "Only this server's own page may open a WebSocket here. Programs use --json-port.",
        ));
    }
    if bytes.len() > length {
        return Err(malformed("Something follows the head of the request."));
    }
    Ok(Request::Open { key: key.to_owned() })
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
mod tests {
    use super::*;
    use Refusal::{Forbidden, HeadTooLarge, Malformed, NotAllowed, NotFound, UpgradeRequired};

    const LOCAL: &str = "127.0.0.1";
    const GOOD: &str = "GET /chat HTTP/1.1\n\
                        Host: localhost:8080\n\
                        Upgrade: websocket\n\
                        Connection: keep-alive, Upgrade\n\
                        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n\
                        Sec-WebSocket-Version: 13\n\
                        Origin: http://localhost:8080\n\n";

    fn ask(head: &str, hosts: &str) -> Result<Request, Refusal> {
        let bytes = head.replace('\n', "\r\n");
        assert!(is_complete(bytes.as_bytes()));
        parse(bytes.as_bytes(), LOCAL.parse().unwrap(), hosts).map_err(|(refusal, _)| refusal)
    }

    /// `GOOD` with one line replaced; an empty one goes.
    fn with(field: &str, line: &str) -> String {
        let line = if line.is_empty() { String::new() } else { format!("{line}\n") };
        let is_field = |old: &str| old.starts_with(field);
        let lines = GOOD.trim_end().lines();
        let lines: String = lines
            .map(|old| if is_field(old) { line.clone() } else { format!("{old}\n") })
            .collect();
        lines + "\n"
    }

    #[test]
    fn the_handshake_of_the_standard() {
        let opened = Ok(Request::Open { key: "dGhlIHNhbXBsZSBub25jZQ==".into() });
        let table = [
            // RFC 6455, section 4.1 and 4.2.1: what a client may send.
            ("GET", "GET /chat HTTP/1.1", opened.clone()),
            ("GET", "GET /chat?x=y HTTP/1.1", opened.clone()),
            ("Upgrade", "upgrade: WebSocket", opened.clone()),
            ("Upgrade", "Upgrade: h2c, websocket", opened.clone()),
            ("Connection", "connection: UPGRADE", opened.clone()),
            ("Connection", "Connection: keep-alive\nConnection: upgrade", opened.clone()),
            ("Origin", "origin: https://LOCALHOST:8080", opened.clone()),
            ("Sec-WebSocket-Version", "Sec-WebSocket-Version:   13  ", opened.clone()),
            ("X", "", opened),
            // What it may not.
            ("GET", "GET /chat HTTP/1.0", Err(UpgradeRequired)),
            ("GET", "POST /chat HTTP/1.1", Err(NotAllowed)),
            ("GET", "HEAD / HTTP/1.1", Err(NotAllowed)),
            ("GET", "GET /chat/ HTTP/1.1", Err(NotFound)),
            ("GET", "GET http://localhost:8080/chat HTTP/1.1", Err(NotFound)),
            ("GET", "GET  HTTP/1.1", Err(Malformed)),
            ("GET", "GET /chat HTTP/2.0", Err(Malformed)),
            ("GET", "GET /chat\u{7f} HTTP/1.1", Err(Malformed)),
            ("Host", "", Err(Malformed)),
            ("Host", "Host: localhost:8080\nHost: localhost:8080", Err(Malformed)),
            ("Host", "Host : localhost:8080", Err(Malformed)),
            ("Upgrade", "", Err(UpgradeRequired)),
            ("Upgrade", "Upgrade: websocket2", Err(UpgradeRequired)),
            ("Connection", "", Err(UpgradeRequired)),
            ("Connection", "Connection: close", Err(UpgradeRequired)),
            ("Sec-WebSocket-Version", "", Err(UpgradeRequired)),
            ("Sec-WebSocket-Version", "Sec-WebSocket-Version: 8", Err(UpgradeRequired)),
            ("Sec-WebSocket-Version", "Sec-WebSocket-Version: 13, 8", Err(UpgradeRequired)),
            ("Sec-WebSocket-Key", "", Err(UpgradeRequired)),
            ("Sec-WebSocket-Key", "Sec-WebSocket-Key: dGhl", Err(UpgradeRequired)),
            (
                "Sec-WebSocket-Key",
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZ!==",
                Err(UpgradeRequired),
            ),
            (
                "Sec-WebSocket-Key",
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQAA",
                Err(UpgradeRequired),
            ),
            // Pages of others.
            ("Origin", "", Err(Forbidden)),
            ("Origin", "Origin: null", Err(Forbidden)),
            ("Origin", "Origin: http://localhost", Err(Forbidden)),
            ("Origin", "Origin: http://localhost:8081", Err(Forbidden)),
            ("Origin", "Origin: http://127.0.0.1:8080", Err(Forbidden)),
            ("Origin", "Origin: http://evil.example", Err(Forbidden)),
            ("Origin", "Origin: http://localhost:8080.evil.example", Err(Forbidden)),
            (
                "Origin",
                "Origin: http://localhost:8080\nOrigin: http://evil.example",
                Err(Malformed),
            ),
            ("Host", "Host: evil.example", Err(Forbidden)),
        ];
        for (field, line, expected) in table {
            assert_eq!(ask(&with(field, line), ""), expected, "{line}");
        }
        // The client has to wait for the answer.
        let early = format!("{GOOD}\u{1}");
        assert_eq!(ask(&early, ""), Err(Malformed));
    }

    #[test]
    fn a_host_is_localhost_the_own_address_or_one_that_the_operator_named() {
        let own =
            ["localhost", "LOCALHOST:1", "127.0.0.1", "127.0.0.1:8080", "[::ffff:127.0.0.1]:80"];
        let named = ["chat.example.org", "Chat.Example.org:443", "[2001:db8::1]:8080", "10.1.2.3"];
        let foreign = [
            "evil.example",
            "127.0.0.2",
            "[::1]",
            "::1",
            "localhost.evil.example",
            "localhost:x",
            "localhost:80:80",
            "",
            "localhost, x",
            "user@localhost",
            "[localhost",
            "[127.0.0.1]x",
            "chat.example.org.",
        ];
        for (hosts, good, bad) in [
            ("", &own[..], [&named[..], &foreign].concat()),
            (
                "chat.example.org,2001:db8::1,10.1.2.3",
                &[&own[..], &named].concat(),
                foreign.to_vec(),
            ),
        ] {
            for (host, is_good) in
                good.iter().map(|host| (host, true)).chain(bad.iter().map(|host| (host, false)))
            {
                let asked = ask(&format!("GET / HTTP/1.1\nHost: {host}\n\n"), hosts);
                let page = Request::Part { part: Part::Document, host: (*host).to_owned() };
                assert_eq!(
                    asked,
                    if is_good { Ok(page) } else { Err(Forbidden) },
                    "{host:?}, {hosts:?}"
                );
            }
        }
    }

    #[test]
    fn the_parts_of_the_page_have_their_paths_and_nothing_else_has() {
        for (path, part) in [
            ("/", Part::Document),
            ("/app.js", Part::Script),
            ("/style.css", Part::Style),
            ("/?x", Part::Document),
            ("/glass", Part::GlassDocument),
            ("/glass.js", Part::GlassScript),
            ("/glass.css", Part::GlassStyle),
        ] {
            let asked = ask(&format!("GET {path} HTTP/1.1\nHost: localhost\n\n"), "");
            assert_eq!(asked, Ok(Request::Part { part, host: "localhost".into() }));
        }
        for path in [
            "/index.html",
            "//",
            "/../etc/passwd",
            "/favicon.ico",
            "/glass/",
            "*",
            "/APP.JS",
            "/%61pp.js",
        ] {
            let asked = ask(&format!("GET {path} HTTP/1.1\nHost: localhost\n\n"), "");
            assert_eq!(asked, Err(NotFound), "{path}");
        }
    }

    #[test]
    fn a_head_has_limits() {
        let fields = |count: usize| "A: b\n".repeat(count);
        let head = |rest: &str| format!("GET / HTTP/1.1\nHost: localhost\n{rest}\n");
        assert!(ask(&head(&fields(limits::HTTP_HEADERS_MAX - 1)), "").is_ok());
        assert_eq!(ask(&head(&fields(limits::HTTP_HEADERS_MAX)), ""), Err(HeadTooLarge));
        let long = |bytes| head(&format!("A: {}\n", "b".repeat(bytes)));
        assert!(ask(&long(limits::HTTP_HEAD_BYTES_MAX - 100), "").is_ok());
        assert_eq!(ask(&long(limits::HTTP_HEAD_BYTES_MAX), ""), Err(HeadTooLarge));
    }
}
