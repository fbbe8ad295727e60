//! The head of a browser's request.

use std::net::{IpAddr, Ipv4Addr};

use super::Input;
use crate::config::Glass;
use crate::server::fuzzing::{Answer, Request, parse_head, switching};

const LOCAL: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// Another name of this server.
const HOSTS: &str = "chat.example.org";
/// The page on another machine.
const OTHERS: &str = "https://b.example.org:8443";

/// The head of a request that opens a WebSocket, up to its last header fields.
const OPENING: &[u8] =
    b"GET /chat HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n";

/// Flags: 1 has runs, 2 puts the stream behind the beginning of an opening.
pub fn check(bytes: &[u8]) {
    let Some(input) = Input::of(bytes) else { return };
    let mut stream = input.expanded();
    if input.flags & 2 != 0 {
        stream = [OPENING, &stream[..]].concat();
    }
    let whole = parse_head(&stream, LOCAL, HOSTS, OTHERS);
    match &whole {
        Ok(None) => assert!(stream.len() < 8 * 1024 + 1, "the end of an endless head"),
        Ok(Some(Request::Open { key })) => opening_is_right(&stream, key),
        Ok(Some(Request::Part { part, host })) => {
            is_own(host);
            is_an_answer(&Answer::part(*part, host, OTHERS, 1337, Glass::Off).bytes());
        }
        Err((refusal, reason)) => is_an_answer(&refusal.answer(reason).bytes()),
    }
    // The server parses after each read, and decides as soon as it can: a later read must not change that.
    let mut read = 0;
    for piece in input.split.pieces(&stream) {
        read += piece.len();
        match parse_head(&stream[..read], LOCAL, HOSTS, OTHERS) {
            Ok(None) => {}
            // A client that sends frames before the answer breaks the protocol (RFC 6455, section 4.1).
            Ok(Some(Request::Open { .. })) if read < stream.len() => break,
            early => {
                assert_eq!(early, whole, "decided otherwise after {read} bytes");
                break;
            }
        }
    }
}

/// The request is one of this server's own page: a plain look at its lines agrees.
fn opening_is_right(head: &[u8], key: &str) {
    let text = String::from_utf8_lossy(head).to_ascii_lowercase();
    let fields = |name: &str| -> Vec<String> {
        let named = text.lines().filter_map(|line| line.split_once(':'));
        let named = named.filter(|(field, _)| *field == name);
        named.map(|(_, value)| value.trim().to_owned()).collect()
    };
    assert!(text.trim_start().starts_with("get /chat"), "{text}");
    let (hosts, origins) = (fields("host"), fields("origin"));
    assert_eq!((hosts.len(), origins.len()), (1, 1), "{text}");
    is_own(&hosts[0]);
    let origin = origins[0].split_once("://");
    assert!(origin.is_some_and(|(_, host)| host == hosts[0]), "{text}");
    assert_eq!(fields("sec-websocket-key"), [key.to_ascii_lowercase()]);
    let answer = switching(key);
    assert!(answer.ends_with(b"\r\n\r\n") && answer.is_ascii());
}

/// The name in the address means this server.
fn is_own(host: &str) {
    let name = host.rsplit_once(':').map_or(host, |(name, port)| match port.parse::<u128>() {
        Ok(_) => name,
        Err(_) if port.is_empty() || port.bytes().all(|digit| digit.is_ascii_digit()) => name,
        Err(_) => host,
    });
    let name = name.trim_matches(['[', ']']).to_ascii_lowercase();
    let known = ["localhost", "127.0.0.1", "::ffff:127.0.0.1", HOSTS].contains(&name.as_str());
    let is_local = name.parse::<IpAddr>().is_ok_and(|address| address.to_canonical() == LOCAL);
    assert!(known || is_local, "{host:?}");
    // It becomes a part of a header field.
    assert!(!host.contains(|c: char| c.is_control() || c.is_whitespace() || c == ';'), "{host:?}");
}

/// An answer is a whole response, and its length is right.
fn is_an_answer(bytes: &[u8]) {
    let mut fields = [httparse::EMPTY_HEADER; 32];
    let mut response = httparse::Response::new(&mut fields);
    let parsed = response.parse(bytes);
    let Ok(httparse::Status::Complete(head)) = parsed else {
        panic!("{parsed:?}: {}", bytes.escape_ascii());
    };
    let length = response.headers.iter().find(|field| field.name == "Content-Length");
    let length = length.map(|field| String::from_utf8_lossy(field.value).into_owned());
    assert_eq!(length, Some((bytes.len() - head).to_string()));
}
