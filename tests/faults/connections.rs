//! Connections that begin, end and fail in odd ways.

use std::net::TcpStream;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::support::process::{free_port, until};
use crate::support::{Client, PATIENCE, Server};
use crate::two;

const FULL: &str = "server: The chat server is full. Try again later.";

#[test]
fn the_login_deadline_is_absolute() {
    let server = Server::start(&["--login-timeout", "1s"]);
    let mut loris = Client::connect(&server);
    let since = Instant::now();
    loris.expect("server: Input username.");
    // A byte now and then does not put it off: were each to begin a new second, it would take forty.
    let mut typing = loris.stream().try_clone().unwrap();
    thread::spawn(move || {
        use std::io::Write;
        for _ in 0..200 {
            if typing.write_all(b"x").is_err() {
                return;
            }
            thread::sleep(Duration::from_millis(200));
        }
    });
    loris.expect("server: You gave no username in time. Connect again to try once more.");
    let took = since.elapsed();
    assert!(took >= Duration::from_millis(900), "{took:?}");
    assert!(took < PATIENCE / 2, "{took:?}");
    loris.expect_end();
    server.log(r#"reason="no name in time""#);
}

#[test]
fn who_is_in_the_chat_has_no_deadline() {
    let server = Server::start(&["--login-timeout", "500ms"]);
    let mut early = Client::join(&server, "early");
    let mut late = Client::connect(&server);
    late.expect("server: Input username.");
    late.expect("server: You gave no username in time. Connect again to try once more.");
    // Came before the one whose time is over.
    early.hears_nothing();
}

#[test]
fn a_half_closed_connection_gets_its_answers() {
    for end in ["", "\r\n"] {
        let server = Server::start(&[]);
        let mut hearer = Client::join(&server, "hearer");
        let mut script = Client::connect(&server);
        // As `printf 'bot\nhello\n/who' | nc -N` does it.
        script.send(format!("bot\r\nhello\r\n/who{end}").as_bytes());
        script.half_close();
        hearer.skip_to("id = bot");
        hearer.expect("bot : hello");
        hearer.expect("server: bot has left the chat");
        let heard = script.rest();
        assert_eq!(
            heard.last().unwrap(),
            "server: 2 client(s) connected: hearer, bot"
        );
    }
}

#[test]
fn resets_while_everybody_is_written_to() {
    let server = Server::start(&["--announce-up-to", "0"]);
    let base = server.base_line();
    let mut talker = Client::join(&server, "talker");
    for round in 0..4 {
        let guests: Vec<Client> = (0..50)
            .map(|number| Client::join(&server, &format!("guest{round}-{number}")))
            .collect();
        talker.send("to all of you\r\n".repeat(100).as_bytes());
        guests.into_iter().for_each(Client::close_by_reset);
        talker.send("to nobody\r\n".repeat(100).as_bytes());
    }
    until("all of them have left", || {
        talker.say("/who");
        talker.skip_to("client(s) connected") == "server: 1 client(s) connected: talker"
    });
    drop(talker);
    server.is_back_at(&base);
}

#[test]
fn the_third_of_two_is_told_so() {
    let server = Server::start(&["--max-clients", "2"]);
    let (_bad, mut hearer) = two(&server);
    for said_before in ["", "name\r\nand then a few words\r\n"] {
        let since = Instant::now();
        let mut third = Client::connect(&server);
        // What it has sent lies unread in the server's socket, and must not turn the line into a reset.
        third.send(said_before.as_bytes());
        third.expect(FULL);
        third.expect_end();
        third.was_not_reset(since);
    }
    hearer.hears_nothing();
}

#[test]
fn a_place_is_free_when_the_leaving_is_heard() {
    let server = Server::start(&["--max-clients", "2"]);
    let mut hearer = Client::join(&server, "hearer");
    for round in 0..100 {
        let mut guest = Client::join(&server, "guest");
        hearer.expect("server: A new client has connected to the chat: id = guest");
        match round % 4 {
            0 => guest.say("/quit"),
            1 => guest.half_close(),
            2 => guest.close_by_reset(),
            _ => drop(guest),
        }
        hearer.expect("server: guest has left the chat");
    }
    // Names that nobody ever got do not stay taken either, nor do the places of those who asked for them.
    for _ in 0..100 {
        let mut unnamed = Client::connect(&server);
        unnamed.expect("server: Input username.");
        unnamed.send(b"\x04");
        unnamed.expect("server: Bye!");
    }
}

#[test]
fn the_last_words_arrive_although_input_lies_unread() {
    let server = Server::start(&[]);
    let many = "x\r\n".repeat(1000);
    // Names refused, and what comes after the fourth is not even read.
    let since = Instant::now();
    let mut refused = Client::connect(&server);
    refused.send(format!("{}{many}", "two words\r\n".repeat(4)).as_bytes());
    let told =
        refused.ends_with("server: Too many tries. Connect again when you have thought of a name.");
    refused.was_not_reset(since);
    let asked = told
        .iter()
        .filter(|line| line.as_str() == "server: Input username.");
    assert_eq!(asked.count(), 4, "{told:?}");
    // A line without an end, in the middle of something longer.
    let since = Instant::now();
    let mut endless = Client::join(&server, "endless");
    endless.send(&vec![b'x'; 100 * 1024]);
    endless.ends_with("server: That line is too long: 65536 bytes without an end. Goodbye.");
    endless.was_not_reset(since);
    // A quit with something behind it.
    let since = Instant::now();
    let mut quitter = Client::join(&server, "quitter");
    quitter.send(format!("/quit\r\n{many}").as_bytes());
    quitter.ends_with("server: Bye!");
    quitter.was_not_reset(since);
}

#[test]
fn hundreds_at_once() {
    const THREADS: usize = 8;
    const EACH: usize = 50;
    let server = Server::start(&["--announce-up-to", "0"]);
    let start = Barrier::new(THREADS);
    thread::scope(|scope| {
        for number in 0..THREADS {
            let (server, start) = (&server, &start);
            scope.spawn(move || {
                start.wait();
                let mut clients: Vec<Client> = (0..EACH).map(|_| Client::connect(server)).collect();
                for (count, client) in clients.iter_mut().enumerate() {
                    client.say(&format!("guest{number}-{count}"));
                }
                for client in &mut clients {
                    client.skip_to("client(s) connected to this server.");
                }
                start.wait();
            });
        }
    });
    let mut last = Client::join(&server, "last");
    last.say("/who");
    last.skip_to("client(s) connected:");
}

#[test]
fn a_restart_does_not_wait_for_the_connections_of_the_last_run() {
    let port = free_port().to_string();
    for _ in 0..2 {
        // The server closes first, so what the kernel remembers of each connection is on its side.
        let mut server = Server::start(&["--port", &port]);
        let mut clients: Vec<Client> = (0..20).map(|_| Client::connect(&server)).collect();
        server.signal(Signal::TERM);
        for client in &mut clients {
            client.rest();
        }
        assert_eq!(server.exit_status().code(), Some(0));
    }
}

#[test]
fn connections_that_say_nothing_and_go() {
    // What a port scan or a health check does.
    let server = Server::start(&[]);
    let base = server.base_line();
    for _ in 0..200 {
        drop(TcpStream::connect(server.address()).unwrap());
    }
    server.is_back_at(&base);
    assert!(!server.log_so_far().contains("panicked"));
}
