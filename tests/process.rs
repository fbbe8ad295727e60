//! The server as a process among others: terminals that go away, streams that nobody reads, the table of threads, and
//! what is left of people who have gone.

#![allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]

mod support;

use std::fs::{self, File};
use std::io::{PipeReader, PipeWriter, Write, pipe};
use std::process::{Command, Stdio};

use rustix::fs::fstat;
use rustix::process::{Pid, Signal, kill_process};
use support::process::{behind, free_port, has_program, until};
use support::slow::{MORE_THAN_THE_KERNEL_BYTES, Pair};
use support::{Client, Lines, Server};

const FAREWELL: &str = "server: The chat has been shut down";

/// People can talk, and end the chat.
fn serves_and_ends_well(server: &mut Server) {
    let mut pair = Pair::join(server);
    pair.exchange();
    ends_well(server, pair);
}

/// One of them ends the chat, and it ends with 0.
fn ends_well(server: &mut Server, mut pair: Pair) {
    pair.ann.say("SHUTDOWN");
    pair.bob.expect(FAREWELL);
    pair.bob.expect_end();
    assert_eq!(server.exit_status().code(), Some(0));
}

#[test]
fn without_a_terminal_sighup_ends_nothing() {
    if !has_program("setsid") {
        return;
    }
    let mut server = Server::start_by(&mut behind(&["setsid"], &["--port", "0"]));
    server.signal(Signal::HUP);
    server.log("reloaded: no setting has changed");
    serves_and_ends_well(&mut server);
}

#[test]
fn a_sighup_ignored_by_the_parent_stays_ignored() {
    if !has_program("nohup") {
        return;
    }
    let mut server = Server::start_by(&mut behind(&["nohup"], &["--port", "0"]));
    server.signal(Signal::HUP);
    // Signals of different kinds may come in any order, but an ignored one never comes at all.
    server.signal(Signal::USR1);
    server.log("threads live");
    serves_and_ends_well(&mut server);
    assert!(!server.log_so_far().contains("SIGHUP"));
}

/// A program with a terminal, and the process id of the server that runs on that terminal.
fn in_a_terminal() -> Option<(Server, i32)> {
    if !has_program("script") {
        return None;
    }
    let chat = format!("exec {} --port 0", env!("CARGO_BIN_EXE_chatserv"));
    let terminal = Server::start_by(Command::new("script").args(["-qec", &chat, "/dev/null"]));
    let pid = terminal.pid();
    let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap();
    let child = children.trim().parse().expect("it has one child: the chat");
    Some((terminal, child))
}

#[test]
fn the_end_of_its_terminal_ends_the_chat() {
    let Some((mut terminal, child)) = in_a_terminal() else {
        return;
    };
    let mut client = Client::join(&terminal, "ann");
    // With the program behind a terminal goes the terminal, and the kernel tells those who ran on it.
    terminal.signal(Signal::KILL);
    terminal.exit_status();
    client.ends_with(FAREWELL);
    until("the chat has ended", || {
        !fs::exists(format!("/proc/{child}")).unwrap()
    });
}

/// A shell whose terminal is closed sends a SIGHUP, and so does the kernel. The second one does not cut the farewell short.
#[test]
fn a_second_sighup_is_no_insistence() {
    let Some((mut terminal, child)) = in_a_terminal() else {
        return;
    };
    // Who does not close its end holds the server up for a second.
    let mut client = Client::join(&terminal, "ann");
    let hang_up = || kill_process(Pid::from_raw(child).unwrap(), Signal::HUP).unwrap();
    hang_up();
    client.ends_with(FAREWELL);
    hang_up();
    assert_eq!(terminal.exit_status().code(), Some(0));
}

/// A pipe that takes no more, and its other end, which keeps it open.
fn full_pipe() -> (PipeReader, PipeWriter) {
    let (unread, mut full) = pipe().unwrap();
    // What a pipe holds on Linux, unless told otherwise.
    full.write_all(&[b'x'; 64 * 1024]).unwrap();
    (unread, full)
}

#[test]
fn a_stdout_that_is_stuck_keeps_nobody_out() {
    let port = free_port();
    let (_unread, full) = full_pipe();
    let mut server = Server::start_unheard(
        Command::new(env!("CARGO_BIN_EXE_chatserv"))
            .args(["--port", &port.to_string()])
            .stdout(full)
            .stderr(Stdio::null()),
        port,
    );
    serves_and_ends_well(&mut server);
}

#[test]
fn a_stderr_that_is_stuck_does_not_hold_up_a_failure() {
    let (_unread, full) = full_pipe();
    let mut child = Command::new(env!("CARGO_BIN_EXE_chatserv"))
        .arg("--port=none")
        .stdin(Stdio::null())
        .stderr(full)
        .spawn()
        .unwrap();
    until("it has ended", || child.try_wait().unwrap().is_some());
    assert_eq!(child.wait().unwrap().code(), Some(2));
}

