//! A client that does not read: the others do not notice, and the server cuts it in the end.

use std::time::Duration;

use crate::support::slow::{
    MORE_THAN_THE_KERNEL_BYTES, NUMBERED_BYTES, Pair, assert_numbered, number, numbered,
    writers_are,
};
use crate::support::{Client, Server, until};

const CUT: &str =
    "server: You were disconnected because your client did not read fast enough. Connect again.";
/// The reason in the log.
const REASON: &str = r#"name="slow" reason="does not read what is sent""#;
/// How long 99 of 100 lines may take while somebody stalls. It is a thousand times what they need on a quiet machine, and far less
/// than the stalled client's time.
const LATENCY_MAX: Duration = Duration::from_millis(250);
/// Limits that no test reaches.
const NO_LIMITS: &str = "--outbox-bytes 16MiB --outbox-age 1h";
/// The settings of `--delivery` that wait for a slow client.
const PATIENT: [&str; 2] = ["direct-then-writer", "writer"];

/// A server with these flags and small buffers in the kernel, a pair, and a client called `slow` that does not read.
fn start(delivery: &str, flags: &str) -> (Server, Pair, Client) {
    // Without history, the slow client is full of what is said and not of what was said before.
    let mut all = vec!["--send-buffer", "4KiB", "--history-on-join", "0"];
    all.extend(["--delivery", delivery]);
    all.extend(flags.split(' '));
    let server = Server::start(&all);
    let mut pair = Pair::join(&server);
    let slow = pair.with_stalled(&server, "slow");
    (server, pair, slow)
}

/// The pair talks until the server cuts the slow client, which then finds ann's lines from the first on, the reason and
/// the end. Returns how many lines it found.
fn is_cut(server: &Server, pair: &mut Pair, mut slow: Client, bytes: usize) -> usize {
    let left = pair.talk_until_somebody_leaves(bytes);
    assert_eq!(left, "server: slow has left the chat");
    server.log(REASON);
    let lines = slow.ends_with(CUT);
    assert_numbered(&lines);
    lines.len()
}

/// The queue in a row of the table of threads, behind the name, the activity and the age.
fn queued(row: &str) -> &str {
    row.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).nth(3).unwrap()
}

