//! The answers to HTTP requests. Each closes the connection, except the one that opens a WebSocket.

use std::fmt;

use tungstenite::handshake::derive_accept_key;

use crate::config::Glass;

/// A part of the page. They are in the program, so it needs no files at run time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Document,
    Script,
    Style,
    /// The page that shows the threads.
    GlassDocument,
    GlassScript,
    GlassStyle,
}

impl Part {
    /// The part with this path.
    pub fn at(path: &str) -> Option<Self> {
        match path {
            "/" => Some(Self::Document),
            "/app.js" => Some(Self::Script),
            "/style.css" => Some(Self::Style),
            "/glass" => Some(Self::GlassDocument),
            "/glass.js" => Some(Self::GlassScript),
            "/glass.css" => Some(Self::GlassStyle),
            _ => None,
        }
    }

    /// Whether it belongs to the page that shows the threads.
    pub fn is_of_glass(self) -> bool {
        matches!(self, Self::GlassDocument | Self::GlassScript | Self::GlassStyle)
    }

    fn content(self) -> (&'static str, &'static str) {
        match self {
            Self::Document => ("text/html", include_str!("page/index.html")),
            Self::Script => ("text/javascript", include_str!("page/app.js")),
            Self::Style => ("text/css", include_str!("page/style.css")),
            Self::GlassDocument => ("text/html", include_str!("page/glass.html")),
            Self::GlassScript => ("text/javascript", include_str!("page/glass.js")),
            Self::GlassStyle => ("text/css", include_str!("page/glass.css")),
        }
    }
}

/// Why a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    Malformed,
    Forbidden,
    NotFound,
    NotAllowed,
    Timeout,
    UpgradeRequired,
    HeadTooLarge,
    Unavailable,
}

impl Refusal {
    pub fn status(self) -> &'static str {
        match self {
            Self::Malformed => "400 Bad Request",
            Self::Forbidden => "403 Forbidden",
            Self::NotFound => "404 Not Found",
            Self::NotAllowed => "405 Method Not Allowed",
            Self::Timeout => "408 Request Timeout",
            Self::UpgradeRequired => "426 Upgrade Required",
            Self::HeadTooLarge => "431 Request Header Fields Too Large",
            Self::Unavailable => "503 Service Unavailable",
        }
    }

    /// The header fields that belong to this status.
    fn fields(self) -> &'static str {
        match self {
            Self::NotAllowed => "Allow: GET\r\n",
            Self::UpgradeRequired => "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n",
            Self::Unavailable => "Retry-After: 10\r\n",
            _ => "",
        }
    }

    pub fn answer(self, reason: &str) -> Answer {
        Answer { content: Content::Refusal(self, reason.trim_end().to_owned()) }
    }
}

/// The placeholders in a document for the port for telnet, for who may see the threads, and for the other machines.
const PORT: &str = "{PORT}";
const GLASS: &str = "{GLASS}";
const OTHERS: &str = "{OTHERS}";

/// An answer after which the connection ends.
#[derive(Debug)]
pub struct Answer {
    content: Content,
}

#[derive(Debug)]
enum Content {
    Part { part: Part, host: String, others: String, telnet_port: u16, glass: Glass },
    Refusal(Refusal, String),
}

impl Answer {
    /// A part of the page for a browser that calls this server `host`.
    pub fn part(part: Part, host: &str, others: &str, telnet_port: u16, glass: Glass) -> Self {
        let (host, others) = (host.to_owned(), others.to_owned());
        Self { content: Content::Part { part, host, others, telnet_port, glass } }
    }

    /// The reason of a refusal, for the log.
    pub fn refusal(&self) -> Option<impl fmt::Display> {
        match &self.content {
            Content::Part { .. } => None,
            Content::Refusal(refusal, reason) => Some(format!("{} ({reason})", refusal.status())),
        }
    }

    pub fn bytes(&self) -> Vec<u8> {
        let (status, fields, kind, body) = match &self.content {
            Content::Part { part, host, others, telnet_port, glass } => {
                let (kind, body) = part.content();
                let glass = match glass {
                    Glass::Off => "off",
                    Glass::Operators => "operators",
                    Glass::Everybody => "everybody",
                };
                let body = body.replace(PORT, &telnet_port.to_string()).replace(GLASS, glass);
                ("200 OK", policy(host, others), kind, body.replace(OTHERS, others))
            }
            Content::Refusal(refusal, reason) => {
                (refusal.status(), refusal.fields().to_owned(), "text/plain", reason.clone())
            }
        };
        let head = format!(
            "HTTP/1.1 {status}\r\n{fields}Content-Type: {kind}; charset=utf-8\r\nContent-Length: {}\r\n\
             Cache-Control: no-cache\r\nX-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n\
             Cross-Origin-Resource-Policy: same-origin\r\nConnection: close\r\n\r\n",
            body.len()
        );
        (head + &body).into_bytes()
    }
}

/// The permissions of the page. Some browsers do not count WebSockets as `'self'`. Contract: `host` and `others` are checked, so they
/// end no field.
fn policy(host: &str, others: &str) -> String {
    let others = others.split(',').filter_map(|other| other.split_once("://"));
    let others: String = others.map(|(_, other)| format!(" ws://{other} wss://{other}")).collect();
    format!(
        "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; \
         connect-src 'self' ws://{host} wss://{host}{others}; img-src data:; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'\r\n"
    )
}

/// Opens a WebSocket.
pub fn switching(key: &str) -> Vec<u8> {
    let accept = derive_accept_key(key.as_bytes());
    format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {accept}\r\n\r\n"
    )
    .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_accept_key_is_that_of_the_standard() {
        // RFC 6455, section 1.3.
        let answer = String::from_utf8(switching("dGhlIHNhbXBsZSBub25jZQ==")).unwrap();
        assert!(answer.contains("\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
        assert!(answer.starts_with("HTTP/1.1 101 "));
    }

    #[test]
    fn the_pages_are_short_and_put_nothing_that_people_say_into_markup() {
        for (parts, lines_max) in [
            ([Part::Document, Part::Script, Part::Style], 740),
            ([Part::GlassDocument, Part::GlassScript, Part::GlassStyle], 1_080),
        ] {
            let texts = parts.map(|part| part.content().1);
            let lines: usize = texts.iter().map(|text| text.lines().count()).sum();
            assert!(lines <= lines_max, "{lines} lines");
            for word in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("]
            {
                assert!(texts.iter().all(|text| !text.contains(word)), "{word}");
            }
            // The policy forbids both.
            assert!(!texts[0].contains("style=") && !texts[0].contains("onclick="));
        }
    }
}