#[test]
fn nobody_has_to_read_what_it_prints() {
    for redirect in [">&- 2>&-", ">/dev/full 2>/dev/full", "2>&-", "2>/dev/full"] {
        let port = free_port();
        let shell = format!(r#"exec "$0" "$@" {redirect}"#);
        let flags = ["--port", &port.to_string()];
        let mut server = Server::start_unheard(
            behind(&["sh", "-c", &shell], &flags).stdout(Stdio::null()),
            port,
        );
        serves_and_ends_well(&mut server);
    }
}

/// A server that logs what is said to a pipe which nobody reads, and two who have said more than the pipe and the
/// queue of the log hold.
fn with_a_stuck_log(stdout: &str) -> (Server, Pair, PipeReader) {
    let port = free_port();
    let (unread, stuck) = pipe().unwrap();
    let stdout = File::options().write(true).open(stdout).unwrap();
    let server = Server::start_unheard(
        Command::new(env!("CARGO_BIN_EXE_chatserv"))
            .args(["--log-messages", "--port", &port.to_string()])
            .stdout(stdout)
            .stderr(stuck),
        port,
    );
    let mut pair = Pair::join(&server);
    for round in 0..200 {
        let hundred = format!("{round}\r\n").repeat(100);
        pair.ann.send(hundred.as_bytes());
        for _ in 0..100 {
            pair.bob.expect(&format!("ann : {round}"));
        }
    }
    (server, pair, unread)
}

#[test]
fn a_log_that_is_stuck_stops_nobody() {
    for stdout in ["/dev/null", "/dev/full"] {
        let (mut server, pair, _unread) = with_a_stuck_log(stdout);
        ends_well(&mut server, pair);
    }
}

#[test]
fn a_log_that_was_stuck_tells_what_is_missing() {
    let (mut server, mut pair, log) = with_a_stuck_log("/dev/null");
    let log = Lines::collect(log);
    log.wait_for(|line| line.contains(r#"text="150""#));
    // Now there is room again: the next line is written, and before it how many were not.
    pair.exchange();
    let told = log.wait_for(|line| line.ends_with("of this log were dropped: stderr is too slow"));
    let dropped: usize = told.split(' ').next().unwrap().parse().unwrap();
    assert!((1..20_000).contains(&dropped), "{told}");
    ends_well(&mut server, pair);
}

#[test]
fn in_the_journal_a_log_line_has_no_time() {
    for is_journal in [true, false] {
        let port = free_port();
        let (log, stderr) = pipe().unwrap();
        let file = fstat(&stderr).unwrap();
        let inode = if is_journal { file.st_ino } else { file.st_ino + 1 };
        let mut server = Server::start_unheard(
            Command::new(env!("CARGO_BIN_EXE_chatserv"))
                .args(["--port", &port.to_string()])
                .env("JOURNAL_STREAM", format!("{}:{inode}", file.st_dev))
                .stdout(Stdio::null())
                .stderr(stderr),
            port,
        );
        serves_and_ends_well(&mut server);
        let line = Lines::collect(log).wait_for(|line| line.contains("joined"));
        assert_eq!(line.trim_start().starts_with("INFO joined"), is_journal, "{line}");
    }
}

#[test]
fn sigusr1_writes_the_table_of_threads_and_ends_nothing() {
    let mut server = Server::start(&["--send-buffer", "4KiB", "--outbox-bytes", "1MiB"]);
    let mut pair = Pair::join(&server);
    let slow = pair.with_stalled(&server, "slow");
    pair.exchange_bytes(MORE_THAN_THE_KERNEL_BYTES);
    // Name, role, what it does now. The third one's reader still reads, and a writer waits for it. Each thread comes
    // to where it waits in its own time, so the table is asked for until it says so.
    for (start, role, activity) in [
        ("listener-v4", " (listener) ", "in accept"),
        ("dispatcher", " (dispatcher) ", ""),
        ("signals", " (signals) ", "waiting for signals"),
        ("reader-3", " (reader) ", "in read"),
        ("writer-3", " (writer) ", "in write"),
    ] {
        until("the table of threads has this row", || {
            server.signal(Signal::USR1);
            server.log_so_far().lines().any(|line| {
                line.contains(&format!("thread {start}"))
                    && line.contains(role)
                    && line.contains(activity)
                    && line.contains(" bytes in, ")
                    && line.ends_with(" bytes out")
            })
        });
    }
    drop(slow);
    pair.bob.expect("server: slow has left the chat");
    pair.ann.expect("server: slow has left the chat");
    pair.ann.say("SHUTDOWN");
    pair.bob.expect(FAREWELL);
    assert_eq!(server.exit_status().code(), Some(0));
}

#[test]
fn who_has_left_leaves_nothing_behind() {
    let server = Server::start(&["--announce-up-to", "0"]);
    let base = server.base_line();
    // In every way one can leave, and more than one at a time.
    for round in 0..5 {
        let mut everybody: Vec<Client> = (0..60)
            .map(|number| Client::join(&server, &format!("guest{number}")))
            .collect();
        let unnamed: Vec<Client> = (0..20).map(|_| Client::connect(&server)).collect();
        assert!(server.thread_count() > 60, "round {round}");
        for (number, mut client) in everybody.drain(..).enumerate() {
            match number % 5 {
                0 => client.say("/quit"),
                1 => client.half_close(),
                2 => client.close_by_reset(),
                3 => client.send(b"half a line"),
                _ => drop(client),
            }
        }
        drop(unnamed);
        server.is_back_at(&base);
    }
}

#[test]
fn who_was_cut_leaves_nothing_behind() {
    let server = Server::start(&["--send-buffer", "4KiB", "--outbox-bytes", "64KiB"]);
    let base = server.base_line();
    let mut pair = Pair::join(&server);
    let slow = pair.with_stalled(&server, "slow");
    pair.talk_until_somebody_leaves(4 * MORE_THAN_THE_KERNEL_BYTES);
    drop(pair);
    // Its writer was blocked in a write, its reader in a read. It keeps its own end open all the while.
    server.is_back_at(&base);
    drop(slow);
}
