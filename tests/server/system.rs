//! A system that refuses descriptors, threads or ports.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use rustix::process::geteuid;

use crate::support::slow::Pair;
use crate::support::strace::tampered;
use crate::support::{
    Client, Program, Server, behind, chatserv, command, find, free_port, or_skip,
};

/// How many threads `main` starts: the log, Ctrl-C, signals, two listeners and the dispatcher. strace counts the calls
/// of each thread separately, so any later call is one of a listener.
const THREADS_OF_MAIN: usize = 6;

#[test]
fn without_descriptors_the_listener_waits_and_recovers() {
    for error in ["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM"] {
        let inject = format!("accept4:error={error}:when=1..3");
        let (mut command, injected) = or_skip!(tampered(&inject, &[]));
        let server = Server::start_by(&mut command);
        // Each failure doubles the pause.
        server.log("cannot accept");
        server.log("wait=40ms");
        Pair::join(&server).exchange();
        injected.happened();
    }
}

#[test]
fn a_connection_that_ends_before_accept_delays_nobody() {
    for error in ["ECONNABORTED", "EPROTO"] {
        let inject = format!("accept4:error={error}:when=1..5");
        let (mut command, injected) = or_skip!(tampered(&inject, &[]));
        let server = Server::start_by(&mut command);
        Pair::join(&server).exchange();
        assert!(!server.log_so_far().contains("cannot accept"));
        injected.happened();
    }
}

/// A signal can interrupt a read with a timeout, and every read has one.
#[test]
fn an_interrupted_read_goes_on() {
    let (mut command, injected) = or_skip!(tampered("recvfrom:error=EINTR:when=2..6", &[]));
    let server = Server::start_by(&mut command);
    let mut pair = Pair::join(&server);
    pair.exchange();
    pair.exchange();
    injected.happened();
}

#[test]
fn without_a_thread_only_the_newcomer_is_refused() {
    // Only the listener's seventh thread is refused.
    let refused = THREADS_OF_MAIN + 1;
    let inject = format!("clone3:error=EAGAIN:when={refused}");
    let (mut command, injected) = or_skip!(tampered(&inject, &["--max-clients", "7"]));
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
    injected.happened();
}

#[test]
fn without_its_own_threads_the_server_does_not_start() {
    // The first thread is the log's; the others are the server's.
    for refused in 2..=THREADS_OF_MAIN {
        let inject = format!("clone3:error=EAGAIN:when={refused}");
        let (mut command, injected) = or_skip!(tampered(&inject, &[]));
        let ended = Program::start(&mut command).end();
        assert_eq!(ended.status, Some(1), "thread {refused}: {ended:?}");
        assert!(!ended.stderr.contains("panicked"), "{refused}: {ended:?}");
        let lines = ended.stderr.lines();
        let told = lines.filter(|line| line.starts_with("chatserv: "));
        assert_eq!(told.count(), 1, "thread {refused}: {ended:?}");
        injected.happened();
    }
}

