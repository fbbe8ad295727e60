//! The one request that the port for metrics knows: `GET /metrics`. Pure: bytes in, decision out.

use crate::config::limits;

/// Why a request has another answer than the metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestError {
    Malformed,
    NotAllowed,
    NotFound,
    TooLarge,
}

impl RequestError {
    /// The status line without the version, the header fields that belong to it, and a sentence for people.
    pub fn parts(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Malformed => ("400 Bad Request", "", "This is not an HTTP request."),
            Self::NotAllowed => {
                ("405 Method Not Allowed", "Allow: GET\r\n", "Only GET is possible here.")
            }
            Self::NotFound => ("404 Not Found", "", "There is no such page. Get /metrics."),
            Self::TooLarge => {
                ("431 Request Header Fields Too Large", "", "The head of the request is too long.")
            }
        }
    }
}

/// Parses what has come so far; none if the head may go on. The fields of the head decide nothing.
pub fn parse(bytes: &[u8]) -> Option<Result<(), RequestError>> {
    let head = &bytes[..bytes.len().min(limits::METRICS_HEAD_BYTES_MAX)];
    let end = head.windows(4).position(|four| four == b"\r\n\r\n");
    let Some(end) = end else {
        return (head.len() == limits::METRICS_HEAD_BYTES_MAX)
            .then_some(Err(RequestError::TooLarge));
    };
    let line = head[..end].split(|&byte| byte == b'\r').next().unwrap_or_default();
    let words: Vec<&[u8]> = line.split(|&byte| byte == b' ').collect();
    let [method, target, b"HTTP/1.1" | b"HTTP/1.0"] = words[..] else {
        return Some(Err(RequestError::Malformed));
    };
    let path = target.split(|&byte| byte == b'?').next().unwrap_or_default();
    Some(match (method, path) {
        (b"GET", b"/metrics") => Ok(()),
        (b"GET", _) => Err(RequestError::NotFound),
        _ => Err(RequestError::NotAllowed),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_one_request_has_an_answer() {
        for (request, parsed) in [
            ("GET /metrics HTTP/1.1\r\n\r\n", Some(Ok(()))),
            ("GET /metrics HTTP/1.0\r\nHost: x\r\nAccept: */*\r\n\r\n", Some(Ok(()))),
            ("GET /metrics?x=1 HTTP/1.1\r\n\r\nrest", Some(Ok(()))),
            ("GET /metrics HTTP/1.1\r\nHost: x\r\n", None),
            ("", None),
            ("GET / HTTP/1.1\r\n\r\n", Some(Err(RequestError::NotFound))),
            ("GET /metrics/ HTTP/1.1\r\n\r\n", Some(Err(RequestError::NotFound))),
            ("HEAD /metrics HTTP/1.1\r\n\r\n", Some(Err(RequestError::NotAllowed))),
            ("POST /metrics HTTP/1.1\r\n\r\n", Some(Err(RequestError::NotAllowed))),
            ("get /metrics HTTP/1.1\r\n\r\n", Some(Err(RequestError::NotAllowed))),
            ("GET /metrics\r\n\r\n", Some(Err(RequestError::Malformed))),
            ("GET  /metrics HTTP/1.1\r\n\r\n", Some(Err(RequestError::Malformed))),
            ("GET /metrics HTTP/2.0\r\n\r\n", Some(Err(RequestError::Malformed))),
            ("\r\n\r\nGET /metrics HTTP/1.1\r\n\r\n", Some(Err(RequestError::Malformed))),
        ] {
            assert_eq!(parse(request.as_bytes()), parsed, "{request:?}");
        }
        let long = format!("GET /metrics HTTP/1.1\r\nX: {}", "x".repeat(10_000));
        assert_eq!(parse(long.as_bytes()), Some(Err(RequestError::TooLarge)));
    }

    proptest! {
        #[test]
        fn a_decision_stays_whatever_follows(bytes in proptest::collection::vec(any::<u8>(), 0..200), more in any::<Vec<u8>>()) {
            let decided = parse(&bytes);
            if decided.is_some() {
                prop_assert_eq!(parse(&[bytes, more].concat()), decided);
            }
        }
    }
}
