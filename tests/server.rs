//! The server as people meet it: real sockets, real lines.

mod support;

use support::{Client, Server};

#[test]
fn two_people_chat() {
    let server = Server::start(&[]);
    let mut alice = Client::join(&server, "Alice");
    let mut bob = Client::join(&server, "Bob");
    alice.expect("server: A new client has connected to the chat: id = Bob");
    bob.say("Hello Alice!");
    alice.expect("Bob : Hello Alice!");
    bob.hears_nothing();
}
