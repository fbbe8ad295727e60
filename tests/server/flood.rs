//! Flood control: nothing is lost, everything arrives in order, and nobody else waits.

use std::fmt::Write;
use std::time::{Duration, Instant};

use socket2::SockRef;

use crate::support::{Client, PATIENCE, Server};

/// Alice, and bob who hears her.
fn two(server: &Server) -> (Client, Client) {
    let mut bob = Client::join(server, "Bob");
    let alice = Client::join(server, "Alice");
    bob.skip_to("id = Alice");
    (alice, bob)
}

/// Lines as people paste them, all at once.
fn paste(lines: std::ops::Range<u32>) -> String {
    lines.fold(String::new(), |mut text, number| {
        let _ = write!(text, "line {number}\r\n");
        text
    })
}

#[test]
fn a_paste_is_held_back_and_arrives_whole() {
    let server = Server::start(&["--rate-limit", "20,50/s"]);
    let (mut alice, mut bob) = two(&server);
    let start = Instant::now();
    alice.send(paste(0..60).as_bytes());
    for number in 0..60 {
        bob.expect(&format!("Alice : line {number}"));
    }
    // 20 at once (less the name), and then one every 20 ms.
    assert!(start.elapsed().as_millis() >= 780, "{:?}", start.elapsed());
    let told = alice.line();
    assert!(told.starts_with("server: Not so fast: "), "{told}");
    // She hears it once, and the answer to what she asks now follows her lines.
    alice.hears_nothing();
}

#[test]
fn the_sender_hears_a_true_estimate() {
    let server = Server::start(&["--rate-limit", "20,20/s"]);
    let (mut alice, mut bob) = two(&server);
    // More than one read returns, so that the server cannot know how many lines there are.
    let paste = paste(0..60).replace("line", &"x".repeat(50));
    alice.send(paste.as_bytes());
    let told = alice.skip_to("server: Not so fast: at least ");
    let since = Instant::now();
    for _ in 0..60 {
        bob.skip_to("Alice : xxx");
    }
    let numbers: Vec<u64> = told.split(' ').filter_map(|word| word.parse().ok()).collect();
    let [lines, seconds] = numbers[..] else {
        panic!("{told}");
    };
    assert!((1..=41).contains(&lines), "{told}");
    // Seconds are rounded up.
    assert!(seconds >= 1 && since.elapsed().as_secs() + 1 >= seconds, "{told}");
    assert!(told.ends_with("Nothing is lost."), "{told}");
    alice.hears_nothing();
}

#[test]
fn a_flooder_delays_nobody_else() {
    // The flooder's lines would take hours.
    let server = Server::start(&["--rate-limit", "20,1/s"]);
    let (mut alice, mut bob) = two(&server);
    let mut flooder = Client::join(&server, "Flooder");
    flooder.send(paste(0..1_000).as_bytes());
    flooder.skip_to("server: Not so fast: ");
    let mut times: Vec<Duration> = (0..15)
        .map(|number| {
            let since = Instant::now();
            bob.say(&format!("hello {number}"));
            alice.skip_to(&format!("Bob : hello {number}"));
            since.elapsed()
        })
        .collect();
    times.sort_unstable();
    // A line that waited for one of the flooder's would take a second. Of 15, a busy machine may delay one.
    assert!(times[13] < Duration::from_millis(250), "{times:?}");
}

#[test]
fn held_lines_are_said_after_the_end_of_input() {
    let server = Server::start(&["--rate-limit", "5,50/s"]);
    let mut bob = Client::join(&server, "Bob");
    let mut bot = Client::connect(&server);
    bot.send(format!("bot\r\n{}and the last", paste(0..30)).as_bytes());
    bot.half_close();
    bob.expect("server: A new client has connected to the chat: id = bot");
    for number in 0..30 {
        bob.expect(&format!("bot : line {number}"));
    }
    bob.expect("bot : and the last");
    bob.expect("server: bot has left the chat");
    bot.skip_to("server: Not so fast: ");
    bot.expect_end();
}

#[test]
fn a_shutdown_does_not_wait_for_held_lines() {
    let mut server = Server::start(&["--rate-limit", "1,1/s"]);
    let mut alice = Client::join(&server, "Alice");
    alice.send(paste(0..1_000).as_bytes());
    alice.skip_to("server: Not so fast: ");
    let start = Instant::now();
    server.signal(rustix::process::Signal::TERM);
    alice.skip_to("server: The chat has been shut down");
    server.ends_well();
    // A thousand seconds of lines are still held.
    assert!(start.elapsed() < PATIENCE);
}

#[test]
fn held_lines_do_not_extend_the_login_deadline() {
    let server = Server::start(&["--rate-limit", "1,1/s", "--login-timeout", "1500ms"]);
    let mut slow = Client::connect(&server);
    // Each empty line asks for the name again and counts as a line.
    slow.send(&b"\r\n".repeat(1_000));
    slow.skip_to("server: You entered no username in time.");
    slow.expect_end();
}

#[test]
fn bytes_are_limited_too() {
    let server = Server::start(&["--rate-limit", "30,64/s"]);
    let (mut alice, mut bob) = two(&server);
    let start = Instant::now();
    let line = "x".repeat(4_000);
    for _ in 0..25 {
        alice.say(&line);
    }
    for _ in 0..25 {
        bob.expect(&format!("Alice : {line}"));
    }
    // 100,000 bytes: 64 KiB at once, and then 16 KiB a second, except what the last read returned.
    let took = start.elapsed();
    assert!(took.as_millis() >= 1_000, "{took:?}");
    alice.expect("server: Not so fast: the rest is read more slowly. Nothing is lost.");
    alice.hears_nothing();
}

/// Sixteen thousand lines of a read wait as bytes: decoded, they would take 2 MiB for each client, for an hour.
#[test]
fn empty_lines_that_are_held_back_take_little_memory() {
    const CLIENTS: usize = 32;
    let server = Server::start(&["--rate-limit", "20,5/s", "--announce-up-to", "0"]);
    let mut clients: Vec<Client> =
        (0..CLIENTS).map(|number| Client::join(&server, &format!("n{number}"))).collect();
    // A long line first, so that the buffer of the reader has room for all of them.
    for client in &mut clients {
        client.send(format!("{}\r\n", "x".repeat(40_000)).as_bytes());
        client.skip_to("server: That line was too long");
    }
    let before = server.resident_kib();
    for client in &mut clients {
        client.send(&[b'\n'; 16 * 1024]);
        client.skip_to("server: Not so fast");
    }
    let grown = server.resident_kib().saturating_sub(before);
    assert!(grown < CLIENTS * 256, "{grown} KiB for {CLIENTS} clients");
}

/// A client that ended and has left more behind than flood control lets through in a minute is gone after that minute.
#[test]
fn a_client_that_is_gone_talks_for_a_minute_at_most() {
    let server = Server::start(&["--rate-limit", "1,1/s"]);
    let mut bob = Client::join(&server, "Bob");
    let mut alice = Client::join(&server, "Alice");
    bob.skip_to("id = Alice");
    alice.send(paste(0..2_000).as_bytes());
    alice.skip_to("server: Not so fast");
    SockRef::from(alice.stream()).set_linger(Some(Duration::ZERO)).unwrap();
    drop(alice);
    let heard = std::iter::from_fn(|| Some(bob.line()).filter(|line| line.starts_with("Alice : ")));
    // One line a second.
    let heard = heard.count();
    assert!((30..120).contains(&heard), "{heard} lines");
    server.log("lost before its lines passed flood control");
}
