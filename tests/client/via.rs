//! `--via`: a command between the client and the server.

use crate::relay::Relay;
use crate::support::{Client, Program, Server, find, or_skip};
use crate::{chat, url};

/// The client called `bot`, whose command connects to this port, and ends with the connection. (netcat does not.)
fn bot(port: u16) -> Program {
    let connect = format!("exec 3<>/dev/tcp/127.0.0.1/{port} 4<&0 || exit 1");
    let command = format!("bash -c '{connect}; cat <&4 >&3 & cat <&3; kill $!'");
    // Nothing listens at that port: only the command knows the way.
    Program::start(&mut chat(&["--via", &command, "bot", &url(1)]))
}

#[test]
fn the_client_talks_through_a_command_and_starts_it_again_after_a_loss() {
    or_skip!(find("bash"));
    let server = Server::start(&[]);
    let mut relay = Relay::to(&server);
    let mut ann = Client::join(&server, "ann");
    let mut bot = bot(relay.port);
    ann.skip_to("id = bot");
    bot.types("hello\n");
    ann.skip_to("bot : hello");
    ann.say("hello bot");
    bot.stdout.wait_for(|line| line.contains("hello bot"));

    relay.cut();
    bot.stderr.wait_for(|line| line.contains("The connection is lost"));
    // While nothing listens, the words of the command are shown.
    bot.stderr.wait_for(|line| {
        line.contains("The command of --via has ended (exit status: 1): ")
            && line.contains("Connection refused. Try it by itself.")
    });
    ann.say("missed");
    relay.mend();
    bot.stdout.wait_for(|line| line.contains("missed"));
    bot.types("back again\n");
    ann.skip_to("bot : back again");
    let ended = bot.end();
    assert_eq!(ended.status, Some(0), "{}", ended.stderr);
}

#[test]
fn a_command_that_fails_is_told_with_its_own_words() {
    let complain = |command: &str| {
        let ended = Program::start(&mut chat(&["--via", command, "bot", &url(1)])).wait();
        assert_eq!(ended.status, Some(1), "{ended:?}");
        ended.stderr
    };
    let told = complain("echo certificate verify failed >&2; exit 1");
    let expected = "The command of --via has ended (exit status: 1): certificate verify failed. Try it by itself.";
    assert!(told.contains(expected), "{told}");
    assert!(complain("no-such-command").contains("not found"));
    // What it says cannot hurt the terminal.
    let told = complain("printf '\\033[2Jred\\n' >&2; exit 1");
    assert!(told.contains("red") && !told.contains('\u{1b}'), "{told:?}");
}
