use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::strategy::ValueTree;
use proptest::test_runner::{RngSeed, TestRunner};

use super::*;

const KEY: [u8; 4] = [0x12, 0x0a, 0xff, 0x80];

/// A frame as a client sends it: `first` is its first byte.
fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match payload.len() {
        length @ 0..126 => frame.push(0x80 | length as u8),
        length => {
            frame.push(0x80 | 126);
            frame.extend_from_slice(&(length as u16).to_be_bytes());
        }
    }
    frame.extend_from_slice(&KEY);
    frame.extend(payload.iter().zip(KEY.iter().cycle()).map(|(byte, key)| byte ^ key));
    frame
}

/// Lines, replies and the code after these bytes, `step` at a time.
fn read(bytes: &[u8], step: usize) -> (String, Vec<u8>, Option<CloseCode>) {
    let (mut lines, mut replies) = (Vec::new(), Vec::new());
    let mut frames = Frames::new();
    let code = bytes.chunks(step).find_map(|part| frames.unframe(part, &mut lines, &mut replies));
    (String::from_utf8(lines).unwrap(), replies, code)
}

#[test]
fn the_result_does_not_depend_on_how_reads_split_the_frames() {
    let long = "x".repeat(JSON_LINE_BYTES_MAX);
    let bytes = [
        masked(0x81, b"{\"a\":1}"),
        // Fragments, with a ping between them.
        masked(0x01, "{\"b\":\"\u{00e4}".as_bytes().split_last().unwrap().1),
        masked(0x89, b"are you there?"),
        masked(0x00, &["\u{00e4}".as_bytes().last().copied().unwrap(), b'"']),
        masked(0x80, b"\n}"),
        masked(0x8a, b"an answer that nobody asked for"),
        masked(0x81, b""),
        masked(0x81, long.as_bytes()),
    ]
    .concat();
    let whole = read(&bytes, bytes.len());
    assert_eq!(whole.0, format!("{{\"a\":1}}\n{{\"b\":\"\u{00e4}\" }}\n\n{long}\n"));
    assert_eq!(whole.1, [&[0x8a, 14], &b"are you there?"[..]].concat());
    assert_eq!(whole.2, None);
    for step in [1, 2, 3, 5, 7, 511, 512, 513, 4096] {
        assert_eq!(read(&bytes, step), whole, "{step} bytes at a time");
    }
    // And every way to split it in two.
    for at in 1..200 {
        let (mut lines, mut replies) = (Vec::new(), Vec::new());
        let mut frames = Frames::new();
        for part in [&bytes[..at], &bytes[at..]] {
            assert_eq!(frames.unframe(part, &mut lines, &mut replies), None);
        }
        assert_eq!((lines, replies), (whole.0.clone().into_bytes(), whole.1.clone()), "{at}");
    }
}

#[test]
fn bad_frames_close_the_socket_with_the_code_of_the_standard() {
    use CloseCode::{InvalidText, Normal, ProtocolError, TooBig, Unsupported};
    let too_long = vec![b'x'; JSON_LINE_BYTES_MAX + 1];
    let half = vec![b'x'; JSON_LINE_BYTES_MAX / 2 + 1];
    let table = [
        ("an unmasked frame", vec![0x81, 2, b'h', b'i'], ProtocolError),
        ("a reserved bit", masked(0xc1, b"hi"), ProtocolError),
        ("a reserved opcode", masked(0x83, b"hi"), ProtocolError),
        ("a reserved control opcode", masked(0x8b, b"hi"), ProtocolError),
        ("a continuation of nothing", masked(0x80, b"hi"), ProtocolError),
        (
            "a message inside a message",
            [masked(0x01, b"hi"), masked(0x81, b"hi")].concat(),
            ProtocolError,
        ),
        ("a ping in fragments", masked(0x09, b"hi"), ProtocolError),
        ("a long ping", masked(0x89, &[b'x'; 126]), ProtocolError),
        ("half a close code", masked(0x88, &[3]), ProtocolError),
        ("a close code that nobody may send", masked(0x88, &[0x03, 0xed]), ProtocolError),
        ("a binary message", masked(0x82, b"hi"), Unsupported),
        ("bad UTF-8", masked(0x81, &[0xff, 0xfe]), InvalidText),
        ("half a letter", masked(0x81, &"\u{00e4}".as_bytes()[..1]), InvalidText),
        ("a close reason in bad UTF-8", masked(0x88, &[0x03, 0xe8, 0xff]), InvalidText),
        ("a long message", masked(0x81, &too_long), TooBig),
        (
            "a long message in fragments",
            [masked(0x01, &half), masked(0x80, &half)].concat(),
            TooBig,
        ),
        ("an announced gigabyte", vec![0x81, 0xff, 0, 0, 0, 0, 0x40, 0, 0, 0, 1, 2, 3, 4], TooBig),
        ("an endless message", vec![0x81, 0xff, 0x7f, 0xff, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4], TooBig),
        ("an empty close", masked(0x88, b""), Normal),
        ("a page that goes", masked(0x88, &[0x03, 0xe9]), Normal),
        ("a client that blames the server", masked(0x88, &[0x03, 0xea]), Normal),
    ];
    for (what, bytes, code) in table {
        for step in [1, bytes.len()] {
            let (lines, replies, found) = read(&bytes, step);
            assert_eq!((lines.as_str(), found), ("", Some(code)), "{what}");
            assert!(replies.is_empty(), "{what}");
        }
    }
}

