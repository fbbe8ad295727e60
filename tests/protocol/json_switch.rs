//! A first line that begins with a brace makes a plain connection a JSON one.

use chatserv::chat::{Input, Protocol, Request, RequestError, Stranger};
use chatserv::protocol::{Decoded, Decoder};

use crate::protocol::json_support::{check, malformed, request};
use crate::protocol::{NOW, altered, line, stranger};

fn may_switch() -> Decoder {
    Decoder::new(Protocol::Plain, true)
}

fn may_not() -> Decoder {
    Decoder::new(Protocol::Plain, false)
}

fn ping() -> Input {
    request(Request::Ping)
}

#[track_caller]
fn check_inputs(bytes: &[u8], inputs: &[Input], replies: &[u8]) {
    let expected = Decoded {
        inputs: inputs.to_vec(),
        replies: replies.to_vec(),
    };
    check(may_switch, bytes, &expected);
}

#[test]
fn a_brace_at_the_beginning_is_json() {
    let bytes = b"{\"action\":\"ping\"}\r\n{\"action\":\"ping\"}\n";
    check_inputs(bytes, &[Input::SpeaksJson, ping(), ping()], b"");
    check_inputs(
        b"\r\n \n{\"action\":\"ping\"}",
        &[line(""), line(""), Input::SpeaksJson, ping()],
        b"",
    );
    // From then on it stays JSON, whatever comes.
    check_inputs(
        b"{\nann\n",
        &[
            Input::SpeaksJson,
            malformed(RequestError::SeveralLines),
            malformed(RequestError::NotJson { column: 1 }),
        ],
        b"",
    );
}

#[test]
fn telnet_before_it_is_telnet_and_behind_it_is_none() {
    check_inputs(
        b"\xFF\xFD\x01\xFF\xFB\x18{\"action\":\"ping\"}\n",
        &[Input::SpeaksJson, ping()],
        b"\xFF\xFC\x01\xFF\xFE\x18",
    );
    check_inputs(
        b"{\"action\":\"ping\"}\n\xFF\xFD\x01\n{\"action\":\"ping\"}\n",
        &[
            Input::SpeaksJson,
            ping(),
            malformed(RequestError::NotUtf8),
            ping(),
        ],
        b"",
    );
    check_inputs(
        b"{\xFF\xF1}\n",
        &[Input::SpeaksJson, malformed(RequestError::NotUtf8)],
        b"",
    );
    // A brace that is part of a command is no brace.
    check_inputs(b"\xFF{ann\n", &[line("ann")], b"");
    check_inputs(b"\xFF\xFA\x18{\xFF\xF0ann\n", &[line("ann")], b"");
}

#[test]
fn a_brace_anywhere_else_is_a_letter() {
    check_inputs(b"ann\n{hi}\n", &[line("ann"), line("{hi}")], b"");
    check_inputs(b" {}\n", &[line(" {}")], b"");
    check_inputs(b"a{\n", &[line("a{")], b"");
    let long = [&[b'x'; 4097][..], b"{\n{\n"].concat();
    check_inputs(&long, &[Input::LineTooLong, line("{")], b"");
    check_inputs(b"\x01{\n", &[altered("{")], b"");
    // What has been erased again was never there.
    check_inputs(
        b"x\x08{}\n",
        &[Input::SpeaksJson, malformed(RequestError::MissingAction)],
        b"",
    );
}

#[test]
fn strangers_stay_strangers() {
    check_inputs(b"GET / HTTP/1.1\r\n{\n", &[stranger(Stranger::Http)], b"");
    check_inputs(b"\x16\x03\n{\n", &[stranger(Stranger::Tls)], b"");
    check_inputs(b"SSH-2.0-x\n{\n", &[stranger(Stranger::Ssh)], b"");
}

#[test]
fn where_it_may_not_be_json_it_is_text() {
    let expected = Decoded {
        inputs: vec![line("{\"action\":\"ping\"}")],
        replies: Vec::new(),
    };
    check(may_not, b"{\"action\":\"ping\"}\r\n", &expected);
}

#[test]
fn an_answer_to_telnet_is_due_only_while_telnet_is_spoken() {
    let mut decoder = may_switch();
    let mut decoded = Decoded::default();
    decoder.feed(&b"\xFF\xFD\x06".repeat(11), NOW, &mut decoded);
    assert!(decoder.answer_due().is_some());
    decoder.feed(b"{", NOW, &mut decoded);
    assert_eq!(decoder.answer_due(), None);
    assert_eq!(decoded.inputs, [Input::SpeaksJson]);
}

#[test]
fn ten_thousand_decoders_are_small() {
    // While nobody is in the middle of a line, this is all there is of one.
    assert!(
        size_of::<Decoder>() <= 128,
        "{} bytes",
        size_of::<Decoder>()
    );
}
