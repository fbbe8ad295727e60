//! `--proxy-port`: clients whose address a proxy tells.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use serde_json::json;
use socket2::{Domain, Socket, Type};

use crate::support::directory::Directory;
use crate::support::{Client, PATIENCE, Server, scrape, until};

const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";

fn server(flags: &[&str]) -> Server {
    Server::start(&[&["--proxy-port", "0"], flags].concat())
}

fn connect(server: &Server) -> TcpStream {
    TcpStream::connect((Ipv4Addr::LOCALHOST, server.proxy_port())).unwrap()
}

/// The header in text form for a client with this address and port.
fn header(address: &str) -> String {
    let address: SocketAddr = address.parse().unwrap();
    let (family, server) = if address.is_ipv4() { ("TCP4", "192.0.2.1") } else { ("TCP6", "::1") };
    format!("PROXY {family} {} {server} {} 1337\r\n", address.ip(), address.port())
}

/// A client behind the proxy, which has sent nothing yet.
fn behind(server: &Server, address: &str) -> Client {
    let mut client = Client::over(connect(server));
    client.send(header(address).as_bytes());
    client
}

fn join(server: &Server, name: &str, address: &str) -> Client {
    let mut client = behind(server, address);
    client.expect("server: Input username.");
    client.say(name);
    client.skip_to("client(s) connected to this server.");
    client
}

/// Expects that the server closes the connection and says nothing.
fn is_closed_silently(mut stream: TcpStream) {
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    // With unread input, the end is a reset.
    let count = stream.read(&mut [0; 100]).unwrap_or(0);
    assert_eq!(count, 0);
}

#[test]
fn the_address_in_the_header_is_the_address_of_the_client() {
    let server = server(&[]);
    let mut ann = join(&server, "ann", "192.0.2.7:40000");
    server.log("A new connection has been received client=1 address=192.0.2.7:40000");
    let _bob = join(&server, "bob", "[2001:db8::7]:40001");
    server.log("address=[2001:db8::7]:40001");
    // Operators see addresses.
    let mut operator = Client::join(&server, "operator");
    operator.say("/whois ann");
    operator.skip_to("192.0.2.7:40000");
    operator.say("/whois bob");
    operator.skip_to("[2001:db8::7]:40001");
    ann.skip_to("id = operator");
    operator.say("hello");
    ann.skip_to("operator : hello");
    ann.say("hello back");
    operator.skip_to("ann : hello back");
}

#[test]
fn a_header_may_be_split_anywhere_and_the_first_line_may_follow_in_the_same_segment() {
    let server = server(&[]);
    let address = [192, 0, 2, 9, 192, 0, 2, 1, 0x9c, 0x40, 5, 0x39];
    let tlv = [0xe0, 0, 3, b'a', b'\r', b'\n'];
    let binary = [SIGNATURE, &[0x21, 0x11, 0, 18], &address, &tlv].concat();
    for (kind, header, address) in [
        ("text", header("192.0.2.8:40000").into_bytes(), "192.0.2.8:40000"),
        ("binary", binary, "192.0.2.9:40000"),
    ] {
        let stream = |name: &str| [&header[..], format!("{name}{kind}\r\n").as_bytes()].concat();
        let mut client = Client::over(connect(&server));
        client.send(&stream("whole"));
        client.skip_to(&format!("Your username is whole{kind}."));
        server.log(&format!("address={address}"));
        // As far as the network keeps bytes apart.
        let mut client = Client::over(connect(&server));
        for byte in stream("split") {
            client.send(&[byte]);
        }
        client.skip_to(&format!("Your username is split{kind}."));
    }
}

#[test]
fn programs_speak_json_behind_the_proxy_too() {
    let server = server(&[]);
    let mut client = behind(&server, "192.0.2.7:40000");
    client.expect("server: Input username.");
    client.send_object(&json!({"action": "connect", "username": "bot"}));
    assert_eq!(client.skip_to_action("connect")["address"], "192.0.2.7:40000");
}

#[test]
fn a_proxy_makes_nobody_an_operator_by_an_address() {
    let directory = Directory::new("proxied");
    directory.write("word", "sesame");
    let server = server(&["--operator-password-file", &directory.path("word")]);
    let mut ann = join(&server, "ann", "127.0.0.1:40000");
    ann.say("SHUTDOWN");
    ann.skip_to("perator");
    // A proxy that speaks for itself comes from loopback here, and tells no other address.
    let mut local = Client::over(connect(&server));
    local.send(&[SIGNATURE, &[0x20, 0, 0, 0]].concat());
    local.expect("server: Input username.");
    local.say("local");
    local.skip_to("client(s) connected to this server.");
    local.say("/shutdown");
    local.skip_to("perator");
    let mut bob = Client::over(connect(&server));
    bob.send(b"PROXY UNKNOWN\r\n");
    bob.expect("server: Input username.");
    bob.say("bob");
    bob.skip_to("client(s) connected to this server.");
    bob.say("SHUTDOWN");
    bob.skip_to("perator");
    // Everybody is still here; the password works.
    ann.say("/op sesame");
    ann.skip_to("You are an operator now");
}

