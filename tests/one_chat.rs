//! People on telnet and JSON clients in one chat, over real sockets.

#![allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]

mod support;

use std::net::{Ipv4Addr, TcpStream};
use std::sync::Barrier;
use std::thread;

use serde_json::Value;
use support::{Client, Server};

fn connect_json(server: &Server) -> Client {
    Client::over(TcpStream::connect((Ipv4Addr::LOCALHOST, server.json_port())).unwrap())
}

fn object(client: &mut Client) -> Value {
    let line = client.line();
    serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
}

/// Forty clients let go at once: half of them over telnet, half over JSON on either port.
#[test]
fn a_name_that_many_claim_at_once_has_one_winner() {
    const CLAIMS: usize = 40;
    let server = Server::start(&["--json-port", "0"]);
    for round in 0..5 {
        let clients: Vec<(bool, Client)> = (0..CLAIMS)
            .map(|number| {
                if number % 4 == 0 {
                    return (true, connect_json(&server));
                }
                let mut client = Client::connect(&server);
                client.expect("server: Input username.");
                (number % 4 == 1, client)
            })
            .collect();
        let start = Barrier::new(CLAIMS);
        // A client comes back with its answer, so that nobody goes, and frees the name, before all are answered.
        let claim = |speaks_json: bool, mut client: Client| {
            start.wait();
            let has_won = if speaks_json {
                client.say(&format!(
                    r#"{{"action":"connect","username":"SAM-{round}"}}"#
                ));
                object(&mut client)["action"] == "connect"
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
fn whoever_is_refused_on_the_json_port_is_told_in_json() {
    let server = Server::start(&["--json-port", "0", "--max-clients", "1"]);
    let _only = Client::join(&server, "Tom");
    let mut ann = connect_json(&server);
    assert_eq!(object(&mut ann)["code"], "full");
    assert_eq!(object(&mut ann)["action"], "bye");
    ann.expect_end();
}

#[test]
fn under_anonymous_json_is_spoken_on_its_own_port_only() {
    let server = Server::start(&["--json-port", "0", "--anonymous"]);
    let mut tom = Client::connect(&server);
    tom.skip_to("client(s) connected");
    let text = r#"{"action":"connect"}"#;
    let mut ann = connect_json(&server);
    ann.say(text);
    assert_eq!(object(&mut ann)["action"], "connect");
    tom.skip_to("A new client has connected");
    ann.say(r#"{"action":"joinroom","room":"lobby"}"#);
    object(&mut ann);
    tom.say(text);
    let said = object(&mut ann);
    assert_eq!(said["message"], text, "on the main port it is text: {said}");
}
