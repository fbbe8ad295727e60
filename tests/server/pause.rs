//! The server does not run for a while, as when its container is paused or its machine suspended. No deadline passes
//! meanwhile: nobody could do anything about it.

use std::fs;
use std::thread;
use std::time::Duration;

use rustix::process::Signal;

use crate::FAREWELL;
use crate::support::slow::{MORE_THAN_THE_KERNEL_BYTES, Pair, assert_numbered};
use crate::support::{Client, Server, until};

/// Longer than each deadline below.
const PAUSE: Duration = Duration::from_secs(5);

/// Whether each thread of the server is in this state, by the letter of the kernel.
fn all_threads_are(server: &Server, state: &str) -> bool {
    let tasks = fs::read_dir(format!("/proc/{}/task", server.pid())).unwrap();
    tasks.into_iter().all(|task| {
        // A thread can end between the two looks.
        let status = fs::read_to_string(task.unwrap().path().join("status"));
        status.is_ok_and(|status| status.contains(&format!("State:\t{state}")))
    })
}

/// Stops the server for a while, when every thread waits for something.
fn pause(server: &Server) {
    until("the server is at rest", || all_threads_are(server, "S"));
    server.signal(Signal::STOP);
    until("the server has stopped", || all_threads_are(server, "T"));
    thread::sleep(PAUSE);
    server.signal(Signal::CONT);
}

/// A server with these flags, two clients who talk, and one who is behind with reading.
fn one_is_behind(flags: &str) -> (Server, Pair, Client) {
    let mut all = vec!["--send-buffer", "4KiB", "--history-on-join", "0"];
    all.extend(flags.split(' '));
    let server = Server::start(&all);
    let mut pair = Pair::join(&server);
    let behind = pair.with_stalled(&server, "behind");
    pair.exchange_bytes(2 * MORE_THAN_THE_KERNEL_BYTES);
    (server, pair, behind)
}

#[test]
fn it_does_not_make_unsent_lines_older() {
    for delivery in ["direct-then-writer", "writer"] {
        let flags = format!("--outbox-age 4s --delivery {delivery}");
        let (server, mut pair, mut behind) = one_is_behind(&flags);
        pause(&server);
        let lines: Vec<String> = (0..pair.next).map(|_| behind.line()).collect();
        assert_numbered(&lines);
        // It is still here.
        pair.exchange();
        assert_numbered(&[lines, vec![behind.line()]].concat());
    }
}

#[test]
fn it_leaves_time_to_give_a_name() {
    let server = Server::start(&["--login-timeout", "4s"]);
    let mut ann = Client::connect(&server);
    ann.expect("server: Input username.");
    pause(&server);
    ann.say("ann");
    ann.expect("server: Your username is ann.");
}

#[test]
fn it_is_no_silence() {
    let server = Server::start(&["--idle-timeout", "8s"]);
    let mut ann = Client::join(&server, "ann");
    pause(&server);
    // Without a warning before that.
    Client::join(&server, "bob");
    ann.expect("server: A new client has connected to the chat: id = bob");
}

#[test]
fn it_leaves_time_for_the_farewell() {
    let (mut server, pair, mut behind) = one_is_behind("--outbox-age 1h --shutdown-grace 4s");
    server.signal(Signal::TERM);
    server.log("The chat is shutting down");
    pause(&server);
    let lines = behind.ends_with(FAREWELL);
    let said = lines.iter().filter(|line| line.starts_with("ann : ")).count();
    assert_eq!(said, pair.next);
    drop((pair, behind));
    server.ends_well();
}
