//! Recognises programs that came to the wrong port by the first line they send.
//!
//! This is a defence. Any web page can make a browser on this machine send a request with any body to a port on loopback,
//! where everybody is an operator by default. The request line comes first, so it gives the browser away.

use crate::chat::Stranger;

/// The end of every HTTP request line, before the digits of the version: `GET / HTTP/1.1` (RFC 9112, section 3).
const VERSION: &[u8] = b" HTTP/";

/// Watches for strangers during the first line that is not blank.
#[derive(Debug, Default)]
pub(in crate::protocol) struct Watch {
    /// How many bytes of [`VERSION`] the line ends with so far. Used once the line is too long to be kept.
    version_seen: u8,
}

impl Watch {
    /// Looks at a whole line.
    pub(in crate::protocol) fn look_at_line(&self, line: &str) -> Option<Stranger> {
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