#[test]
fn the_others_talk_on_while_one_stalls() {
    for delivery in PATIENT {
        let (server, mut pair, _slow) = start(delivery, NO_LIMITS);
        // Bob hears each line before ann says the next, so none waits for the slow client.
        let slowest = pair.exchange_timed(4 * MORE_THAN_THE_KERNEL_BYTES / NUMBERED_BYTES);
        assert!(slowest < LATENCY_MAX, "{delivery}: {slowest:?}");
        pair.bob.say("and back");
        pair.ann.expect("bob : and back");
        // The slow client really stalls: a thread waits for it.
        assert!(server.threads_called("writer-") >= 1, "{delivery}");
        // The table of threads shows how much is queued, with a unit. Nothing is queued for the others, as soon as their
        // writers have reported so.
        until("the table shows who does not read", || {
            pair.bob.say("/threads");
            [("reader-1", false), ("reader-3", true)].into_iter().all(|(reader, waits)| {
                let row = pair.bob.skip_to(&format!("server: {reader} "));
                (queued(&row) != "0B") == waits
            })
        });
        assert!(!server.log_so_far().contains(r#"name="slow" reason"#));
    }
}

#[test]
fn a_client_that_stalls_and_reads_on_loses_nothing() {
    for delivery in PATIENT {
        let (server, mut pair, mut slow) = start(delivery, NO_LIMITS);
        pair.exchange_bytes(4 * MORE_THAN_THE_KERNEL_BYTES);
        for count in 0..pair.next {
            let line = slow.line();
            assert_eq!(numbered(&line), Some(count), "{delivery}: {line:?}");
        }
        // New lines do not overtake.
        pair.exchange();
        assert_eq!(numbered(&slow.line()), Some(pair.next - 1));
        slow.hears_nothing();
        if delivery == "direct-then-writer" {
            writers_are(&server, 0);
        }
    }
}

#[test]
fn it_is_cut_over_the_byte_limit() {
    for delivery in PATIENT {
        let flags = "--outbox-bytes 64KiB --outbox-age 1h";
        let (server, mut pair, slow) = start(delivery, flags);
        // It receives what the kernel held, which is less than was said.
        let got = is_cut(&server, &mut pair, slow, 4 * MORE_THAN_THE_KERNEL_BYTES);
        assert!(got < pair.next, "{delivery}: {got} of {}", pair.next);
        assert!(got > 0, "{delivery}");
    }
}

#[test]
fn it_is_cut_over_the_age_limit_even_when_nobody_talks() {
    for delivery in PATIENT {
        let (server, mut pair, slow) = start(delivery, "--outbox-age 1s --outbox-bytes 16MiB");
        // Less than the outbox may hold. Then nobody says a word.
        is_cut(&server, &mut pair, slow, MORE_THAN_THE_KERNEL_BYTES);
    }
}

#[test]
fn it_is_told_with_the_default_send_buffer_too() {
    for delivery in PATIENT {
        let flags = ["--outbox-bytes", "64KiB", "--history-on-join", "0", "--delivery", delivery];
        let server = Server::start(&flags);
        let mut pair = Pair::join(&server);
        let slow = pair.with_stalled(&server, "slow");
        is_cut(&server, &mut pair, slow, 8 * MORE_THAN_THE_KERNEL_BYTES);
    }
}

#[test]
fn with_direct_delivery_it_is_cut_when_its_socket_is_full() {
    let (server, mut pair, slow) = start("direct", NO_LIMITS);
    is_cut(&server, &mut pair, slow, MORE_THAN_THE_KERNEL_BYTES);
    assert_eq!(server.threads_called("writer-"), 0);
}

/// Answers wait in the outbox like everything else, and count for its limit.
#[test]
fn what_a_client_asks_for_and_does_not_read_is_limited_too() {
    let start = |requests: usize, flags: &str| {
        let mut all = vec!["--send-buffer", "4KiB", "--history-on-join", "0"];
        all.extend(flags.split(' '));
        let server = Server::start(&all);
        let mut pair = Pair::join(&server);
        pair.exchange_bytes(60_000);
        let mut slow = pair.with_stalled(&server, "slow");
        slow.send("/history 200\r\n".repeat(requests).as_bytes());
        (server, pair, slow)
    };
    // As many as flood control allows at once.
    let (server, mut pair, _slow) = start(20, NO_LIMITS);
    writers_are(&server, 1);
    let slowest = pair.exchange_timed(100);
    assert!(slowest < LATENCY_MAX, "{slowest:?}");
    pair.bob.say("/threads");
    let row = pair.bob.skip_to("server: reader-3 ");
    let queued: bytesize::ByteSize = queued(&row).parse().unwrap();
    // About 64 KiB for each.
    assert!((1_000_000..2_000_000).contains(&queued.as_u64()), "{row}");

    // A thousand requests are more than the limit, and the client is cut.
    let (server, mut pair, mut slow) = start(1_000, "--outbox-bytes 32KiB --outbox-age 1h");
    pair.bob.expect("server: slow has left the chat");
    server.log(REASON);
    slow.ends_with(CUT);
}

#[test]
fn place_and_name_of_a_cut_client_are_free() {
    let (server, mut pair, _slow) = start(PATIENT[0], "--outbox-bytes 64KiB --max-clients 3");
    pair.talk_until_somebody_leaves(4 * MORE_THAN_THE_KERNEL_BYTES);
    // Even before it has read that it was cut.
    Client::join(&server, "slow");
}

#[test]
fn a_full_socket_waits_when_no_writer_is_left() {
    let (server, mut pair, mut slow) = start(PATIENT[0], &format!("{NO_LIMITS} --max-writers 1"));
    pair.exchange_bytes(MORE_THAN_THE_KERNEL_BYTES);
    writers_are(&server, 1);
    let mut second = pair.with_stalled(&server, "second");
    let heard_by_second = pair.next;
    pair.exchange_bytes(MORE_THAN_THE_KERNEL_BYTES);
    assert_eq!(server.threads_called("writer-"), 1);
    // The first one still has the writer, and the dispatcher tries the second one.
    for wanted in heard_by_second..pair.next {
        assert_eq!(numbered(&second.line()), Some(wanted));
    }
    slow.skip_to(&number(pair.next - 1));
    pair.exchange();
    assert_eq!(numbered(&second.line()), Some(pair.next - 1));
}

#[test]
fn a_client_without_a_writer_is_cut_over_the_limits_too() {
    let flags = "--outbox-bytes 256KiB --outbox-age 1h --max-writers 1";
    let (server, mut pair, _slow) = start(PATIENT[0], flags);
    // More than fits into the socket, and less than the limit.
    pair.exchange_bytes(MORE_THAN_THE_KERNEL_BYTES);
    writers_are(&server, 1);
    let _second = pair.with_stalled(&server, "second");
    for _ in 0..4 * MORE_THAN_THE_KERNEL_BYTES / NUMBERED_BYTES {
        pair.ann.say(&format!("{} @second", number(0)));
    }
    pair.bob.expect("server: second has left the chat");
    server.log(r#"name="second" reason="does not read what is sent""#);
    assert_eq!(server.threads_called("writer-"), 1);
}

#[test]
fn many_messages_under_way_cut_nobody_who_reads() {
    // Age is not what is tested here, and the machine may be slow.
    let flags = ["--send-buffer", "4KiB", "--history-on-join", "0", "--outbox-age", "1h"];
    let server = Server::start(&flags);
    let mut pair = Pair::join(&server);
    let names: Vec<String> = (0..100).map(|number| format!("reader{number}")).collect();
    let mut readers: Vec<Client> =
        names.iter().map(|name| pair.with_stalled(&server, name)).collect();
    // As when a program sends 512 messages of 512 bytes at once, and what the kernel takes of them.
    pair.exchange_bytes(512 * 512 + MORE_THAN_THE_KERNEL_BYTES / 2);
    for (name, reader) in names.iter().zip(&mut readers) {
        for wanted in 0..pair.next {
            let line = reader.skip_to_line(|line| !line.starts_with("server: "));
            assert_eq!(numbered(&line), Some(wanted), "{name}");
        }
        reader.hears_nothing();
    }
}

#[test]
fn four_who_paste_at_once_cut_nobody_on_a_slow_line() {
    let flags = ["--send-buffer", "4KiB", "--history-on-join", "0", "--rate-limit", "20,5/s"];
    let server = Server::start(&flags);
    let mut observer = Client::join(&server, "observer");
    let mut slow = Client::join_small(&server, "slow");
    let pasted = format!("{}\r\n", "x".repeat(4_000)).repeat(20);
    let names = ["ann", "bob", "cid", "dan"];
    let mut pasting: Vec<Client> = names.iter().map(|name| Client::join(&server, name)).collect();
    for client in &mut pasting {
        client.send(pasted.as_bytes());
    }
    // When somebody else has heard everything, all of it is on its way to the slow client.
    for client in [&mut observer, &mut slow] {
        for _ in 0..20 * names.len() {
            client.skip_to(" : xxx");
        }
        client.hears_nothing();
    }
}

#[test]
fn over_the_total_limit_the_largest_is_cut_first() {
    let flags = "--outbox-bytes 1MiB --outbox-total 1MiB --outbox-age 1h";
    let (server, mut pair, slow) = start(PATIENT[0], flags);
    pair.exchange_bytes(500_000);
    let mut small = pair.with_stalled(&server, "small");
    // Both grow, and neither comes near its own limit.
    let left = pair.talk_until_somebody_leaves(500_000);
    assert_eq!(left, "server: slow has left the chat");
    server.log(REASON);
    drop(slow);
    // The smaller one has lost nothing.
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
fn clients_that_leave_with_a_full_socket_do_not_gather() {
    const PLACES: usize = 4;
    /// How many connections there may be beyond the places.
    const LEAVING_MAX: usize = 16;
    let flags = format!("--max-clients {PLACES} {NO_LIMITS}");
    let (server, mut pair, mut slow) = start(PATIENT[0], &flags);
    let mut gone = Vec::new();
    for round in 0..PLACES + 2 * LEAVING_MAX {
        pair.exchange_bytes(MORE_THAN_THE_KERNEL_BYTES);
        slow.say("/quit");
        for client in [&mut pair.ann, &mut pair.bob] {
            client.skip_to("has left the chat");
        }
        gone.push(slow);
        slow = pair.with_stalled(&server, &format!("slow{round}"));
    }
    // Readers and writers of connections beyond the places end as others come.
    until("the oldest are shut down", || server.threads_called("reader-") <= PLACES + LEAVING_MAX);
    assert!(server.threads_called("reader-") > PLACES, "nobody is shut down without need");
    // The last one still gets all that was said before it left.
    let lines = gone.pop().unwrap().rest();
    let heard = lines.iter().filter_map(|line| numbered(line));
    let said = pair.next - MORE_THAN_THE_KERNEL_BYTES.div_ceil(NUMBERED_BYTES)..pair.next;
    assert!(heard.eq(said), "{lines:?}");
}

#[test]
fn the_total_limit_is_checked_before_much_more_has_gathered() {
    const TOTAL_BYTES: usize = 1024 * 1024;
    let flags = "--outbox-bytes 1MiB --outbox-total 1MiB --outbox-age 1h";
    let (server, mut pair, slow) = start(PATIENT[0], flags);
    let mut stalled = vec![slow];
    for number in 1..8 {
        stalled.push(pair.with_stalled(&server, &format!("stalled{number}")));
    }
    pair.talk_until_somebody_leaves(TOTAL_BYTES);
    let waiting = stalled.len() * pair.next * NUMBERED_BYTES;
    let most = TOTAL_BYTES + TOTAL_BYTES / 8 + stalled.len() * MORE_THAN_THE_KERNEL_BYTES / 4;
    assert!(waiting < most, "{waiting} bytes");
    server.log(r#"reason="does not read what is sent""#);
}

#[test]
fn a_client_that_reads_too_slowly_is_cut_by_age_too() {
    let flags = "--outbox-age 1s --outbox-bytes 16MiB";
    let (_server, mut pair, mut slow) = start(PATIENT[0], flags);
    pair.exchange_bytes(4 * MORE_THAN_THE_KERNEL_BYTES);
    pair.bob.stream().set_read_timeout(Some(Duration::from_millis(20))).unwrap();
    // A line every 20 ms keeps the socket moving, but would take ten seconds for everything.
    let mut byte = [0; 1];
    let mut lines = 0;
    until("slow has left", || {
        slow.line();
        lines += 1;
        pair.bob.stream().peek(&mut byte).is_ok_and(|got| got == 1)
    });
    pair.bob.expect("server: slow has left the chat");
    assert!(lines < pair.next, "it has read everything");
}
