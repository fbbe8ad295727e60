use std::io::{BufRead, BufReader, Read};
use std::net::{TcpListener, TcpStream};

use super::*;

/// How long a test waits before it fails.
const PATIENCE: Duration = Duration::from_secs(20);

/// A listener and its address.
fn listener() -> (TcpListener, Address) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    (listener, address.parse().unwrap())
}

fn next(connection: &Connection) -> Event {
    connection.events().recv_timeout(PATIENCE).unwrap()
}

/// A connection, and the server's end of it.
fn connected() -> (Connection, TcpStream) {
    let (listener, address) = listener();
    let connection = Connection::open(Route { server: address, via: None }).unwrap();
    assert_eq!(next(&connection), Event::Connected);
    (connection, listener.accept().unwrap().0)
}

#[test]
fn lines_go_both_ways_and_the_end_is_an_event() {
    let (mut connection, server) = connected();
    connection.send("{\"a\":1}");
    connection.send("{}");
    let mut heard = BufReader::new(&server).lines();
    assert_eq!(heard.next().unwrap().unwrap(), "{\"a\":1}");
    assert_eq!(heard.next().unwrap().unwrap(), "{}");

    (&server).write_all(b"one\r\ntwo\nhalf").unwrap();
    drop(server);
    assert_eq!(next(&connection), Event::Received("one".to_owned()));
    assert_eq!(next(&connection), Event::Received("two".to_owned()));
    assert_eq!(next(&connection), Event::Disconnected(None));
    assert!(connection.events().recv_timeout(PATIENCE).is_err());
}

#[test]
fn the_server_sees_the_end_when_the_connection_is_dropped() {
    // The second case: the thread waits for a receiver of its lines.
    for lines in [0, LINES_MAX + 1] {
        let (connection, mut server) = connected();
        server.write_all("line\n".repeat(lines).as_bytes()).unwrap();
        if lines > 0 {
            while connection.events().len() < LINES_MAX {
                std::thread::yield_now();
            }
        }
        drop(connection);
        // Unread data turns the end into a reset.
        let mut rest = Vec::new();
        let end = server.read_to_end(&mut rest);
        assert!(end.is_err() || rest.is_empty());
    }
}

#[test]
fn what_cannot_be_sent_is_told_once_and_behind_what_the_server_said() {
    let (mut connection, mut server) = connected();
    server.write_all(b"bye\n").unwrap();
    assert_eq!(next(&connection), Event::Received("bye".to_owned()));
    // The server does not read, so the buffer fills up. Then the socket is shut down, as after a timeout.
    let socket = Arc::clone(&connection.socket);
    socket.get().unwrap().shutdown(Shutdown::Write).unwrap();
    connection.send("{}");
    connection.send("{}");
    assert_eq!(connection.broken(), Some("Broken pipe"));
    assert_eq!(next(&connection), Event::Disconnected(None));
    assert!(connection.events().recv_timeout(PATIENCE).is_err());
}

#[test]
fn a_line_without_an_end_ends_the_connection() {
    let (connection, mut server) = connected();
    let writer = std::thread::spawn(move || {
        // The write fails if the client has closed the connection.
        let _ = server.write_all(&vec![b'x'; LINE_BYTES_MAX + 1]);
        server
    });
    let Event::Disconnected(Some(reason)) = next(&connection) else {
        panic!("no end");
    };
    assert_eq!(reason, "the server has sent a line of more than 1048576 bytes");
    drop(connection);
    let _ = writer.join();
}

#[test]
fn a_host_that_is_not_there_is_told() {
    // RFC 6761 guarantees that no name below `invalid` exists.
    let connection =
        Connection::open(Route { server: "host.invalid:1337".parse().unwrap(), via: None })
            .unwrap();
    let Event::NotConnected(sentence) = next(&connection) else {
        panic!("there is a host");
    };
    let start = "The host of host.invalid:1337 cannot be found: ";
    assert!(sentence.starts_with(start), "{sentence}");
    assert!(sentence.ends_with(". Is it spelled correctly?"), "{sentence}");
}

#[test]
fn every_reason_is_a_sentence_that_says_what_to_do() {
    let address: Address = "[::1]:1337".parse().unwrap();
    let unreachable = rustix::io::Errno::NETUNREACH.into();
    for (error, sentence) in [
        (
            io::ErrorKind::ConnectionRefused.into(),
            "No server is listening at [::1]:1337. Is it running?",
        ),
        (
            io::ErrorKind::TimedOut.into(),
            "[::1]:1337 does not answer. Is the address right, and do all firewalls let you through?",
        ),
        (
            unreachable,
            "[::1]:1337 cannot be reached: Network is unreachable. Is this machine connected to a network?",
        ),
        (
            rustix::io::Errno::ACCESS.into(),
            "The connection to [::1]:1337 failed: Permission denied.",
        ),
    ] {
        assert_eq!(why_not(&address, &error), sentence);
    }
}

#[test]
fn a_command_is_a_connection_too() {
    let via = |command: &str| {
        let route = Route { server: "example.org:1".parse().unwrap(), via: Some(command.into()) };
        Connection::open(route).unwrap()
    };
    let mut connection = via("read line; echo \"$line\"; read line; echo enough >&2; exit 4");
    assert_eq!(next(&connection), Event::Connected);
    connection.send("{\"a\":1}");
    assert_eq!(next(&connection), Event::Received("{\"a\":1}".to_owned()));
    connection.send("{}");
    let reason = "The command of --via has ended (exit status: 4): enough. Try it by itself.";
    assert_eq!(next(&connection), Event::Disconnected(Some(reason.to_owned())));
    // A drop does not wait for a command that reads nothing.
    let stuck = via("exec sleep 1000");
    assert_eq!(next(&stuck), Event::Connected);
    let began = std::time::Instant::now();
    drop(stuck);
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
}
