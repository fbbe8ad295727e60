//! Browsers: what a WebSocket's client may do and what it may not, over real sockets.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, Signal, getrlimit, setrlimit};
use serde_json::{Value, json};
use socket2::{Domain, Socket, Type};

use super::support::slow::{MORE_THAN_THE_KERNEL_BYTES, NUMBERED_BYTES, Pair, number, writers_are};
use super::support::{Client, PATIENCE, Server, until};

const KEY: [u8; 4] = [0x0a, 0x00, 0xfe, 0x55];
const TEXT: u8 = 0x81;
const CLOSE: u8 = 0x88;
const CHAT: &str = r#""action":"chat""#;

/// A connection to the port for browsers.
struct Browser {
    stream: TcpStream,
    received: Vec<u8>,
}

impl Browser {
    fn connect(server: &Server) -> Self {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, server.web_port()));
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        // Before it connects: a window that has been offered cannot shrink.
        socket.set_recv_buffer_size(8 * 1024).unwrap();
        socket.connect(&address.into()).unwrap();
        let stream = TcpStream::from(socket);
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Self { stream, received: Vec::new() }
    }

    /// Connects and opens a WebSocket.
    fn open(server: &Server) -> Self {
        let mut browser = Self::connect(server);
        browser.send(handshake(server, &[]).as_bytes());
        let head = browser.take_until(b"\r\n\r\n");
        assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
        browser
    }

    /// The same, and joins the lobby.
    fn join(server: &Server, name: &str) -> Self {
        let mut browser = Self::open(server);
        browser.ask(&json!({"action": "connect", "username": name}));
        browser.skip_to("connect");
        browser.ask(&json!({"action": "joinroom", "room": "lobby"}));
        browser.skip_to("joinroom");
        browser
    }

    fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
    }

    fn ask(&mut self, object: &Value) {
        self.send(&frame(TEXT, object.to_string().as_bytes()));
    }

    /// Reads more; false at the end.
    fn read(&mut self) -> bool {
        let mut buffer = [0; 4096];
        match self.stream.read(&mut buffer) {
            Ok(0) => false,
            Ok(count) => {
                self.received.extend_from_slice(&buffer[..count]);
                true
            }
            Err(error) if error.kind() == ErrorKind::ConnectionReset => false,
            Err(error) => panic!("{error}; pending: {:?}", self.received),
        }
    }

    fn take_until(&mut self, end: &[u8]) -> String {
        loop {
            if let Some(at) = self.received.windows(end.len()).position(|part| part == end) {
                let taken = self.received.drain(..at + end.len()).collect();
                return String::from_utf8(taken).unwrap();
            }
            assert!(self.read(), "the end came first: {:?}", self.received);
        }
    }

    /// Everything until the end of the connection.
    fn rest(&mut self) -> String {
        while self.read() {}
        String::from_utf8_lossy(&std::mem::take(&mut self.received)).into_owned()
    }

    /// The next frame: its first byte and its payload. None at the end.
    fn frame(&mut self) -> Option<(u8, Vec<u8>)> {
        loop {
            let length = match self.received[..] {
                [_, 126, high, low, ..] => Some((4, usize::from(u16::from_be_bytes([high, low])))),
                [_, short @ 0..=125, ..] => Some((2, usize::from(short))),
                [_, 127..=255, ..] => panic!("masked, or longer than any answer here"),
                _ => None,
            };
            if let Some((start, length)) = length
                && self.received.len() >= start + length
            {
                let frame: Vec<u8> = self.received.drain(..start + length).collect();
                return Some((frame[0], frame[start..].to_vec()));
            }
            if !self.read() {
                assert!(self.received.is_empty(), "half a frame: {:?}", self.received);
                return None;
            }
        }
    }

    fn object(&mut self) -> Value {
        let (first, payload) = self.frame().expect("a frame comes before the end");
        assert_eq!(first, TEXT, "{payload:?}");
        assert!(payload.ends_with(b"\n"));
        serde_json::from_slice(&payload).unwrap()
    }

    /// The next frame, which has to be text.
    fn text(&mut self) -> String {
        let (first, payload) = self.frame().expect("a frame comes before the end");
        assert_eq!(first, TEXT, "{payload:?}");
        String::from_utf8(payload).unwrap()
    }

    /// Expects this line of ann's before any other message. It is not parsed, since many are.
    fn hears(&mut self, count: usize) {
        let text = loop {
            let text = self.text();
            if text.contains(CHAT) {
                break text;
            }
        };
        assert!(text.contains(&number(count)), "{count}: {text}");
    }

    fn skip_to(&mut self, action: &str) -> Value {
        loop {
            let object = self.object();
            if object["action"] == action {
                return object;
            }
        }
    }

    /// The code of the close frame, with which the connection ends.
    fn is_closed(&mut self) -> u16 {
        let (first, payload) = self.frame().expect("a close frame comes before the end");
        assert_eq!(first, CLOSE, "{}", String::from_utf8_lossy(&payload));
        self.send(&frame(CLOSE, &payload));
        assert_eq!(self.frame(), None);
        u16::from_be_bytes(payload.try_into().unwrap())
    }
}

