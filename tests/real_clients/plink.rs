//! PuTTY's plink, which has the same telnet inside and runs without a window. It asks for its options as soon as it is
//! connected, on any port.

use crate::program::{ends_clean, script, start};
use crate::support::{Client, Server, find};

/// For Ctrl-D, plink sends telnet's end of file.
#[test]
fn plink_telnet() {
    chats_over("-telnet");
}

/// Without telnet, plink runs until Ctrl-D ends its input, even when the server has closed the connection.
#[test]
fn plink_raw() {
    chats_over("-raw");
}

/// Bob's side of `plink.exp`.
fn chats_over(protocol: &str) {
    let (Some(plink), Some(expect)) = (find("plink"), find("expect")) else {
        return;
    };
    let server = Server::start(&[]);
    let mut bob = Client::join(&server, "Bob");
    let pat = start(script(expect, "plink.exp").arg(plink).args([
        protocol,
        "-P",
        &server.port.to_string(),
        "127.0.0.1",
    ]));

    bob.expect("server: A new client has connected to the chat: id = Pat");
    bob.expect("Pat : Grüße 本 👋");
    bob.say("Привет, 日本 👩‍👩‍👧");
    bob.expect("Pat : hello");
    bob.say("Bye, Pat.");
    bob.expect("server: Pat has left the chat");
    ends_clean(pat);
}
