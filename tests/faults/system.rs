//! A system that says no: no descriptor, no thread, no port.

use std::process::Command;

use rustix::process::geteuid;

use crate::support::process::{behind, fails_to_start, free_port, has_program, tampered};
use crate::support::slow::Pair;
use crate::support::{Client, Server};

/// How many threads `main` starts: the log, Ctrl-C, signals, two listeners and the dispatcher. strace counts the calls
/// of each thread for itself, so a call after these is one of a thread that starts more: a listener.
const THREADS_OF_MAIN: usize = 6;

#[test]
fn without_descriptors_it_waits_and_recovers() {
    for error in ["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM"] {
        let inject = format!("accept4:error={error}:when=1..3");
        let Some(mut command) = tampered(&inject, &["--port", "0"]) else {
            return;
        };
        let server = Server::start_by(&mut command);
        // Each failure doubles the pause.
        server.log("cannot accept");
        server.log("wait=40ms");
        Pair::join(&server).exchange();
    }
}

#[test]
fn a_connection_that_is_gone_before_it_was_accepted_is_no_reason_to_wait() {
    for error in ["ECONNABORTED", "EPROTO"] {
        let inject = format!("accept4:error={error}:when=1..5");
        let Some(mut command) = tampered(&inject, &["--port", "0"]) else {
            return;
        };
        let server = Server::start_by(&mut command);
        Pair::join(&server).exchange();
        assert!(!server.log_so_far().contains("cannot accept"));
    }
}

/// A signal can interrupt any read that has a timeout, and every read has one.
#[test]
fn an_interrupted_read_goes_on() {
    let Some(mut command) = tampered("recvfrom:error=EINTR:when=2..6", &["--port", "0"]) else {
        return;
    };
    let server = Server::start_by(&mut command);
    let mut pair = Pair::join(&server);
    pair.exchange();
    pair.exchange();
}

#[test]
fn without_a_thread_the_newcomer_is_told_and_nobody_else_notices() {
    // The listener's threads: the seventh is refused, and only that one.
    let refused = THREADS_OF_MAIN + 1;
    let inject = format!("clone3:error=EAGAIN:when={refused}");
    let Some(mut command) = tampered(&inject, &["--port", "0", "--max-clients", "7"]) else {
        return;
    };
    let server = Server::start_by(&mut command);
    let mut pair = Pair::join(&server);
    let _others: Vec<Client> = (2..THREADS_OF_MAIN)
        .map(|_| {
            let mut other = Client::connect(&server);
            other.expect("server: Input username.");
            other
        })
        .collect();
    let mut unlucky = Client::connect(&server);
    unlucky.send(b"unlucky\r\n");
    unlucky.expect("server: The chat server cannot take another client now. Try again later.");
    unlucky.expect_end();
    server.log("no thread for a reader");
    // Nobody has heard of it, and the seventh place is free.
    pair.exchange();
    Client::join(&server, "lucky");
    pair.bob
        .expect("server: A new client has connected to the chat: id = lucky");
}

#[test]
fn without_a_thread_for_itself_it_does_not_start() {
    // The log's own thread is the first; what follows is the server's.
    for refused in 2..=THREADS_OF_MAIN {
        let inject = format!("clone3:error=EAGAIN:when={refused}");
        let Some(mut command) = tampered(&inject, &["--port", "0"]) else {
            return;
        };
        let (status, stderr) = fails_to_start(&mut command);
        assert_eq!(status, Some(1), "thread {refused}: {stderr}");
        assert!(!stderr.contains("panicked"), "thread {refused}: {stderr}");
        let told = stderr.lines().filter(|line| line.starts_with("chatserv: "));
        assert_eq!(told.count(), 1, "thread {refused}: {stderr}");
    }
}

/// The server says in one line why it cannot start.
fn says_why(command: &mut Command, why: &str) {
    let (status, stderr) = fails_to_start(command);
    assert_eq!(status, Some(1), "{stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(
        stderr.starts_with("chatserv: cannot listen on "),
        "{stderr}"
    );
    assert!(stderr.contains(why), "{stderr}");
}

#[test]
fn a_port_that_is_taken() {
    let port = free_port().to_string();
    let mut first = Server::start(&["--port", &port]);
    let chat = env!("CARGO_BIN_EXE_chatserv");
    for bind in ["localhost", "127.0.0.1", "0.0.0.0"] {
        says_why(
            Command::new(chat).args(["--port", &port, "--bind", bind]),
            "another program uses this port",
        );
    }
    // The first one has not noticed.
    Pair::join(&first).exchange();
    first.signal(rustix::process::Signal::TERM);
    assert_eq!(first.exit_status().code(), Some(0));
}

#[test]
fn an_address_that_is_not_ours() {
    // TEST-NET-1 (RFC 5737) belongs to nobody.
    says_why(
        Command::new(env!("CARGO_BIN_EXE_chatserv")).args(["--port", "0", "--bind", "192.0.2.1"]),
        "this machine has no such address",
    );
}

#[test]
fn a_port_that_is_not_for_everybody() {
    let first_free = std::fs::read_to_string("/proc/sys/net/ipv4/ip_unprivileged_port_start");
    let guarded = first_free.is_ok_and(|port| port.trim().parse().is_ok_and(|port: u16| port > 80));
    if !guarded || !has_program("setpriv") {
        return;
    }
    let flags = ["--port", "80"];
    let mut command = if geteuid().is_root() {
        let nobody = [
            "setpriv",
            "--reuid=65534",
            "--regid=65534",
            "--clear-groups",
        ];
        let mut try_it = behind(&nobody, &["--version"]);
        if !try_it.output().unwrap().status.success() {
            eprintln!("skipped: nobody may not run the program where it lies");
            return;
        }
        behind(&nobody, &flags)
    } else {
        behind(&["env"], &flags)
    };
    says_why(&mut command, "ports below 1024 need special rights");
}
