//! Other protocols.

use chatserv::chat::{Input, Stranger};
use chatserv::protocol::{Decoded, ENDLESS_BYTES_MAX, LINE_BYTES_MAX};

use super::{
    NOW, altered, check, check_json, check_long, check_with, decode, line, may_switch, plain,
    stranger,
};

#[test]
fn http_is_recognized_and_the_rest_ignored() {
    for request in [
        "GET / HTTP/1.1\r\nHost: localhost:1337\r\n\r\n",
        "POST /chat HTTP/1.1\r\nContent-Length: 14\r\n\r\nann\r\nSHUTDOWN\r\n\x04",
        "OPTIONS * HTTP/1.0\r\n\r\n",
        "CONNECT example.org:443 HTTP/1.1\r\n\r\n",
        "GET http://example.org/ HTTP/1.1\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "\r\n \r\nGET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1",
    ] {
        let blank_lines = request.split("\r\n").take_while(|line| line.trim().is_empty()).count();
        let mut expected = vec![line(""); blank_lines];
        expected.push(stranger(Stranger::Http));
        check(request, &expected, b"");
    }
}

#[test]
#[rustfmt::skip]
fn ssh_and_tls_are_recognized() {
    check(b"SSH-2.0-OpenSSH_9.9\r\nSHUTDOWN\r\n", &[stranger(Stranger::Ssh)], b"");
    check(b"SSH-1.99-x\n", &[stranger(Stranger::Ssh)], b"");
    // A TLS hello is recognized by its second byte. It may contain any number of line ends.
    check(b"\x16\x03", &[stranger(Stranger::Tls)], b"");
    check(b"\x16\x03\x01\x02\x00\x01\nSHUTDOWN\n", &[stranger(Stranger::Tls)], b"");
    check(b"\n\x16\x03\x01", &[line(""), stranger(Stranger::Tls)], b"");
    check(b"\x16\x03\x08\x08ann\n", &[stranger(Stranger::Tls)], b"");
}

#[test]
fn a_tls_hello_is_recognized_without_a_line_end() {
    let mut decoder = plain();
    let mut decoded = Decoded::default();
    decoder.feed(b"\x16", NOW, &mut decoded);
    assert!(decoded.is_empty());
    decoder.feed(b"\x03", NOW, &mut decoded);
    assert_eq!(decoded.inputs, [stranger(Stranger::Tls)]);
}

/// A load balancer sends one before everything else, and a binary one says QUIT to whoever does not know it.
#[test]
fn proxy_headers_are_recognized_on_every_port() {
    let v2 = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0C\xC0\x00\x02\x07\xC0\x00\x02\x01\x9C\x40\x05\x39ann\r\nSHUTDOWN\r\n";
    let blank = || line("");
    check(v2, &[blank(), blank(), blank(), stranger(Stranger::Proxy)], b"");
    check_with(may_switch, v2, &[blank(), blank(), blank(), stranger(Stranger::Proxy)], b"");
    check_json(v2, &[stranger(Stranger::Proxy)]);
    for header in [
        "PROXY TCP4 192.0.2.7 192.0.2.1 40000 1337",
        "PROXY TCP6 2001:db8::7 2001:db8::1 40000 1337",
        "PROXY UNKNOWN",
        "PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535",
    ] {
        let bytes = format!("{header}\r\nann\r\nSHUTDOWN\r\n");
        check(&bytes, &[stranger(Stranger::Proxy)], b"");
        check_with(may_switch, bytes.as_bytes(), &[stranger(Stranger::Proxy)], b"");
        check_json(&bytes, &[stranger(Stranger::Proxy)]);
    }
    // Only at the very beginning, and only whole.
    check(b"QUIT\n", &[line("QUIT")], b"");
    check(b"\r\n\r\n\r\nQUIT\n", &[blank(), blank(), blank(), line("QUIT")], b"");
    check(b"\n\r\n\r\n\0\r\nQUIT\n", &[blank(), blank(), blank(), blank(), line("QUIT")], b"");
    check(b"\r\n\r\n\0\r\nQUITE\n", &[blank(), blank(), blank(), line("QUITE")], b"");
    check(b"ann\nPROXY UNKNOWN\n", &[line("ann"), line("PROXY UNKNOWN")], b"");
    check(b"PROXY\nPROXY me\n", &[line("PROXY"), line("PROXY me")], b"");
}

