//! A system that refuses descriptors, threads or ports.

use std::process::Command;

use rustix::process::geteuid;

use crate::support::slow::Pair;
use crate::support::{
    Client, Program, Server, behind, chatserv, find, free_port, or_skip, tampered,
};

/// How many threads `main` starts: the log, Ctrl-C, signals, two listeners and the dispatcher. strace counts the calls
/// of each thread separately, so any later call is one of a listener.
const THREADS_OF_MAIN: usize = 6;

#[test]
fn without_descriptors_the_listener_waits_and_recovers() {
    for error in ["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM"] {
        let inject = format!("accept4:error={error}:when=1..3");
        let mut command = or_skip!(tampered(&inject, &[]));
        let server = Server::start_by(&mut command);
        // Each failure doubles the pause.
        server.log("cannot accept");
        server.log("wait=40ms");
        Pair::join(&server).exchange();
    }
}

#[test]
fn a_connection_that_ends_before_accept_delays_nobody() {
    for error in ["ECONNABORTED", "EPROTO"] {
        let inject = format!("accept4:error={error}:when=1..5");
        let mut command = or_skip!(tampered(&inject, &[]));
        let server = Server::start_by(&mut command);
        Pair::join(&server).exchange();
        assert!(!server.log_so_far().contains("cannot accept"));
    }
}

/// A signal can interrupt a read with a timeout, and every read has one.
#[test]
fn an_interrupted_read_goes_on() {
    let mut command = or_skip!(tampered("recvfrom:error=EINTR:when=2..6", &[]));
    let server = Server::start_by(&mut command);
    let mut pair = Pair::join(&server);
    pair.exchange();
    pair.exchange();
}

#[test]
fn without_a_thread_only_the_newcomer_is_refused() {
    // Only the listener's seventh thread is refused.
    let refused = THREADS_OF_MAIN + 1;
    let inject = format!("clone3:error=EAGAIN:when={refused}");
    let mut command = or_skip!(tampered(&inject, &["--max-clients", "7"]));
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
    // Nobody else heard of it, and the seventh place is free.
    pair.exchange();
    Client::join(&server, "lucky");
    pair.bob.expect("server: A new client has connected to the chat: id = lucky");
}

#[test]
fn without_its_own_threads_the_server_does_not_start() {
    // The first thread is the log's; the others are the server's.
    for refused in 2..=THREADS_OF_MAIN {
        let inject = format!("clone3:error=EAGAIN:when={refused}");
        let mut command = or_skip!(tampered(&inject, &[]));
        let ended = Program::start(&mut command).end();
        assert_eq!(ended.status, Some(1), "thread {refused}: {ended:?}");
        assert!(!ended.stderr.contains("panicked"), "{refused}: {ended:?}");
        let lines = ended.stderr.lines();
        let told = lines.filter(|line| line.starts_with("chatserv: "));
        assert_eq!(told.count(), 1, "thread {refused}: {ended:?}");
    }
}

/// The server prints one line which says why it cannot listen.
fn cannot_listen(command: &mut Command, reason: &str) {
    let ended = Program::start(command).end();
    assert_eq!(ended.status, Some(1), "{ended:?}");
    assert_eq!(ended.stderr.lines().count(), 1, "{ended:?}");
    let beginning = "chatserv: cannot listen on ";
    assert!(ended.stderr.starts_with(beginning), "{ended:?}");
    assert!(ended.stderr.contains(reason), "{ended:?}");
}

#[test]
fn a_taken_port() {
    let port = free_port().to_string();
    let mut first = Server::start(&["--port", &port]);
    for bind in ["localhost", "127.0.0.1", "0.0.0.0"] {
        cannot_listen(
            &mut chatserv(&["--port", &port, "--bind", bind]),
            "another program uses this port",
        );
    }
    // The first server has not noticed.
    Pair::join(&first).exchange();
    first.signal(rustix::process::Signal::TERM);
    first.ends_well();
}

#[test]
fn an_address_of_another_machine() {
    // No machine has an address in TEST-NET-1 (RFC 5737).
    cannot_listen(
        &mut chatserv(&["--port", "0", "--bind", "192.0.2.1"]),
        "this machine has no such address",
    );
}

#[test]
fn a_privileged_port() {
    let first_free = std::fs::read_to_string("/proc/sys/net/ipv4/ip_unprivileged_port_start");
    let guarded = first_free.is_ok_and(|port| port.trim().parse().is_ok_and(|port: u16| port > 80));
    if !guarded || find("setpriv").is_none() {
        return;
    }
    let flags = ["--port", "80"];
    let mut command = if geteuid().is_root() {
        let ids = ["--reuid=65534", "--regid=65534", "--clear-groups"];
        let nobody = [&["setpriv"], &ids[..]].concat();
        let mut try_it = behind(&nobody, &["--version"]);
        if !try_it.output().unwrap().status.success() {
            eprintln!("skipped: the user nobody may not run the built server");
            return;
        }
        behind(&nobody, &flags)
    } else {
        chatserv(&flags)
    };
    cannot_listen(&mut command, "ports below 1024 need special rights");
}
