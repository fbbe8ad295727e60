//! System calls that fail. For a while, strace makes one call fail with one error in every thread of a running server, whatever it
//! is needed for; people come, talk and go meanwhile. Afterwards the server is whole: it took no processor time for nothing, did not
//! panic, the next people chat, and SIGTERM ends it with 0.
//!
//! `system` has faults that last from the start, and what people are told.

use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use socket2::SockRef;

use crate::support::directory::Directory;
use crate::support::slow::Pair;
use crate::support::{
    Client, Program, Server, behind, chatserv, command, find, free_port, or_skip, tampered, until,
};

/// How long the processor time is watched while a call fails.
const WATCHED: Duration = Duration::from_millis(500);

/// Half of that, in clock ticks of 10 ms: much for a server that waits, and less than a thread that spins.
const TICKS_MAX: u64 = 25;

/// A system call with the errors that it may return.
type Failing = (&'static str, &'static [&'static str]);

/// Someone who accepts that nothing works. Returns what came.
fn try_to_chat(server: &Server, name: &str, says_goodbye: bool) -> String {
    let mut received = Vec::new();
    let Ok(mut stream) = TcpStream::connect(server.address()) else {
        return String::new();
    };
    stream.set_read_timeout(Some(Duration::from_millis(150))).unwrap();
    let mut buffer = [0; 4096];
    for line in [&format!("{name}\r\n"), "hello\r\n", "/who\r\n"] {
        let _ = stream.write_all(line.as_bytes());
        if let Ok(count) = stream.read(&mut buffer) {
            received.extend_from_slice(&buffer[..count]);
        }
    }
    if says_goodbye {
        let _ = stream.write_all(b"/quit\r\n");
        let _ = stream.shutdown(Shutdown::Write);
        let _ = stream.read(&mut buffer);
    } else {
        SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap();
    }
    String::from_utf8_lossy(&received).into_owned()
}

/// The processor time of a process so far, in clock ticks.
fn ticks(pid: u32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap().split(' ').collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

/// Makes a call fail in a running server. `None` where strace cannot attach.
fn attach(server: &Server, call: &str, error: &str) -> Option<Program> {
    let inject = format!("inject={call}:error={error}");
    let pid = server.pid().to_string();
    let mut strace = command("strace");
    strace.args([
        "-f",
        "-o",
        "/dev/null",
        "-e",
        &format!("trace={call}"),
        "-e",
        &inject,
        "-p",
        &pid,
    ]);
    let strace = Program::start(&mut strace);
    let told = strace.stderr.wait_for(|line| line.contains("ttach"));
    if told.contains("attached") {
        return Some(strace);
    }
    eprintln!("skipped: strace may not attach: {told}");
    None
}

/// One call with one error.
fn survives(call: &str, error: &str) {
    let mut server = Server::start(&["--idle-timeout", "off"]);
    let ann = Client::join(&server, "ann");
    let mut strace = or_skip!(attach(&server, call, error));
    let mut came: Vec<String> = Vec::new();
    for number in 0..3 {
        came.push(try_to_chat(&server, &format!("guest{number}"), number % 2 == 0));
    }
    let (before, since) = (ticks(server.pid()), Instant::now());
    thread::sleep(WATCHED);
    let spent = ticks(server.pid()) - before;
    assert!(spent < TICKS_MAX, "{call} {error}: {spent} ticks in {:?}", since.elapsed());
    strace.signal(Signal::TERM);
    strace.exit_status();
    // Ann may have lost her connection, and her name may be held for her.
    let _ = ann.stream().shutdown(Shutdown::Both);
    let mut next = 0;
    until("the next people chat", || {
        next += 1;
        try_to_chat(&server, &format!("next{next}"), true).contains("joined the chat server")
    });
    server.signal(Signal::TERM);
    let status = server.exit_status();
    let log = server.log_so_far();
    assert_eq!(status.code(), Some(0), "{call} {error}: {log}");
    assert!(!log.contains("panicked"), "{call} {error}: {log}");
    let welcomed = came.iter().filter(|text| text.contains("joined the chat server")).count();
    let warned = log.lines().filter(|line| line.contains("WARN") || line.contains("ERROR")).count();
    eprintln!(
        "{call} {error}: {welcomed} of 3 were served meanwhile, {warned} warnings, {spent} ticks; then all chat"
    );
}

fn all_survive(failing: &[Failing]) {
    or_skip!(find("strace"));
    let cases =
        failing.iter().flat_map(|&(call, errors)| errors.iter().map(move |error| (call, *error)));
    let cases: Vec<_> = cases.collect();
    // Mostly they wait.
    for some in cases.chunks(4) {
        thread::scope(|scope| {
            for &(call, error) in some {
                scope.spawn(move || survives(call, error));
            }
        });
    }
}

#[test]
fn accepting_fails_for_a_while() {
    all_survive(&[
        (
            "accept4",
            &[
                "EMFILE",
                "EIO",
                "EPERM",
                "ENETDOWN",
                "EOPNOTSUPP",
                "EHOSTUNREACH",
                "EAGAIN",
                "EINTR",
            ],
        ),
        ("setsockopt", &["ENOPROTOOPT", "ENOMEM", "EINVAL"]),
        ("getsockname", &["ENOBUFS"]),
        ("getpeername", &["ENOTCONN"]),
    ]);
}

/// Whoever says a second line is lost by it, and nobody else.
#[test]
fn a_read_that_fails_ends_that_client_only() {
    for error in ["EIO", "ECONNRESET", "ETIMEDOUT", "ENOMEM", "ENOTCONN", "EBADF"] {
        let inject = format!("recvfrom:error={error}:when=4+");
        let mut command = or_skip!(tampered(&inject, &[]));
        let server = Server::start_by(&mut command);
        let mut ann = Client::join(&server, "ann");
        let base = server.thread_count();
        let mut bad = Client::join(&server, "bad");
        ann.expect("server: A new client has connected to the chat: id = bad");
        for line in ["one", "two"] {
            bad.say(line);
            ann.expect(&format!("bad : {line}"));
        }
        ann.expect("server: bad has left the chat");
        bad.expect_end();
        until("its thread has ended", || server.thread_count() == base);
        let mut bob = Client::join(&server, "bob");
        ann.expect("server: A new client has connected to the chat: id = bob");
        ann.say("we are still here");
        bob.expect("ann : we are still here");
        // For a regular end, the thread for signals would read once too often.
        assert!(!server.log_so_far().contains("panicked"), "{error}");
    }
}

/// Without the thread for signals, SIGTERM would have no effect.
#[test]
fn a_panic_in_the_thread_for_signals_ends_the_process_with_70() {
    or_skip!(find("strace"));
    let mut server = Server::start(&[]);
    let mut ann = Client::join(&server, "ann");
    let _strace = or_skip!(attach(&server, "recvfrom", "EIO"));
    server.signal(Signal::USR1);
    assert_eq!(server.exit_status().code(), Some(70));
    ann.rest();
    server.log("panicked");
}

#[test]
fn sending_fails_for_a_while() {
    all_survive(&[
        (
            "sendto",
            &["EPIPE", "ECONNRESET", "ENOBUFS", "ENOMEM", "EIO", "EPERM", "EHOSTUNREACH", "EAGAIN"],
        ),
        ("shutdown", &["ENOTCONN", "EIO"]),
        ("close", &["EIO", "EINTR"]),
    ]);
}

#[test]
fn threads_fail_for_a_while() {
    all_survive(&[
        ("clone3,clone", &["EAGAIN", "ENOMEM"]),
        ("mprotect", &["ENOMEM"]),
        ("munmap", &["ENOMEM"]),
        ("madvise", &["EINVAL"]),
        ("sched_getaffinity", &["EPERM"]),
        ("prctl", &["EPERM"]),
        ("set_robust_list", &["ENOSYS"]),
    ]);
}

#[test]
fn waiting_is_interrupted_for_a_while() {
    all_survive(&[
        ("poll,ppoll", &["EINTR", "ENOMEM"]),
        ("write", &["EIO", "EAGAIN", "ENOSPC", "EPIPE"]),
    ]);
}

/// Its thread was told of more bytes than its buffer has.
#[test]
fn a_panic_in_a_reader_ends_that_client_only() {
    // Each reader counts its own reads: the first one has the name, and the second one the line.
    let mut command = or_skip!(tampered("recvfrom:retval=1000000:when=4", &[]));
    let mut server = Server::start_by(&mut command);
    let mut ann = Client::join(&server, "ann");
    let base = server.thread_count();
    let mut bad = Client::join(&server, "bad");
    ann.expect("server: A new client has connected to the chat: id = bad");
    bad.say("one");
    ann.expect("bad : one");
    bad.say("two");
    ann.expect("bad : two");
    ann.expect("server: bad has left the chat");
    bad.expect_end();
    server.log("panicked");
    until("its thread has ended", || server.thread_count() == base);
    let mut bob = Client::join(&server, "bob");
    ann.expect("server: A new client has connected to the chat: id = bob");
    ann.say("we are still here");
    bob.expect("ann : we are still here");
    server.signal(Signal::TERM);
    server.ends_well();
}

/// Nobody accepts people and says nothing.
#[test]
fn a_panic_in_the_dispatcher_ends_the_process_with_70() {
    let directory = Directory::new("panicked");
    let log = directory.path("log");
    // The dispatcher was told that it has sent more bytes than there were.
    let mut command = or_skip!(tampered("sendto:retval=1000000:when=4", &[]));
    command.stderr(fs::File::create(&log).unwrap());
    let mut server = Server::start_by(&mut command);
    let mut all: Vec<Client> = Vec::new();
    for name in ["ann", "bob", "cid"] {
        let mut client = Client::connect(&server);
        client.send(format!("{name}\r\nhello\r\n").as_bytes());
        all.push(client);
    }
    for client in &mut all {
        client.rest();
    }
    assert_eq!(server.exit_status().code(), Some(70), "{}", server.log_so_far());
}

/// Every way in which the three standard streams can be closed, before the server starts.
#[test]
fn closed_standard_streams_stop_nobody() {
    for closed in 0..8 {
        let port = free_port();
        let streams = ["<&-", ">&-", "2>&-"];
        let closed: Vec<&str> =
            (0..3).filter(|bit| closed >> bit & 1 == 1).map(|bit| streams[bit]).collect();
        let shell = format!(r#"exec "$0" "$@" {}"#, closed.join(" "));
        let mut command = behind(&["sh", "-c", &shell], &["--port", &port.to_string()]);
        let mut server = Server::start_unheard(&mut command, port);
        let mut pair = Pair::join(&server);
        pair.exchange();
        // A socket must not have taken the number of a closed stream: the log would go to a client.
        for client in [&mut pair.ann, &mut pair.bob] {
            client.hears_nothing();
        }
        drop(pair);
        server.signal(Signal::TERM);
        server.ends_well();
    }
}

/// Forward and back by a day, while people wait for deadlines. Only shown times change.
#[test]
fn a_clock_that_is_set_moves_no_deadline() {
    or_skip!(find("faketime"));
    let directory = Directory::new("clock");
    directory.write("offset", "+0\n");
    let mut command = chatserv(&["--port", "0", "--idle-timeout", "1h", "--login-timeout", "1h"]);
    let Some(library) = ["x86_64-linux-gnu", "aarch64-linux-gnu"]
        .map(|machine| format!("/usr/lib/{machine}/faketime/libfaketimeMT.so.1"))
        .into_iter()
        .find(|file| fs::exists(file).unwrap())
    else {
        eprintln!("skipped: libfaketime is not installed");
        return;
    };
    command
        .env("LD_PRELOAD", library)
        .env("FAKETIME_TIMESTAMP_FILE", directory.path("offset"))
        .env("FAKETIME_NO_CACHE", "1")
        // A clock that is set moves the wall clock alone.
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    let mut server = Server::start_by(&mut command);
    let mut pair = Pair::join(&server);
    pair.ann.say("/timestamp");
    pair.ann.skip_to("server: ");
    let mut waits = Client::connect(&server);
    waits.expect("server: Input username.");
    for offset in ["+1d", "-1d", "+0"] {
        directory.write("offset", &format!("{offset}\n"));
        pair.bob.say(&format!("now {offset}"));
        let heard = pair.ann.skip_to(&format!("now {offset}"));
        assert!(heard.contains("bob : "), "{heard}");
        // Its row of the log has the time of the moment.
        server.signal(Signal::USR1);
        // The dispatcher ticks four times a second.
        pair.ann.is_silent_for(Duration::from_millis(600));
        pair.bob.hears_nothing();
    }
    waits.say("late");
    waits.skip_to("client(s) connected to this server.");
    server.signal(Signal::TERM);
    server.ends_well();
    let log = server.log_so_far();
    let days: std::collections::BTreeSet<&str> =
        log.lines().filter_map(|line| line.get(..10)).collect();
    assert_eq!(days.len(), 3, "the clock of the server was not set: {log}");
}
