//! The two telnet clients of Debian and Ubuntu, each in a terminal of its own.

use std::path::PathBuf;

use crate::program::{ends_clean, find_gnu_telnet, script, start};
use crate::support::{Client, Program, Server, find, until};

#[test]
fn gnu_telnet() {
    chats_with(find_gnu_telnet(), "");
}

#[test]
fn netkit_telnet() {
    chats_with(find("telnet-ssl"), "");
}

/// A minus before the port makes a telnet client ask for its options at once, as on telnet's own port. With all of
/// them refused it must keep to whole lines and its own echo.
#[test]
fn gnu_telnet_that_asks_for_options() {
    chats_with(find_gnu_telnet(), "-");
}

#[test]
fn netkit_telnet_that_asks_for_options() {
    chats_with(find("telnet-ssl"), "-");
}

/// Without an escape key, telnet sends all letters of other scripts, and the server restores the bytes that it takes for
/// its other keys or swallows.
#[test]
fn gnu_telnet_types_russian_without_an_escape_key() {
    types_russian(find_gnu_telnet());
}

#[test]
fn netkit_telnet_types_russian_without_an_escape_key() {
    types_russian(find("telnet-ssl"));
}

/// With it, one of these letters opens telnet's own prompt, which is why the guide and the greeting say `telnet -E`.
#[test]
fn gnu_telnet_with_an_escape_key_leaves_in_the_middle_of_a_word() {
    let (Some(telnet), Some(expect)) = (find_gnu_telnet(), find("expect")) else {
        return;
    };
    let server = Server::start(&[]);
    let mut bob = Client::join(&server, "Bob");
    let port = server.port.to_string();
    let nina = start(script(expect, "prompt.exp").arg(telnet).args(["localhost", &port]));
    bob.expect("server: A new client has connected to the chat: id = Nina");
    bob.expect("Nina : да");
    // Nothing of the word and of what follows it was said.
    bob.expect("server: Nina has left the chat");
    nina.stdout.wait_for_text("telnet> ", 0);
    assert_eq!(nina.wait().status, Some(0));
}

/// Bob's side of `russian.exp`.
fn types_russian(telnet: Option<PathBuf>) {
    let (Some(telnet), Some(expect)) = (telnet, find("expect")) else {
        return;
    };
    let server = Server::start(&[]);
    let mut bob = Client::join(&server, "Bob");
    let port = server.port.to_string();
    let nina = start(script(expect, "russian.exp").arg(telnet).args(["-E", "localhost", &port]));
    bob.expect("server: A new client has connected to the chat: id = Нина");
    bob.expect("Нина : Нет, хлеб уже не мой: хочу халву.");
    bob.expect("Нина : שלום ”مرحبا”");
    bob.expect("Нина : х");
    bob.say("Пока!");
    bob.expect("server: Нина has left the chat");
    ends_clean(nina);
}

/// Bob's side of `telnet.exp`.
fn chats_with(telnet: Option<PathBuf>, sign: &str) {
    let (Some(telnet), Some(expect)) = (telnet, find("expect")) else {
        return;
    };
    let server = Server::start(&[]);
    let mut bob = Client::join(&server, "Bob");
    let port = format!("{sign}{}", server.port);
    let tess = start(script(expect, "telnet.exp").arg(telnet).args(["--", "localhost", &port]));

    bob.expect("server: A new client has connected to the chat: id = Tess");
    bob.expect("Tess : Grüße 👋 уМ本");
    bob.say("Привет, 日本 👩‍👩‍👧");
    bob.expect("Tess : hello");
    bob.say("One moment.");
    let seen = tess.stdout.wait_for_text("^C", 0);
    says_until_it_shows(&mut bob, "Are you still with us?", &tess, seen);
    bob.say("Go on.");
    // Ctrl-C has cleared the half line before it.
    bob.expect("Tess : a whole line");
    tess.stdout.wait_for_text("server: Yes, I am here.", seen);
    bob.say("Till tomorrow!");
    bob.expect("server: Tess has left the chat");
    ends_clean(tess);
}

/// The client discards everything before the answer to a Ctrl-C, and nobody else can tell when that answer arrives.
fn says_until_it_shows(bob: &mut Client, line: &str, tess: &Program, from: usize) {
    until("the client shows what bob says", || {
        bob.say(line);
        // Waits until the server has passed it on.
        bob.hears_nothing();
        tess.stdout.find_text(line, from).is_some()
    });
}
