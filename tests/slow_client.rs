//! A client that does not read: what the others notice of it (nothing), and what becomes of it.

mod support;

use std::time::Duration;

use support::process::until;
use support::slow::{MORE_THAN_THE_KERNEL_BYTES, NUMBERED_BYTES, Pair, numbered, writers_are};
use support::{Client, Server};

const CUT: &str =
    "server: You were disconnected: your end did not read what was sent. Connect again.";
/// How the log says why.
const REASON: &str = r#"name="slow" reason="does not read what is sent""#;
/// No limit is reached within a test.
const NO_LIMITS: [&str; 4] = ["--outbox-bytes", "16MiB", "--outbox-age", "1h"];

/// A server with these flags, and small buffers in the kernel.
fn server(delivery: &str, flags: &[&str]) -> Server {
    let mut all = vec!["--send-buffer", "4KiB", "--delivery", delivery];
    // Whoever stalls is to be full of what is said, and not of what was said before.
    all.extend(["--history-on-join", "0"]);
    all.extend(flags);
    Server::start(&all)
}

/// What a client finds that was cut while it did not read: ann's lines from the first on, whole and in order, none
/// left out before the last, then the reason, then the end.
fn finds_why(mut slow: Client) -> usize {
    let lines = slow.ends_with(CUT);
    for (count, line) in lines.iter().enumerate() {
        assert_eq!(numbered(line), Some(count), "after {count} lines: {line:?}");
    }
    lines.len()
}