#[test]
fn bans_hold_for_the_address_in_the_header() {
    let server = server(&[]);
    let mut operator = Client::join(&server, "operator");
    let mut bad = join(&server, "bad", "192.0.2.66:40000");
    operator.skip_to("id = bad");
    operator.say("/ban bad");
    bad.skip_to("banned");
    let mut again = behind(&server, "192.0.2.66:40001");
    again.skip_to("banned");
    again.expect_end();
    server.log("turned away: banned");
    join(&server, "good", "192.0.2.67:40000");
}

#[test]
fn the_limits_of_an_address_count_the_one_in_the_header() {
    let server = server(&["--connections-per-address", "2", "--metrics-port", "0"]);
    let metrics = scrape::port(&server);
    let first = join(&server, "first", "192.0.2.7:40000");
    let _second = join(&server, "second", "192.0.2.7:40001");
    let mut third = behind(&server, "192.0.2.7:40002");
    third.skip_to("server: ");
    third.expect_end();
    server.log("address=192.0.2.7:40002");
    let refused = "chatserv_refused_total{reason=\"connections_per_address\"}";
    assert_eq!(scrape::value(metrics, refused), 1.0);
    let _other = join(&server, "other", "192.0.2.8:40000");
    let places = || scrape::value(metrics, "chatserv_clients{port=\"proxy\"}");
    until("the place of the refused is free", || places() == 3.0);
    first.close_by_reset();
    until("a place is free", || places() == 2.0);
    join(&server, "third", "192.0.2.7:40003");
}

#[test]
fn an_anonymous_client_is_known_by_the_address_in_the_header() {
    let server = server(&["--anonymous"]);
    let mut client = behind(&server, "192.0.2.7:40000");
    client.skip_to("server: Your id is: '192.0.2.7:40000'.");
}

#[test]
fn a_connection_without_a_header_is_closed_and_logged() {
    let server = server(&["--login-timeout", "500ms", "--metrics-port", "0"]);
    for beginning in ["ann\r\n", "GET / HTTP/1.1\r\n\r\n", "PROXY TCP4 1.2.3.4 1.2.3.4 x y\r\n"] {
        let mut stream = connect(&server);
        stream.write_all(beginning.as_bytes()).unwrap();
        is_closed_silently(stream);
    }
    server.log("closed: no PROXY header comes first. Have the proxy send one, or send it to another port (proxy-port)");
    server.log("closed: the PROXY header is malformed (proxy-port)");
    let began = Instant::now();
    let mut stream = connect(&server);
    stream.write_all(b"PROXY TCP4 ").unwrap();
    is_closed_silently(stream);
    assert!(began.elapsed() >= Duration::from_millis(400), "{:?}", began.elapsed());
    server.log("closed: no PROXY header has come in time (login-timeout)");
    let refused = "chatserv_refused_total{reason=\"no_proxy_header\"}";
    assert_eq!(scrape::value(scrape::port(&server), refused), 4.0);
    // A header takes nothing from the time for the name: both together have it.
    let mut slow = behind(&server, "192.0.2.7:40000");
    slow.expect("server: Input username.");
    slow.skip_to("server: ");
    slow.expect_end();
    server.log("no name in time");
}

#[test]
fn only_proxies_of_the_list_may_come() {
    let server = server(&["--proxy-from", "127.0.0.2,127.1.0.0/16", "--log-level", "debug"]);
    let port = server.proxy_port();
    let from = |address: [u8; 4]| {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.bind(&SocketAddr::from((address, 0)).into()).unwrap();
        socket.connect(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)).into()).unwrap();
        TcpStream::from(socket)
    };
    for (address, may) in [
        ([127, 0, 0, 1], false),
        ([127, 0, 0, 2], true),
        ([127, 0, 0, 3], false),
        ([127, 1, 2, 3], true),
        ([127, 2, 0, 0], false),
    ] {
        let mut stream = from(address);
        // The server may have closed it already.
        let _ = stream.write_all(header("192.0.2.7:40000").as_bytes());
        if may {
            Client::over(stream).expect("server: Input username.");
        } else {
            is_closed_silently(stream);
            let [a, b, c, d] = address;
            server.logged(|line| {
                line.contains("closed: not a proxy that may come here (proxy-from)")
                    && line.contains(&format!("address={a}.{b}.{c}.{d}:"))
            });
        }
    }
}

#[test]
fn a_health_check_of_a_proxy_leaves_no_line_in_the_log() {
    let server = server(&[]);
    // One that connects only, one by version 1, one by version 2.
    for header in [&b""[..], b"PROXY UNKNOWN\r\n", &[SIGNATURE, &[0x20, 0, 0, 0]].concat()] {
        let mut stream = connect(&server);
        stream.write_all(header).unwrap();
        drop(stream);
    }
    join(&server, "ann", "192.0.2.7:40000");
    server.log("joined");
    let log = server.log_so_far();
    assert_eq!(log.matches("A new connection").count(), 1, "{log}");
    assert!(!log.contains("closed:"), "{log}");
}

#[test]
fn a_connection_that_waits_for_its_header_does_not_hold_up_the_end() {
    let mut server = server(&[]);
    let mut silent = connect(&server);
    silent.write_all(b"PROXY TCP4 192.").unwrap();
    until("it has a reader", || server.threads_called("reader") == 1);
    let mut operator = Client::join(&server, "operator");
    operator.say("SHUTDOWN");
    server.ends_well();
    is_closed_silently(silent);
}
