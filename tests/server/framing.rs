//! Lines and telnet over a socket: however the bytes are split, and however many there are.

use std::io::Write;
use std::thread;

use crate::support::{Client, Server};
use crate::two;

const TOO_LONG: &str = "server: That line was too long and was not said: at most 4096 bytes.";
const ENDLESS: &str = "server: That line is too long: 65536 bytes without an end. Goodbye.";
const LEFT: &str = "server: bad has left the chat";
const MIB: usize = 1024 * 1024;

/// Sends bytes repeatedly from a thread of its own, as long as the server accepts them.
fn pour(client: &Client, bytes: Vec<u8>, times: usize) {
    let mut socket = client.stream().try_clone().unwrap();
    thread::spawn(move || (0..times).all(|_| socket.write_all(&bytes).is_ok()));
}

#[test]
fn a_hundred_megabytes_without_a_line_end_are_cut() {
    let server = Server::start(&[]);
    let (mut bad, mut listener) = two(&server);
    pour(&bad, vec![b'x'; MIB], 100);
    bad.expect(TOO_LONG);
    bad.expect(ENDLESS);
    bad.expect_end();
    listener.expect(LEFT);
    server.log(r#"name="bad" reason="a line without an end""#);
}

#[test]
fn a_line_may_have_4096_bytes_and_not_one_more() {
    let server = Server::start(&[]);
    let (mut bad, mut listener) = two(&server);
    for end in ["\n", "\r\n"] {
        for length in [4095, 4096, 4097] {
            let line = "x".repeat(length);
            bad.send(format!("{line}{end}").as_bytes());
            if length <= 4096 {
                listener.expect(&format!("bad : {line}"));
            } else {
                bad.expect(TOO_LONG);
                listener.hears_nothing();
            }
        }
    }
}

#[test]
fn reads_may_split_a_line_anywhere() {
    let server = Server::start(&[]);
    let (mut bad, mut listener) = two(&server);
    // Without Nagle's algorithm, each byte is a segment of its own.
    for byte in "grüße, 世界 👩‍🚀\r\n".bytes() {
        bad.send(&[byte]);
    }
    listener.expect("bad : grüße, 世界 👩‍🚀");
    bad.send(b"1\n2\r\n3\r\x004\r5\n6\n7\n8\n9\n10\n");
    for count in 1..=10 {
        listener.expect(&format!("bad : {count}"));
    }
}

#[test]
fn reads_may_split_a_line_end() {
    let server = Server::start(&[]);
    let (mut bad, mut listener) = two(&server);
    for (first, second) in [("one\r", "\ntwo\n"), ("one\r", "\0two\n")] {
        bad.send(first.as_bytes());
        // The listener has got it, so another read returns the next bytes.
        listener.expect("bad : one");
        bad.send(second.as_bytes());
        listener.expect("bad : two");
    }
    listener.hears_nothing();
}

#[test]
fn every_telnet_option_is_refused_once() {
    let server = Server::start(&[]);
    let (mut bad, mut listener) = two(&server);
    // DO ECHO twice, WILL NAWS twice, and a byte 255 in the text, which is doubled.
    let bytes = b"\xff\xfd\x01\xff\xfd\x01\xff\xfb\x1f\xff\xfb\x1fh\xff\xffi\n/who\n";
    for byte in bytes {
        bad.send(&[*byte]);
    }
    let answer = bad.raw_line().unwrap();
    let refusals = b"\xff\xfc\x01\xff\xfe\x1f";
    assert_eq!(&answer[..refusals.len()], refusals);
    assert!(answer[refusals.len()..].starts_with(b"server: 2 client(s)"));
    listener.expect("bad : h\u{fffd}i");
}

#[test]
fn telnet_options_are_answered_64_times_at_most() {
    let server = Server::start(&[]);
    let (mut bad, mut listener) = two(&server);
    let mut storm = Vec::new();
    for option in 0..=254 {
        // Timing marks are always answered, and the option with the number of LF would end a line.
        if !matches!(option, 6 | b'\n') {
            storm.extend([255, 253, option, 255, 251, option]);
        }
    }
    // Like a client that answers each refusal anew.
    storm.extend([255, 254, 1, 255, 253, 1].repeat(500));
    storm.extend(b"/who\r\n");
    bad.send(&storm);
    let answer = bad.raw_line().unwrap();
    let refusals = answer.iter().filter(|&&byte| byte == 255).count();
    assert_eq!(refusals, 64);
    listener.hears_nothing();
}

#[test]
fn what_follows_a_subnegotiation_without_an_end_is_a_line_without_one() {
    // The second one begins like a list of special characters, three bytes each.
    for (beginning, rest) in [(&b"\xff\xfa\x22"[..], [3, 3, 3]), (b"\xff\xfa\x22\x03", [17, 2, 3])]
    {
        let server = Server::start(&[]);
        let (mut bad, mut listener) = two(&server);
        bad.send(beginning);
        pour(&bad, rest.repeat(MIB / 3), 1);
        bad.skip_to(ENDLESS);
        bad.expect_end();
        listener.expect(LEFT);
    }
}

#[test]
fn ten_megabytes_of_255_are_cut() {
    let server = Server::start(&[]);
    let (mut bad, mut listener) = two(&server);
    pour(&bad, vec![255; MIB], 10);
    bad.skip_to(ENDLESS);
    bad.expect_end();
    listener.expect(LEFT);
}
