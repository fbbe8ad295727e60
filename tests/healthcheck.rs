//! `chatserv healthcheck`, against the real server and against servers that only look like one.

#![allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]

mod support;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use support::{Client, Server};

/// Runs the check with these words behind the program's name, and returns its exit status and what it said.
fn run(words: &[&str], environment: &[(&str, &str)]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chatserv"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("CHATSERV_")) {
        command.env_remove(name);
    }
    let output = command
        .args(words)
        .envs(environment.iter().copied())
        .output();
    let output = output.unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "", "{words:?}");
    let stderr = String::from_utf8(output.stderr).unwrap();
    (output.status.code(), stderr)
}

/// It is well.
fn is_healthy(address: &str) {
    assert_eq!(
        run(&["healthcheck", address], &[]),
        (Some(0), String::new())
    );
}

/// It is not, and this is said of it in one line.
fn is_unhealthy(address: &str, wanted: &str) {
    let (status, said) = run(&["healthcheck", address], &[]);
    assert_eq!(status, Some(1), "{said}");
    assert_eq!(said.lines().count(), 1, "{said:?}");
    assert!(said.contains(wanted), "{said:?}");
}

/// Somebody on a free port who does this to whoever comes first.
fn somebody(does: impl FnOnce(TcpStream) + Send + 'static) -> (String, thread::JoinHandle<()>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let thread = thread::spawn(move || does(listener.accept().unwrap().0));
    (address, thread)
}

#[test]
fn a_server_is_well_by_every_way_to_name_it_and_nobody_hears_of_it() {
    let server = Server::start(&[]);
    let mut ann = Client::join(&server, "ann");
    let port = server.port.to_string();
    for address in [
        port.clone(),
        format!("127.0.0.1:{port}"),
        format!("localhost:{port}"),
        format!("LocalHost:{port}"),
    ] {
        is_healthy(&address);
    }
    // Without an address, the server of the settings.
    let (flag, environment) = (format!("--port={port}"), [("CHATSERV_PORT", &port[..])]);
    assert_eq!(run(&[&flag, "healthcheck"], &[]), (Some(0), String::new()));
    assert_eq!(
        run(&["healthcheck"], &environment),
        (Some(0), String::new())
    );
    for bind in ["0.0.0.0", "::", "127.0.0.1"] {
        let bind = [environment[0], ("CHATSERV_BIND", bind)];
        assert_eq!(run(&["healthcheck"], &bind), (Some(0), String::new()));
    }
    ann.hears_nothing();
}

#[test]
fn a_server_on_ipv6_is_well() {
    if TcpListener::bind("[::1]:0").is_err() {
        return;
    }
    let server = Server::start(&["--bind", "::1"]);
    is_healthy(&format!("[::1]:{}", server.port));
    // 127.0.0.1 refuses, ::1 does not.
    is_healthy(&server.port.to_string());
}

#[test]
fn a_full_server_does_what_it_should_and_is_well() {
    let server = Server::start(&["--max-clients", "1"]);
    let _ann = Client::join(&server, "ann");
    is_healthy(&server.port.to_string());
}

#[test]
fn an_anonymous_server_without_another_port_is_visited() {
    let server = Server::start(&["--anonymous"]);
    let port = server.port.to_string();
    let anonymous = [("CHATSERV_ANONYMOUS", "true"), ("CHATSERV_PORT", &port[..])];
    assert_eq!(run(&["healthcheck"], &anonymous), (Some(0), String::new()));
}

#[test]
fn an_anonymous_server_is_asked_on_its_json_port_and_nobody_hears_of_it() {
    let server = Server::start(&["--anonymous", "--json-port", "0"]);
    let json_port = &server.json_port().to_string();
    let mut visitor = Client::connect(&server);
    visitor.skip_to("client(s) connected to this server.");
    let port = server.port.to_string();
    let settings = [
        ("CHATSERV_ANONYMOUS", "true"),
        ("CHATSERV_PORT", &port),
        ("CHATSERV_JSON_PORT", json_port),
    ];
    for words in [&["healthcheck"][..], &["healthcheck", json_port]] {
        assert_eq!(run(words, &settings), (Some(0), String::new()));
    }
    // Without the settings it finds out what is spoken there.
    is_healthy(json_port);
    visitor.hears_nothing();
}

