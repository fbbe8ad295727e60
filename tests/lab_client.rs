//! `lab client`: it ends when the server does, though nobody presses a key.

#![cfg(feature = "lab")]
#![allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]

use std::io::Read;
use std::net::{Ipv4Addr, TcpListener};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use socket2::SockRef;

/// How long a client may take to see that the server has gone.
const PATIENCE: Duration = Duration::from_secs(20);

/// Starts a client, ends its connection, and returns its exit status and what it said on stderr. Its stdin stays open.
fn client_that_loses_its_server(how: &str, is_reset: bool) -> (Option<i32>, String) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let mut client = Command::new(env!("CARGO_BIN_EXE_lab"))
        .args(["client", how, "--port", &port])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (socket, _) = listener.accept().unwrap();
    if is_reset {
        // Whoever closes without lingering sends a reset: the connection breaks.
        let no_time = Some(Duration::ZERO);
        SockRef::from(&socket).set_linger(no_time).unwrap();
    }
    drop(socket);
    // Its stderr ends when it does.
    let mut stderr = client.stderr.take().unwrap();
    let (sender, said) = mpsc::channel();
    thread::spawn(move || {
        let mut text = String::new();
        stderr.read_to_string(&mut text).unwrap();
        let _ = sender.send(text);
    });
    let said = said.recv_timeout(PATIENCE);
    if said.is_err() {
        client.kill().unwrap();
    }
    let keyboard = client.stdin.take();
    let status = client.wait().unwrap();
    drop(keyboard);
    (status.code(), said.expect("it ends though nobody types"))
}

#[test]
fn it_ends_when_the_server_closes_the_connection() {
    for how in ["threads", "poll"] {
        let ended = client_that_loses_its_server(how, false);
        assert_eq!(ended, (Some(0), String::new()), "{how}");
    }
}

#[test]
fn it_ends_with_an_error_when_the_connection_breaks() {
    for how in ["threads", "poll"] {
        let (status, said) = client_that_loses_its_server(how, true);
        assert_eq!(status, Some(1), "{how}: {said}");
        assert!(said.starts_with("lab: "), "{how}: {said}");
    }
}
