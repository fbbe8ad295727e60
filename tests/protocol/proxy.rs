//! The header of a proxy. The examples are those of the standard.

use std::net::SocketAddr;

use chatserv::protocol::proxy::{HeaderError, Origin, Parsed, parse};
use proptest::collection::vec;
use proptest::prelude::*;

const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";
const LONGEST: usize = 4096;

/// Reads a header from a stream as a connection does: it takes what the parser allows, but no more than `piece` bytes at
/// once. Returns the result and what is left of the stream. None if the stream ends too early.
fn read(stream: &[u8], piece: usize) -> Option<(Result<Origin, HeaderError>, &[u8])> {
    let (mut taken, mut wanted) = (0, 1);
    loop {
        let count = wanted.min(piece).min(stream.len() - taken);
        if count == 0 {
            return None;
        }
        taken += count;
        match parse(&stream[..taken]) {
            Ok(Parsed::More(bytes)) => {
                assert!(bytes > 0, "it wants nothing, and is not complete");
                wanted = bytes;
            }
            Ok(Parsed::Complete(origin)) => return Some((Ok(origin), &stream[taken..])),
            Err(error) => return Some((Err(error), &stream[taken..])),
        }
    }
}

/// The result for a stream that is a header and some bytes of a client, wherever it is split.
fn header(bytes: &[u8]) -> Result<Origin, HeaderError> {
    let stream = [bytes, b"PROXY ann\r\nhello"].concat();
    let whole = read(&stream, usize::MAX).unwrap();
    for piece in 1..20 {
        let (result, rest) = read(&stream, piece).unwrap();
        assert_eq!(result, whole.0, "in pieces of {piece}");
        assert!(result.is_err() || rest == whole.1, "in pieces of {piece}");
    }
    if whole.0.is_ok() {
        assert_eq!(whole.1, b"PROXY ann\r\nhello", "bytes of the client are gone");
    }
    whole.0
}

fn client(address: &str) -> Result<Origin, HeaderError> {
    Ok(Origin::Client(address.parse::<SocketAddr>().unwrap()))
}

/// A header of version 2: its 13th and 14th byte, and what follows the length.
fn binary(command: u8, family: u8, rest: &[u8]) -> Vec<u8> {
    let length = u16::try_from(rest.len()).unwrap().to_be_bytes();
    [SIGNATURE, &[command, family], &length, rest].concat()
}

/// The block of addresses of 192.0.2.7:40000 at 192.0.2.1:1337.
const V4: [u8; 12] = [192, 0, 2, 7, 192, 0, 2, 1, 0x9c, 0x40, 5, 0x39];

#[test]
fn the_text_form() {
    for (line, origin) in [
        ("PROXY TCP4 192.0.2.7 192.0.2.1 40000 1337\r\n", client("192.0.2.7:40000")),
        (
            "PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n",
            client("255.255.255.255:65535"),
        ),
        ("PROXY TCP4 1.1.1.1 2.2.2.2 1 0\r\n", client("1.1.1.1:1")),
        ("PROXY TCP6 2001:db8::7 ::1 40000 1337\r\n", client("[2001:db8::7]:40000")),
        ("PROXY TCP6 :: :: 0 0\r\n", client("[::]:0")),
        ("PROXY TCP6 ::ffff:192.0.2.7 ::1 40000 1337\r\n", client("192.0.2.7:40000")),
        ("PROXY UNKNOWN\r\n", Ok(Origin::Proxy)),
        ("PROXY UNKNOWN whatever comes 1 2 3\r\n", Ok(Origin::Proxy)),
        // 107 bytes.
        (
            "PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n",
            Ok(Origin::Proxy),
        ),
    ] {
        assert_eq!(header(line.as_bytes()), origin, "{line:?}");
    }
}

#[test]
fn what_is_no_header_in_text_form() {
    for line in [
        "PROXY TCP4 192.0.2.7 192.0.2.1 40000\r\n",
        "PROXY TCP4 192.0.2.7 192.0.2.1 40000 1337 1\r\n",
        "PROXY TCP4 192.0.2.7 192.0.2.1 40000 1337 \r\n",
        "PROXY TCP4  192.0.2.7 192.0.2.1 40000 1337\r\n",
        "PROXY TCP4 192.0.2.7 192.0.2.1 65536 1337\r\n",
        "PROXY TCP4 192.0.2.7 192.0.2.1 +4000 1337\r\n",
        "PROXY TCP4 192.0.2.7 192.0.2.1 40000 -1\r\n",
        "PROXY TCP4 192.0.2.007 192.0.2.1 40000 1337\r\n",
        "PROXY TCP4 ::1 192.0.2.1 40000 1337\r\n",
        "PROXY TCP4 example.org 192.0.2.1 40000 1337\r\n",
        "PROXY TCP6 192.0.2.7 ::1 40000 1337\r\n",
        "PROXY TCP5 192.0.2.7 192.0.2.1 40000 1337\r\n",
        "PROXY tcp4 192.0.2.7 192.0.2.1 40000 1337\r\n",
        "PROXY UNKNOWNS and so on\r\n",
        "PROXY TCP4 192.0.2.7 192.0.2.1 40000 1337\n",
        "PROXY \r\n and a line\r\n",
        "PROXY UNKNOWN a line\nand another\r\n",
    ] {
        assert_eq!(header(line.as_bytes()), Err(HeaderError::Malformed), "{line:?}");
    }
    for line in [
        "ann\r\n",
        "proxy TCP4 192.0.2.7 1.1.1.1 1 1\r\n",
        "PROXYTCP4",
        "\r\nPROXY",
        "{\"action\":1}\n",
    ] {
        assert_eq!(header(line.as_bytes()), Err(HeaderError::Missing), "{line:?}");
    }
    let long = format!("PROXY UNKNOWN {}\r\n", "x".repeat(92));
    assert_eq!(long.len(), 108);
    assert_eq!(header(long.as_bytes()), Err(HeaderError::TooLong));
}

