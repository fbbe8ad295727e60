//! Lines and telnet, as far as the socket matters: how the bytes were cut up, and how many there are.

use std::io::Write;
use std::thread;

use crate::support::{Client, Server};
use crate::two;

const TOO_LONG: &str = "server: That line was too long and was not said: at most 4096 bytes.";
const ENDLESS: &str = "server: That line is too long: 65536 bytes without an end. Goodbye.";
const LEFT: &str = "server: bad has left the chat";
const MIB: usize = 1024 * 1024;

/// Sends much from a thread of its own, for as long as the server takes it, and reads meanwhile.
fn pour(client: &mut Client, bytes: impl Fn() -> Vec<u8> + Send + 'static, times: usize) {
    let mut socket = client.stream().try_clone().unwrap();
    thread::spawn(move || {
        let bytes = bytes();
        (0..times).all(|_| socket.write_all(&bytes).is_ok())
    });
}

#[test]
fn a_hundred_megabytes_without_a_line_end() {
    let server = Server::start(&[]);
    let (mut bad, mut hearer) = two(&server);
    pour(&mut bad, || vec![b'x'; MIB], 100);
    bad.expect(TOO_LONG);
    bad.expect(ENDLESS);
    bad.expect_end();
    hearer.expect(LEFT);
    server.log(r#"name="bad" reason="a line without an end""#);
}

#[test]
fn a_line_may_have_4096_bytes_and_not_one_more() {
    let server = Server::start(&[]);
    let (mut bad, mut hearer) = two(&server);
    for end in ["\n", "\r\n"] {
        for length in [4095, 4096, 4097] {
            let line = "x".repeat(length);
            bad.send(format!("{line}{end}").as_bytes());
            if length <= 4096 {
                hearer.expect(&format!("bad : {line}"));
            } else {
                bad.expect(TOO_LONG);
                hearer.hears_nothing();
            }
        }
    }
}

#[test]
fn reads_may_split_a_line_anywhere() {
    let server = Server::start(&[]);
    let (mut bad, mut hearer) = two(&server);
    // Without Nagle's algorithm each byte is a segment of its own.
    for byte in "grüße, 世界 👩‍🚀\r\n".bytes() {
        bad.send(&[byte]);
    }
    hearer.expect("bad : grüße, 世界 👩‍🚀");
    bad.send(b"1\n2\r\n3\r\x004\r5\n6\n7\n8\n9\n10\n");
    for count in 1..=10 {
        hearer.expect(&format!("bad : {count}"));
    }
}

#[test]
fn a_line_end_may_be_split_as_well() {
    let server = Server::start(&[]);
    let (mut bad, mut hearer) = two(&server);
    for (first, second) in [("one\r", "\ntwo\n"), ("one\r", "\0two\n")] {
        bad.send(first.as_bytes());
        // It was heard, so what follows is read by another read.
        hearer.expect("bad : one");
        bad.send(second.as_bytes());
        hearer.expect("bad : two");
    }
    hearer.hears_nothing();
}

#[test]
fn every_option_is_refused_once_wherever_reads_split_it() {
    let server = Server::start(&[]);
    let (mut bad, mut hearer) = two(&server);
    // DO ECHO twice, WILL NAWS twice, and a 255 that is doubled, as data is.
    let bytes = b"\xff\xfd\x01\xff\xfd\x01\xff\xfb\x1f\xff\xfb\x1fh\xff\xffi\n/who\n";
    for byte in bytes {
        bad.send(&[*byte]);
    }
    let answer = bad.raw_line().unwrap();
    let refusals = b"\xff\xfc\x01\xff\xfe\x1f";
    assert_eq!(&answer[..refusals.len()], refusals);
    assert!(answer[refusals.len()..].starts_with(b"server: 2 client(s)"));
    hearer.expect("bad : h\u{fffd}i");
}

#[test]
fn a_storm_of_options_is_answered_64_times_at_most() {
    let server = Server::start(&[]);
    let (mut bad, mut hearer) = two(&server);
    let mut storm = Vec::new();
    for option in 0..=254 {
        // Timing marks are answered whenever one asks, and an option whose number is that of LF would end a line here.
        if !matches!(option, 6 | b'\n') {
            storm.extend([255, 253, option, 255, 251, option]);
        }
    }
    // And a client that answers each refusal anew.
    storm.extend([255, 254, 1, 255, 253, 1].repeat(500));
    storm.extend(b"/who\r\n");
    bad.send(&storm);
    let answer = bad.raw_line().unwrap();
    let refusals = answer.iter().filter(|&&byte| byte == 255).count();
    assert_eq!(refusals, 64);
    hearer.hears_nothing();
}

#[test]
fn a_subnegotiation_without_an_end() {
    let server = Server::start(&[]);
    let (mut bad, mut hearer) = two(&server);
    bad.send(b"\xff\xfa\x22");
    pour(&mut bad, || vec![3; MIB], 1);
    bad.expect(ENDLESS);
    bad.expect_end();
    hearer.expect(LEFT);
}

#[test]
fn ten_megabytes_of_255() {
    let server = Server::start(&[]);
    let (mut bad, mut hearer) = two(&server);
    pour(&mut bad, || vec![255; MIB], 10);
    bad.skip_to(ENDLESS);
    bad.expect_end();
    hearer.expect(LEFT);
}
