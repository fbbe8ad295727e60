//! A connection that is lost, and found again.

use std::process::Command;

use rustix::process::Signal;

use crate::screen::{Screen, Setup, numbered, said, url};
use crate::support::relay::Relay;
use crate::support::{Client, Server};

/// Somebody chats through a network that can be cut, and somebody else does without it.
pub fn meet(flags: &[&str]) -> Option<(Server, Relay, Client, Screen)> {
    let server = Server::start(&[]);
    let relay = Relay::to(&server);
    let mut bob = Client::join(&server, "bob");
    let url = url(relay.port);
    let screen = Setup::chat(&[&["luca", &url], flags].concat()).open()?;
    screen.is_ready();
    bob.skip_to("id = luca");
    Some((server, relay, bob, screen))
}

/// Waits until the client has noticed that nobody is there.
pub fn notices(screen: &Screen) {
    screen.until("the loss is told", |lines| {
        let told = |line: &String| {
            (line.starts_with("-- ") || line.starts_with("!! ")) && line.contains("onnect")
        };
        lines.iter().any(told)
    });
}

#[test]
fn what_was_missed_is_shown_once_and_half_a_line_is_kept() {
    let Some((_server, mut relay, mut bob, screen)) = meet(&[]) else {
        return;
    };
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
    screen.prompts("> half a li");
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
fn a_server_that_was_killed_and_is_back() {
    let server = Server::start(&[]);
    let port = server.port;
    let Some(screen) = Screen::with_flags("luca", &server, &["--room", "dev"]) else {
        return;
    };
    screen.types("half a li");
    screen.prompts("dev> half a li");
    server.signal(Signal::KILL);
    notices(&screen);
    drop(server);
    let mut command = Command::new(env!("CARGO_BIN_EXE_chatserv"));
    let server = Server::start_by(command.args(["--port", &port.to_string()]));
    let mut bob = Client::join(&server, "bob");
    bob.say("/join dev");
    // The rooms are the same.
    while !bob.skip_to("room dev").contains("luca") {}
    screen.prompts("dev> half a li");
    screen.says("ne");
    assert_eq!(bob.skip_to("luca : "), "luca : half a line");
}

#[test]
fn a_ghost_that_holds_the_name_is_waited_for() {
    let Some((server, mut relay, mut bob, screen)) = meet(&[]) else {
        return;
    };
    relay.cut_unnoticed();
    notices(&screen);
    relay.mend();
    // Twice in vain: after bob, luca and the first attempt.
    server.log("A new connection has been received client=4");
    let lines = screen.prompts(">");
    assert!(!lines.iter().any(|line| line.contains("another name")));
    relay.end_ghosts();
    bob.skip_to("luca has left the chat");
    bob.skip_to("id = luca");
    bob.say("Welcome back!");
    screen.shows("bob: Welcome back!");
    screen.prompts(">");
    screen.says("Thanks.");
    assert_eq!(bob.skip_to("luca : "), "luca : Thanks.");
}

#[test]
fn whoever_does_not_want_it_is_told_and_gone() {
    let Some((_server, mut relay, _bob, screen)) = meet(&["--no-reconnect"]) else {
        return;
    };
    screen.types("half");
    screen.prompts("> half");
    relay.cut();
    screen.ends_with(1);
    notices(&screen);
}

#[test]
fn whoever_has_fallen_asleep_comes_back_by_enter() {
    let server = Server::start(&["--idle-timeout", "2s"]);
    let Some(screen) = Screen::of("luca", &server) else {
        return;
    };
    screen.shows("Bye!");
    // Bob falls asleep too, and hears until then that nobody comes by themselves.
    let mut bob = Client::connect(&server);
    bob.say("bob");
    bob.skip_to("There are 1 client(s)");
    let warning = bob.skip_to("server: ");
    assert!(
        warning.starts_with("server: You will be disconnected in "),
        "{warning}"
    );
    bob.expect("server: Bye!");
    screen.prompts(">");
    let mut bob = Client::connect(&server);
    bob.say("bob");
    bob.skip_to("There are 1 client(s)");
    screen.presses("Enter");
    bob.skip_to("id = luca");
    screen.shows("Connected again.");
    screen.says("Good morning!");
    assert_eq!(bob.skip_to("luca : "), "luca : Good morning!");
}

#[test]
fn a_shutdown_is_told_and_the_next_server_found() {
    let mut server = Server::start(&[]);
    let port = server.port;
    let Some(screen) = Screen::of("luca", &server) else {
        return;
    };
    server.signal(Signal::TERM);
    screen.shows("The chat has been shut down");
    assert_eq!(server.exit_status().code(), Some(0));
    let mut command = Command::new(env!("CARGO_BIN_EXE_chatserv"));
    let server = Server::start_by(command.args(["--port", &port.to_string()]));
    let mut bob = Client::join(&server, "bob");
    screen.shows("Connected again.");
    screen.says("still here");
    assert_eq!(bob.skip_to("luca : "), "luca : still here");
}