/// A server behind a shell that first limits itself.
fn limited(limit: &str, flags: &[&str]) -> Command {
    let shell = format!(r#"{limit} && exec "$0" "$@""#);
    behind(&["sh", "-c", &shell], &[&["--port", "0"], flags].concat())
}

/// A server for a few people, which are as many as the setting says and the limits of the system do not lower.
fn serves(mut command: Command, clients: usize) {
    let limits = format!("{command:?}");
    let server = Server::start_by(&mut command);
    let mut all: Vec<Client> =
        (0..clients).map(|number| Client::join(&server, &format!("guest{number}"))).collect();
    let mut refused = Client::connect(&server);
    refused.expect("server: The chat server is full. Try again later.");
    all[0].say("hello");
    for client in &mut all[1..] {
        client.skip_to("guest0 : hello");
    }
    let log = server.log_so_far();
    assert!(!log.contains("lowered") && !log.contains("WARN"), "{limits}: {log}");
}

#[test]
fn a_small_server_fits_a_small_system() {
    serves(limited("ulimit -n 128", &["--max-clients", "5"]), 5);
    serves(limited("ulimit -n 128", &["--json-port", "0", "--max-clients", "50"]), 50);
    or_skip!(find("prlimit"));
    let as_user = or_skip!(not_as_root());
    let words: Vec<&str> = ["prlimit", "--nproc=1024"].into_iter().chain(as_user).collect();
    serves(behind(&words, &["--port", "0", "--max-clients", "50"]), 50);
    let server = Server::start_by(&mut behind(&words, &["--port", "0"]));
    let told = server.log("max-clients lowered from 10000 to ");
    assert!(told.contains("1024 threads left (ulimit -u)"), "{told}");
}

#[test]
fn a_large_server_is_lowered_to_what_the_system_has() {
    let server = Server::start_by(&mut limited("ulimit -n 128", &[]));
    let told = server.log("max-clients lowered from 10000 to ");
    assert!(told.contains(": 128 file descriptors (ulimit -n)"), "{told}");
    let lowered = told.split("to ").nth(1).unwrap().split(':').next().unwrap();
    let clients: usize = lowered.parse().unwrap();
    let _all: Vec<Client> =
        (0..clients).map(|number| Client::join(&server, &format!("guest{number}"))).collect();
    let mut refused = Client::connect(&server);
    refused.expect("server: The chat server is full. Try again later.");
    assert!(!server.log_so_far().contains("cannot accept"));
}

/// A control group of this process with a limit. It ends with its processes.
struct Group(PathBuf);

impl Group {
    /// `None` where this user may make none.
    fn new(controller: &str, value: &str) -> Option<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("chatserv-{}-{number}", std::process::id());
        let own = fs::read_to_string("/proc/self/cgroup").unwrap();
        let mut own = own.lines().filter_map(|line| line.split_once(':')?.1.split_once(':'));
        let tree = Path::new("/sys/fs/cgroup");
        // In version 1 below the own group; in version 2, a group that has processes can have no others below it.
        let (parent, limit) = match own.find(|(name, _)| *name == controller) {
            Some((_, path)) => {
                let limit =
                    if controller == "memory" { "memory.limit_in_bytes" } else { "pids.max" };
                (tree.join(controller).join(path.trim_start_matches('/')), limit.to_owned())
            }
            None => (tree.to_owned(), format!("{controller}.max")),
        };
        let group = Self(parent.join(name));
        let is_made =
            fs::create_dir(&group.0).is_ok() && fs::write(group.0.join(limit), value).is_ok();
        if !is_made {
            eprintln!("skipped: this user may make no control group for {controller}");
        }
        is_made.then_some(group)
    }

    /// Joins the group, for a shell.
    fn enter(&self) -> String {
        format!("echo $$ > {}", self.0.join("cgroup.procs").display())
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // The kernel takes a moment to forget a process that was killed.
        let is_busy = || {
            let removed = fs::remove_dir(&self.0);
            removed.is_err_and(|error| error.kind() == ErrorKind::ResourceBusy)
        };
        let mut tries = 0..200;
        while is_busy() && tries.next().is_some() {
            thread::sleep(Duration::from_millis(10));
        }
    }
}

/// Podman's default.
#[test]
fn a_server_starts_under_a_limit_on_pids() {
    let group = or_skip!(Group::new("pids", "2048"));
    let server = Server::start_by(&mut limited(&group.enter(), &["--max-clients", "50"]));
    Pair::join(&server).exchange();
    assert!(!server.log_so_far().contains("lowered"));
    let large = Server::start_by(&mut limited(&group.enter(), &[]));
    large.log("threads left (pids.max of the control group)");
    Pair::join(&large).exchange();
}

/// Joins until the server is full, and then has everybody talk and some not read. Nobody is thrown out, and the server lives.
fn fills_up_and_lives(server: &mut Server, limit: &str) {
    let told = server.log("max-clients lowered from 10000 to ");
    assert!(told.contains(limit), "{told}");
    server.log("outbox-total lowered from 256MiB to ");
    let mut pair = Pair::join(server);
    let mut guests = Vec::new();
    let refusal = loop {
        let mut guest = Client::connect(server);
        match guest.line() {
            line if line == "server: Input username." => {}
            line => break line,
        }
        guest.say(&format!("guest{}", guests.len()));
        guest.skip_to("client(s) connected to this server.");
        guests.push(guest);
    };
    assert_eq!(refusal, "server: The chat server is full. Try again later.");
    assert!(guests.len() > 50, "{}", guests.len());
    // The guests do not read, so their outboxes fill and need writers.
    for number in 0..1_500 {
        pair.ann.say(&format!("{number} {}", "x".repeat(4_000)));
        pair.bob.skip_to(&format!("ann : {number} "));
    }
    assert!(server.log_so_far().contains("cut: does not read what is sent"));
    drop(guests);
    server.signal(rustix::process::Signal::TERM);
    server.ends_well();
}

