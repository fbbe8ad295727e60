//! The server as people meet it: real sockets, real lines.

mod support;

use std::net::{Ipv4Addr, TcpStream};

use support::process::until;
use support::{Client, Server};

#[test]
fn two_people_chat() {
    let server = Server::start(&[]);
    let mut alice = Client::join(&server, "Alice");
    let mut bob = Client::join(&server, "Bob");
    alice.expect("server: A new client has connected to the chat: id = Bob");
    bob.say("Hello Alice!");
    alice.expect("Bob : Hello Alice!");
    bob.hears_nothing();
}

/// A client that closes while something lies unread in its own socket sends a reset. What it has said before is said.
#[test]
fn the_last_lines_of_who_goes_in_a_hurry_are_said() {
    let server = Server::start(&[]);
    let mut bob = Client::join(&server, "Bob");
    for round in 0..20 {
        let mut carol = Client::join(&server, "Carol");
        bob.skip_to("id = Carol");
        bob.say("you will never read this");
        bob.hears_nothing();
        let lines: String = (0..50)
            .map(|number| format!("{round} {number}\r\n"))
            .collect();
        carol.send(lines.as_bytes());
        bob.say("nor this");
        drop(carol);
        for number in 0..50 {
            bob.expect(&format!("Carol : {round} {number}"));
        }
        bob.expect("server: Carol has left the chat");
    }
}

/// Who holds Ctrl-C down asks for more timing marks than are answered at once, and shows nothing until all are.
#[test]
fn timing_marks_that_come_too_fast_are_answered_a_second_later() {
    let server = Server::start(&[]);
    let mut tess = Client::join(&server, "Tess");
    tess.send(&b"\xFF\xF4\xFF\xFD\x06".repeat(25));
    // Ten at once and one for the rest, without another byte from her.
    tess.expect_bytes(&b"\xFF\xFC\x06".repeat(11));
    tess.hears_nothing();
}

#[test]
fn the_json_port_is_told_after_the_one_for_people_and_both_are_listened_on() {
    let server = Server::start(&["--json-port", "0"]);
    let (port, json_port) = (server.port, server.json_port());
    assert_eq!(
        server.printed_so_far(),
        format!(
            "Waiting for incoming connections on port {port}\n\
             Waiting for incoming json connections on port {json_port}"
        )
    );
    for port in [port, json_port] {
        TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
    }
    // A thread takes its name itself, when it first runs.
    for name in ["listener-v4", "listener-json4"] {
        until("the listener is there", || server.threads_called(name) == 1);
    }
}

#[test]
fn who_types_nothing_is_disconnected_but_who_has_no_name_is_not_idle() {
    let server = Server::start(&["--idle-timeout", "300ms"]);
    let mut unnamed = Client::connect(&server);
    unnamed.expect("server: Input username.");
    let mut ann = Client::join(&server, "ann");
    // A warning and a farewell, and then the end.
    ann.skip_to("server: ");
    ann.skip_to("server: ");
    ann.expect_end();
    server.log("reason=\"idle for too long\"");
    unnamed.say("bob");
    unnamed.expect("server: Your username is bob.");
}
