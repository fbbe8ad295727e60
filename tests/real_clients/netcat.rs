//! Two netcats. They speak no telnet and show whatever arrives, so only plain text may arrive.

use std::process::Command;

use crate::program::{ends_clean, find_openbsd_netcat, start};
use crate::support::{Client, Server, command, find};

/// The netcats of this machine. `-N` makes OpenBSD's half-close the connection at the end of input; ncat does so anyway.
fn netcats() -> impl Iterator<Item = Command> {
    let openbsd = find_openbsd_netcat().map(|netcat| {
        let mut netcat = command(netcat);
        netcat.arg("-N");
        netcat
    });
    openbsd.into_iter().chain(find("ncat").map(command))
}

/// Lines come and go one by one. Netcat ends its lines with a line feed alone.
#[test]
fn netcat_chats() {
    netcats().for_each(|mut netcat| chats_by(&mut netcat));
}

/// `printf 'bot\nhi' | nc -N …`
#[test]
fn a_message_piped_into_netcat_is_said() {
    netcats().for_each(|mut netcat| a_message_piped_into(&mut netcat));
}

fn chats_by(netcat: &mut Command) {
    let server = Server::start(&[]);
    let mut bob = Client::join(&server, "Bob");
    let mut ned = start(netcat.args(["127.0.0.1", &server.port.to_string()]));
    let stdout = ned.stdout.clone();
    let sees = |text: &str| stdout.wait_for_text(text, 0);

    sees("server: Input username.\r\n");
    ned.types("Ned\n");
    sees("There are 2 client(s) connected to this server.\r\n");
    bob.expect("server: A new client has connected to the chat: id = Ned");
    ned.types("Grüße 本 👋\n");
    bob.expect("Ned : Grüße 本 👋");
    bob.say("Привет, 日本 👩‍👩‍👧");
    sees("Bob : Привет, 日本 👩‍👩‍👧\r\n");
    ned.types("/quit\n");
    bob.expect("server: Ned has left the chat");
    sees("server: Bye!\r\n");
    ned.close_input();
    ends_clean(ned);
}

/// The last line counts without its line end, and netcat ends by itself.
fn a_message_piped_into(netcat: &mut Command) {
    let server = Server::start(&[]);
    let mut bob = Client::join(&server, "Bob");
    let mut bot = start(netcat.args(["127.0.0.1", &server.port.to_string()]));
    bot.types("bot\nhi");
    bot.close_input();

    assert_eq!(
        ends_clean(bot),
        "server: Input username.\r\n\
         server: Your username is bot.\r\n\
         server: Congratulations! You've successfully joined the chat server.\r\n\
         server: There are 2 client(s) connected to this server.\r\n",
    );
    bob.expect("server: A new client has connected to the chat: id = bot");
    bob.expect("bot : hi");
    bob.expect("server: bot has left the chat");
}
