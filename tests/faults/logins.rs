//! Names that two want at once, and people who have come to the wrong port or say too much.

use std::sync::Barrier;
use std::thread;

use crate::support::{Client, Server};
use crate::two;

#[test]
fn of_two_with_the_same_name_one_gets_it() {
    const ROUNDS: usize = 200;
    let server = Server::start(&[]);
    let at_once = Barrier::new(2);
    let side = || {
        (0..ROUNDS)
            .map(|round| {
                let mut client = Client::connect(&server);
                client.expect("server: Input username.");
                at_once.wait();
                client.say(&format!("twin{round}"));
                let answer = client.line();
                let won = answer == format!("server: Your username is twin{round}.");
                let lost = answer == format!("server: twin{round} is taken. Choose another name.");
                assert!(won || lost, "{answer:?}");
                // Nobody gives the name back before both have asked for it.
                at_once.wait();
                won
            })
            .collect::<Vec<bool>>()
    };
    let (one, other) = thread::scope(|scope| {
        let one = scope.spawn(side);
        let other = scope.spawn(side);
        (one.join().unwrap(), other.join().unwrap())
    });
    for (round, (one, other)) in one.into_iter().zip(other).enumerate() {
        assert!(one != other, "round {round}: {one} and {other}");
    }
}

#[test]
fn a_name_is_not_taken_before_it_is_given() {
    let server = Server::start(&[]);
    let mut squatter = Client::connect(&server);
    squatter.expect("server: Input username.");
    squatter.send(b"ann");
    let mut ann = Client::join(&server, "ann");
    squatter.send(b"\r\n");
    squatter.expect("server: ann is taken. Choose another name.");
    ann.hears_nothing();
    ann.say("/quit");
    ann.expect("server: Bye!");
    ann.expect_end();
    squatter.expect("server: Input username.");
    squatter.say("ann");
    squatter.expect("server: Your username is ann.");
}

#[test]
fn strangers_are_sent_away_and_never_heard() {
    let http = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 12\r\n\r\nSHUTDOWN\r\n\r\n";
    let tls = "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}\u{fc}\u{3}\u{3}";
    for (hello, answer) in [
        (http, "HTTP/1.1 400 "),
        (
            "SSH-2.0-OpenSSH_9.6\r\n",
            "server: This is a chat server, not SSH",
        ),
        (tls, ""),
    ] {
        for anonymous in ["--anonymous=false", "--anonymous=true"] {
            let server = Server::start(&[anonymous]);
            let mut hearer = Client::connect(&server);
            if anonymous.ends_with("false") {
                hearer.say("hearer");
            }
            hearer.skip_to("client(s) connected to this server.");
            let mut stranger = Client::connect(&server);
            stranger.send(hello.as_bytes());
            let lines = stranger.rest();
            assert!(
                lines.iter().any(|line| line.starts_with(answer)),
                "{lines:?}"
            );
            server.log(r#"reason="speaks another protocol""#);
            hearer.say("/quit");
            for line in hearer.rest() {
                assert!(line.starts_with("server: "), "{line:?}");
                assert!(!line.contains("shut down"), "{line:?}");
            }
        }
    }
}

/// The two of them chat while somebody floods.
fn chat(talker: &mut Client, hearer: &mut Client, rounds: usize) {
    for round in 0..rounds {
        talker.say(&format!("ping {round}"));
        hearer.skip_to(&format!("talker : ping {round}"));
        hearer.say(&format!("pong {round}"));
        talker.skip_to(&format!("hearer : pong {round}"));
    }
}

#[test]
fn a_flood_beside_two_who_chat() {
    // Of lines that are answered, as fast as the server reads them, and go to nobody else.
    let server = Server::start(&["--outbox-bytes", "256MiB", "--outbox-age", "1h"]);
    let (mut flooder, mut hearer) = two(&server);
    let mut talker = Client::join(&server, "talker");
    flooder.say("/flood");
    flooder.skip_to("There is no command /flood.");
    flooder.flood(b"/flood\r\n".repeat(100));
    chat(&mut talker, &mut hearer, 200);
    assert!(!server.log_so_far().contains("left"));
}

#[test]
fn a_flood_that_two_who_chat_have_to_read() {
    let server = Server::start(&["--outbox-bytes", "256MiB", "--outbox-age", "1h"]);
    let (flooder, mut hearer) = two(&server);
    let mut talker = Client::join(&server, "talker");
    flooder.flood(b"flood\r\n".repeat(10));
    hearer.skip_to("bad : flood");
    chat(&mut talker, &mut hearer, 20);
    assert!(!server.log_so_far().contains("left"));
}
