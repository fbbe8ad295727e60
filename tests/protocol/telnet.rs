//! Telnet commands: stripping, answers, and limits.

use std::time::Duration;

use chatserv::chat::{Input, Stranger};
use chatserv::protocol::{Decoded, ENDLESS_BYTES_MAX};

use super::{NOW, altered, check, check_long, decode, line, plain, stranger};

const HERE: &[u8] = b"server: Yes, I am here.\r\n";
/// IAC WONT TIMING-MARK.
const MARKED: &[u8] = b"\xFF\xFC\x06";

#[test]
#[rustfmt::skip]
fn commands_are_stripped() {
    // SUSP, ABORT, EOR, SE, NOP, DM, BRK, AO, GA, and unknown ones.
    for code in [
        237, 238, 239, 240, 241, 242, 243, 245, 249, 0, 1, 4, b'x', 235,
    ] {
        check([b"h", &[255, code][..], b"i\r\n"].concat(), &[line("hi")], b"");
        check([b"hi\r", &[255, code][..], b"\nhi\n"].concat(), &[line("hi"), line("hi")], b"");
    }
    check(b"hi\xFF", &[line("hi")], b"");
    check(b"hi\xFF\xFB", &[line("hi")], b"");
    check(b"\xFF\xFA\x18", &[], b"");
}

#[test]
#[rustfmt::skip]
fn a_doubled_command_byte_is_data() {
    check(b"a\xFF\xFFb\n", &[altered("a\u{FFFD}b")], b"");
    check(b"\xFF\xFF\xFF\xFF\xFF\xF1\n", &[altered("\u{FFFD}\u{FFFD}")], b"");
    // A Latin-1 letter right before a line end does not swallow it.
    check(b"a\xFF\nb\xFF\r\nc\n", &[line("a"), line("b"), line("c")], b"");
}

#[test]
#[rustfmt::skip]
fn commands_edit_the_line() {
    check(b"helo\xFF\xF7lo\n", &[line("hello")], b"");
    check("a👍🏽".bytes().chain(*b"\xFF\xF7\n").collect::<Vec<_>>(), &[line("a")], b"");
    check(b"wrong\xFF\xF8right\n", &[line("right")], b"");
    check(b"secret\xFF\xF4hi\n", &[line("hi")], b"");
    check(b"\xFF\xF7\xFF\xF8\xFF\xF4hi\n", &[line("hi")], b"");
    check(b"hi\r\xFF\xF4\n", &[line("hi")], b"");
    check(b"secret\xFF\xF4\x04", &[Input::EndOfTransmission], b"");
}

#[test]
#[rustfmt::skip]
fn each_option_is_refused_once_for_each_change() {
    check(b"\xFF\xFB\x18", &[], b"\xFF\xFE\x18");
    check(b"\xFF\xFD\x01", &[], b"\xFF\xFC\x01");
    check(b"\xFF\xFB\x18\xFF\xFB\x18\xFF\xFD\x18", &[], b"\xFF\xFE\x18\xFF\xFC\x18");
    // WONT and DONT agree with the server: no answer, and the next offer is a new one.
    check(b"\xFF\xFC\x18\xFF\xFE\x18", &[], b"");
    check(b"\xFF\xFB\x18\xFF\xFC\x18\xFF\xFB\x18", &[], b"\xFF\xFE\x18\xFF\xFE\x18");
    check(b"\xFF\xFD\x01\xFF\xFE\x01\xFF\xFD\x01", &[], b"\xFF\xFC\x01\xFF\xFC\x01");
    check(b"\xFF\xFD\x01\xFF\xFC\x01\xFF\xFD\x01", &[], b"\xFF\xFC\x01");
    // Option 255 exists too.
    check(b"\xFF\xFB\xFFhi\n", &[line("hi")], b"\xFF\xFE\xFF");
}

#[test]
fn the_offers_of_putty_are_refused() {
    // WILL NAWS, TERMINAL-SPEED, TERMINAL-TYPE, NEW-ENVIRON; DO ECHO; WILL and DO SUPPRESS-GO-AHEAD.
    check(
        b"\xFF\xFB\x1F\xFF\xFB\x20\xFF\xFB\x18\xFF\xFB\x27\xFF\xFD\x01\xFF\xFB\x03\xFF\xFD\x03ann\r\n",
        &[line("ann")],
        b"\xFF\xFE\x1F\xFF\xFE\x20\xFF\xFE\x18\xFF\xFE\x27\xFF\xFC\x01\xFF\xFE\x03\xFF\xFC\x03",
    );
}

#[test]
#[rustfmt::skip]
fn ctrl_c_in_gnu_telnet_is_answered() {
    check(b"half\xFF\xF4\xFF\xFD\x06hi\r\n", &[line("hi")], MARKED);
    check(b"half\xFF\xF4\xFF\xF2\xFF\xFD\x06hi\r\n", &[line("hi")], MARKED);
    check(b"half\xFF\xF4\xFF\xFD\x06\xFF\xF2hi\r\n", &[line("hi")], MARKED);
    // Every time, unlike an option.
    check(b"\xFF\xFD\x06".repeat(3), &[], &MARKED.repeat(3));
}

