//! Lines of JSON: line ends and limits.

use chatserv::chat::{Input, Request, RequestError, Stranger};
use chatserv::protocol::{Decoded, ENDLESS_BYTES_MAX, JSON_LINE_BYTES_MAX};

use super::{NOW, check_json, json, malformed, request};

const PING: &str = r#"{"action":"ping"}"#;

fn ping() -> Input {
    request(Request::Ping)
}

/// A ping with this many bytes.
fn long_ping(bytes: usize) -> String {
    let (start, end) = (r#"{"action":"ping","x":""#, r#""}"#);
    format!("{start}{}{end}", "x".repeat(bytes - start.len() - end.len()))
}

#[test]
fn a_line_ends_at_each_kind_of_line_end() {
    check_json(format!("{PING}\n"), &[ping()]);
    check_json(format!("{PING}\r\n"), &[ping()]);
    check_json(format!("{PING}\n{PING}\r\n{PING}\n"), &[ping(), ping(), ping()]);
    // A CR alone is whitespace.
    check_json("\r{\r\"action\":\t\"ping\" }\r\r\n", &[ping()]);
}

#[test]
fn blank_lines_are_ignored() {
    check_json("", &[]);
    check_json("\n\r\n \n\t \r\n", &[]);
    check_json(format!("\n\n{PING}\n\n{PING}"), &[ping(), ping()]);
}

#[test]
fn the_end_of_input_ends_a_line() {
    check_json(PING, &[ping()]);
    check_json(format!("{PING}\n{PING}\r"), &[ping(), ping()]);
    check_json("{", &[malformed(RequestError::SeveralLines)]);
}

#[test]
fn json_has_no_editing_and_no_telnet() {
    let not_json = |column| malformed(RequestError::NotJson { column });
    check_json(b"\x08{\n", &[not_json(1)]);
    check_json(b"x\x7f\x08{}\n", &[not_json(1)]);
    check_json(b"\x04\n", &[not_json(1)]);
    check_json(b"\xFF\xF4\n", &[malformed(RequestError::NotUtf8)]);
    check_json(b"\0\n", &[not_json(1)]);
}

#[test]
fn a_line_has_at_most_16_kib() {
    for end in ["\n", "\r\n"] {
        for length in [JSON_LINE_BYTES_MAX - 1, JSON_LINE_BYTES_MAX] {
            let line = long_ping(length);
            check_json(format!("{line}{end}{PING}\n"), &[ping(), ping()]);
        }
        let line = long_ping(JSON_LINE_BYTES_MAX + 1);
        check_json(format!("{line}{end}{PING}\n"), &[Input::LineTooLong, ping()]);
    }
    // Also at the end of input. A CR that does not end the line counts.
    let line = long_ping(JSON_LINE_BYTES_MAX);
    check_json(&line, &[ping()]);
    check_json(format!("{line}x"), &[Input::LineTooLong]);
    check_json(format!("{line}\r\r\n"), &[Input::LineTooLong]);
    check_json(format!("{line}\r \n{PING}"), &[Input::LineTooLong, ping()]);
}

#[test]
fn a_line_that_is_too_long_is_reported_at_once() {
    let mut decoder = json();
    let mut decoded = Decoded::default();
    decoder.feed(&[b'{'; JSON_LINE_BYTES_MAX], NOW, &mut decoded);
    assert!(decoded.is_empty());
    decoder.feed(b"{", NOW, &mut decoded);
    assert_eq!(decoded.inputs, [Input::LineTooLong]);
}

#[test]
#[rustfmt::skip]
fn an_endless_line_ends_the_connection() {
    for end in ["\n", "\r\n"] {
        let exactly = format!("{{{}", "x".repeat(ENDLESS_BYTES_MAX - 1));
        check_json(format!("{exactly}{end}{PING}\n"), &[Input::LineTooLong, ping()]);
        check_json(format!("{exactly}x{end}{PING}\n"), &[Input::LineTooLong, Input::LineEndless]);
    }
    // Each line has a count of its own.
    let exactly = "{".repeat(ENDLESS_BYTES_MAX);
    check_json(format!("{exactly}\n{exactly}\n{PING}\n"), &[Input::LineTooLong, Input::LineTooLong, ping()]);
}

#[test]
fn other_protocols_are_recognized_in_the_first_line() {
    let stranger = |stranger| [Input::Stranger(stranger)];
    let long = "a".repeat(JSON_LINE_BYTES_MAX);
    for bytes in [
        "GET / HTTP/1.1\r\nHost: x\r\n\r\n{\"action\":\"shutdown\"}\n",
        "\r\n \nPOST /chat HTTP/1.1\r\n\r\n{\"action\":\"shutdown\"}\n",
        "GET / HTTP/1.1",
        &format!("GET /{long} HTTP/1.1\r\n"),
    ] {
        check_json(bytes, &stranger(Stranger::Http));
    }
    // A method that is too long is reported first.
    check_json(
        format!("{long} / HTTP/1.1\r\n{PING}\n"),
        &[Input::LineTooLong, Input::Stranger(Stranger::Http)],
    );
    check_json("SSH-2.0-x\r\n{}\n", &stranger(Stranger::Ssh));
    for bytes in [&b"\x16\x03\x01\x02"[..], b"\x16\x03\n{}\n", b"\n\x16\x03"] {
        check_json(bytes, &stranger(Stranger::Tls));
    }
    let mut decoder = json();
    let mut decoded = Decoded::default();
    decoder.feed(b"\x16\x03", NOW, &mut decoded);
    assert_eq!(decoded.inputs, stranger(Stranger::Tls), "without waiting");
}

#[test]
fn json_that_mentions_http_is_json() {
    // After the first line, and in an object of any length.
    check_json(
        format!("{PING}\nGET / HTTP/1.1\n{PING}\n"),
        &[ping(), malformed(RequestError::NotJson { column: 1 }), ping()],
    );
    let long = "a".repeat(JSON_LINE_BYTES_MAX);
    for start in ["{", " {"] {
        check_json(
            format!("{start}\"{long} / HTTP/1.1\"}}\n{PING}\n"),
            &[Input::LineTooLong, ping()],
        );
    }
    check_json(format!("{long}x\n{PING}\n"), &[Input::LineTooLong, ping()]);
}
