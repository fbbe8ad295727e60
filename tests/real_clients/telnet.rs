//! The two telnet clients that Debian and Ubuntu have, each in a terminal of its own.

use std::path::PathBuf;
use std::time::Instant;

use crate::program::{self, Program};
use crate::support::{Client, PATIENCE, Server};

#[test]
fn gnu_telnet() {
    chats_with(find_gnu_telnet(), |port| vec!["localhost".into(), port]);
}

#[test]
fn netkit_telnet() {
    chats_with(program::find("telnet-ssl"), |port| {
        vec!["localhost".into(), port]
    });
}

/// A minus before the port makes a telnet client ask for its options at once, as on telnet's own port. With all of
/// them refused it must keep to whole lines and its own echo.
#[test]
fn gnu_telnet_that_asks_for_options() {
    chats_with(find_gnu_telnet(), |port| {
        vec!["--".into(), "localhost".into(), format!("-{port}")]
    });
}

#[test]
fn netkit_telnet_that_asks_for_options() {
    chats_with(program::find("telnet-ssl"), |port| {
        vec!["--".into(), "localhost".into(), format!("-{port}")]
    });
}

fn find_gnu_telnet() -> Option<PathBuf> {
    program::find_that_says(
        &["inetutils-telnet", "telnet"],
        "--version",
        "telnet (GNU inetutils)",
    )
}

/// Bob's side of what `telnet.exp` does.
fn chats_with(telnet: Option<PathBuf>, arguments: impl FnOnce(String) -> Vec<String>) {
    let (Some(telnet), Some(expect)) = (telnet, program::find("expect")) else {
        return;
    };
    let server = Server::start(&[]);
    let mut bob = Client::join(&server, "Bob");
    let mut tess = Program::start(
        program::script(expect, "telnet.exp")
            .arg(telnet)
            .args(arguments(server.port.to_string())),
    );

    bob.expect("server: A new client has connected to the chat: id = Tess");
    bob.expect("Tess : Grüße 👋 уМ本");
    bob.say("Привет, 日本 👩‍👩‍👧");
    bob.expect("Tess : hello");
    bob.say("One moment.");
    tess.sees("^C");
    says_until_it_shows(&mut bob, "Are you still with us?", &mut tess);
    bob.say("Go on.");
    // The half line before it is gone: Ctrl-C has cleared it.
    bob.expect("Tess : a whole line");
    tess.sees("server: Yes, I am here.");
    bob.say("Till tomorrow!");
    bob.expect("server: Tess has left the chat");

    program::assert_clean(&tess.ends_well());
}

/// What is said before the answer to a Ctrl-C is lost on the one who pressed it, and nobody else can tell when that is.
fn says_until_it_shows(bob: &mut Client, line: &str, tess: &mut Program) {
    let end = Instant::now() + PATIENCE;
    while !tess.shows(line) {
        assert!(Instant::now() < end, "the client shows nothing any more");
        bob.say(line);
        // Waits until the server has passed it on.
        bob.hears_nothing();
    }
}