#[test]
#[rustfmt::skip]
fn telnet_commands_do_not_hide_other_protocols() {
    check(b"\xFF\xF1GET / HTTP/1.1\r\n", &[stranger(Stranger::Http)], b"");
    check(b"G\xFF\xF1ET / HT\xFF\xF1TP/1.1\r\n", &[stranger(Stranger::Http)], b"");
    check(b"\xFF\xFB\x18\x16\x03", &[stranger(Stranger::Tls)], b"\xFF\xFE\x18");
    // Later telnet commands get no answer.
    check(b"SSH-2.0-x\r\n\xFF\xFB\x18\xFF\xF6", &[stranger(Stranger::Ssh)], b"");
}

#[test]
#[rustfmt::skip]
fn people_may_talk_about_protocols() {
    for text in [
        "GET",
        "GET /",
        "HTTP/1.1",
        "GET / HTTP/x",
        "I like HTTP/1.1",
        "(GET) / HTTP/1",
        "SSH-",
        "SSH-agent",
        "ssh-2.0",
    ] {
        check(format!("{text}\n"), &[line(text)], b"");
    }
    // Only the first line counts.
    check(b"ann\nGET / HTTP/1.1\n", &[line("ann"), line("GET / HTTP/1.1")], b"");
    check(b"ann\nSSH-2.0-x\n", &[line("ann"), line("SSH-2.0-x")], b"");
    check(b"ann\n\x16\x03\n", &[line("ann"), altered("")], b"");
    check(b"\x16a\n", &[altered("a")], b"");
}

#[test]
#[rustfmt::skip]
fn a_request_line_over_the_limit_is_a_request() {
    let long = "a".repeat(LINE_BYTES_MAX);
    for target in ["/", "*", "http://", "https://"] {
        check(format!("GET {target}{long} HTTP/1.1\r\n\r\nSHUTDOWN\r\n"), &[stranger(Stranger::Http)], b"");
    }
    // Anything else is a line that is too long.
    for start in ["b", "hello ", "(/) /", " /"] {
        check(format!("{start}{long}\nok\n"), &[Input::LineTooLong, line("ok")], b"");
    }
    check(format!("ann\nGET /{long} HTTP/1.1\nok\n"), &[line("ann"), Input::LineTooLong, line("ok")], b"");
    check_long(&b"a".repeat(ENDLESS_BYTES_MAX + 1), &[Input::LineTooLong, Input::LineEndless], b"");
}

#[test]
fn a_method_over_the_limit_is_recognized_at_the_end_of_its_line() {
    // The limit falls before, within and after the version.
    for method_bytes in LINE_BYTES_MAX - 16..=LINE_BYTES_MAX + 1 {
        let request = format!("{} /H HTTP/1.1\r\n\r\nSHUTDOWN\r\n", "A".repeat(method_bytes));
        let decoded = decode(plain(), [request.as_bytes()]);
        assert_eq!(decoded, decode(plain(), request.as_bytes().chunks(1)));
        assert_eq!(decoded.inputs.last(), Some(&stranger(Stranger::Http)), "{method_bytes}");
    }
    // A first line that is too long was the first line.
    let long = "a".repeat(LINE_BYTES_MAX + 1);
    check(
        format!("{long}\nGET / HTTP/1.1\n{long} HTTP/1.1\nok\n"),
        &[Input::LineTooLong, line("GET / HTTP/1.1"), Input::LineTooLong, line("ok")],
        b"",
    );
}
