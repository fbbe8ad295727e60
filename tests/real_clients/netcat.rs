//! netcat, twice: it speaks no telnet and shows whatever arrives, so what arrives must be plain text.

use std::path::PathBuf;
use std::process::Command;

use crate::program::{self, Program};
use crate::support::{Client, Server};

#[test]
fn openbsd_netcat() {
    if let Some(nc) = find_openbsd_netcat() {
        chats_by(Command::new(nc).arg("-N"));
    }
}

#[test]
fn ncat() {
    if let Some(ncat) = program::find("ncat") {
        chats_by(&mut Command::new(ncat));
    }
}

/// `printf 'bot\nhi' | nc -N …`: `-N` tells the other end that the input has ended, without ending the connection.
#[test]
fn a_message_piped_into_openbsd_netcat() {
    if let Some(nc) = find_openbsd_netcat() {
        a_message_piped_into(Command::new(nc).arg("-N"));
    }
}

/// ncat tells the other end without being asked to.
#[test]
fn a_message_piped_into_ncat() {
    if let Some(ncat) = program::find("ncat") {
        a_message_piped_into(&mut Command::new(ncat));
    }
}

fn find_openbsd_netcat() -> Option<PathBuf> {
    program::find_that_says(&["nc.openbsd", "nc"], "-h", "OpenBSD netcat")
}

/// Lines come and go one by one. They end in a line feed alone.
fn chats_by(netcat: &mut Command) {
    let server = Server::start(&[]);
    let mut bob = Client::join(&server, "Bob");
    let mut ned = Program::start(netcat.args(["127.0.0.1", &server.port.to_string()]));

    ned.sees("server: Input username.\r\n");
    ned.types("Ned\n");
    ned.sees("There are 2 client(s) connected to this server.\r\n");
    bob.expect("server: A new client has connected to the chat: id = Ned");
    ned.types("Grüße 本 👋\n");
    bob.expect("Ned : Grüße 本 👋");
    bob.say("Привет, 日本 👩‍👩‍👧");
    ned.sees("Bob : Привет, 日本 👩‍👩‍👧\r\n");
    ned.types("/quit\n");
    bob.expect("server: Ned has left the chat");
    ned.sees("server: Bye!\r\n");
    ned.closes_input();

    program::assert_clean(&ned.ends_well());
}

/// The last line counts without its end, and the whole is over by itself.
fn a_message_piped_into(netcat: &mut Command) {
    let server = Server::start(&[]);
    let mut bob = Client::join(&server, "Bob");
    let mut bot = Program::start(netcat.args(["127.0.0.1", &server.port.to_string()]));
    bot.types("bot\nhi");
    bot.closes_input();

    assert_eq!(
        bot.ends_well(),
        "server: Input username.\r\n\
         server: Your username is bot.\r\n\
         server: Congratulations! You've successfully joined the chat server.\r\n\
         server: There are 2 client(s) connected to this server.\r\n",
    );
    bob.expect("server: A new client has connected to the chat: id = bot");
    bob.expect("bot : hi");
    bob.expect("server: bot has left the chat");
}