#[test]
fn a_server_whose_address_space_is_limited_refuses_newcomers_and_lives() {
    let flags = ["--announce-up-to", "3"];
    let mut server = Server::start_by(&mut limited("ulimit -v 307200", &flags));
    fills_up_and_lives(&mut server, "MiB of address space left (ulimit -v)");
}

#[test]
fn a_server_whose_memory_is_limited_refuses_newcomers_and_lives() {
    let group = or_skip!(Group::new("memory", "64M"));
    let flags = ["--announce-up-to", "3", "--outbox-bytes", "16KiB"];
    let mut server = Server::start_by(&mut limited(&group.enter(), &flags));
    fills_up_and_lives(&mut server, "MiB of memory left (memory.max of the control group)");
}

/// The server finds out at its start what fits; later, other programs may have taken it.
#[test]
fn newcomers_are_refused_when_others_take_the_memory() {
    let group = or_skip!(Group::new("memory", "128M"));
    let mut server = Server::start_by(&mut limited(&group.enter(), &[]));
    let mut pair = Pair::join(&server);
    // Holds the last 110 MiB of what it reads, until its input ends.
    let hog = format!(
        "{} && {{ head -c 110M /dev/zero; echo full >&2; cat; }} | tail -c 110M",
        group.enter()
    );
    let mut hog = Program::start(command("sh").args(["-c", &hog]).stdin(Stdio::piped()));
    hog.stderr.wait_for(|line| line == "full");
    let mut unlucky = Client::connect(&server);
    unlucky.expect("server: The chat server cannot take another client now. Try again later.");
    let told = server.log("refused: no thread for a reader");
    assert!(told.contains("KiB of memory are left (memory.max of the control group)"), "{told}");
    pair.exchange();
    hog.close_input();
    hog.exit_status();
    Client::join(&server, "lucky");
    server.signal(rustix::process::Signal::TERM);
    server.ends_well();
}

/// The server and its clients in a network of their own, where an address other than loopback is theirs.
#[test]
fn one_address_does_not_fill_the_house() {
    or_skip!(find("ip"));
    or_skip!(find("unshare"));
    let inside = "ip link set lo up && ip address add 192.0.2.7/32 dev lo && ip address add 192.0.2.8/32 dev lo";
    let words = ["unshare", "--user", "--map-root-user", "--net", "sh", "-c"];
    let mut probe = command(words[0]);
    if !probe.args(&words[1..]).arg(inside).output().unwrap().status.success() {
        eprintln!("skipped: this user may make no network");
        return;
    }
    // bash opens the connections: 50 from one address, and one from another.
    or_skip!(find("bash"));
    let script = format!(
        r#"{inside}
        "$0" "$@" & server=$!
        until (exec 3<>/dev/tcp/127.0.0.1/1337) 2>/dev/null; do sleep 0.02; done
        for number in $(seq 38); do
            eval "exec $((number + 10))<>/dev/tcp/192.0.2.7/1337"
            read -r line <&$((number + 10)); echo "$number $line"
        done
        kill $server; wait $server"#
    );
    let words = [&words[..4], &["bash", "-c", &script]].concat();
    let mut command = behind(&words, &["--bind", "0.0.0.0", "--max-clients", "50"]);
    let ended = Program::start(&mut command).end();
    let said = |number: usize| {
        let start = format!("{number} ");
        let line = ended.stdout.lines().find_map(|line| line.strip_prefix(&start));
        line.unwrap_or_else(|| panic!("{ended:?}")).trim_end()
    };
    assert_eq!(said(37), "server: Input username.");
    let refusal = "server: Your address has 37 connections, which is the maximum. Close one first.";
    assert_eq!(said(38), refusal);
    let logged = "refused: 37 connections from this address (connections-per-address, at most three quarters of max-clients)";
    assert!(ended.stderr.contains(logged), "{ended:?}");
}

