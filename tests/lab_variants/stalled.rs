//! Somebody stops reading, and what becomes of the others: the one question in which the shells differ for those who chat.

use std::io::Write;
use std::thread;
use std::time::Duration;

use crate::support::slow::{NUMBERED_BYTES, Pair, number, numbered};
use crate::support::{Client, Lines, Server};
use crate::{Shell, start};

/// More bytes than the kernel takes for somebody who does not read, by far: at most some 4 MiB (tcp_wmem in tcp(7)).
const MORE_THAN_THE_KERNEL_BYTES: usize = 8 * 1024 * 1024;

/// So many lines are that.
const LINES: usize = MORE_THAN_THE_KERNEL_BYTES / NUMBERED_BYTES;

/// When nothing has come for so long, all stand still. Too short a time lets a mistake pass; it never makes a test fail.
const SILENCE: Duration = Duration::from_millis(500);

/// Ann and bob, and sid who reads nothing.
fn with_stalled(server: &Server) -> (Pair, Client) {
    let mut pair = Pair::join(server);
    let sid = pair.with_stalled(server, "sid");
    (pair, sid)
}

/// Ann says all lines, however long it takes, and what bob hears is collected.
fn flood(pair: &Pair) -> Lines {
    let mut ann = pair.ann.stream().try_clone().unwrap();
    thread::spawn(move || {
        for count in 0..LINES {
            // It fails when the test is over.
            if ann
                .write_all(format!("{}\r\n", number(count)).as_bytes())
                .is_err()
            {
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
fn under_the_lock_one_who_does_not_read_stops_everybody() {
    let server = start(&["threads"]);
    let (pair, sid) = with_stalled(&server);
    let bob = flood(&pair);
    let mut so_far = 0;
    while so_far < bob.so_far().len() {
        so_far = bob.so_far().len();
        thread::sleep(SILENCE);
    }
    assert!(!bob.so_far().lines().any(is_last), "nobody was waited for");
    // As soon as they read, all go on.
    let sid = Lines::collect(sid.stream().try_clone().unwrap());
    for lines in [sid, bob] {
        lines.wait_for(is_last);
        let said: Vec<String> = lines.so_far().lines().map(str::to_owned).collect();
        assert!(heard(&said).into_iter().eq(0..LINES));
    }
}

#[test]
fn a_channel_that_is_waited_for_loses_who_does_not_read_and_no_line() {
    let server = start(&["threads-channels", "--when-full", "wait"]);
    let (pair, mut sid) = with_stalled(&server);
    let bob = flood(&pair);
    bob.wait_for(is_last);
    let said: Vec<String> = bob.so_far().lines().map(str::to_owned).collect();
    assert!(heard(&said).into_iter().eq(0..LINES));
    // Who was let go finds what was under way, and the end of it. Nobody tells them why.
    assert!(
        said.iter()
            .any(|line| line == "server: sid has left the chat")
    );
    while sid.raw_line().is_some() {}
}

#[test]
fn a_channel_that_drops_stops_nobody_and_loses_lines() {
    let server = start(&["threads-channels", "--when-full", "drop"]);
    let (mut pair, mut sid) = with_stalled(&server);
    pair.exchange_bytes(MORE_THAN_THE_KERNEL_BYTES);
    // All that got as far as sid's channel, and then the answer to her end.
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
fn one_thread_that_waits_for_nobody_keeps_all_for_who_does_not_read() {
    let shells: [Shell; 3] = [&["polling"], &["readiness-poll"], &["readiness"]];
    for shell in shells {
        let mut server = start(shell);
        let (mut pair, mut sid) = with_stalled(&server);
        pair.exchange_bytes(MORE_THAN_THE_KERNEL_BYTES);
        // An end waits for who does not read: more than the kernel holds is still to come.
        pair.ann.say("SHUTDOWN");
        for client in [&mut pair.ann, &mut pair.bob] {
            client.expect("server: The chat has been shut down");
            client.expect_end();
        }
        let lines = sid.ends_with("server: The chat has been shut down");
        assert!(heard(&lines).into_iter().eq(0..pair.next), "{shell:?}");
        assert!(server.exit_status().success(), "{shell:?}");
    }
}

#[test]
fn the_servers_own_shell_cuts_who_does_not_read_and_nobody_waits() {
    let shells: [Shell; 2] = [
        &["threads-dispatcher"],
        &["threads-dispatcher", "--delivery", "writer"],
    ];
    for shell in shells {
        let server = start(shell);
        let (mut pair, _sid) = with_stalled(&server);
        let left = pair.talk_until_somebody_leaves(MORE_THAN_THE_KERNEL_BYTES);
        assert!(left.starts_with("server: sid has left the chat"), "{left}");
        // And the two go on.
        pair.exchange();
    }
}
