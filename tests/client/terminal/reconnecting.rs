//! Lost connections, and reconnecting.

use rustix::process::Signal;

use super::screen::{Screen, Setup, numbered, said};
use crate::relay::Relay;
use crate::support::{Client, Server, or_skip};
use crate::url;

/// A server, luca at a terminal who is connected through a relay, and bob without one.
pub fn meet_by_relay(flags: &[&str]) -> Option<(Server, Relay, Client, Screen)> {
    let server = Server::start(&[]);
    let relay = Relay::to(&server);
    let mut bob = Client::join(&server, "bob");
    let url = url(relay.port);
    let screen = Setup::chat(&[&["luca", &url], flags].concat()).open()?;
    screen.is_ready();
    bob.skip_to("luca has joined room lobby");
    Some((server, relay, bob, screen))
}

/// Waits until the client reports the lost connection.
pub fn notices(screen: &Screen) {
    screen.until("the client reports the lost connection", |lines| {
        let told = |line: &String| {
            (line.starts_with("-- ") || line.starts_with("!! ")) && line.contains("onnect")
        };
        lines.iter().any(told)
    });
}

#[test]
fn missed_lines_are_shown_once_and_half_a_line_is_kept() {
    let (_server, mut relay, mut bob, screen) = or_skip!(meet_by_relay(&[]));
    let mut heard = numbered("before", 3);
    for line in &heard {
        bob.say(line);
    }
    screen.shows("bob: before 3");
    screen.types("half a li");
    screen.prompts("> half a li");
    relay.cut();
    bob.skip_to("luca has left the chat");
    notices(&screen);
    screen.prompts("(offline)> half a li");
    let missed = numbered("missed", 5);
    for line in &missed {
        bob.say(line);
    }
    bob.hears_nothing();
    relay.mend();
    bob.skip_to("id = luca");
    let after = numbered("after", 3);
    for line in &after {
        bob.say(line);
    }
    heard.extend([missed, after].concat());
    screen.until("all lines, each once and in order", |lines| {
        said(lines, "bob") == heard && lines.last().is_some_and(|line| line == "> half a li")
    });
    screen.says("ne");
    assert_eq!(bob.skip_to("luca : "), "luca : half a line");
}

#[test]
fn the_client_reconnects_to_a_restarted_server() {
    let server = Server::start(&[]);
    let port = server.port;
    let screen = or_skip!(Screen::with_flags("luca", &server, &["--room", "dev"]));
    screen.types("half a li");
    screen.prompts("dev> half a li");
    server.signal(Signal::KILL);
    notices(&screen);
    drop(server);
    let server = Server::start(&["--port", &port.to_string()]);
    let mut bob = Client::join(&server, "bob");
    bob.say("/join dev");
    // The client has joined its room again.
    while !bob.skip_to("room dev").contains("luca") {}
    screen.prompts("dev> half a li");
    screen.says("ne");
    assert_eq!(bob.skip_to("luca : "), "luca : half a line");
}

#[test]
fn the_client_takes_its_name_back_and_nobody_notices() {
    let (_server, mut relay, mut bob, screen) = or_skip!(meet_by_relay(&[]));
    relay.cut_unnoticed();
    notices(&screen);
    bob.say("Where are you?");
    relay.mend();
    screen.shows("bob: Where are you?");
    let lines = screen.prompts(">");
    assert!(!lines.iter().any(|line| line.contains("taken") || line.contains("another name")));
    bob.hears_nothing();
    // That the old connection has ended, too, is nobody's business.
    relay.end_ghosts();
    screen.says("Here.");
    bob.expect("luca : Here.");
}

#[test]
fn without_reconnecting_the_client_reports_the_loss_and_ends() {
    let (_server, mut relay, _bob, screen) = or_skip!(meet_by_relay(&["--no-reconnect"]));
    screen.types("half");
    screen.prompts("> half");
    relay.cut();
    screen.ends_with(1);
    notices(&screen);
}

#[test]
fn after_an_idle_timeout_enter_reconnects() {
    let server = Server::start(&["--idle-timeout", "2s"]);
    let screen = or_skip!(Screen::of("luca", &server));
    screen.loses_focus();
    screen.shows("Bye!");
    // Until bob is idle himself, he sees that the client does not reconnect by itself.
    let mut bob = Client::connect(&server);
    bob.say("bob");
    bob.skip_to("There are 1 client(s)");
    let warning = bob.skip_to("server: ");
    assert!(warning.starts_with("server: You will be disconnected in "), "{warning}");
    bob.expect("server: Bye!");
    screen.prompts("(offline)>");
    let mut bob = Client::connect(&server);
    bob.say("bob");
    bob.skip_to("There are 1 client(s)");
    screen.presses("Enter");
    bob.skip_to("id = luca");
    screen.shows("Reconnected.");
    screen.says("Good morning!");
    assert_eq!(bob.skip_to("luca : "), "luca : Good morning!");
}

#[test]
fn after_a_shutdown_the_client_finds_the_next_server() {
    let mut server = Server::start(&[]);
    let port = server.port;
    let screen = or_skip!(Screen::of("luca", &server));
    server.signal(Signal::TERM);
    screen.shows("The chat has been shut down");
    assert_eq!(server.exit_status().code(), Some(0));
    let server = Server::start(&["--port", &port.to_string()]);
    let mut bob = Client::join(&server, "bob");
    screen.shows("Reconnected.");
    screen.says("still here");
    assert_eq!(bob.skip_to("luca : "), "luca : still here");
}

#[test]
fn the_client_moves_on_when_its_server_restarts_and_asks_nothing() {
    let mut first = Server::start(&["--drain", "1s"]);
    let second = Server::start(&[]);
    let both = format!("{},127.0.0.1:{}", url(first.port), second.port);
    let screen = or_skip!(Setup::chat(&["luca", &both]).open());
    screen.is_ready();
    let mut bob = Client::join(&second, "bob");
    screen.types("half a li");
    screen.prompts("> half a li");
    first.signal(Signal::USR2);
    bob.skip_to("luca has joined room lobby");
    screen.shows(&format!("-- Reconnected, to 127.0.0.1:{}.", second.port));
    screen.says("ne");
    assert_eq!(bob.skip_to("luca : "), "luca : half a line");
    first.ends_well();
    let lines = screen.lines();
    assert!(!lines.iter().any(|line| line.contains("(y/n)") || line.contains("lost")), "{lines:?}");
}
