//! People on telnet and JSON clients in one chat, and when they are disconnected.

use std::net::{Ipv4Addr, TcpStream};
use std::sync::Barrier;
use std::thread;

use crate::support::{Client, Server, until};

fn connect_json(server: &Server) -> Client {
    Client::over(TcpStream::connect((Ipv4Addr::LOCALHOST, server.json_port())).unwrap())
}

/// Forty clients: half of them over telnet, a quarter over JSON on each port.
#[test]
fn a_name_that_many_claim_at_once_has_one_winner() {
    claim_at_once(40, 5);
}

#[test]
fn a_name_that_two_claim_at_once_has_one_winner_a_thousand_times() {
    claim_at_once(2, 1_000);
}

/// In each round, these many clients claim one name at the same instant.
fn claim_at_once(claims: usize, rounds: usize) {
    let server = Server::start(&["--json-port", "0"]);
    for round in 0..rounds {
        let clients: Vec<(bool, Client)> = (0..claims)
            .map(|number| {
                if number % 4 == 0 {
                    return (true, connect_json(&server));
                }
                let mut client = Client::connect(&server);
                client.expect("server: Input username.");
                (number % 4 == 1, client)
            })
            .collect();
        let start = Barrier::new(claims);
        // Returns the client too, so that nobody leaves and frees the name before all are answered.
        let claim = |speaks_json: bool, mut client: Client| {
            start.wait();
            let has_won = if speaks_json {
                client.say(&format!(r#"{{"action":"connect","username":"SAM-{round}"}}"#));
                client.object()["action"] == "connect"
            } else {
                client.say(&format!("sam-{round}"));
                client.line() == format!("server: Your username is sam-{round}.")
            };
            (has_won, client)
        };
        let answered: Vec<(bool, Client)> = thread::scope(|scope| {
            let claims: Vec<_> = clients
                .into_iter()
                .map(|(speaks_json, client)| {
                    let claim = &claim;
                    scope.spawn(move || claim(speaks_json, client))
                })
                .collect();
            let answered = claims.into_iter().map(|claim| claim.join().unwrap());
            answered.collect()
        });
        let winners = answered.iter().filter(|(has_won, _)| *has_won).count();
        assert_eq!(winners, 1, "round {round}");
    }
}

#[test]
fn a_full_server_refuses_in_json_on_the_json_port() {
    let server = Server::start(&["--json-port", "0", "--max-clients", "1"]);
    let _only = Client::join(&server, "Tom");
    let mut ann = connect_json(&server);
    assert_eq!(ann.object()["code"], "full");
    assert_eq!(ann.object()["action"], "bye");
    ann.expect_end();
}

#[test]
fn with_anonymous_only_the_json_port_speaks_json() {
    let server = Server::start(&["--json-port", "0", "--anonymous"]);
    let mut tom = Client::connect(&server);
    tom.skip_to("client(s) connected");
    let text = r#"{"action":"connect"}"#;
    let mut ann = connect_json(&server);
    ann.say(text);
    assert_eq!(ann.object()["action"], "connect");
    tom.skip_to("A new client has connected");
    ann.say(r#"{"action":"joinroom","room":"lobby"}"#);
    ann.object();
    tom.say(text);
    let said = ann.object();
    assert_eq!(said["message"], text, "{said}");
}

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

/// A client that closes with unread bytes in its own socket sends a reset. The server still says its last lines.
#[test]
fn lines_before_a_reset_are_said() {
    let server = Server::start(&[]);
    let mut bob = Client::join(&server, "Bob");
    for round in 0..20 {
        let mut carol = Client::join(&server, "Carol");
        bob.skip_to("id = Carol");
        bob.say("you will never read this");
        bob.hears_nothing();
        let lines: String = (0..50).map(|number| format!("{round} {number}\r\n")).collect();
        carol.send(lines.as_bytes());
        bob.say("nor this");
        drop(carol);
        for number in 0..50 {
            bob.expect(&format!("Carol : {round} {number}"));
        }
        bob.expect("server: Carol has left the chat");
    }
}

/// A telnet client whose user holds Ctrl-C down asks for more timing marks than the server answers at once. It shows
/// nothing until all are answered.
#[test]
fn timing_marks_that_come_too_fast_are_answered_a_second_later() {
    let server = Server::start(&[]);
    let mut tess = Client::join(&server, "Tess");
    tess.send(&b"\xFF\xF4\xFF\xFD\x06".repeat(25));
    // Ten at once, and one for the rest without another byte from her.
    tess.expect_bytes(&b"\xFF\xFC\x06".repeat(11));
    tess.hears_nothing();
}

#[test]
fn both_ports_are_printed_and_open() {
    let server = Server::start(&["--json-port", "0"]);
    let (port, json_port) = (server.port, server.json_port());
    let printed = server.printed_so_far();
    let lines: Vec<&str> = printed.lines().collect();
    assert_eq!(
        lines,
        [
            format!("Waiting for incoming connections on port {port}"),
            format!("Waiting for incoming json connections on port {json_port}")
        ]
    );
    for port in [port, json_port] {
        TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
    }
    // A thread sets its name when it first runs.
    for name in ["listener-v4", "listener-json4"] {
        until("the listener runs", || server.threads_called(name) == 1);
    }
}

#[test]
fn an_idle_client_is_disconnected_unless_it_has_no_name() {
    let server = Server::start(&["--idle-timeout", "300ms"]);
    let mut unnamed = Client::connect(&server);
    unnamed.expect("server: Input username.");
    let mut ann = Client::join(&server, "ann");
    // A warning, a farewell and the end.
    ann.skip_to("server: ");
    ann.skip_to("server: ");
    ann.expect_end();
    server.log("reason=\"idle for too long\"");
    unnamed.say("bob");
    unnamed.expect("server: Your username is bob.");
}
