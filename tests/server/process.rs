//! The server as a process: terminals that close, output that nobody reads, the table of threads, and nothing left over
//! after people have gone.

use std::fs::{self, File};
use std::io::{PipeReader, PipeWriter, Write, pipe};
use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};

use crate::FAREWELL;
use crate::support::slow::{MORE_THAN_THE_KERNEL_BYTES, Pair};
use crate::support::{
    Client, Lines, Program, Server, behind, chatserv, command, find, free_port, or_skip, until,
};

/// People can talk and end the chat.
fn serves_and_ends_well(server: &mut Server) {
    let mut pair = Pair::join(server);
    pair.exchange();
    ends_well(server, pair);
}

/// Ann ends the chat, and the server exits with 0.
fn ends_well(server: &mut Server, mut pair: Pair) {
    pair.ann.say("SHUTDOWN");
    pair.bob.expect(FAREWELL);
    pair.bob.expect_end();
    server.ends_well();
}

#[test]
fn without_a_terminal_sighup_does_not_end_the_chat() {
    if find("setsid").is_none() {
        return;
    }
    let mut server = Server::start_by(&mut behind(&["setsid"], &["--port", "0"]));
    server.signal(Signal::HUP);
    server.log("reloaded: no setting has changed");
    serves_and_ends_well(&mut server);
}

#[test]
fn a_sighup_ignored_by_the_parent_stays_ignored() {
    if find("nohup").is_none() {
        return;
    }
    let mut server = Server::start_by(&mut behind(&["nohup"], &["--port", "0"]));
    server.signal(Signal::HUP);
    // Signals of different kinds may arrive in any order, but an ignored one never arrives.
    server.signal(Signal::USR1);
    server.log("threads live");
    serves_and_ends_well(&mut server);
    assert!(!server.log_so_far().contains("SIGHUP"));
}

/// A program that provides a terminal, and the process id of the server in that terminal.
fn in_a_terminal() -> Option<(Server, i32)> {
    find("script")?;
    let chat = format!("exec \"{}\" --port 0", env!("CARGO_BIN_EXE_chatserv"));
    let terminal = Server::start_by(command("script").args(["-qec", &chat, "/dev/null"]));
    let pid = terminal.pid();
    let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap();
    let child = children.trim().parse().expect("its only child is the server");
    Some((terminal, child))
}

#[test]
fn the_end_of_its_terminal_ends_the_chat() {
    let (mut terminal, child) = or_skip!(in_a_terminal());
    let mut client = Client::join(&terminal, "ann");
    // The terminal closes with this program, and the kernel sends SIGHUP to the processes in it.
    terminal.signal(Signal::KILL);
    terminal.exit_status();
    client.ends_with(FAREWELL);
    until("the server has ended", || !fs::exists(format!("/proc/{child}")).unwrap());
}

/// When a terminal closes, both its shell and the kernel send SIGHUP. The second one does not cut the farewell short.
#[test]
fn a_second_sighup_changes_nothing() {
    let (mut terminal, child) = or_skip!(in_a_terminal());
    // The server waits a second for a client that keeps its end open.
    let mut client = Client::join(&terminal, "ann");
    let hang_up = || kill_process(Pid::from_raw(child).unwrap(), Signal::HUP).unwrap();
    hang_up();
    client.ends_with(FAREWELL);
    hang_up();
    assert_eq!(terminal.exit_status().code(), Some(0));
}

/// A full pipe, and its other end that keeps it open.
fn full_pipe() -> (PipeReader, PipeWriter) {
    let (unread, mut full) = pipe().unwrap();
    // The default capacity of a pipe on Linux.
    full.write_all(&[b'x'; 64 * 1024]).unwrap();
    (unread, full)
}

#[test]
fn a_stuck_stdout_stops_nobody() {
    let port = free_port();
    let (_unread, full) = full_pipe();
    let mut server = Server::start_unheard(
        chatserv(&["--port", &port.to_string()]).stdout(full).stderr(Stdio::null()),
        port,
    );
    serves_and_ends_well(&mut server);
}

