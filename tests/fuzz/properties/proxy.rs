//! The header of a proxy, read as the server reads it: never more bytes than the header surely has.

use core::net::SocketAddr;

use super::assert_one_line;
use crate::protocol::proxy::{Origin, Parsed, parse};

/// No header is longer.
const HEADER_BYTES_MAX: usize = 4096;

pub fn check(bytes: &[u8]) {
    let mut read = 0;
    let origin = loop {
        match parse(&bytes[..read]) {
            Ok(Parsed::More(count)) => {
                assert!(count > 0, "the server would wait for nothing");
                read += count;
                assert!(read <= HEADER_BYTES_MAX, "{read} bytes");
                if read > bytes.len() {
                    return;
                }
            }
            Ok(Parsed::Complete(origin)) => break origin,
            Err(error) => return assert_one_line(&error.to_string()),
        }
    };
    let header = &bytes[..read];
    assert_ends_here(header);
    if let Origin::Client(client) = origin {
        assert_eq!(client.ip(), client.ip().to_canonical());
        // The other version of the header says the same.
        let other = if header[0] == b'P' { binary(client) } else { text(client) };
        assert_eq!(parse(&other), Ok(Parsed::Complete(origin)), "{other:?}");
    }
}

/// Asserts that not one byte of the client is in the header.
fn assert_ends_here(header: &[u8]) {
    if header[0] == b'P' {
        assert_eq!(header.iter().filter(|&&byte| byte == b'\n').count(), 1);
        assert!(header.ends_with(b"\r\n") && header.len() <= 107);
    } else {
        let length = u16::from_be_bytes([header[14], header[15]]);
        assert_eq!(header.len(), 16 + usize::from(length));
    }
}

fn text(client: SocketAddr) -> Vec<u8> {
    let family = if client.is_ipv4() { "TCP4" } else { "TCP6" };
    let (ip, port) = (client.ip(), client.port());
    format!("PROXY {family} {ip} {ip} {port} 1337\r\n").into_bytes()
}

fn binary(client: SocketAddr) -> Vec<u8> {
    let (family, ip) = match client {
        SocketAddr::V4(client) => (0x11, client.ip().octets().to_vec()),
        SocketAddr::V6(client) => (0x21, client.ip().octets().to_vec()),
    };
    let ports = [client.port().to_be_bytes(), 1337_u16.to_be_bytes()].concat();
    let addresses = [ip.clone(), ip, ports].concat();
    let length = [0, u8::try_from(addresses.len()).expect("36 at most")];
    [b"\r\n\r\n\0\r\nQUIT\n", &[0x21, family][..], &length[..], &addresses[..]].concat()
}