/// A frame of a client.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match u16::try_from(payload.len()).unwrap() {
        length @ 0..126 => frame.push(0x80 | length.to_be_bytes()[1]),
        length => {
            frame.push(0x80 | 126);
            frame.extend_from_slice(&length.to_be_bytes());
        }
    }
    frame.extend_from_slice(&KEY);
    frame.extend(payload.iter().zip(KEY.iter().cycle()).map(|(byte, key)| byte ^ key));
    frame
}

/// The head of a handshake, with some fields replaced.
fn handshake(server: &Server, changed: &[(&str, &str)]) -> String {
    let host = format!("localhost:{}", server.web_port());
    let origin = format!("http://{host}");
    let mut fields = [
        ("Host", host.as_str()),
        ("Connection", "Upgrade"),
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ("Origin", &origin),
    ];
    for (name, value) in changed {
        let field = fields.iter_mut().find(|(known, _)| known == name);
        field.expect("the handshake has this field").1 = value;
    }
    let fields: String =
        fields.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    format!("GET /chat HTTP/1.1\r\n{fields}\r\n")
}

fn server(flags: &[&str]) -> Server {
    Server::start(&[&["--web-port", "0"], flags].concat())
}

/// Anybody can send these fields. Addresses of others come by `--proxy-port` only.
#[test]
fn an_address_in_a_header_field_is_ignored() {
    let server = server(&["--log-level", "debug"]);
    let fields = ["X-Forwarded-For", "X-Real-IP", "Forwarded", "True-Client-IP"];
    let fields: String = fields.map(|name| format!("{name}: 203.0.113.9\r\n")).concat();
    let request = handshake(&server, &[]).replacen("\r\n", &format!("\r\n{fields}"), 1);
    let mut browser = Browser::connect(&server);
    browser.send(request.as_bytes());
    assert!(browser.take_until(b"\r\n\r\n").starts_with("HTTP/1.1 101 "));
    browser.ask(&json!({"action": "connect", "username": "ann"}));
    let address = browser.skip_to("connect")["address"].clone();
    assert!(address.as_str().unwrap().starts_with("127.0.0.1:"), "{address}");
    server.log("joined");
    let log = server.log_so_far();
    assert!(!log.contains("203.0.113.9"), "{log}");
}

