//! Programs that came to the wrong port: each is sent away at once, and nobody in the chat hears of it.

use std::path::Path;
use std::process::Command;

use crate::program::{self, Program};
use crate::support::{Client, Server};

#[test]
fn curl() {
    if let Some(curl) = program::find("curl") {
        let shown = is_sent_away(|port| request(&curl, port));
        assert!(shown.contains("400 This is a chat server"), "{shown}");
    }
}

/// A web page can make a browser send this. Whoever connects from here is an operator, so the word would count.
#[test]
fn a_page_that_posts_shutdown() {
    if let Some(curl) = program::find("curl") {
        is_sent_away(|port| {
            let mut command = request(&curl, port);
            command.args(["--data-binary", "page\r\nSHUTDOWN\r\n"]);
            command
        });
    }
}

fn request(curl: &Path, port: u16) -> Command {
    let mut command = Command::new(curl);
    // The prompt comes before the answer, which makes it one without a header, as in HTTP 0.9.
    command.args(["--silent", "--http0.9", "--noproxy", "*"]);
    command.arg(format!("http://localhost:{port}/"));
    command
}

#[test]
fn ssh() {
    let Some(ssh) = program::find("ssh") else {
        return;
    };
    let shown = is_sent_away(|port| {
        let mut command = Command::new(ssh);
        command.args(["-v", "-F", "none", "-o", "BatchMode=yes", "-p"]);
        command.args([&port.to_string(), "localhost"]);
        command
    });
    assert!(
        shown.contains("This is a chat server, not SSH"),
        "with -v, ssh shows what came before the greeting: {shown}"
    );
}

#[test]
fn openssl() {
    let Some(openssl) = program::find("openssl") else {
        return;
    };
    let shown = is_sent_away(|port| {
        let mut command = Command::new(openssl);
        command.args(["s_client", "-connect", &format!("127.0.0.1:{port}")]);
        command
    });
    assert!(shown.contains("no peer certificate"), "{shown}");
}

/// Runs a program that takes the chat for something else, and returns what it showed. Its input stays open, so it has
/// to end by what it hears; and the chat goes on.
fn is_sent_away(command: impl FnOnce(u16) -> Command) -> String {
    let server = Server::start(&[]);
    let mut bob = Client::join(&server, "Bob");
    let stranger = Program::start(&mut command(server.port));
    let (_, shown) = stranger.ends();
    server.log("speaks another protocol");
    bob.hears_nothing();
    shown
}