#[test]
fn the_binary_form() {
    let v6: Vec<u8> = [
        &[0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7][..],
        &[0; 16],
        &[0x9c, 0x40, 5, 0x39],
    ]
    .concat();
    let mapped = [&[0; 10][..], &[0xff, 0xff, 192, 0, 2, 7], &v6[16..]].concat();
    // TLVs: CRC-32C with a wrong sum, and ALPN.
    let more = [&V4[..], &[3, 0, 4, 1, 2, 3, 4, 1, 0, 2, b'h', b'2']].concat();
    for (command, family, rest, origin) in [
        (0x21, 0x11, &V4[..], client("192.0.2.7:40000")),
        (0x21, 0x12, &V4, client("192.0.2.7:40000")),
        (0x21, 0x11, &more, client("192.0.2.7:40000")),
        (0x21, 0x21, &v6, client("[2001:db8::7]:40000")),
        (0x21, 0x21, &mapped, client("192.0.2.7:40000")),
        // A health check of the proxy, with and without addresses.
        (0x20, 0x00, &[], Ok(Origin::Proxy)),
        (0x20, 0x11, &V4, Ok(Origin::Proxy)),
        (0x20, 0x11, &[], Ok(Origin::Proxy)),
        // A client without an Internet address.
        (0x21, 0x00, &[], Ok(Origin::Proxy)),
        (0x21, 0x00, &V4, Ok(Origin::Proxy)),
        (0x21, 0x31, &[b'/'; 216], Ok(Origin::Proxy)),
        // Shorter than their addresses.
        (0x21, 0x11, &V4[..11], Err(HeaderError::Malformed)),
        (0x21, 0x21, &v6[..35], Err(HeaderError::Malformed)),
        (0x21, 0x31, &[b'/'; 215], Err(HeaderError::Malformed)),
        // Versions, commands and families that do not exist.
        (0x11, 0x11, &V4, Err(HeaderError::Malformed)),
        (0x22, 0x11, &V4, Err(HeaderError::Malformed)),
        (0x21, 0x13, &V4, Err(HeaderError::Malformed)),
        (0x21, 0x41, &V4, Err(HeaderError::Malformed)),
        (0x20, 0x10, &V4, Err(HeaderError::Malformed)),
        (0x21, 0x11, &[0; LONGEST - 16], client("0.0.0.0:0")),
        (0x21, 0x11, &[0; LONGEST - 15], Err(HeaderError::TooLong)),
    ] {
        let bytes = binary(command, family, rest);
        assert_eq!(header(&bytes), origin, "{command:x} {family:x} {rest:?}");
    }
}

proptest! {
    #[test]
    fn a_header_says_the_same_wherever_it_is_split(
        address in any::<[u8; 4]>(), port in any::<u16>(), in_text in any::<bool>(), more in vec(any::<u8>(), 0..40),
        behind in vec(any::<u8>(), 0..40), cuts in vec(1_usize..30, 1..20),
    ) {
        let expected = Origin::Client(SocketAddr::from((address, port)));
        let header = if in_text {
            let [a, b, c, d] = address;
            format!("PROXY TCP4 {a}.{b}.{c}.{d} 192.0.2.1 {port} 1337\r\n").into_bytes()
        } else {
            let [high, low] = port.to_be_bytes();
            binary(0x21, 0x11, &[&address[..], &[192, 0, 2, 1, high, low, 5, 0x39], &more].concat())
        };
        let stream = [&header[..], &behind].concat();
        // Pieces of changing length.
        let (mut taken, mut wanted, mut cuts) = (0, 1, cuts.into_iter().cycle());
        let origin = loop {
            taken += wanted.min(cuts.next().unwrap());
            match parse(&stream[..taken]).unwrap() {
                Parsed::More(bytes) => wanted = bytes,
                Parsed::Complete(origin) => break origin,
            }
        };
        prop_assert_eq!((origin, taken), (expected, header.len()));
    }

    #[test]
    fn no_bytes_make_it_panic_or_read_for_ever(
        start in prop_oneof![Just(b"".to_vec()), Just(b"PROXY ".to_vec()), Just(b"PROXY TCP4 ".to_vec()), Just(SIGNATURE.to_vec()),
            Just([SIGNATURE, b"\x21\x11"].concat())],
        bytes in vec(any::<u8>(), 0..300),
    ) {
        let stream = [start, bytes].concat();
        // Also calls that the contract does not allow.
        let _ = parse(&stream);
        let mut endless = stream.clone();
        endless.resize(LONGEST + 300, b'x');
        prop_assert!(read(&endless, 7).is_some(), "no decision after {} bytes", endless.len());
    }
}
