//! System calls that fail. For a while, strace makes one call fail with one error in every thread of a running server, whatever it
//! is needed for; people come, talk and go meanwhile. Afterwards the server is whole: it took no processor time for nothing, did not
//! panic, the next people chat, and SIGTERM ends it with 0.
//!
//! `system` has faults that last from the start, and what people are told.

use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use socket2::SockRef;

use crate::files::bans_are_saved_again;
use crate::support::directory::Directory;
use crate::support::scrape;
use crate::support::slow::{MORE_THAN_THE_KERNEL_BYTES, Pair};
use crate::support::strace::{attach, tampered};
use crate::support::{
    Client, PATIENCE, Program, Server, behind, chatserv, find, free_port, or_skip, until,
};

/// How long the processor time is watched while a call fails.
const WATCHED: Duration = Duration::from_millis(500);

/// A quarter of that, in clock ticks of 10 ms. A thread that spins takes 18 of them, and strace the rest. A server that
/// tries again each millisecond takes 1, or 5 beside other tests.
const TICKS_MAX: u64 = 12;

/// A system call, the errors that it may return, and whether newcomers are served while it does.
type Failing = (&'static str, &'static [&'static str], bool);

/// The reply to a name that a client has given.
const JOINED: &str = "joined the chat server";

/// A client that ignores all errors, and waits this long for each answer. Returns whether it has joined.
fn try_to_chat(server: &Server, name: &str, says_goodbye: bool, patience: Duration) -> bool {
    let Ok(mut stream) = TcpStream::connect(server.address()) else {
        return false;
    };
    stream.set_read_timeout(Some(patience)).unwrap();
    let _ = stream.write_all(format!("{name}\r\nhello\r\n/who\r\n").as_bytes());
    let mut received = Vec::new();
    let mut buffer = [0; 4096];
    let has_joined = loop {
        match stream.read(&mut buffer) {
            Ok(count) if count > 0 => received.extend_from_slice(&buffer[..count]),
            _ => break false,
        }
        if String::from_utf8_lossy(&received).contains(JOINED) {
            break true;
        }
    };
    if says_goodbye {
        let _ = stream.write_all(b"/quit\r\n");
        let _ = stream.shutdown(Shutdown::Write);
        let _ = stream.read(&mut buffer);
    } else {
        SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap();
    }
    has_joined
}

/// The processor time of a process so far, in clock ticks.
fn ticks(pid: u32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap().split(' ').collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

/// One call with one error.
fn survives(call: &str, error: &str, are_served: bool) {
    let mut server = Server::start(&["--idle-timeout", "off"]);
    let empty = server.base_line();
    let ann = Client::join(&server, "ann");
    let (mut strace, injected) = or_skip!(attach(&server, &format!("{call}:error={error}")));
    let patience = if are_served { PATIENCE } else { Duration::from_millis(300) };
    // A call that was under way when strace came may go on, so the first one may be served.
    for number in 0..4 {
        let joined = try_to_chat(&server, &format!("guest{number}"), number % 2 == 0, patience);
        let is_right = joined == are_served || number == 0;
        assert!(is_right, "{call} {error}, guest {number}: {joined}: {}", server.log_so_far());
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
        try_to_chat(&server, &format!("next{next}"), true, PATIENCE / 10)
    });
    // What strace keeps from being closed stays open.
    if call != "close" {
        server.is_back_at(&empty);
    }
    server.signal(Signal::TERM);
    let status = server.exit_status();
    let log = server.log_so_far();
    assert_eq!(status.code(), Some(0), "{call} {error}: {log}");
    assert!(!log.contains("panicked"), "{call} {error}: {log}");
    injected.happened();
    eprintln!("{call} {error}: {} injected, {spent} ticks; then all chat", injected.count());
}

fn all_survive(failing: &[Failing]) {
    or_skip!(find("strace"));
    let cases: Vec<_> = failing
        .iter()
        .flat_map(|&(call, errors, served)| errors.iter().map(move |error| (call, *error, served)))
        .collect();
    // Mostly they wait.
    for some in cases.chunks(4) {
        thread::scope(|scope| {
            for &(call, error, served) in some {
                scope.spawn(move || survives(call, error, served));
            }
        });
    }
}

// The standard library itself accepts again after EINTR.
#[test]
fn accepting_fails_for_a_while() {
    all_survive(&[
        (
            "accept4",
            &["EMFILE", "EIO", "EPERM", "ENETDOWN", "EOPNOTSUPP", "EHOSTUNREACH", "EAGAIN"],
            false,
        ),
        ("setsockopt", &["ENOPROTOOPT", "ENOMEM", "EINVAL"], false),
        ("getpeername", &["ENOTCONN"], true),
        ("getrandom", &["ENOSYS", "EAGAIN", "EPERM"], false),
    ]);
}

/// Whoever says a second line is lost by it, and nobody else.
#[test]
fn a_read_that_fails_ends_that_client_only() {
    for error in ["EIO", "ECONNRESET", "ETIMEDOUT", "ENOMEM", "ENOTCONN", "EBADF"] {
        let inject = format!("recvfrom:error={error}:when=4+");
        let (mut command, injected) = or_skip!(tampered(&inject, &[]));
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
        injected.happened();
    }
}

/// Without the thread for signals, SIGTERM would have no effect.
#[test]
fn a_panic_in_the_thread_for_signals_ends_the_process_with_70() {
    or_skip!(find("strace"));
    let mut server = Server::start(&[]);
    let mut ann = Client::join(&server, "ann");
    let (_strace, injected) = or_skip!(attach(&server, "recvfrom:error=EIO"));
    server.signal(Signal::USR1);
    assert_eq!(server.exit_status().code(), Some(70));
    ann.rest();
    server.log("panicked");
    injected.happened();
}

/// A scraper would wait in vain, and nobody would know.
#[test]
fn a_panic_in_a_thread_that_serves_everybody_ends_the_process_with_70() {
    // The thread for metrics was told that it has received more bytes than there was room for.
    let (mut command, injected) =
        or_skip!(tampered("recvfrom:retval=1000000:when=1", &["--metrics-port", "0"]));
    let mut server = Server::start_by(&mut command);
    let mut scraper = TcpStream::connect((Ipv4Addr::LOCALHOST, scrape::port(&server))).unwrap();
    // It may have ended meanwhile.
    let _ = scraper.write_all(b"GET /metrics HTTP/1.1\r\n\r\n");
    assert_eq!(server.exit_status().code(), Some(70), "{}", server.log_so_far());
    injected.happened();
}

#[test]
fn sending_fails_for_a_while() {
    all_survive(&[
        (
            "sendto",
            &["EPIPE", "ECONNRESET", "ENOBUFS", "ENOMEM", "EIO", "EPERM", "EHOSTUNREACH", "EAGAIN"],
            false,
        ),
        ("shutdown", &["ENOTCONN", "EIO"], true),
        ("close", &["EIO", "EINTR"], true),
    ]);
}

/// Without these calls there is no server, and it says why.
#[test]
fn a_call_that_the_start_needs_fails() {
    for (call, error, reason) in [
        ("socket", "EMFILE", "cannot listen on 127.0.0.1:0"),
        ("bind", "EACCES", "cannot listen on 127.0.0.1:0"),
        ("listen", "EADDRINUSE", "cannot listen on 127.0.0.1:0"),
        ("socketpair", "EMFILE", "ulimit -n"),
    ] {
        let (mut command, injected) = or_skip!(tampered(&format!("{call}:error={error}"), &[]));
        let ended = Program::start(&mut command).end();
        let last = ended.stderr.lines().last().unwrap_or_default();
        assert_eq!(ended.status, Some(1), "{call} {error}: {last}");
        assert!(last.starts_with("chatserv: ") && last.contains(reason), "{call} {error}: {last}");
        injected.happened();
    }
}

/// The server can do without these.
#[test]
fn a_call_that_the_start_does_not_need_fails() {
    for (call, error) in [
        ("brk", "ENOMEM"),
        ("getdents64", "EIO"),
        ("lseek", "ESPIPE"),
        ("readlink", "EACCES"),
        ("rt_sigprocmask", "EINVAL"),
        ("sigaltstack", "ENOMEM"),
        ("statx", "EACCES"),
    ] {
        let (mut command, injected) = or_skip!(tampered(&format!("{call}:error={error}"), &[]));
        let mut server = Server::start_by(&mut command);
        assert!(try_to_chat(&server, "ann", true, PATIENCE), "{call} {error}");
        injected.happened();
        server.signal(Signal::TERM);
        server.ends_well();
    }
}

#[test]
fn threads_fail_for_a_while() {
    all_survive(&[
        ("clone3,clone", &["EAGAIN", "ENOMEM"], false),
        ("mmap", &["ENOMEM", "EAGAIN"], false),
        ("mprotect", &["ENOMEM"], false),
        ("munmap", &["ENOMEM"], true),
        ("madvise", &["EINVAL"], true),
        ("sched_getaffinity", &["EPERM"], true),
        ("prctl", &["EPERM"], true),
        ("set_robust_list", &["ENOSYS"], true),
    ]);
}

#[test]
fn logging_fails_for_a_while() {
    all_survive(&[("write", &["EIO", "EAGAIN", "ENOSPC", "EPIPE"], true)]);
}

/// The only call of it is for the reason that a client gets which does not read.
#[test]
fn a_client_that_is_cut_while_getsockopt_fails_is_gone() {
    let flags = ["--send-buffer", "4KiB", "--outbox-bytes", "64KiB", "--history-on-join", "0"];
    for error in ["ENOPROTOOPT", "ENOBUFS", "EINTR"] {
        let server = Server::start(&flags);
        let empty = server.base_line();
        let mut pair = Pair::join(&server);
        let slow = pair.with_stalled(&server, "slow");
        let (mut strace, injected) =
            or_skip!(attach(&server, &format!("getsockopt:error={error}")));
        let left = pair.talk_until_somebody_leaves(4 * MORE_THAN_THE_KERNEL_BYTES);
        assert_eq!(left, "server: slow has left the chat");
        server.log(r#"name="slow" reason="does not read what is sent""#);
        pair.exchange();
        injected.happened();
        strace.signal(Signal::TERM);
        strace.exit_status();
        drop((pair, slow));
        server.is_back_at(&empty);
    }
}

/// Operators hear that the bans are not saved, the old file stays whole, and the next time saves all of them.
#[test]
fn saving_bans_fails_for_a_while() {
    for (call, error) in [
        ("openat", "EMFILE"),
        ("openat", "EIO"),
        ("rename", "EIO"),
        ("rename", "ENOSPC"),
        ("fsync", "EIO"),
        ("write", "EDQUOT"),
    ] {
        let directory = Directory::new("bans");
        let mut server = Server::start(&["--state-dir", &directory.path("state")]);
        let mut pair = Pair::join(&server);
        let file = directory.path("state/bans.toml");
        let saved = || fs::read_to_string(&file).unwrap_or_default();
        pair.ann.say("/ban zed");
        pair.ann.skip_to("zed is banned");
        until("the first ban is saved", || saved().contains("zed"));
        let before = saved();
        let (mut strace, injected) = or_skip!(attach(&server, &format!("{call}:error={error}")));
        pair.ann.say("/ban yves");
        for operator in [&mut pair.ann, &mut pair.bob] {
            operator.skip_to("server: The bans cannot be saved: ");
        }
        pair.exchange();
        assert_eq!(saved(), before, "{call} {error}");
        injected.happened();
        strace.signal(Signal::TERM);
        strace.exit_status();
        bans_are_saved_again(&mut pair, saved);
        server.signal(Signal::TERM);
        server.ends_well();
    }
}

/// The settings that are in force stay so, and the next SIGHUP takes the new ones.
#[test]
fn reading_the_settings_again_fails_for_a_while() {
    or_skip!(find("setsid"));
    let directory = Directory::new("settings");
    let file = directory.path("chatserv.toml");
    directory.write("chatserv.toml", "log-level = 'info'");
    for (call, error) in [("openat", "EMFILE"), ("openat", "EACCES"), ("read", "EIO")] {
        directory.write("chatserv.toml", "log-level = 'info'");
        let flags = ["--config", &file, "--port", "0", "--rate-limit", "off"];
        let mut server = Server::start_by(&mut behind(&["setsid"], &flags));
        let mut pair = Pair::join(&server);
        directory.write("chatserv.toml", "log-level = 'debug'");
        let (mut strace, injected) = or_skip!(attach(&server, &format!("{call}:error={error}")));
        server.signal(Signal::HUP);
        server.logged(|line| line.contains("ERROR") && line.contains(&file));
        pair.exchange();
        injected.happened();
        strace.signal(Signal::TERM);
        strace.exit_status();
        server.signal(Signal::HUP);
        server.log("changed settings: log-level");
        pair.exchange();
        server.signal(Signal::TERM);
        server.ends_well();
    }
}

/// The trace loses what was not written.
#[test]
fn writing_the_trace_fails_for_a_while() {
    for error in ["EIO", "ENOSPC"] {
        let directory = Directory::new("trace");
        let mut server = Server::start(&["--trace", &directory.path("trace.json")]);
        let mut pair = Pair::join(&server);
        let (mut strace, injected) = or_skip!(attach(&server, &format!("write:error={error}")));
        pair.exchange();
        until("a write has failed", || injected.count() > 0);
        pair.exchange();
        strace.signal(Signal::TERM);
        strace.exit_status();
        pair.exchange();
        server.signal(Signal::TERM);
        server.ends_well();
        assert!(!server.log_so_far().contains("panicked"), "{}", server.log_so_far());
    }
}

/// The server asks for its own address when a browser comes, and when it starts.
#[test]
#[cfg(feature = "web")]
fn a_browser_is_refused_while_getsockname_fails() {
    let server = Server::start(&["--web-port", "0"]);
    let empty = server.base_line();
    let mut pair = Pair::join(&server);
    let get = || {
        let mut browser = TcpStream::connect(("127.0.0.1", server.web_port())).unwrap();
        browser.set_read_timeout(Some(PATIENCE)).unwrap();
        let request = format!("GET / HTTP/1.0\r\nHost: localhost:{}\r\n\r\n", server.web_port());
        browser.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        // With unread input, the end is a reset.
        let _ = browser.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    };
    assert!(get().starts_with("HTTP/1.1 200"));
    let (mut strace, injected) = or_skip!(attach(&server, "getsockname:error=ENOBUFS"));
    assert_eq!(get(), "");
    injected.happened();
    pair.exchange();
    strace.signal(Signal::TERM);
    strace.exit_status();
    assert!(get().starts_with("HTTP/1.1 200"));
    drop(pair);
    server.is_back_at(&empty);
}

#[test]
fn a_server_that_cannot_learn_its_own_address_serves() {
    let port = free_port();
    let what = "getsockname:error=ENOBUFS";
    let (mut command, injected) = or_skip!(tampered(what, &["--port", &port.to_string()]));
    let mut server = Server::start_by(&mut command);
    assert_eq!(server.port, port);
    Pair::join(&server).exchange();
    injected.happened();
    server.signal(Signal::TERM);
    server.ends_well();
}

/// The server polls for its standard output, and for nothing else.
#[test]
fn the_port_is_printed_although_poll_is_interrupted() {
    let (mut command, injected) = or_skip!(tampered("ppoll:error=EINTR:when=1", &[]));
    let mut server = Server::start_by(&mut command);
    injected.happened();
    Pair::join(&server).exchange();
    server.signal(Signal::TERM);
    server.ends_well();
    // Where it cannot wait, it prints nothing and serves.
    let port = free_port();
    let (mut command, injected) =
        or_skip!(tampered("ppoll:error=ENOMEM", &["--port", &port.to_string()]));
    let mut server = Server::start_unheard(&mut command, port);
    Pair::join(&server).exchange();
    injected.happened();
    server.signal(Signal::TERM);
    server.ends_well();
    assert_eq!(server.printed_so_far(), "");
}

/// Its thread was told of more bytes than its buffer has.
#[test]
fn a_panic_in_a_reader_ends_that_client_only() {
    // Each reader counts its own reads: the first one has the name, and the second one the line.
    let (mut command, injected) = or_skip!(tampered("recvfrom:retval=1000000:when=4", &[]));
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
    injected.happened();
    server.signal(Signal::TERM);
    server.ends_well();
}

/// Nobody accepts people and says nothing.
#[test]
fn a_panic_in_the_dispatcher_ends_the_process_with_70() {
    let directory = Directory::new("panicked");
    let log = directory.path("log");
    // The dispatcher was told that it has sent more bytes than there were.
    let (mut command, injected) = or_skip!(tampered("sendto:retval=1000000:when=4", &[]));
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
    injected.happened();
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