/// The server runs on a machine of its own, to which two wires lead. One of them is torn, and Alice comes by the other one
/// while the server still waits for her on the first.
#[test]
fn a_name_is_taken_back_when_a_link_goes_down() {
    for program in ["ip", "unshare", "nsenter", "bash"] {
        or_skip!(find(program));
    }
    let wires = r#"
        ip link set lo up
        unshare --net sleep 60 & far=$!
        trap "kill $far" EXIT
        until [ "$(readlink /proc/$far/ns/net)" != "$(readlink /proc/$$/ns/net)" ]; do sleep 0.01; done
        on_far() { nsenter --target $far --net "$@"; }
        for wire in 1 2; do
            ip link add near$wire type veth peer name far$wire &&
            ip link set far$wire netns $far &&
            ip address add 192.0.2.$((16 * wire + 1))/28 dev near$wire &&
            ip link set near$wire up &&
            on_far ip address add 192.0.2.$((16 * wire + 2))/28 dev far$wire &&
            on_far ip link set far$wire up || exit 1
        done"#;
    let words = ["unshare", "--user", "--map-root-user", "--net", "bash", "-c"];
    let mut probe = command(words[0]);
    let probe = probe.args(&words[1..]).arg(wires).output().unwrap();
    if !probe.status.success() {
        eprintln!("skipped: this user may make no network with wires");
        return;
    }
    let script = format!(
        r#"{wires}
        nsenter --target $far --net "$0" "$@" & server=$!
        trap "kill $server $far 2>/dev/null" EXIT
        until (exec 3<>/dev/tcp/192.0.2.34/1337) 2>/dev/null; do sleep 0.02; done
        # Prints what somebody hears, up to a line with this text.
        hears() {{
            while read -r -t 20 -u $2 line; do
                echo "$1 ${{line%$'\r'}}"
                case $line in *"$3"*) return;; esac
            done
            echo "$1 waits for $3 in vain"; exit 1
        }}
        exec 4<>/dev/tcp/192.0.2.18/1337; echo Alice >&4; hears alice 4 "client(s) connected"
        exec 5<>/dev/tcp/192.0.2.34/1337; echo bob >&5; hears bob 5 "client(s) connected"
        hears alice 4 "id = bob"
        echo /reclaim >&4; hears alice 4 "server: Alice "
        word=${{line#server: }}; word=${{word%$'\r'}}
        ip link set near1 down
        echo "Is she there?" >&5; echo /back >&5; hears bob 5 "no longer marked"
        exec 6<>/dev/tcp/192.0.2.34/1337; echo "$word" >&6; hears again 6 "Is she there?"
        echo "I am." >&6; hears bob 5 "Alice : I am."
        kill $server; wait $server"#
    );
    let words = [&words[..5], &["-c", &script]].concat();
    let ended = Program::start(&mut behind(&words, &["--bind", "0.0.0.0"])).end();
    let heard = |who: &str| -> Vec<&str> {
        let start = format!("{who} ");
        ended.stdout.lines().filter_map(|line| line.strip_prefix(&start)).collect()
    };
    let again = heard("again");
    assert_eq!(again.first(), Some(&"server: Input username."), "{ended:?}");
    assert!(again.contains(&"server: You are Alice again, in room lobby."), "{ended:?}");
    assert!(again.last().is_some_and(|line| line.ends_with("] bob : Is she there?")), "{ended:?}");
    // He has not noticed anything.
    assert_eq!(heard("bob").last(), Some(&"Alice : I am."), "{ended:?}");
    for line in heard("bob") {
        let is_told = line.contains("has left") || line.contains("A new client");
        assert!(!is_told && !line.contains("in vain"), "{ended:?}");
    }
    assert!(ended.stderr.contains("took the name back"), "{ended:?}");
    // A word is in no log.
    let word = heard("alice").into_iter().find_map(|line| line.strip_prefix("server: Alice "));
    assert!(!ended.stderr.contains(word.unwrap()), "{ended:?}");
}

/// The server's machine never hears from a client again: the kernel gives up, and the read fails.
#[test]
fn a_vanished_peer_is_not_said_to_have_left() {
    // The third read of each thread fails. The thread of the signals reads twice at its start, and then waits.
    let (mut command, injected) = or_skip!(tampered("recvfrom:error=ETIMEDOUT:when=3", &[]));
    let server = Server::start_by(&mut command);
    let mut ann = Client::connect(&server);
    ann.expect("server: Input username.");
    ann.say("ann");
    ann.skip_to("client(s) connected to this server.");
    ann.say("one more read");
    ann.expect_end();
    server.logged(|line| line.contains("left") && line.contains("connection lost"));
    injected.happened();
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

/// Words that run the server as another user than root, whom no limit holds; none where that is impossible.
fn not_as_root() -> Option<Vec<&'static str>> {
    if !geteuid().is_root() {
        return Some(Vec::new());
    }
    find("setpriv")?;
    let nobody = vec!["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
    let may_run = behind(&nobody, &["--version"]).output().unwrap().status.success();
    if !may_run {
        eprintln!("skipped: the user nobody may not run the built server");
    }
    may_run.then_some(nobody)
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
    if !guarded {
        return;
    }
    let as_user = or_skip!(not_as_root());
    let mut command = behind(&as_user, &["--port", "80"]);
    cannot_listen(&mut command, "ports below 1024 need special rights");
}