#[test]
fn are_you_there_is_answered() {
    check(b"\xFF\xF6Hi\n", &[line("Hi")], HERE);
}

#[test]
#[rustfmt::skip]
fn at_most_ten_answers_a_second() {
    check(b"\xFF\xF6".repeat(50), &[], &HERE.repeat(10));
    check(b"\xFF\xFD\x06".repeat(50), &[], &MARKED.repeat(10));
    check(b"\xFF\xF6\xFF\xFD\x06".repeat(50), &[], &[HERE, MARKED].concat().repeat(5));

    // The second begins with the first answer.
    let mut decoder = plain();
    let mut decoded = Decoded::default();
    for millis in [900, 1000, 1899] {
        decoder.feed(
            &b"\xFF\xF6".repeat(10),
            Duration::from_millis(millis),
            &mut decoded,
        );
    }
    assert_eq!(decoded.replies, HERE.repeat(10));

    // A second later, the last timing mark is answered first, and then more.
    let mut decoder = plain();
    let mut decoded = Decoded::default();
    decoder.feed(&b"\xFF\xFD\x06".repeat(50), NOW, &mut decoded);
    decoded = Decoded::default();
    decoder.feed(b"hi\n", NOW + Duration::from_millis(999), &mut decoded);
    assert_eq!(decoded.replies, b"");
    decoder.feed(b"hi\n", NOW + Duration::from_secs(1), &mut decoded);
    assert_eq!(decoded.replies, MARKED);
    decoded = Decoded::default();
    decoder.feed(
        &b"\xFF\xF6".repeat(50),
        NOW + Duration::from_secs(1),
        &mut decoded,
    );
    assert_eq!(decoded.replies, HERE.repeat(9));
}

#[test]
fn at_most_64_options_are_refused() {
    for verbs in [[0xFB, 0xFC], [0xFD, 0xFE], [0xFB, 0xFD]] {
        let storm: Vec<u8> = (0..=255)
            .flat_map(|option| [255, verbs[0], option, 255, verbs[1], option])
            .filter(|&byte| byte != 6)
            .collect();
        let replies = decode(plain(), [&storm[..]]).replies;
        assert_eq!(replies.len(), 64 * 3, "{verbs:x?}");
    }
    // A peer that withdraws and repeats an offer for ever.
    let replies = decode(plain(), [b"\xFF\xFB\x18\xFF\xFC\x18".repeat(5000).as_slice()]).replies;
    assert_eq!(replies, b"\xFF\xFE\x18".repeat(64));
}

#[test]
#[rustfmt::skip]
fn subnegotiations_are_discarded() {
    check(b"a\xFF\xFA\x18\x00xterm\xFF\xF0b\n", &[line("ab")], b"");
    check(b"a\xFF\xFA\x1F\x00\xF0\xFF\xFF\xF0\x04\xFF\xF0b\n", &[line("ab")], b"");
    check(b"\xFF\xFA\x22\xFF\xF6\xFF\xFB\x01\xFF\xF0b\n", &[line("b")], b"");
    let sized = |length: usize| {
        [
            b"a\xFF\xFA\x22".as_slice(),
            &vec![b'x'; length],
            b"\xFF\xF0b\n",
        ]
        .concat()
    };
    check_long(&sized(4000), &[line("ab")], b"");
}

/// RFC 1184: the functions of special characters, three bytes each. Parsers that store them have run over their tables.
#[test]
#[rustfmt::skip]
fn thousands_of_special_characters_are_discarded() {
    let offer = |triplets: usize| {
        let numbers = (0..triplets).flat_map(|number| [(number % 30) as u8 + 16, 2, 3]);
        [b"\xFF\xFA\x22\x03".to_vec(), numbers.collect(), b"\xFF\xF0hi\n".to_vec()].concat()
    };
    check_long(&offer(30), &[line("hi")], b"");
    check_long(&offer(1_300), &[line("hi")], b"");
    // A value of 255 is doubled.
    let doubled = [&b"\xFF\xFA\x22\x03"[..], &b"\x10\x02\xFF\xFF".repeat(1_000), b"\xFF\xF0hi\n"].concat();
    check_long(&doubled, &[line("hi")], b"");
    // After 4 KiB it is text again, and counts as a line without an end.
    let mut many = plain();
    let mut decoded = Decoded::default();
    many.feed(&offer(40_000), NOW, &mut decoded);
    assert_eq!(decoded.inputs.last(), Some(&Input::LineEndless));
    assert_eq!(decoded.replies, b"");
    // Several in a row are a flood of commands.
    let mut lines = vec![line("hi"); 16];
    lines.push(Input::LineEndless);
    check_long(&offer(1_300).repeat(20), &lines, b"");
}