#[test]
fn a_stuck_stderr_does_not_delay_a_failure() {
    let (_unread, full) = full_pipe();
    let ended = Program::start(chatserv(&["--port=none"]).stderr(full)).end();
    assert_eq!(ended.status, Some(2));
}

#[test]
fn closed_and_full_outputs_stop_nobody() {
    for redirect in [">&- 2>&-", ">/dev/full 2>/dev/full", "2>&-", "2>/dev/full"] {
        let port = free_port();
        let shell = format!(r#"exec "$0" "$@" {redirect}"#);
        let flags = ["--port", &port.to_string()];
        let mut server = Server::start_unheard(
            behind(&["sh", "-c", &shell], &flags).stdout(Stdio::null()).stderr(Stdio::null()),
            port,
        );
        serves_and_ends_well(&mut server);
    }
}

/// A server that logs messages into a pipe which nobody reads, and two clients who have said more than the pipe and the
/// log's queue hold.
fn with_a_stuck_log(stdout: &str) -> (Server, Pair, PipeReader) {
    let port = free_port();
    let (unread, stuck) = pipe().unwrap();
    let stdout = File::options().write(true).open(stdout).unwrap();
    let server = Server::start_unheard(
        chatserv(&["--log-messages", "--port", &port.to_string()]).stdout(stdout).stderr(stuck),
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
fn a_stuck_log_stops_nobody() {
    for stdout in ["/dev/null", "/dev/full"] {
        let (mut server, pair, _unread) = with_a_stuck_log(stdout);
        ends_well(&mut server, pair);
    }
}

#[test]
fn a_log_that_was_stuck_says_how_much_is_missing() {
    let (mut server, mut pair, log) = with_a_stuck_log("/dev/null");
    let log = Lines::collect(log);
    log.wait_for(|line| line.contains(r#"text="150""#));
    // The next line fits again, and the number of dropped ones precedes it.
    pair.exchange();
    let told = log.wait_for(|line| line.ends_with("of this log were dropped: stderr is too slow"));
    let dropped: usize = told.split(' ').next().unwrap().parse().unwrap();
    assert!((1..20_000).contains(&dropped), "{told}");
    ends_well(&mut server, pair);
}

#[test]
fn sigusr1_logs_the_table_of_threads() {
    let mut server = Server::start(&["--send-buffer", "4KiB", "--outbox-bytes", "1MiB"]);
    let mut pair = Pair::join(&server);
    let slow = pair.with_stalled(&server, "slow");
    pair.exchange_bytes(MORE_THAN_THE_KERNEL_BYTES);
    // Name, role and activity. The third client's reader still reads, and a writer waits for the client. Each thread
    // reaches the place where it waits in its own time, so the test asks until the table says so.
    for (start, role, activity) in [
        ("listener-v4", " (listener) ", "in accept"),
        ("dispatcher", " (dispatcher) ", ""),
        ("signals", " (signals) ", "waiting for signals"),
        ("reader-3", " (reader) ", "in read"),
        ("writer-3", " (writer) ", "in write"),
    ] {
        until("the table of threads has the row", || {
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
    ends_well(&mut server, pair);
}

#[test]
fn no_thread_and_no_descriptor_survives_its_client() {
    let server = Server::start(&["--announce-up-to", "0"]);
    let base = server.base_line();
    // In every way to leave, and several at a time.
    for round in 0..5 {
        let mut everybody: Vec<Client> =
            (0..60).map(|number| Client::join(&server, &format!("guest{number}"))).collect();
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
fn no_thread_and_no_descriptor_survives_a_slow_client() {
    let server = Server::start(&["--send-buffer", "4KiB", "--outbox-bytes", "64KiB"]);
    let base = server.base_line();
    let mut pair = Pair::join(&server);
    let slow = pair.with_stalled(&server, "slow");
    pair.talk_until_somebody_leaves(4 * MORE_THAN_THE_KERNEL_BYTES);
    drop(pair);
    // Its writer was blocked in a write and its reader in a read, and its own end is still open.
    server.is_back_at(&base);
    drop(slow);
}
