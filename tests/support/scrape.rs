//! A scraper: asks a server for its metrics.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};

use super::{PATIENCE, Server};

/// The port for metrics, of a server that has one.
pub fn port(server: &Server) -> u16 {
    let start = "Waiting for scrapers at http://127.0.0.1:";
    let line = server.printed(|line| line.starts_with(start));
    line[start.len()..].strip_suffix("/metrics").unwrap().parse().unwrap()
}

/// Sends these bytes and returns everything that comes back.
pub fn exchange(port: u16, request: &[u8]) -> String {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(request).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// The text of the metrics.
pub fn text(port: u16) -> String {
    let answer = exchange(port, b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    assert!(
        head.contains("\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"),
        "{head}"
    );
    assert!(head.contains(&format!("\r\nContent-Length: {}\r\n", body.len())), "{head}");
    body.to_owned()
}

/// Each sample: its name with its labels, and its value.
pub fn samples(text: &str) -> BTreeMap<String, f64> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let sample = |line: &str| {
        let (name, value) = line.rsplit_once(' ').unwrap();
        (name.to_owned(), value.parse().unwrap())
    };
    lines.map(sample).collect()
}

/// The value of one sample now.
pub fn value(port: u16, name: &str) -> f64 {
    let text = text(port);
    *samples(&text).get(name).unwrap_or_else(|| panic!("no {name} in {text}"))
}

/// The names of the families.
pub fn families(text: &str) -> Vec<&str> {
    let names = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next());
    names.collect()
}
