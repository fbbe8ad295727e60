//! On a port for people, a first line that begins with `{` selects JSON.

use chatserv::chat::{Input, Request, RequestError, Stranger};
use chatserv::protocol::{Decoded, Decoder};

use super::{NOW, altered, check, check_with, line, malformed, may_switch, request, stranger};

fn ping() -> Input {
    request(Request::Ping)
}

#[track_caller]
fn check_inputs(bytes: &[u8], inputs: &[Input], replies: &[u8]) {
    check_with(may_switch, bytes, inputs, replies);
}

#[test]
#[rustfmt::skip]
fn a_brace_at_the_beginning_selects_json() {
    let bytes = b"{\"action\":\"ping\"}\r\n{\"action\":\"ping\"}\n";
    check_inputs(bytes, &[Input::SpeaksJson, ping(), ping()], b"");
    check_inputs(b"\r\n \n{\"action\":\"ping\"}", &[line(""), line(""), Input::SpeaksJson, ping()], b"");
    // The connection stays JSON.
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
#[rustfmt::skip]
fn telnet_commands_count_only_before_the_brace() {
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
    check_inputs(b"{\xFF\xF1}\n", &[Input::SpeaksJson, malformed(RequestError::NotUtf8)], b"");
    // A brace within a telnet command does not count.
    check_inputs(b"\xFF{ann\n", &[line("ann")], b"");
    check_inputs(b"\xFF\xFA\x18{\xFF\xF0ann\n", &[line("ann")], b"");
}

#[test]
#[rustfmt::skip]
fn a_brace_anywhere_else_is_a_letter() {
    check_inputs(b"ann\n{hi}\n", &[line("ann"), line("{hi}")], b"");
    check_inputs(b" {}\n", &[line(" {}")], b"");
    check_inputs(b"a{\n", &[line("a{")], b"");
    let long = [&[b'x'; 4097][..], b"{\n{\n"].concat();
    check_inputs(&long, &[Input::LineTooLong, line("{")], b"");
    check_inputs(b"\x01{\n", &[altered("{")], b"");
    // An erased letter does not count.
    check_inputs(b"x\x08{}\n", &[Input::SpeaksJson, malformed(RequestError::MissingAction)], b"");
}

#[test]
fn other_protocols_are_recognized() {
    check_inputs(b"GET / HTTP/1.1\r\n{\n", &[stranger(Stranger::Http)], b"");
    check_inputs(b"\x16\x03\n{\n", &[stranger(Stranger::Tls)], b"");
    check_inputs(b"SSH-2.0-x\n{\n", &[stranger(Stranger::Ssh)], b"");
}

#[test]
fn without_json_on_the_port_a_brace_is_text() {
    check(b"{\"action\":\"ping\"}\r\n", &[line("{\"action\":\"ping\"}")], b"");
}

#[test]
fn json_cancels_a_due_answer_to_telnet() {
    let mut decoder = may_switch();
    let mut decoded = Decoded::default();
    decoder.feed(&b"\xFF\xFD\x06".repeat(11), NOW, &mut decoded);
    assert!(decoder.answer_due().is_some());
    decoder.feed(b"{", NOW, &mut decoded);
    assert_eq!(decoder.answer_due(), None);
    assert_eq!(decoded.inputs, [Input::SpeaksJson]);
}

#[test]
fn a_decoder_is_small() {
    // Between lines, a decoder holds no other memory.
    assert!(size_of::<Decoder>() <= 128, "{} bytes", size_of::<Decoder>());
}
