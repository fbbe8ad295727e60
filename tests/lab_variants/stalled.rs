//! One client stops reading. What happens to the others is the difference between the variants that people notice.

use std::io::Write;
use std::thread;
use std::time::Duration;

use crate::support::slow::{NUMBERED_BYTES, Pair, number, numbered};
use crate::support::{Client, Lines, Server};
use crate::{Variant, start};

/// Far more than the kernel takes for a client that does not read, which is about 4 MiB (tcp_wmem in tcp(7)).
const MORE_THAN_THE_KERNEL_BYTES: usize = 8 * 1024 * 1024;

const LINES: usize = MORE_THAN_THE_KERNEL_BYTES / NUMBERED_BYTES;

/// After this much silence, everybody waits. A time that is too short may hide a mistake, but never fails a test.
const SILENCE: Duration = Duration::from_millis(500);

/// Ann and bob, and sid, who does not read.
fn with_stalled(server: &Server) -> (Pair, Client) {
    let mut pair = Pair::join(server);
    let sid = pair.with_stalled(server, "sid");
    (pair, sid)
}

/// Ann sends all lines, and bob's lines are collected.
fn flood(pair: &Pair) -> Lines {
    let mut ann = pair.ann.stream().try_clone().unwrap();
    thread::spawn(move || {
        for count in 0..LINES {
            // This fails at the end of the test.
            if ann.write_all(format!("{}\r\n", number(count)).as_bytes()).is_err() {
                return;
            }
        }
    });
    Lines::collect(pair.bob.stream().try_clone().unwrap())
}

fn is_last(line: &str) -> bool {
    numbered(line) == Some(LINES - 1)
}

fn heard(lines: &[String]) -> Vec<usize> {
    lines.iter().filter_map(|line| numbered(line)).collect()
}

#[test]
fn under_the_lock_a_client_that_does_not_read_stops_everybody() {
    let server = start(&["threads"]);
    let (pair, sid) = with_stalled(&server);
    let bob = flood(&pair);
    let mut so_far = 0;
    while so_far < bob.so_far().len() {
        so_far = bob.so_far().len();
        thread::sleep(SILENCE);
    }
    assert!(!bob.so_far().lines().any(is_last), "nobody waited");
    // When sid reads, everybody goes on.
    let sid = Lines::collect(sid.stream().try_clone().unwrap());
    for lines in [sid, bob] {
        lines.wait_for(is_last);
        let said: Vec<String> = lines.so_far().lines().map(str::to_owned).collect();
        assert!(heard(&said).into_iter().eq(0..LINES));
    }
}

#[test]
fn waiting_for_a_channel_disconnects_the_client_and_loses_no_line() {
    let server = start(&["threads-channels", "--when-full", "wait"]);
    let (pair, sid) = with_stalled(&server);
    let bob = flood(&pair);
    bob.wait_for(is_last);
    let said: Vec<String> = bob.so_far().lines().map(str::to_owned).collect();
    assert!(heard(&said).into_iter().eq(0..LINES));
    assert!(said.iter().any(|line| line == "server: sid has left the chat"));
    // sid receives what the kernel holds, perhaps half a line at its end, and the end of the connection, without a reason.
    Lines::collect(sid.stream().try_clone().unwrap()).whole();
}

#[test]
fn dropping_at_a_full_channel_stops_nobody_and_loses_lines() {
    let server = start(&["threads-channels", "--when-full", "drop"]);
    let (mut pair, mut sid) = with_stalled(&server);
    pair.exchange_bytes(MORE_THAN_THE_KERNEL_BYTES);
    // What got into sid's channel, and then the answer to her end.
    let sid = {
        let lines = Lines::collect(sid.stream().try_clone().unwrap());
        sid.half_close();
        lines.whole()
    };
    let heard = heard(&sid);
    assert!(heard.is_sorted() && heard.len() < LINES, "{}", heard.len());
    pair.bob.expect("server: sid has left the chat");
}

#[test]
fn one_thread_keeps_everything_for_a_client_that_does_not_read() {
    let variants: [Variant; 3] = [&["polling"], &["readiness-poll"], &["readiness"]];
    for variant in variants {
        let mut server = start(variant);
        let (mut pair, mut sid) = with_stalled(&server);
        pair.exchange_bytes(MORE_THAN_THE_KERNEL_BYTES);
        // The shutdown waits for sid, who has more to read than the kernel holds.
        pair.ann.say("SHUTDOWN");
        for client in [&mut pair.ann, &mut pair.bob] {
            client.expect("server: The chat has been shut down");
            client.expect_end();
        }
        let lines = sid.ends_with("server: The chat has been shut down");
        assert!(heard(&lines).into_iter().eq(0..pair.next), "{variant:?}");
        assert!(server.exit_status().success(), "{variant:?}");
    }
}

#[test]
fn the_real_server_disconnects_a_client_that_does_not_read_and_nobody_waits() {
    let variants: [Variant; 2] =
        [&["threads-dispatcher"], &["threads-dispatcher", "--delivery", "writer"]];
    for variant in variants {
        let server = start(variant);
        let (mut pair, _sid) = with_stalled(&server);
        let left = pair.talk_until_somebody_leaves(MORE_THAN_THE_KERNEL_BYTES);
        assert!(left.starts_with("server: sid has left the chat"), "{left}");
        pair.exchange();
    }
}