#[test]
fn a_browser_a_telnet_user_and_a_program_are_in_one_room() {
    let server = server(&[]);
    let base = server.base_line();
    let mut tom = Client::join(&server, "tom");
    let mut bot = Client::join_json(&server, "bot", "lobby");
    let mut web = Browser::join(&server, "web");
    tom.skip_to("server: A new client has connected to the chat: id = web");
    web.ask(&json!({"action": "chat", "room": "lobby", "message": "Hello\nthere", "id": 1}));
    assert_eq!(web.skip_to("ack")["id"], 1);
    tom.skip_to("web : Hello there");
    assert_eq!(bot.skip_to_action("chat")["message"], "Hello there");
    tom.say("Hi!");
    assert_eq!(web.skip_to("chat")["message"], "Hi!");
    tom.say("/whois web");
    tom.skip_to("JSON, in a browser");
    // Half a message is none.
    let half = frame(TEXT, br#"{"action":"chat","room":"lobby","message":"half"}"#);
    web.send(&half[..half.len() - 1]);
    drop(web);
    tom.skip_to("server: web has left the chat");
    drop((tom, bot));
    server.is_back_at(&base);
}

#[test]
fn a_message_may_come_byte_by_byte() {
    let server = server(&[]);
    let mut tom = Client::join(&server, "tom");
    let mut web = Browser::connect(&server);
    let connect =
        frame(TEXT, json!({"action": "connect", "username": "web"}).to_string().as_bytes());
    for byte in handshake(&server, &[]).as_bytes() {
        web.send(&[*byte]);
    }
    web.take_until(b"\r\n\r\n");
    for byte in &connect {
        web.send(&[*byte]);
    }
    web.skip_to("connect");
    tom.skip_to("server: A new client has connected to the chat: id = web");
}

#[test]
fn a_browser_on_this_machine_is_no_operator_without_the_password() {
    let server = server(&[]);
    let mut tom = Client::join(&server, "tom");
    let mut web = Browser::join(&server, "web");
    web.ask(&json!({"action": "shutdown"}));
    assert_eq!(web.skip_to("error")["code"], "not_operator");
    web.ask(&json!({"action": "kick", "username": "tom"}));
    assert_eq!(web.skip_to("error")["code"], "not_operator");
    web.ask(&json!({"action": "help"}));
    assert!(!web.skip_to("help").to_string().contains("shutdown"));
    // Telnet from the same machine is one.
    tom.say("/kick web");
    let bye = web.skip_to("bye");
    assert_eq!((&bye["reason"], web.is_closed()), (&json!("kicked"), 1000));
}

#[test]
fn pages_of_others_are_refused_and_nobody_hears_of_them() {
    let server = server(&["--web-host", "chat.example.org"]);
    let mut tom = Client::join(&server, "tom");
    let port = server.web_port();
    let own = format!("localhost:{port}");
    let other_port = format!("http://localhost:{}", port ^ 1);
    let foreign: [&[(&str, &str)]; 6] = [
        &[("Origin", "http://evil.example")],
        &[("Origin", "null")],
        &[("Origin", &other_port)],
        &[("Origin", "http://chat.example.org")],
        // DNS rebinding: of the same origin, but under a name of the attacker's.
        &[("Host", "evil.example"), ("Origin", "http://evil.example")],
        &[("Host", "127.0.0.2"), ("Origin", "http://127.0.0.2")],
    ];
    for changed in foreign {
        let mut web = Browser::connect(&server);
        web.send(handshake(&server, changed).as_bytes());
        let answer = web.rest();
        assert!(answer.starts_with("HTTP/1.1 403 Forbidden\r\n"), "{changed:?}: {answer}");
        server.log("browser refused: 403 Forbidden");
    }
    for (host, status) in [(own.as_str(), 200), ("chat.example.org", 200), ("evil.example", 403)] {
        let mut web = Browser::connect(&server);
        web.send(format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n").as_bytes());
        let answer = web.rest();
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{host}: {answer}");
    }
    let mut web = Browser::connect(&server);
    let named = [("Host", "chat.example.org"), ("Origin", "https://chat.example.org")];
    web.send(handshake(&server, &named).as_bytes());
    web.take_until(b"\r\n\r\n");
    web.ask(&json!({"action": "connect", "username": "web"}));
    web.skip_to("connect");
    // The first that tom hears.
    tom.expect("server: A new client has connected to the chat: id = web");
}

#[test]
fn every_request_is_answered() {
    let server = server(&[]);
    let host = format!("localhost:{}", server.web_port());
    let long = format!("GET / HTTP/1.1\r\nHost: {host}\r\nA: {}\r\n\r\n", "x".repeat(9_000));
    let endless = "x".repeat(9_000);
    let table = [
        (format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n"), 200),
        (format!("GET /app.js HTTP/1.0\r\nHost: {host}\r\n\r\n"), 200),
        (format!("GET /favicon.ico HTTP/1.1\r\nHost: {host}\r\n\r\n"), 404),
        (format!("POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: 3\r\n\r\nhi!"), 405),
        (format!("GET /chat HTTP/1.1\r\nHost: {host}\r\n\r\n"), 426),
        ("GET / HTTP/1.1\r\n\r\n".to_owned(), 400),
        ("{\"action\":\"connect\"}\r\n\r\n".to_owned(), 400),
        (handshake(&server, &[]) + "x", 400),
        (long, 431),
        (endless, 431),
    ];
    for (request, status) in table {
        let mut web = Browser::connect(&server);
        web.send(request.as_bytes());
        let answer = web.rest();
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{request}: {answer}");
        assert!(answer.contains("\r\nConnection: close\r\n"), "{answer}");
    }
    let mut web = Browser::connect(&server);
    web.send(format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n").as_bytes());
    let page = web.rest();
    for part in [
        "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' ",
        &format!(" ws://{host} wss://{host};"),
        "frame-ancestors 'none'",
        "X-Content-Type-Options: nosniff",
        "Referrer-Policy: no-referrer",
        &format!("data-port=\"{}\"", server.port),
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
}

#[test]
fn the_threads_have_a_page_unless_they_are_shown_to_nobody() {
    for (glass, status) in [("off", 404), ("operators", 200), ("everybody", 200)] {
        let server = server(&["--glass", glass]);
        let host = format!("localhost:{}", server.web_port());
        let get = |path: &str| {
            let mut web = Browser::connect(&server);
            web.send(format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n").as_bytes());
            web.rest()
        };
        for path in ["/glass", "/glass.js", "/glass.css"] {
            let answer = get(path);
            assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{glass} {path}: {answer}");
            let is_guarded = answer.contains("\r\nContent-Security-Policy: default-src 'none'; ");
            assert_eq!(is_guarded, status == 200, "{path}");
        }
        // The chat page knows whether to show the way there.
        assert!(get("/").contains(&format!("data-glass=\"{glass}\"")), "{glass}");
    }
}

#[test]
fn a_byte_every_moment_does_not_move_the_deadline() {
    let server = server(&["--login-timeout", "1s"]);
    let mut web = Browser::connect(&server);
    let began = Instant::now();
    let mut sending = web.stream.try_clone().unwrap();
    let slow = thread::spawn(move || {
        // Until the connection ends.
        for byte in b"GET / HTTP/1.1\r\nX: ".iter().chain(std::iter::repeat(&b'x')) {
            if sending.write_all(&[*byte]).is_err() || began.elapsed() > PATIENCE {
                return;
            }
            thread::sleep(Duration::from_millis(50));
        }
    });
    let answer = web.rest();
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(began.elapsed() >= Duration::from_secs(1), "{:?}", began.elapsed());
    drop(web);
    slow.join().unwrap();
    assert!(began.elapsed() < PATIENCE, "it was cut, not given up");
    // The handshake takes from the time for the name, too.
    let mut web = Browser::connect(&server);
    thread::sleep(Duration::from_millis(600));
    let opened = Instant::now();
    web.send(handshake(&server, &[]).as_bytes());
    web.take_until(b"\r\n\r\n");
    assert_eq!(web.object()["reason"], "login_timeout");
    assert!(opened.elapsed() < Duration::from_millis(900), "{:?}", opened.elapsed());
    assert_eq!(web.is_closed(), 1000);
}

#[test]
fn bad_frames_close_the_connection_and_the_log_says_why() {
    let server = server(&[]);
    let mut tom = Client::join(&server, "tom");
    let long = vec![b'x'; 16 * 1024 + 1];
    let table = [
        (vec![TEXT, 2, b'h', b'i'], 1002, "a frame that breaks the WebSocket protocol"),
        (frame(0x82, b"hi"), 1003, "a binary message"),
        (frame(TEXT, &[0xff]), 1007, "a message that is not UTF-8"),
        (frame(TEXT, &long), 1009, "a message over 16 KiB"),
        (frame(CLOSE, &[0x03, 0xe8]), 1000, "closed by the browser"),
    ];
    for (index, (bytes, code, reason)) in table.into_iter().enumerate() {
        let name = format!("web{index}");
        let mut web = Browser::join(&server, &name);
        let ping = json!({"action": "ping", "id": index});
        // What came before is still answered, and before the close frame.
        web.send(&[frame(TEXT, ping.to_string().as_bytes()), bytes].concat());
        assert_eq!(web.object(), json!({"action": "pong", "id": index}));
        assert_eq!(web.is_closed(), code, "{reason}");
        server.logged(|line| line.contains(&name) && line.contains(reason));
        tom.skip_to(&format!("server: {name} has left the chat"));
    }
    let mut web = Browser::join(&server, "twice");
    web.send(&frame(0x89, b"\n"));
    assert_eq!(web.frame(), Some((0x8a, b"\n".to_vec())), "a ping is answered");
    web.ask(&json!({"action": "connect", "username": "other"}));
    assert_eq!(web.object()["code"], "already_connected");
}

#[test]
fn a_browser_that_does_not_read_is_cut_between_two_frames() {
    for delivery in ["direct-then-writer", "writer", "direct"] {
        let small = ["--send-buffer", "4KiB", "--outbox-bytes", "64KiB", "--delivery", delivery];
        let server = server(&[&small[..], &["--history-on-join", "0"]].concat());
        let mut pair = Pair::join(&server);
        let mut web = Browser::join(&server, "slow");
        let arrival = "server: slow has joined room lobby";
        pair.ann.skip_to(arrival);
        pair.bob.skip_to(arrival);
        let left = pair.talk_until_somebody_leaves(16 * MORE_THAN_THE_KERNEL_BYTES);
        assert_eq!(left, "server: slow has left the chat");
        server.log(r#"name="slow" reason="does not read what is sent""#);
        // Whole frames, from the first on, and then the reason.
        let mut count = 0;
        let bye = loop {
            let object = web.object();
            if object["action"] == "bye" {
                break object;
            }
            assert_eq!(object["message"], number(count), "{delivery}");
            count += 1;
        };
        assert!(count > 0, "{delivery}");
        assert_eq!((&bye["reason"], web.is_closed()), (&json!("slow"), 1000), "{delivery}");
    }
}

/// Allows this process more descriptors than many systems do by default.
fn raise_descriptor_limit() {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }).unwrap();
}

#[test]
fn nine_hundred_browsers_miss_nothing_while_a_hundred_do_not_read() {
    const READING: usize = 900;
    const STALLED: usize = 100;
    // How often the test looks at threads and log: each look takes as long as some lines.
    const LOOK_EVERY: usize = 8;
    raise_descriptor_limit();
    let server = server(&[
        "--send-buffer",
        "4KiB",
        "--outbox-bytes",
        "32KiB",
        "--outbox-age",
        "1h",
        "--history-on-join",
        "0",
        "--announce-up-to",
        "1",
    ]);
    let mut ann = Client::join(&server, "ann");
    let mut reading: Vec<Browser> =
        (0..READING).map(|at| Browser::join(&server, &format!("reading{at}"))).collect();
    let mut stalled: Vec<Browser> =
        (0..STALLED).map(|at| Browser::join(&server, &format!("stalled{at}"))).collect();

    // All who read have a line before ann says the next one. So none of them waits for those who do not.
    let mut next = 0;
    let mut exchange = |count: usize| {
        for _ in 0..count {
            ann.say(&number(next));
            reading.iter_mut().for_each(|browser| browser.hears(next));
            next += 1;
        }
    };
    let lines_max = 16 * MORE_THAN_THE_KERNEL_BYTES / NUMBERED_BYTES;
    let mut rounds = 0..lines_max / LOOK_EVERY;
    // Ann is the first client. On a busy machine, a socket of somebody who reads may be full for a moment, too.
    let writers: Vec<String> =
        (0..STALLED).map(|at| format!("writer-{}", 2 + READING + at)).collect();
    let has_all_writers = |_: usize| {
        exchange(LOOK_EVERY);
        let running = server.thread_names();
        writers.iter().all(|writer| running.contains(writer))
    };
    assert!(rounds.any(has_all_writers), "every full socket has a writer");
    let cut = || server.log_so_far().matches(r#"reason="does not read what is sent""#).count();
    assert_eq!(cut(), 0);
    let are_all_cut = |_: usize| {
        exchange(LOOK_EVERY);
        cut() == STALLED
    };
    assert!(rounds.any(are_all_cut), "everybody who does not read is cut");
    writers_are(&server, 0);
    exchange(1);

    for (at, browser) in stalled.iter_mut().enumerate() {
        // Whole frames with all lines from the first one on, the reason, and the close frame.
        let mut count = 0;
        let bye = loop {
            let text = browser.text();
            if text.contains(r#""action":"bye""#) {
                break text;
            }
            if text.contains(CHAT) {
                assert!(text.contains(&number(count)), "stalled{at}: {count}, {text}");
                count += 1;
            }
        };
        assert!(count > 0 && count < next, "stalled{at}: {count}");
        assert!(bye.contains(r#""reason":"slow""#), "{bye}");
        assert_eq!(browser.is_closed(), 1000);
        server.log(&format!(r#"name="stalled{at}" reason="does not read what is sent""#));
    }
    until("the readers of those who were cut have ended", || {
        server.threads_called("reader-") == 1 + READING
    });
}

#[test]
fn half_messages_take_no_more_memory_than_whole_ones_may() {
    const BROWSERS: usize = 200;
    const MESSAGE_BYTES: usize = 16 * 1024;
    raise_descriptor_limit();
    let server = server(&[]);
    let resident = || server.resident_kib() * 1024;
    // How many connections of the port have bytes that the server has not read: proc(5), `net/tcp`.
    let own = format!(":{:04X}", server.web_port());
    let unread = || {
        let sockets = std::fs::read_to_string("/proc/net/tcp").unwrap();
        let rows = sockets.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
        rows.filter(|row| row[1].ends_with(&own) && !row[4].ends_with(":00000000")).count()
    };
    let mut browsers: Vec<Browser> = (0..BROWSERS).map(|_| Browser::open(&server)).collect();
    let before = resident();
    let grown = || resident().saturating_sub(before) / BROWSERS;
    // Half of a message in a fragment, and the other half but for its last byte.
    let half = [b'x'; MESSAGE_BYTES / 2];
    let bytes = [frame(0x01, &half), frame(0x80, &half)].concat();
    let (most, last) = bytes.split_at(bytes.len() - 1);
    browsers.iter_mut().for_each(|browser| browser.send(most));
    until("the server holds what was sent", || grown() >= MESSAGE_BYTES);
    until("the kernel holds nothing", || unread() == 0);
    assert!(grown() <= 4 * MESSAGE_BYTES, "{} bytes for each", grown());
    for browser in &mut browsers {
        browser.send(last);
        assert_eq!(browser.object()["action"], "error");
    }
}

#[test]
fn a_full_server_says_so_before_the_handshake() {
    let server = server(&["--max-clients", "1"]);
    let _tom = Client::join(&server, "tom");
    let mut web = Browser::connect(&server);
    let answer = web.rest();
    assert!(answer.starts_with("HTTP/1.1 503 Service Unavailable\r\n"), "{answer}");
    assert!(answer.ends_with("server: The chat server is full. Try again later."), "{answer}");
}

#[test]
fn a_shutdown_waits_for_no_request() {
    let mut server = server(&[]);
    let mut silent = Browser::connect(&server);
    let mut half = Browser::connect(&server);
    half.send(b"GET / HT");
    let mut web = Browser::join(&server, "web");
    until("both wait for a request", || server.threads_called("reader-") == 3);
    let asked = Instant::now();
    server.signal(Signal::TERM);
    web.skip_to("shutdown");
    assert_eq!(web.is_closed(), 1000);
    assert_eq!((silent.rest(), half.rest()), (String::new(), String::new()));
    server.ends_well();
    assert!(asked.elapsed() < Duration::from_secs(30), "less than the login timeout");
}
