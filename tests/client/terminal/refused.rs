//! Clients that the server refuses, and names that are taken.

use super::meet;
use super::screen::{Screen, Setup};
use crate::fake::Fake;
use crate::support::free_port;
use crate::support::{Client, Server, or_skip};
use crate::url;

/// The client ends with status 1 and one complaint that contains this.
fn is_refused(screen: &Screen, sentence: &str) {
    screen.ends_with(1);
    let lines = screen.lines();
    let complaints: Vec<&String> = lines.iter().filter(|line| line.starts_with("!! ")).collect();
    let told = matches!(complaints[..], [one] if one.contains(sentence));
    assert!(told, "{complaints:?}");
    assert!(!lines.iter().any(|line| line.contains("panicked")));
}

#[test]
fn a_taken_name_leads_to_a_question() {
    let server = Server::start(&[]);
    let mut luca = Client::join(&server, "luca");
    let screen = or_skip!(Setup::chat(&["LUCA", &url(server.port)]).open());
    screen.shows("another name");
    screen.says("luca");
    screen.until("the client asks again", |lines| {
        let asked = lines.iter().filter(|line| line.contains("another name"));
        asked.count() > 1
    });
    screen.says("mara");
    luca.skip_to("id = mara");
    screen.is_ready();
    screen.says("it is me");
    assert_eq!(luca.skip_to("mara : "), "mara : it is me");
}

#[test]
fn a_kick_ends_the_client() {
    let (_server, mut bob, screen) = or_skip!(meet(&[]));
    screen.types("half a li");
    screen.prompts("> half a li");
    bob.say("/kick luca spam");
    screen.shows("You were kicked by bob (spam).");
    screen.ends_with(1);
    // The half-typed line is still there to copy.
    assert!(screen.lines().contains(&"> half a li".to_owned()));
}

#[test]
fn a_ban_ends_the_client() {
    let (_server, mut bob, screen) = or_skip!(meet(&[]));
    bob.say("/ban luca 5m spam");
    screen.shows("You are banned for another ");
    screen.ends_with(1);
    let lines = screen.lines();
    assert!(!lines.contains(&">".to_owned()), "an empty prompt: {lines:?}");
}

#[test]
fn a_full_server() {
    let server = Server::start(&["--max-clients", "1"]);
    let _only = Client::join(&server, "bob");
    let screen = or_skip!(Setup::chat(&["luca", &url(server.port)]).open());
    is_refused(&screen, "full");
}

#[test]
fn nobody_listens() {
    let url = url(free_port());
    let screen = or_skip!(Setup::chat(&["luca", &url]).open());
    is_refused(&screen, "No server is listening");
}

#[test]
fn a_server_of_another_protocol() {
    let banners: [&[u8]; 3] = [
        b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2p1\r\n",
        b"\x15\x03\x01\x00\x02\x02\x0a",
    ];
    for banner in banners {
        let fake = Fake::new();
        let screen = or_skip!(Setup::chat(&["luca", &url(fake.port())]).open());
        let mut connection = fake.accept();
        connection.send(banner);
        connection.half_close();
        is_refused(&screen, "chat");
    }
}
