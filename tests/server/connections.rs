//! Connections that begin, end and fail in unusual ways.

use std::fs;
use std::net::TcpStream;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, Signal, getrlimit, setrlimit};

use crate::support::{Client, PATIENCE, Server, free_port, until};
use crate::two;

const FULL: &str = "server: The chat server is full. Try again later.";

#[test]
fn the_login_deadline_is_absolute() {
    let server = Server::start(&["--login-timeout", "1s"]);
    let mut loris = Client::connect(&server);
    let since = Instant::now();
    loris.expect("server: Input username.");
    // A byte now and then does not extend it. If each began a new second, this would take forty.
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
    loris.expect("server: You entered no username in time. Connect again to retry.");
    let took = since.elapsed();
    assert!(took >= Duration::from_millis(900), "{took:?}");
    assert!(took < PATIENCE / 2, "{took:?}");
    loris.expect_end();
    server.log(r#"reason="no name in time""#);
}

#[test]
fn a_client_with_a_name_has_no_login_deadline() {
    let server = Server::start(&["--login-timeout", "500ms"]);
    let mut early = Client::join(&server, "early");
    let mut late = Client::connect(&server);
    late.expect("server: Input username.");
    late.expect("server: You entered no username in time. Connect again to retry.");
    // It connected before the client whose time is over.
    early.hears_nothing();
}

#[test]
fn a_half_closed_connection_gets_its_answers() {
    for end in ["", "\r\n"] {
        let server = Server::start(&[]);
        let mut listener = Client::join(&server, "listener");
        let mut script = Client::connect(&server);
        // Like `printf 'bot\nhello\n/who' | nc -N`.
        script.send(format!("bot\r\nhello\r\n/who{end}").as_bytes());
        script.half_close();
        listener.skip_to("id = bot");
        listener.expect("bot : hello");
        listener.expect("server: bot has left the chat");
        let heard = script.rest();
        assert_eq!(heard.last().unwrap(), "server: 2 client(s) connected: listener, bot");
    }
}

#[test]
fn resets_during_delivery() {
    let server = Server::start(&["--announce-up-to", "0"]);
    let base = server.base_line();
    let mut talker = Client::join(&server, "talker");
    for round in 0..5 {
        let guests: Vec<Client> = (0..200)
            .map(|number| Client::join(&server, &format!("guest{round}-{number}")))
            .collect();
        talker.send("to all of you\r\n".repeat(100).as_bytes());
        guests.into_iter().for_each(Client::close_by_reset);
        talker.send("to nobody\r\n".repeat(100).as_bytes());
    }
    until("all guests have left", || {
        talker.say("/who");
        talker.skip_to("client(s) connected") == "server: 1 client(s) connected: talker"
    });
    drop(talker);
    server.is_back_at(&base);
}

#[test]
fn a_full_server_says_so() {
    let server = Server::start(&["--max-clients", "2"]);
    let (_bad, mut listener) = two(&server);
    for said_before in ["", "name\r\nand then a few words\r\n"] {
        let since = Instant::now();
        let mut third = Client::connect(&server);
        // Its unread bytes in the server's socket must not turn the answer into a reset.
        third.send(said_before.as_bytes());
        third.expect(FULL);
        third.expect_end();
        third.was_not_reset(since);
    }
    listener.hears_nothing();
}

#[test]
fn a_place_is_free_when_the_leave_line_arrives() {
    let server = Server::start(&["--max-clients", "2"]);
    let mut listener = Client::join(&server, "listener");
    for round in 0..100 {
        let mut guest = Client::join(&server, "guest");
        listener.expect("server: A new client has connected to the chat: id = guest");
        match round % 4 {
            0 => guest.say("/quit"),
            1 => guest.half_close(),
            2 => guest.close_by_reset(),
            _ => drop(guest),
        }
        listener.expect("server: guest has left the chat");
    }
    // Nor do connections without a name keep their places.
    for _ in 0..100 {
        let mut unnamed = Client::connect(&server);
        unnamed.expect("server: Input username.");
        unnamed.send(b"\x04");
        unnamed.expect("server: Bye!");
    }
}

#[test]
fn the_last_line_arrives_although_input_is_unread() {
    let server = Server::start(&[]);
    let more = "x\r\n".repeat(1000);
    let refused = format!("{}{more}", "two words\r\n".repeat(4));
    let endless = format!("endless\r\n{}", "x".repeat(100 * 1024));
    let quitter = format!("quitter\r\n/quit\r\n{more}");
    #[rustfmt::skip]
    let table = [
        (refused, "server: Too many attempts. Connect again with another name.", 4),
        (endless, "server: That line is too long: 65536 bytes without an end. Goodbye.", 1),
        (quitter, "server: Bye!", 1),
    ];
    for (input, last, prompts) in table {
        let since = Instant::now();
        let mut client = Client::connect(&server);
        client.send(input.as_bytes());
        let lines = client.ends_with(last);
        client.was_not_reset(since);
        let asked = lines.iter().filter(|line| *line == "server: Input username.");
        assert_eq!(asked.count(), prompts, "{lines:?}");
    }
}

#[test]
fn two_thousand_connect_at_once() {
    const THREADS: usize = 8;
    const EACH: usize = 250;
    // Each client has a descriptor in this process.
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }).unwrap();
    let before = listen_overflows();
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
    // No connection had to wait until the client's machine tried again.
    assert_eq!(listen_overflows(), before);
}

/// How many connections this machine has dropped because a queue of connections to accept was full.
fn listen_overflows() -> u64 {
    let table = fs::read_to_string("/proc/net/netstat").unwrap();
    let mut rows = table.lines().filter(|line| line.starts_with("TcpExt:"));
    let (names, values) = (rows.next().unwrap(), rows.next().unwrap());
    let mut pairs = names.split(' ').zip(values.split(' '));
    let (_, count) = pairs.find(|(name, _)| *name == "ListenOverflows").unwrap();
    count.parse().unwrap()
}

#[test]
fn a_restart_does_not_wait_for_old_connections() {
    let port = free_port().to_string();
    for _ in 0..2 {
        // The server closes first, so its side is the one in TIME-WAIT.
        let mut server = Server::start(&["--port", &port]);
        let mut clients: Vec<Client> = (0..20).map(|_| Client::connect(&server)).collect();
        server.signal(Signal::TERM);
        for client in &mut clients {
            client.rest();
        }
        server.ends_well();
    }
}

#[test]
fn silent_connections_leave_nothing_behind() {
    // Like a port scan or a health check.
    let server = Server::start(&[]);
    let base = server.base_line();
    for _ in 0..200 {
        drop(TcpStream::connect(server.address()).unwrap());
    }
    server.is_back_at(&base);
    assert!(!server.log_so_far().contains("panicked"));
}
