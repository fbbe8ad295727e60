//! `lab client` ends when the server does, even if nobody presses a key.

#![cfg(feature = "lab")]
#![allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]

use std::io::Read;
use std::net::{Ipv4Addr, TcpListener};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use socket2::SockRef;

/// How long a client may take to notice the end.
const PATIENCE: Duration = Duration::from_secs(20);

/// Starts a client, ends its connection, and returns its exit status and stderr. Its stdin stays open.
fn run_without_server(how: &str, is_reset: bool) -> (Option<i32>, String) {
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
        // Closing without lingering sends a reset.
        let no_time = Some(Duration::ZERO);
        SockRef::from(&socket).set_linger(no_time).unwrap();
    }
    drop(socket);
    // The stderr of the client ends when the client does.
    let mut stderr = client.stderr.take().unwrap();
    let (sender, printed) = mpsc::channel();
    thread::spawn(move || {
        let mut text = String::new();
        stderr.read_to_string(&mut text).unwrap();
        let _ = sender.send(text);
    });
    let printed = printed.recv_timeout(PATIENCE);
    if printed.is_err() {
        client.kill().unwrap();
    }
    let keyboard = client.stdin.take();
    let status = client.wait().unwrap();
    drop(keyboard);
    let printed = printed.expect("the client ends without a key press");
    (status.code(), printed)
}

#[test]
fn it_ends_when_the_server_closes_the_connection_or_breaks_it() {
    for how in ["threads", "poll"] {
        let ended = run_without_server(how, false);
        assert_eq!(ended, (Some(0), String::new()), "{how}");
        let (status, printed) = run_without_server(how, true);
        assert_eq!(status, Some(1), "{how}: {printed}");
        assert!(printed.starts_with("lab: "), "{how}: {printed}");
    }
}