/// The result of decoding the bytes of a client: lines, replies, and the code with which it closes.
type Heard = (Vec<u8>, Vec<u8>, Option<CloseCode>);

/// A model of RFC 6455 for a server that takes text of at most 16 KiB: written from the standard, with all bytes at hand.
fn model(bytes: &[u8]) -> Heard {
    let (mut lines, mut replies) = (Vec::new(), Vec::new());
    let code = close_code(bytes, &mut lines, &mut replies);
    (lines, replies, code)
}

fn close_code(mut rest: &[u8], lines: &mut Vec<u8>, replies: &mut Vec<u8>) -> Option<CloseCode> {
    use CloseCode::{InvalidText, Normal, ProtocolError, TooBig, Unsupported};
    // Opcode and payload of the message whose last fragment has not come.
    let mut begun: Option<(u8, Vec<u8>)> = None;
    loop {
        let first = take(&mut rest, 1)?[0];
        let second = take(&mut rest, 1)?[0];
        let (is_final, reserved, opcode) = (first & 0x80 != 0, first & 0x70, first & 0x0f);
        let length = match second & 0x7f {
            126 => take(&mut rest, 2)?,
            127 => take(&mut rest, 8)?,
            _ => &[second & 0x7f][..],
        };
        let length = length.iter().fold(0_u64, |number, &byte| number << 8 | u64::from(byte));
        let mask = if second & 0x80 == 0 { None } else { Some(take(&mut rest, 4)?) };
        if !matches!(opcode, 0..=2 | 8..=10) {
            return Some(ProtocolError);
        }
        // It does not wait for a payload that is too long.
        if length > JSON_LINE_BYTES_MAX as u64 {
            return Some(TooBig);
        }
        let payload = take(&mut rest, length as usize)?;
        let Some(mask) = mask else { return Some(ProtocolError) };
        let payload: Vec<u8> =
            payload.iter().enumerate().map(|(at, byte)| byte ^ mask[at % 4]).collect();
        if reserved != 0 || opcode >= 8 && (!is_final || length > 125) {
            return Some(ProtocolError);
        }
        match opcode {
            8 => {
                let Some((code, reason)) = payload.split_at_checked(2) else {
                    return Some(if payload.is_empty() { Normal } else { ProtocolError });
                };
                let code = u16::from_be_bytes([code[0], code[1]]);
                let may_be_sent = matches!(code, 1000..=1003 | 1007..=1013 | 3000..=4999);
                return Some(match std::str::from_utf8(reason) {
                    Err(_) => InvalidText,
                    Ok(_) if may_be_sent => Normal,
                    Ok(_) => ProtocolError,
                });
            }
            9 => {
                replies.extend_from_slice(&[0x8a, payload.len() as u8]);
                replies.extend_from_slice(&payload);
                continue;
            }
            10 => continue,
            0 if begun.is_none() => return Some(ProtocolError),
            1 | 2 if begun.is_some() => return Some(ProtocolError),
            _ => {}
        }
        let (kind, message) = begun.get_or_insert((opcode, Vec::new()));
        message.extend_from_slice(&payload);
        if message.len() > JSON_LINE_BYTES_MAX {
            return Some(TooBig);
        }
        let is_text = *kind == 1;
        if is_text && let Err(error) = std::str::from_utf8(message) {
            // A letter may go on in the next fragment.
            if is_final || error.error_len().is_some() {
                return Some(InvalidText);
            }
        }
        if is_final && !is_text {
            return Some(Unsupported);
        }
        if is_final {
            lines.extend(message.iter().map(|&byte| if byte == b'\n' { b' ' } else { byte }));
            lines.push(b'\n');
            begun = None;
        }
    }
}

