//! `chatserv healthcheck`, with the real server and with others.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::{Client, Program, Server, chatserv};

/// Runs the server's program, and returns its exit status and stderr.
fn run(arguments: &[&str], environment: &[(&str, &str)]) -> (Option<i32>, String) {
    let mut command = chatserv(arguments);
    let ended = Program::start(command.envs(environment.iter().copied())).end();
    assert_eq!(ended.stdout, "", "{arguments:?}");
    (ended.status, ended.stderr)
}

/// The check succeeds.
fn succeeds(arguments: &[&str], environment: &[(&str, &str)]) {
    let ended = run(arguments, environment);
    assert_eq!(ended, (Some(0), String::new()), "{arguments:?}");
}

fn is_healthy(address: &str) {
    succeeds(&["healthcheck", address], &[]);
}

/// The check fails with one line that contains this.
fn is_unhealthy(address: &str, wanted: &str) {
    let (status, said) = run(&["healthcheck", address], &[]);
    assert_eq!(status, Some(1), "{said}");
    assert_eq!(said.lines().count(), 1, "{said:?}");
    assert!(said.contains(wanted), "{said:?}");
}

/// A server on a free port that handles its first connection like this.
fn fake_server(does: impl FnOnce(TcpStream) + Send + 'static) -> (String, thread::JoinHandle<()>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let thread = thread::spawn(move || does(listener.accept().unwrap().0));
    (address, thread)
}

#[test]
fn a_healthy_server_may_be_named_in_every_way_and_nobody_hears_of_it() {
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
    // Without an address, the settings say which server.
    let (flag, environment) = (format!("--port={port}"), [("CHATSERV_PORT", &port[..])]);
    succeeds(&[&flag, "healthcheck"], &[]);
    succeeds(&["healthcheck"], &environment);
    for bind in ["0.0.0.0", "::", "127.0.0.1"] {
        succeeds(&["healthcheck"], &[environment[0], ("CHATSERV_BIND", bind)]);
    }
    ann.hears_nothing();
}

#[test]
fn a_check_leaves_no_line_in_the_log() {
    let server = Server::start(&["--json-port", "0"]);
    for port in [server.port, server.json_port()] {
        is_healthy(&port.to_string());
    }
    // The log is in order, and this arrival is in it.
    let _ann = Client::join(&server, "ann");
    server.log("joined");
    let log = server.log_so_far();
    let arrivals = log.matches("A new connection has been received").count();
    assert!(arrivals == 1 && !log.contains("left without"), "{log}");
}

/// Kubernetes sets these for a service called `chatserv`.
#[test]
fn variables_of_a_container_platform_disturb_neither_the_server_nor_the_check() {
    let injected = [
        ("CHATSERV_SERVICE_HOST", "10.0.0.1"),
        ("CHATSERV_SERVICE_PORT", "1337"),
        ("CHATSERV_PORT", "tcp://10.0.0.1:1337"),
        ("CHATSERV_PORT_1337_TCP_ADDR", "10.0.0.1"),
    ];
    let mut command = chatserv(&["--port", "0"]);
    let server = Server::start_by(command.envs(injected));
    let told = server.log("set by a container platform");
    assert!(injected.iter().all(|(name, _)| told.contains(name)), "{told}");
    let flag = format!("--port={}", server.port);
    succeeds(&[&flag, "healthcheck"], &injected);
}

#[test]
fn a_server_on_ipv6_is_healthy() {
    if TcpListener::bind("[::1]:0").is_err() {
        return;
    }
    let server = Server::start(&["--bind", "::1"]);
    is_healthy(&format!("[::1]:{}", server.port));
    // 127.0.0.1 refuses, ::1 does not.
    is_healthy(&server.port.to_string());
}

#[test]
fn a_full_server_is_healthy() {
    let server = Server::start(&["--max-clients", "1"]);
    let _ann = Client::join(&server, "ann");
    is_healthy(&server.port.to_string());
}

#[test]
fn an_anonymous_server_is_healthy() {
    let server = Server::start(&["--anonymous"]);
    let port = server.port.to_string();
    let anonymous = [("CHATSERV_ANONYMOUS", "true"), ("CHATSERV_PORT", &port[..])];
    succeeds(&["healthcheck"], &anonymous);
}

