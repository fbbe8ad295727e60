//! Programs that came to the wrong port: the server ends their connection at once, and nobody in the chat notices.

use std::path::Path;
use std::process::Command;

use crate::program::start;
use crate::support::{Client, Server, command, find, or_skip};

#[test]
fn curl() {
    if let Some(curl) = find("curl") {
        let shown = is_refused(|port| request(&curl, port));
        assert!(shown.contains("400 This is a chat server"), "{shown}");
    }
}

/// A web page can make a browser send this. A connection from this machine has operator rights, so the word would count.
#[test]
fn a_page_that_posts_shutdown() {
    if let Some(curl) = find("curl") {
        is_refused(|port| {
            let mut command = request(&curl, port);
            command.args(["--data-binary", "page\r\nSHUTDOWN\r\n"]);
            command
        });
    }
}

/// curl sends the same header as a load balancer.
#[test]
fn a_load_balancer_that_sends_a_proxy_header() {
    if let Some(curl) = find("curl") {
        let shown = is_refused(|port| {
            let mut command = request(&curl, port);
            command.arg("--haproxy-protocol");
            command
        });
        assert!(shown.contains("takes no PROXY header"), "{shown}");
    }
}

fn request(curl: &Path, port: u16) -> Command {
    let mut command = command(curl);
    // The prompt precedes the answer, so the answer has no header, as in HTTP 0.9.
    command.args(["--silent", "--http0.9", "--noproxy", "*"]);
    command.arg(format!("http://localhost:{port}/"));
    command
}

#[test]
fn ssh() {
    let ssh = or_skip!(find("ssh"));
    let shown = is_refused(|port| {
        let mut command = command(ssh);
        command.args(["-v", "-F", "none", "-o", "BatchMode=yes", "-p"]);
        command.args([&port.to_string(), "localhost"]);
        command
    });
    assert!(shown.contains("This is a chat server, not SSH"), "{shown}");
}

#[test]
fn openssl() {
    let openssl = or_skip!(find("openssl"));
    let shown = is_refused(|port| {
        let mut command = command(openssl);
        command.args(["s_client", "-connect", &format!("127.0.0.1:{port}")]);
        command
    });
    assert!(shown.contains("no peer certificate"), "{shown}");
}

/// Runs a program that takes the chat for something else, and returns what it showed. Its input stays open, so the
/// server's answer has to end it.
fn is_refused(command: impl FnOnce(u16) -> Command) -> String {
    let server = Server::start(&[]);
    let mut bob = Client::join(&server, "Bob");
    let ended = start(&mut command(server.port)).wait();
    server.log("speaks another protocol");
    bob.hears_nothing();
    ended.stdout + &ended.stderr
}