#[test]
fn the_others_talk_on_while_one_stalls() {
    for delivery in ["direct-then-writer", "writer"] {
        let server = server(delivery, &NO_LIMITS);
        let mut pair = Pair::join(&server);
        let _slow = pair.with_stalled(&server, "slow");
        // Each line is heard before the next is said: none of them waited for the one who does not read.
        pair.exchange_bytes(4 * MORE_THAN_THE_KERNEL_BYTES);
        pair.bob.say("and back");
        pair.ann.expect("bob : and back");
        // And that one did not read, indeed: a thread waits for it.
        assert!(server.threads_called("writer-") >= 1, "{delivery}");
        // The table says how much, with a unit; for the others nothing waits.
        pair.bob.say("/threads");
        for (reader, waits) in [("reader-1", false), ("reader-3", true)] {
            let row = pair.bob.skip_to(&format!("server: {reader} "));
            let cells = row.split("  ").map(str::trim);
            let cells: Vec<&str> = cells.filter(|cell| !cell.is_empty()).collect();
            // The name, what it does, how old it is, its queue.
            assert_eq!(cells[3] != "0B", waits, "{row}");
        }
        assert!(!server.log_so_far().contains(r#"name="slow" reason"#));
    }
}

#[test]
fn who_stalls_and_then_reads_on_has_lost_nothing() {
    for delivery in ["direct-then-writer", "writer"] {
        let server = server(delivery, &NO_LIMITS);
        let mut pair = Pair::join(&server);
        let mut slow = pair.with_stalled(&server, "slow");
        pair.exchange_bytes(4 * MORE_THAN_THE_KERNEL_BYTES);
        for count in 0..pair.next {
            let line = slow.line();
            assert_eq!(numbered(&line), Some(count), "{delivery}: {line:?}");
        }
        // Lines that come now do not overtake, and are the only ones.
        pair.exchange();
        assert_eq!(numbered(&slow.line()), Some(pair.next - 1));
        slow.hears_nothing();
        if delivery == "direct-then-writer" {
            writers_are(&server, 0);
        }
    }
}

#[test]
fn over_the_byte_limit_it_is_cut() {
    for delivery in ["direct-then-writer", "writer"] {
        let server = server(delivery, &["--outbox-bytes", "64KiB", "--outbox-age", "1h"]);
        let mut pair = Pair::join(&server);
        let slow = pair.with_stalled(&server, "slow");
        let left = pair.talk_until_somebody_leaves(4 * MORE_THAN_THE_KERNEL_BYTES);
        assert_eq!(left, "server: slow has left the chat");
        server.log(REASON);
        // It has got what the kernel held, and that was less than was said.
        let got = finds_why(slow);
        assert!(got < pair.next, "{delivery}: {got} of {}", pair.next);
        assert!(got > 0, "{delivery}");
    }
}

#[test]
fn over_the_age_limit_it_is_cut_although_nobody_says_much() {
    for delivery in ["direct-then-writer", "writer"] {
        let server = server(delivery, &["--outbox-age", "1s", "--outbox-bytes", "16MiB"]);
        let mut pair = Pair::join(&server);
        let slow = pair.with_stalled(&server, "slow");
        // All this is less than the outbox may hold. Then nobody says a word.
        let left = pair.talk_until_somebody_leaves(MORE_THAN_THE_KERNEL_BYTES);
        assert_eq!(left, "server: slow has left the chat");
        server.log(REASON);
        finds_why(slow);
    }
}

#[test]
fn with_direct_delivery_a_full_socket_is_the_end_at_once() {
    let server = server("direct", &NO_LIMITS);
    let mut pair = Pair::join(&server);
    let slow = pair.with_stalled(&server, "slow");
    // However much an outbox may hold: nobody could wait for it.
    let left = pair.talk_until_somebody_leaves(MORE_THAN_THE_KERNEL_BYTES);
    assert_eq!(left, "server: slow has left the chat");
    assert_eq!(server.threads_called("writer-"), 0);
    server.log(REASON);
    finds_why(slow);
}

#[test]
fn the_place_of_a_cut_client_is_free() {
    let server = server(
        "direct-then-writer",
        &["--outbox-bytes", "64KiB", "--max-clients", "3"],
    );
    let mut pair = Pair::join(&server);
    let _slow = pair.with_stalled(&server, "slow");
    pair.talk_until_somebody_leaves(4 * MORE_THAN_THE_KERNEL_BYTES);
    // It has not even read that it was cut, and its name is free as well.
    Client::join(&server, "slow");
}

#[test]
fn beyond_the_last_writer_a_full_socket_is_cut() {
    let mut flags = NO_LIMITS.to_vec();
    flags.extend(["--max-writers", "1"]);
    let server = server("direct-then-writer", &flags);
    let mut pair = Pair::join(&server);
    let mut first = pair.with_stalled(&server, "first");
    pair.exchange_bytes(MORE_THAN_THE_KERNEL_BYTES);
    writers_are(&server, 1);
    let second = pair.with_stalled(&server, "second");
    let left = pair.talk_until_somebody_leaves(MORE_THAN_THE_KERNEL_BYTES);
    assert_eq!(left, "server: second has left the chat");
    // The one who has the writer keeps it, and gets everything.
    first.skip_to(&support::slow::number(pair.next - 1));
    drop(second);
}

#[test]
fn where_all_together_hold_too_much_the_largest_goes_first() {
    let server = server(
        "direct-then-writer",
        &[
            "--outbox-bytes",
            "1MiB",
            "--outbox-total",
            "1MiB",
            "--outbox-age",
            "1h",
        ],
    );
    let mut pair = Pair::join(&server);
    let large = pair.with_stalled(&server, "large");
    pair.exchange_bytes(500_000);
    let mut small = pair.with_stalled(&server, "small");
    // Both grow now, and neither comes near its own limit.
    let left = pair.talk_until_somebody_leaves(500_000);
    assert_eq!(left, "server: large has left the chat");
    server.log(r#"name="large" reason="does not read what is sent""#);
    drop(large);
    // The other one has lost nothing.
    pair.exchange();
    for wanted in 500_000 / NUMBERED_BYTES..pair.next {
        let mut line = small.line();
        if line == left {
            line = small.line();
        }
        assert_eq!(numbered(&line), Some(wanted), "{line:?}");
    }
}

#[test]
fn who_reads_a_little_now_and_then_is_too_old_as_well() {
    let server = server(
        "direct-then-writer",
        &["--outbox-age", "1s", "--outbox-bytes", "16MiB"],
    );
    let mut pair = Pair::join(&server);
    let mut slow = pair.with_stalled(&server, "slow");
    pair.exchange_bytes(4 * MORE_THAN_THE_KERNEL_BYTES);
    pair.bob
        .stream()
        .set_read_timeout(Some(Duration::from_millis(20)))
        .unwrap();
    // A line each 20 ms, which keeps the socket moving, and would take ten seconds for everything.
    let mut byte = [0; 1];
    let mut lines = 0;
    until("slow has left", || {
        slow.line();
        lines += 1;
        pair.bob.stream().peek(&mut byte).is_ok_and(|got| got == 1)
    });
    pair.bob.expect("server: slow has left the chat");
    assert!(lines < pair.next, "it was cut while it still read");
}