#[test]
fn an_anonymous_server_is_checked_on_its_json_port_and_nobody_hears_of_it() {
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
        succeeds(words, &settings);
    }
    // Without the settings the check finds out what that port speaks.
    is_healthy(json_port);
    visitor.hears_nothing();
}

#[test]
fn the_check_ends_its_connection_without_a_reset() {
    let (address, thread) = fake_server(|mut stream| {
        stream.write_all(b"server: Input username.\r\n").unwrap();
        let mut said = Vec::new();
        // After a reset, this would be an error.
        stream.read_to_end(&mut said).unwrap();
        assert_eq!(said, b"", "the check says something to a server that speaks first");
        stream.write_all(b"server: Bye!\r\n").unwrap();
    });
    is_healthy(&address);
    thread.join().unwrap();
}

#[test]
fn a_silent_port_is_checked_in_json() {
    let table: [(&[u8], bool); 4] = [
        (b"{\"action\":\"pong\"}\n", true),
        (b"{\"action\":\"error\",\"code\":\"full\"}\n", true),
        (b"[1]\n", false),
        (b"server: Input username.\n", false),
    ];
    for (answer, well) in table {
        let (address, thread) = fake_server(move |mut stream| {
            let mut line = String::new();
            BufReader::new(&stream).read_line(&mut line).unwrap();
            assert_eq!(line, "{\"action\":\"ping\"}\n");
            stream.write_all(answer).unwrap();
            let _ = stream.read_to_end(&mut Vec::new());
        });
        if well {
            is_healthy(&address);
        } else {
            is_unhealthy(&address, "is not a chat server");
        }
        thread.join().unwrap();
    }
}

#[test]
fn a_failed_check_says_why() {
    let table: [(&[u8], &str); 5] = [
        (b"", "closes the connection without a line"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", r#"it says "HTTP/1.1 400 Bad Request\r""#),
        (b"server: Inp", r#"it says "server: Inp""#),
        (b"\x1b[2J\x07\n", r#"it says "\u{1b}[2J\u{7}""#),
        (b"\xff\xfe\n", "is not a chat server"),
    ];
    for (answer, wanted) in table {
        let (address, thread) = fake_server(move |mut stream| {
            stream.write_all(answer).unwrap();
            stream.shutdown(Shutdown::Write).unwrap();
            let _ = stream.read_to_end(&mut Vec::new());
        });
        is_unhealthy(&address, wanted);
        thread.join().unwrap();
    }
    let (address, _thread) =
        fake_server(|mut stream| while stream.write_all(&[b'x'; 999]).is_ok() {});
    is_unhealthy(&address, "is not a chat server");
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = free.local_addr().unwrap().to_string();
    drop(free);
    is_unhealthy(&address, "cannot connect: Connection refused");
    is_unhealthy("no-such-host.invalid:1", "no-such-host.invalid:1: cannot connect: ");
}

#[test]
fn a_silent_server_fails_the_check_soon() {
    // The kernel accepts the connection, but nobody answers.
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let since = Instant::now();
    let address = listener.local_addr().unwrap().to_string();
    is_unhealthy(&address, "says nothing for 3 s");
    assert!(since.elapsed() < Duration::from_secs(10), "{since:?}");
}

#[test]
fn a_wrong_address_is_a_usage_error() {
    let wrong = ",x,0,+80,65536,-1,:1337,localhost:,localhost,1.2.3.4.5 :1,::1:1337,[::1],[::1]1337,\
                 [1.2.3.4]:1337,http://localhost:1337,a b:1";
    for address in wrong.split(',') {
        let expected = "expected a port, HOST:PORT or [IPV6]:PORT";
        let said = format!("chatserv: healthcheck: got {address:?}, {expected}\n");
        let ended = run(&["healthcheck", "--", address], &[]);
        assert_eq!(ended, (Some(2), said));
    }
    for (arguments, wanted) in [
        (&["--port", "0", "healthcheck"][..], "name it"),
        (&["healthchek"], "did you mean healthcheck?"),
        (&["healthcheck", "1", "2"], "chatserv: "),
    ] {
        let (status, said) = run(arguments, &[]);
        assert_eq!((status, said.lines().count()), (Some(2), 1), "{said}");
        assert!(said.contains(wanted), "{said}");
    }
}
