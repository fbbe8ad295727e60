//! The end of the chat in every state: everybody hears of it, and the process exits with 0 in time.

use std::io::Write;
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::FAREWELL;
use crate::support::slow::{MORE_THAN_THE_KERNEL_BYTES, Pair, assert_numbered};
use crate::support::{Client, PATIENCE, Server, until};

/// The second that the server waits for a client which keeps its end open, and time for a slow machine.
const SLACK: Duration = Duration::from_secs(10);

/// The cause of the end of the chat.
#[derive(Debug, Clone, Copy)]
enum Cause {
    Signal(Signal),
    Operator,
}

const CAUSES: [Cause; 3] =
    [Cause::Signal(Signal::TERM), Cause::Signal(Signal::INT), Cause::Operator];

/// Ends the chat, and returns the operator if one did it.
fn end(server: &Server, cause: Cause) -> Option<Client> {
    match cause {
        Cause::Signal(signal) => {
            server.signal(signal);
            None
        }
        Cause::Operator => {
            let mut operator = Client::join(server, "operator");
            operator.say("SHUTDOWN");
            Some(operator)
        }
    }
}

/// The server exits with 0, and not much later than 5 s after `since`.
fn ends_in_time(server: &mut Server, since: Instant) {
    server.ends_well();
    let took = since.elapsed();
    assert!(took < Duration::from_secs(5) + SLACK, "{took:?}");
    let log = server.log_so_far();
    assert!(!log.contains("panicked"), "{log}");
}

/// For each way to end the chat: brings it into a state, ends it, looks at the clients `after` that, and waits for the
/// end of the server.
fn in_a_state<T>(flags: &[&str], state: impl Fn(&Server) -> T, after: impl Fn(T)) {
    for cause in CAUSES {
        let mut server = Server::start(flags);
        let people = state(&server);
        let since = Instant::now();
        let operator = end(&server, cause);
        server.log("The chat is shutting down");
        after(people);
        if let Some(mut operator) = operator {
            operator.ends_with(FAREWELL);
        }
        ends_in_time(&mut server, since);
    }
}

#[test]
fn with_nobody_connected() {
    in_a_state(&[], |_| (), |()| ());
}

#[test]
fn with_clients_in_every_stage() {
    in_a_state(
        &[],
        |server| {
            let mut unnamed = Client::connect(server);
            unnamed.expect("server: Input username.");
            let mut half_a_name = Client::connect(server);
            half_a_name.expect("server: Input username.");
            half_a_name.send(b"ha");
            let silent = Client::join(server, "silent");
            let mut listener = Client::join(server, "listener");
            let mut mid_line = Client::join(server, "midline");
            // One write: when the listener gets the first line, the server has the half line too.
            mid_line.send(b"whole\r\nhal");
            listener.skip_to("midline : whole");
            vec![unnamed, half_a_name, silent, listener, mid_line]
        },
        |people| {
            for mut client in people {
                let before = client.ends_with(FAREWELL);
                let half = before.iter().any(|line| line.ends_with("hal"));
                assert!(!half, "half a line was said: {before:?}");
            }
        },
    );
}

#[test]
fn with_a_client_that_never_closes_its_side() {
    in_a_state(
        &[],
        |server| Client::join(server, "stayer"),
        |mut stayer| {
            stayer.ends_with(FAREWELL);
            // It keeps writing until the server resets the connection.
            until("writing fails", || stayer.stream().write_all(b"x\r\n").is_err());
        },
    );
}

/// Flags with which only the end of the chat cuts a client that does not read, `grace` after it has begun.
fn with_grace(grace: &str) -> Vec<&str> {
    let flags = "--send-buffer 4KiB --outbox-bytes 1MiB --outbox-age 1h --shutdown-grace";
    flags.split(' ').chain([grace]).collect()
}

/// Two clients who talk, and one that has stopped reading and whose socket is full.
fn one_stalls(server: &Server) -> (Pair, Client) {
    let mut pair = Pair::join(server);
    let slow = pair.with_stalled(server, "slow");
    pair.exchange_bytes(MORE_THAN_THE_KERNEL_BYTES);
    (pair, slow)
}