#[test]
#[rustfmt::skip]
fn a_subnegotiation_without_an_end_does_not_swallow_the_conversation() {
    // It ends at the end of the line.
    for end in ["\n", "\r\n", "\r\0", "\r"] {
        let lines = format!("{end}b{end}c{end}");
        let bytes = [b"a\xFF\xFA\x18lost", lines.as_bytes()].concat();
        check(&bytes, &[line("a"), line("b"), line("c")], b"");
        // A 255 right before it is no command.
        let bytes = [b"a\xFF\xFA\x18lost\xFF", lines.as_bytes()].concat();
        check(&bytes, &[line("a"), line("b"), line("c")], b"");
    }
    // The two letters in Latin-1.
    check(b"\xFF\xFA hello\nb\n", &[line(""), line("b")], b"");
    // Or after 4 KiB.
    let endless = [&b"\xFF\xFA"[..], &[b'x'; 4096], b"ok\n"].concat();
    check_long(&endless, &[line("ok")], b"");
    for length in [4094, 4095, 4096] {
        let doubled = [&b"\xFF\xFA"[..], &vec![b'x'; length], b"\xFF\xF0ok\n"].concat();
        check_long(&doubled, &[line("ok")], b"");
    }
    // A flood of them is a flood of commands.
    let flood = [&b"\xFF\xFA"[..], &[b'x'; 4096]].concat().repeat(20);
    check_long(&flood, &[Input::LineEndless], b"");
}

#[test]
#[rustfmt::skip]
fn a_byte_that_telnet_has_swallowed_returns() {
    check(b"\xD1\xD0\xBE\xD1\x87\xD1\xFF\xF4\xFF\xFD\x06\n", &[line("хочу")], MARKED);
    check(b"\xD9\xD8\xB1\xD8\xAD\xD8\xA8\xD8\xA7\n", &[line("مرحبا")], b"");
    // A later line need not prove that it is UTF-8.
    check("да\n".bytes().chain(*b"\xD1\n").collect::<Vec<_>>(), &[line("да"), line("х")], b"");
    // Latin-1 is not mended.
    check(b"\xD1and\xFA\n\xC4pfel\n", &[altered("\u{FFFD}and\u{FFFD}"), altered("\u{FFFD}pfel")], b"");
}

#[test]
fn a_flood_of_commands_ends_the_connection() {
    let most = b"\xFF\xF1".repeat(ENDLESS_BYTES_MAX / 2);
    check_long(&[&most[..], b"hi\n"].concat(), &[line("hi")], b"");
    check_long(&[&most[..], b"\xFF"].concat(), &[Input::LineEndless], b"");
    // Each doubled 255 counts as a command and as a byte of an endless line.
    let flood = vec![0xFF; 10 << 20];
    let decoded = decode(plain(), flood.chunks(16 * 1024));
    assert_eq!(
        decoded,
        Decoded { inputs: vec![Input::LineTooLong, Input::LineEndless], replies: vec![] }
    );
}

#[test]
fn keep_alive_commands_do_not_add_up() {
    let mut decoder = plain();
    let mut decoded = Decoded::default();
    for tick in 0..200_000 {
        decoder.feed(b"\xFF\xF1", NOW + Duration::from_secs(30 * tick), &mut decoded);
    }
    assert!(decoded.is_empty());
    // Many commands during one slow line are no flood either.
    let most = b"\xFF\xF1".repeat(ENDLESS_BYTES_MAX / 2);
    for tick in 0..20 {
        decoder.feed(&most, NOW + Duration::from_secs(10_000_000 + 10 * tick), &mut decoded);
    }
    assert!(decoded.is_empty());
}

#[test]
#[rustfmt::skip]
fn a_command_within_a_letter_is_a_byte_of_that_letter() {
    // GNU telnet takes the bytes 0x83, 0x8F, 0x9A and 0x9C in letters for its keys.
    check(b"a\xD1\xFF\xF4\xFF\xFD\x06b\n", &[line("a\u{443}b")], b"\xFF\xFC\x06");
    for (typed, said) in [
        (&b"\xD0\xFF\xF5\n"[..], "\u{40f}"),
        (b"\xD0\xFF\xED\n", "\u{41a}"),
        (b"\xD0\xFF\xF3\n", "\u{41c}"),
        (b"\xE6\xFF\xF3\xAC\n", "\u{672c}"),
        (b"x\xF0\x9F\xFF\xED\x80\n", "x\u{1f680}"),
    ] {
        check(typed, &[line(said)], b"");
    }
    // Behind a whole or an invalid letter, it is a command.
    check("у\u{443}".as_bytes(), &[line("у\u{443}")], b"");
    check(b"\xD1\x83\xFF\xF4hi\n", &[line("hi")], b"");
    check(b"\xFE\xFF\xF4hi\n", &[line("hi")], b"");
    check(b"\xE6\xE6\x9C\xAC\xFF\xF4hi\n", &[line("hi")], b"");
}

#[test]
#[rustfmt::skip]
fn the_end_of_file_command_ends_the_line_and_leaves() {
    check(b"\xFF\xEC", &[Input::EndOfTransmission], b"");
    check(b"bot\nhi\xFF\xEC", &[line("bot"), line("hi"), Input::EndOfTransmission], b"");
    check(b"GET / HTTP/1.1\xFF\xEC", &[stranger(Stranger::Http)], b"");
}
