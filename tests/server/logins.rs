//! Names that two clients want, programs at the wrong port, and floods.

use crate::support::{Client, Server};
use crate::two;

#[test]
fn half_a_name_takes_no_name() {
    let server = Server::start(&[]);
    let mut squatter = Client::connect(&server);
    squatter.expect("server: Input username.");
    squatter.send(b"ann");
    let mut ann = Client::join(&server, "ann");
    squatter.send(b"\r\n");
    squatter.expect("server: ann is taken. Choose another name.");
    squatter.expect("server: If you are ann, type ann and the word that /reclaim showed.");
    ann.hears_nothing();
    ann.say("/quit");
    ann.expect("server: Bye!");
    ann.expect_end();
    squatter.expect("server: Input username.");
    squatter.say("ann");
    squatter.expect("server: Your username is ann.");
}

#[test]
fn other_protocols_are_refused_and_never_heard() {
    let http = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 12\r\n\r\nSHUTDOWN\r\n\r\n";
    let tls = "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}\u{fc}\u{3}\u{3}";
    for (hello, answer) in [
        (http, "HTTP/1.1 400 "),
        ("SSH-2.0-OpenSSH_9.6\r\n", "server: This is a chat server, not SSH"),
        (tls, ""),
    ] {
        for anonymous in ["--anonymous=false", "--anonymous=true"] {
            let server = Server::start(&[anonymous]);
            let mut listener = Client::connect(&server);
            if anonymous.ends_with("false") {
                listener.say("listener");
            }
            listener.skip_to("client(s) connected to this server.");
            let mut stranger = Client::connect(&server);
            stranger.send(hello.as_bytes());
            let lines = stranger.rest();
            assert!(lines.iter().any(|line| line.starts_with(answer)), "{lines:?}");
            server.log(r#"reason="speaks another protocol""#);
            listener.say("/quit");
            for line in listener.rest() {
                assert!(line.starts_with("server: "), "{line:?}");
                assert!(!line.contains("shut down"), "{line:?}");
            }
        }
    }
}

/// Two clients chat with each other.
fn chat(talker: &mut Client, listener: &mut Client, rounds: usize) {
    for round in 0..rounds {
        talker.say(&format!("ping {round}"));
        listener.skip_to(&format!("talker : ping {round}"));
        listener.say(&format!("pong {round}"));
        talker.skip_to(&format!("listener : pong {round}"));
    }
}

#[test]
fn a_flood_of_commands_delays_nobody() {
    // The answers go to nobody else.
    let server = Server::start(&["--outbox-bytes", "256MiB", "--outbox-age", "1h"]);
    let (mut flooder, mut listener) = two(&server);
    let mut talker = Client::join(&server, "talker");
    flooder.say("/flood");
    flooder.skip_to("There is no command /flood.");
    flooder.flood(b"/flood\r\n".repeat(100));
    chat(&mut talker, &mut listener, 200);
    assert!(!server.log_so_far().contains("left"));
}

#[test]
fn a_flood_of_messages_cuts_nobody_who_reads() {
    let server = Server::start(&["--outbox-bytes", "256MiB", "--outbox-age", "1h"]);
    let (flooder, mut listener) = two(&server);
    let mut talker = Client::join(&server, "talker");
    flooder.flood(b"flood\r\n".repeat(10));
    listener.skip_to("bad : flood");
    chat(&mut talker, &mut listener, 20);
    assert!(!server.log_so_far().contains("left"));
}
