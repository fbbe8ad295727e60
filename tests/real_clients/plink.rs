//! PuTTY, by way of its plink, which has the same telnet inside and runs without a window. It asks for its options as
//! soon as it is connected, on any port.

use crate::program::{self, Program};
use crate::support::{Client, Server};

#[test]
fn plink_telnet() {
    // Ctrl-D: plink sends telnet's end of file for it.
    chats_over("-telnet", "\u{4}");
}

/// Without telnet it stays, even when the server has closed the connection, until Ctrl-D ends its input.
#[test]
fn plink_raw() {
    chats_over("-raw", "\u{4}");
}

/// Bob's side of what `plink.exp` does.
fn chats_over(protocol: &str, keys_to_go: &str) {
    let (Some(plink), Some(expect)) = (program::find("plink"), program::find("expect")) else {
        return;
    };
    let server = Server::start(&[]);
    let mut bob = Client::join(&server, "Bob");
    let pat = Program::start(
        program::script(expect, "plink.exp")
            .arg(keys_to_go)
            .arg(plink)
            .args([protocol, "-P", &server.port.to_string(), "127.0.0.1"]),
    );

    bob.expect("server: A new client has connected to the chat: id = Pat");
    bob.expect("Pat : Grüße 本 👋");
    bob.say("Привет, 日本 👩‍👩‍👧");
    bob.expect("Pat : hello");
    bob.say("Bye, Pat.");
    bob.expect("server: Pat has left the chat");

    program::assert_clean(&pat.ends_well());
}