#[test]
fn with_a_client_that_does_not_read() {
    // The server gives it a second. Then it finds whole lines and the farewell.
    in_a_state(
        &with_grace("1s"),
        |server| {
            let (pair, slow) = one_stalls(server);
            assert_eq!(server.threads_called("writer-"), 1);
            (server.pid(), pair, slow)
        },
        |(pid, mut pair, mut slow)| {
            assert_eq!(pair.bob.rest().last().unwrap(), FAREWELL);
            assert_eq!(pair.ann.rest().last().unwrap(), FAREWELL);
            // It reads when the server has given up.
            until("the server has ended or is about to", || {
                std::fs::read_to_string(format!("/proc/{pid}/status"))
                    .map_or(true, |status| status.contains("State:\tZ"))
            });
            let got = slow.ends_with(FAREWELL);
            assert_numbered(&got);
        },
    );
}

#[test]
fn a_client_that_reads_on_within_the_grace_time_gets_everything() {
    in_a_state(
        &with_grace("1h"),
        |server| {
            let (pair, slow) = one_stalls(server);
            (pair.next, slow)
        },
        |(said, mut slow)| {
            let got = slow.ends_with(FAREWELL);
            let lines = got.iter().filter(|line| line.starts_with("ann : ")).count();
            assert_eq!(lines, said);
        },
    );
}

#[test]
fn during_a_flood() {
    in_a_state(
        &["--outbox-bytes", "256MiB"],
        |server| {
            let mut listener = Client::join(server, "listener");
            for name in ["one", "two", "three"] {
                Client::join(server, name).flood(b"flood flood\r\n".to_vec());
                listener.skip_to(&format!("{name} : flood flood"));
            }
            listener
        },
        |mut listener| {
            for line in listener.ends_with(FAREWELL) {
                let whole = line.ends_with(" : flood flood") || line.starts_with("server: ");
                assert!(whole, "{line:?}");
            }
        },
    );
}

#[test]
fn in_the_middle_of_many_connects() {
    for cause in CAUSES {
        let mut server = Server::start(&[]);
        let address = server.address();
        let connected = AtomicUsize::new(0);
        let since = thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    // Until nobody listens any more. Each connection is greeted before the next one begins, so that
                    // the backlog never overflows: the kernel would drop connections from it.
                    let mut open = Vec::new();
                    while let Ok(stream) = TcpStream::connect_timeout(&address, PATIENCE) {
                        let mut client = Client::over(stream);
                        match client.raw_line() {
                            Some(line) if line == FAREWELL.as_bytes() => client.expect_end(),
                            Some(_) => open.push(client),
                            // It was in the backlog of the closed listener.
                            None => {}
                        }
                        connected.fetch_add(1, Ordering::Relaxed);
                        if open.len() > 100 {
                            open.clear();
                        }
                    }
                    for mut client in open {
                        client.ends_with(FAREWELL);
                    }
                });
            }
            until("a hundred have connected", || connected.load(Ordering::Relaxed) >= 100);
            let since = Instant::now();
            drop(end(&server, cause));
            since
        });
        ends_in_time(&mut server, since);
    }
}

#[test]
fn a_second_signal_ends_the_server_at_once() {
    for (second, status) in [(Signal::TERM, 128 + 15), (Signal::INT, 128 + 2)] {
        let mut server = Server::start(&with_grace("1h"));
        let (mut pair, _slow) = one_stalls(&server);
        server.signal(Signal::TERM);
        // Everybody else has gone; the server would wait an hour for the slow client.
        assert_eq!(pair.bob.rest().last().unwrap(), FAREWELL);
        server.signal(second);
        assert_eq!(server.exit_status().code(), Some(status));
    }
}

#[test]
fn nobody_can_connect_any_more() {
    let mut server = Server::start(&["--shutdown-grace", "1h", "--outbox-age", "1h"]);
    let mut last = Client::join(&server, "last");
    server.signal(Signal::TERM);
    last.expect(FAREWELL);
    last.expect_end();
    until("connections are refused", || TcpStream::connect(server.address()).is_err());
    last.stream().shutdown(Shutdown::Both).unwrap();
    server.ends_well();
}