/// The next bytes; none if they have not all come.
fn take<'a>(rest: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (taken, left) = rest.split_at_checked(count)?;
    *rest = left;
    Some(taken)
}

/// The same by the decoder, for bytes that come in these parts. No call may return more than a message and what came.
fn hear<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Heard {
    let (mut lines, mut replies) = (Vec::new(), Vec::new());
    let mut frames = Frames::new();
    for part in parts {
        let before = (lines.len(), replies.len());
        let code = frames.unframe(part, &mut lines, &mut replies);
        assert!(lines.len() - before.0 <= JSON_LINE_BYTES_MAX + 1 + part.len());
        assert!(replies.len() - before.1 <= 127 + part.len());
        if code.is_some() {
            return (lines, replies, code);
        }
    }
    (lines, replies, None)
}

fn any_text(letters_max: usize) -> impl Strategy<Value = Vec<u8>> {
    let letter = prop_oneof![9 => any::<char>(), 1 => Just('\n')];
    vec(letter, 0..=letters_max).prop_map(|letters| String::from_iter(letters).into_bytes())
}

/// A frame, or something like it.
fn any_frame() -> impl Strategy<Value = Vec<u8>> {
    let text = prop_oneof![
        4 => vec(b' '..=b'~', 0..20),
        4 => any_text(8),
        1 => vec(any::<u8>(), 0..8),
        // Parts of letters: their ends and beginnings meet in fragments.
        2 => select(vec![&b"\xc3"[..], b"\xa4", b"\xe2\x82", b"\xac", b"\xf0\x9f", b"\x98\x80", b"\xed\xa0\x80"])
            .prop_map(<[u8]>::to_vec),
        1 => (120_usize..130).prop_map(|length| vec![b'y'; length]),
    ];
    let close = (any::<bool>(), 990_u16..1020, 0_u16..=65535, text.clone()).prop_map(
        |(is_near, near, far, reason)| {
            let code = if is_near { near } else { far };
            [&code.to_be_bytes()[..], &reason].concat()
        },
    );
    let opcode_and_payload = prop_oneof![
        6 => (Just(1_u8), text.clone()),
        3 => (Just(0_u8), text.clone()),
        1 => (Just(2_u8), text.clone()),
        2 => (Just(9_u8), text.clone()),
        1 => (Just(10_u8), text.clone()),
        5 => (Just(8_u8), prop_oneof![close, text.clone()]),
        1 => (0_u8..16, text),
    ];
    // How many bytes the length has, at least, and how much it lies.
    let length = (
        select(vec![1_usize, 1, 1, 1, 1, 1, 2, 8]),
        prop_oneof![
            30 => Just(0_i64), 1 => -3_i64..4, 1 => any::<i64>()
        ],
    );
    let rarely = |weight| proptest::bool::weighted(weight);
    (opcode_and_payload, rarely(0.4), rarely(0.02), rarely(0.03), length, any::<[u8; 4]>())
        .prop_map(|((opcode, payload), goes_on, is_reserved, is_unmasked, (bytes, lie), key)| {
            let first =
                opcode | if goes_on { 0 } else { 0x80 } | if is_reserved { 0x20 } else { 0 };
            let mask = if is_unmasked { 0 } else { 0x80 };
            let length = (payload.len() as i64).wrapping_add(lie);
            let big = length.to_be_bytes();
            let mut frame = vec![first];
            match (bytes, length) {
                (1, 0..126) => frame.push(mask | big[7]),
                (1 | 2, 0..0x1_0000) => frame.extend_from_slice(&[mask | 126, big[6], big[7]]),
                _ => frame.extend_from_slice(&[&[mask | 127], &big[..]].concat()),
            }
            if is_unmasked {
                frame.extend_from_slice(&payload);
            } else {
                frame.extend_from_slice(&key);
                frame.extend(payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key));
            }
            frame
        })
}

/// A message in fragments, with pings between them.
fn any_message() -> impl Strategy<Value = Vec<u8>> {
    let text = any_text(12);
    let cuts = vec((any::<Index>(), proptest::bool::weighted(0.3)), 0..4);
    (text, cuts).prop_map(|(text, mut cuts)| {
        cuts.sort_by_key(|(cut, _)| cut.index(text.len() + 1));
        let (mut bytes, mut begin, mut opcode) = (Vec::new(), 0, 1);
        for (cut, has_ping) in cuts {
            let end = cut.index(text.len() + 1);
            bytes.extend(masked(opcode, &text[begin..end]));
            if has_ping {
                bytes.extend(masked(0x89, b"?"));
            }
            (begin, opcode) = (end, 0);
        }
        bytes.extend(masked(0x80 | opcode, &text[begin..]));
        bytes
    })
}