#[test]
fn who_has_asked_leaves_in_good_order() {
    let (address, thread) = somebody(|mut stream| {
        stream.write_all(b"server: Input username.\r\n").unwrap();
        let mut said = Vec::new();
        // A reset instead of the end of input would be an error here.
        stream.read_to_end(&mut said).unwrap();
        assert_eq!(said, b"", "nothing is said to a server that speaks first");
        stream.write_all(b"server: Bye!\r\n").unwrap();
    });
    is_healthy(&address);
    thread.join().unwrap();
}

#[test]
fn a_port_that_waits_for_json_is_asked_in_json() {
    let table: [(&[u8], bool); 4] = [
        (b"{\"action\":\"pong\"}\n", true),
        (b"{\"action\":\"error\",\"code\":\"full\"}\n", true),
        (b"[1]\n", false),
        (b"server: Input username.\n", false),
    ];
    for (answer, well) in table {
        let (address, thread) = somebody(move |mut stream| {
            let mut line = String::new();
            BufReader::new(&stream).read_line(&mut line).unwrap();
            assert_eq!(line, "{\"action\":\"ping\"}\n");
            stream.write_all(answer).unwrap();
            let _ = stream.read_to_end(&mut Vec::new());
        });
        if well {
            is_healthy(&address);
        } else {
            is_unhealthy(&address, "is no chat server");
        }
        thread.join().unwrap();
    }
}

#[test]
fn a_server_that_is_not_well_is_told_in_a_sentence() {
    let table: [(&[u8], &str); 5] = [
        (b"", "closes the connection without a line"),
        (
            b"HTTP/1.1 400 Bad Request\r\n\r\n",
            r#"it says "HTTP/1.1 400 Bad Request\r""#,
        ),
        (b"server: Inp", r#"it says "server: Inp""#),
        (b"\x1b[2J\x07\n", r#"it says "\u{1b}[2J\u{7}""#),
        (b"\xff\xfe\n", "is no chat server"),
    ];
    for (answer, wanted) in table {
        let (address, thread) = somebody(move |mut stream| {
            stream.write_all(answer).unwrap();
            stream.shutdown(Shutdown::Write).unwrap();
            let _ = stream.read_to_end(&mut Vec::new());
        });
        is_unhealthy(&address, wanted);
        thread.join().unwrap();
    }
    let (address, _thread) = somebody(|mut stream| while stream.write_all(&[b'x'; 999]).is_ok() {});
    is_unhealthy(&address, "is no chat server");
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = free.local_addr().unwrap().to_string();
    drop(free);
    is_unhealthy(&address, "cannot connect: Connection refused");
    is_unhealthy(
        "no-such-host.invalid:1",
        "no-such-host.invalid:1: cannot connect: ",
    );
}

#[test]
fn a_silent_server_is_not_waited_for_for_long() {
    // The kernel takes the connection, but nobody ever answers.
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let since = Instant::now();
    is_unhealthy(
        &listener.local_addr().unwrap().to_string(),
        "says nothing for 3 s",
    );
    assert!(since.elapsed() < Duration::from_secs(10), "{since:?}");
}

#[test]
fn a_wrong_address_is_a_wrong_setting() {
    let table = [
        "",
        "x",
        "0",
        "+80",
        "65536",
        "-1",
        ":1337",
        "localhost:",
        "localhost",
        "1.2.3.4.5 :1",
        "::1:1337",
        "[::1]",
        "[::1]1337",
        "[1.2.3.4]:1337",
        "http://localhost:1337",
        "a b:1",
    ];
    for address in table {
        let (status, said) = run(&["healthcheck", "--", address], &[]);
        assert_eq!(
            (status, said),
            (
                Some(2),
                format!(
                    "chatserv: healthcheck: got {address:?}, expected a port, HOST:PORT or [IPV6]:PORT\n"
                )
            )
        );
    }
    let (status, said) = run(&["--port", "0", "healthcheck"], &[]);
    assert_eq!(status, Some(2), "{said}");
    assert!(said.contains("name it"), "{said}");
    let (status, said) = run(&["healthchek"], &[]);
    assert_eq!(status, Some(2), "{said}");
    assert!(said.contains("did you mean healthcheck?"), "{said}");
    let (status, said) = run(&["healthcheck", "1", "2"], &[]);
    assert_eq!((status, said.lines().count()), (Some(2), 1), "{said}");
}
