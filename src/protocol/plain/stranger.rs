//! Recognises programs that came to the wrong port by the first line they send.
//!
//! This is a defence. Any web page can make a browser on this machine send a request with any body to a port on loopback,
//! where everybody is an operator by default. The request line comes first, so it gives the browser away.

use crate::chat::Stranger;

/// The end of every HTTP request line, before the digits of the version: `GET / HTTP/1.1` (RFC 9112, section 3).
const VERSION: &[u8] = b" HTTP/";

/// The beginning of a PROXY header in its binary form (version 2 of HAProxy's PROXY protocol). It looks like blank lines
/// and the word QUIT, so that servers which do not expect it say goodbye.
const PROXY_SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";

/// Watches for strangers during the first line that is not blank.
#[derive(Debug)]
pub(in crate::protocol) struct Watch {
    /// How many bytes of [`PROXY_SIGNATURE`] the connection begins with, or `None` if it begins otherwise.
    signature_seen: Option<usize>,
    /// How many bytes of [`VERSION`] the line ends with so far. Used once the line is too long to be kept.
    version_seen: u8,
}

impl Default for Watch {
    fn default() -> Self {
        Watch { signature_seen: Some(0), version_seen: 0 }
    }
}

impl Watch {
    /// Follows the bytes of the connection from its first on.
    pub(in crate::protocol) fn follow(&mut self, bytes: &[u8]) {
        let agrees = |seen: &usize| PROXY_SIGNATURE[*seen..].starts_with(bytes);
        self.signature_seen = self.signature_seen.filter(agrees).map(|seen| seen + bytes.len());
    }

    /// Whether the line that has just ended is a part of a binary PROXY header, and not its last.
    pub(in crate::protocol) fn is_within_signature(&self) -> bool {
        self.signature_seen.is_some_and(|seen| seen < PROXY_SIGNATURE.len())
    }

    /// Looks at a whole line.
    pub(in crate::protocol) fn look_at_line(&self, line: &str) -> Option<Stranger> {
        if self.signature_seen == Some(PROXY_SIGNATURE.len()) || is_proxy_header(line) {
            return Some(Stranger::Proxy);
        }
        if line.strip_prefix("SSH-").is_some_and(begins_with_digit) {
            return Some(Stranger::Ssh);
        }
        is_request(line).then_some(Stranger::Http)
    }

    /// Looks at the beginning of a line that has become too long.
    pub(in crate::protocol) fn look_at_long(&mut self, start: &[u8]) -> Option<Stranger> {
        if begins_like_request(start) {
            return Some(Stranger::Http);
        }
        self.look_at_skipped(start)
    }

    /// Looks at more of a line that is too long. Even an HTTP method can have thousands of letters: a page may choose any
    /// method if DNS rebinding makes the browser believe that this port belongs to the page's own server.
    pub(in crate::protocol) fn look_at_skipped(&mut self, run: &[u8]) -> Option<Stranger> {
        for &byte in run {
            self.version_seen = match VERSION.get(usize::from(self.version_seen)) {
                Some(&expected) if byte == expected => self.version_seen + 1,
                None if byte.is_ascii_digit() => return Some(Stranger::Http),
                // `VERSION` begins with its only blank, so only a blank can begin it again.
                _ => u8::from(byte == VERSION[0]),
            };
        }
        None
    }
}

/// Whether bytes begin with the type and the major version of a TLS handshake record (RFC 8446, section 5.1).
pub(in crate::protocol) fn begins_like_tls(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0x16, 0x03])
}

/// Whether a line is a PROXY header in its text form: `PROXY TCP4 192.0.2.7 192.0.2.1 40000 1337`, `PROXY UNKNOWN`.
fn is_proxy_header(line: &str) -> bool {
    let rest = line.strip_prefix("PROXY ");
    rest.is_some_and(|rest| {
        ["TCP4", "TCP6", "UNKNOWN"].iter().any(|family| rest.starts_with(family))
    })
}

/// Whether a line is `method target HTTP/digit…`. A target is a path, a star, or contains a colon (RFC 9112, section
/// 3.2). This lets a person say "I like HTTP/1.1".
fn is_request(line: &str) -> bool {
    let mut words = line.split_ascii_whitespace();
    let (Some(method), Some(target), Some(version)) = (words.next(), words.next(), words.next())
    else {
        return false;
    };
    is_method(method.as_bytes())
        && (target.starts_with('/') || target == "*" || target.contains(':'))
        && version.strip_prefix("HTTP/").is_some_and(begins_with_digit)
}

/// Whether a line begins with `method target…`, where the target does not look like a word.
fn begins_like_request(start: &[u8]) -> bool {
    let Some(blank) = start.iter().position(|&byte| byte == b' ') else {
        return false;
    };
    let target = &start[blank + 1..];
    is_method(&start[..blank])
        && [&b"/"[..], b"*", b"http"].iter().any(|form| target.starts_with(form))
}

/// Whether this could be an HTTP method, which is any token (RFC 9110, sections 5.6.2 and 9.1).
fn is_method(word: &[u8]) -> bool {
    let is_token = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    !word.is_empty() && word.iter().all(is_token)
}

fn begins_with_digit(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
}