/// The stream of a client, which may end in the middle of a frame, or have a wrong byte.
fn any_stream() -> impl Strategy<Value = Vec<u8>> {
    let damage = proptest::option::weighted(0.1, (any::<Index>(), any::<u8>()));
    let end = proptest::option::weighted(0.2, any::<Index>());
    let pieces = vec(prop_oneof![4 => any_message(), 1 => any_frame()], 0..8);
    (pieces, damage, end).prop_map(|(frames, damage, end)| {
        let mut bytes = frames.concat();
        if let Some((at, byte)) = damage.filter(|_| !bytes.is_empty()) {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(end) = end {
            bytes.truncate(end.index(bytes.len() + 1));
        }
        bytes
    })
}

/// The same cases each time. `PROPTEST_CASES` asks for another number of them, from a new seed each time.
fn cases(usual: u32) -> ProptestConfig {
    let config = match std::env::var_os("PROPTEST_CASES") {
        None => {
            ProptestConfig { cases: usual, rng_seed: RngSeed::Fixed(6455), ..Default::default() }
        }
        Some(_) => ProptestConfig::default(),
    };
    ProptestConfig { failure_persistence: None, ..config }
}

#[test]
fn the_random_streams_have_every_outcome() {
    use CloseCode::{InvalidText, Normal, ProtocolError, TooBig, Unsupported};
    let mut runner = TestRunner::deterministic();
    let streams = (0..2000).map(|_| any_stream().new_tree(&mut runner).unwrap().current());
    let heard: Vec<Heard> = streams.map(|bytes| model(&bytes)).collect();
    for code in [InvalidText, Normal, ProtocolError, TooBig, Unsupported] {
        let count = heard.iter().filter(|(.., found)| *found == Some(code)).count();
        assert!(count >= 20, "{count} times {code:?}");
    }
    let goes_on = |heard: &&Heard| heard.0.len() > 2 && heard.1.len() > 2 && heard.2.is_none();
    assert!(heard.iter().filter(goes_on).count() >= 20);
}

proptest! {
    #![proptest_config(cases(4000))]

    #[test]
    fn frames_are_read_as_the_standard_says_however_the_reads_split_them(
        bytes in any_stream(),
        mut cuts in vec(any::<Index>(), 0..6),
    ) {
        let expected = model(&bytes);
        prop_assert_eq!(&hear([&bytes[..]]), &expected);
        prop_assert_eq!(&hear(bytes.chunks(1)), &expected);
        cuts.sort_by_key(|cut| cut.index(bytes.len() + 1));
        let ends = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).chain([bytes.len()]);
        let parts = ends.scan(0, |begin, end| Some(&bytes[std::mem::replace(begin, end)..end]));
        prop_assert_eq!(&hear(parts), &expected);
    }

    #[test]
    fn no_bytes_do_harm(bytes in vec(any::<u8>(), 0..200)) {
        let expected = model(&bytes);
        prop_assert_eq!(&hear([&bytes[..]]), &expected);
        prop_assert_eq!(&hear(bytes.chunks(1)), &expected);
    }
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn every_place_to_split_a_stream_is_as_good(bytes in any_stream()) {
        let expected = model(&bytes);
        for at in 0..bytes.len().min(150) {
            let (left, right) = bytes.split_at(at);
            prop_assert_eq!(&hear([left, right]), &expected, "{}", at);
        }
    }

    /// Fragments around the limit, whose last bytes may be parts of a letter.
    #[test]
    fn a_message_has_a_limit_however_it_is_divided(
        lengths in vec(0_usize..9000, 1..5),
        total in JSON_LINE_BYTES_MAX - 2..JSON_LINE_BYTES_MAX + 3,
        letter in select(vec!["x", "\u{e4}", "\u{20ac}", "\u{1f600}"]),
        step in 1_usize..5000,
    ) {
        let text = letter.repeat(total.div_ceil(letter.len()));
        let (mut rest, mut bytes) = (&text.as_bytes()[..total], Vec::new());
        for length in lengths {
            let (part, others) = rest.split_at(length.min(rest.len()));
            bytes.extend(masked(u8::from(rest.len() == total && bytes.is_empty()), part));
            rest = others;
        }
        bytes.extend(masked(0x80, rest));
        let expected = model(&bytes);
        prop_assert_eq!(&hear([&bytes[..]]), &expected);
        prop_assert_eq!(&hear(bytes.chunks(step)), &expected);
    }
}
