//! People of all kinds come, talk, stall, break off and leave for as long as one likes: 8 seconds in the tests, ten minutes by
//! `scripts/soak --minutes 10`.
//!
//! A referee is in each room. It sees who comes, what is said and who leaves in one order, with message ids that grow by one. When
//! a visit is over, what the visitor has heard is compared with what the referee has seen between the visitor's arrival and
//! leave: each line once, in order, and none missing. A client that reset or was cut may miss the last lines. Only a client that
//! stops reading may be cut, and the log has to say so: it must have a reason that fits for the end of each visit.
//! When everybody has left, the server has the threads, the descriptors and the memory that it had before.

#![cfg(all(feature = "server", feature = "web"))]
#![allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]

#[path = "../support/mod.rs"]
mod support;

mod referee;
mod visit;
mod wire;

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io::Write;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use chatserv::config::limits::BUFFERS_KEPT_BYTES_MAX;
use parking_lot::Mutex;
use rustix::process::{Resource, Rlimit, Signal, getrlimit, setrlimit};
use support::{Program, Server, chatserv, command, find, until};

use referee::Room;
use visit::{Ending, Pace, Visit};

/// How many more bytes of the heap may be in use after the last round than after the first. In a soak of ten minutes they differ by
/// 0.1 MiB: the first crowd of 500 fills the buffers that the server keeps for full sockets, and all else goes with the clients. Each
/// half has some 9,000 visits after its first round, so a leak of 120 bytes a visit is too much.
const HEAP_TOLERANCE_KIB: u64 = 1024;

/// A crowd needs this long to fill those buffers.
const LONG_ROUND: Duration = Duration::from_secs(40);

/// The tolerance for shorter rounds, which go on to fill them.
const SHORT_TOLERANCE_KIB: u64 = BUFFERS_KEPT_BYTES_MAX as u64 / 1024;

/// The same for the resident memory, if nothing can ask for the heap: malloc keeps what is free between pieces that are in use. The peaks
/// of 500 clients make that grow by 8 MiB in the five rounds of a half, and ever more slowly.
const RESIDENT_TOLERANCE_KIB: u64 = 16 * 1024;

/// All that happens in a soak.
struct Soak {
    server: Server,
    rooms: Vec<Room>,
    pace: Pace,
    next_visit: AtomicU32,
    visits: Mutex<Vec<Visit>>,
    faults: Mutex<Vec<String>>,
}

/// A number from the environment.
fn number(name: &str, default: u64) -> u64 {
    env::var(name).map_or(default, |text| text.parse().expect("a number"))
}

/// Not by `println!`, which shows nothing of a test that passes.
fn tell(text: &str) {
    std::io::stdout().write_all(format!("{text}\n").as_bytes()).unwrap();
}

#[test]
fn nobody_misses_a_line_and_nothing_is_left_behind() {
    // Each client has a descriptor in this process, too.
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }).unwrap();
    let time = Duration::from_secs(number("SOAK_SECONDS", 8));
    let clients = number("SOAK_CLIENTS", 60);
    for rate_limit in ["off", "20,5/s"] {
        soak(rate_limit, time / 2, clients);
    }
}

fn soak(rate_limit: &str, time: Duration, clients: u64) {
    // After each round, everybody has left.
    let (pace, rounds) = match time < Duration::from_secs(60) {
        true => (Pace::SHORT, 2),
        false => (Pace::LONG, 5),
    };
    let heap_tolerance = match time / rounds < LONG_ROUND {
        true => SHORT_TOLERANCE_KIB,
        false => HEAP_TOLERANCE_KIB,
    };
    let age = format!("{}s", pace.outbox_age_seconds);
    let mut command = chatserv(&[
        "--port",
        "0",
        "--rate-limit",
        rate_limit,
        "--web-port",
        "0",
        // Everybody comes from this address, and a referee needs every arrival.
        "--announce-up-to",
        "100000",
        "--history-on-join",
        "0",
        // Small, so that a client which does not read is cut within the time of a visit.
        "--send-buffer",
        "4KiB",
        "--outbox-bytes",
        "256KiB",
        "--outbox-age",
        &age,
    ]);
    let server = Server::start_by(&mut command);
    let empty = server.base_line();
    let rooms = (0..clients.div_ceil(100).max(2)).map(|number| Room::new(number as usize));
    let soak = Soak {
        rooms: rooms.collect(),
        server,
        pace,
        next_visit: AtomicU32::new(1),
        visits: Mutex::default(),
        faults: Mutex::default(),
    };
    let mut threads_max = 0;
    let (mut heap, mut resident) = (Vec::new(), vec![resident_kib(&soak.server)]);
    for _ in 0..rounds {
        thread::scope(|scope| {
            let crowd = scope.spawn(|| soak.crowd(clients, time / rounds));
            while !crowd.is_finished() {
                threads_max = threads_max.max(soak.server.thread_count());
                thread::sleep(Duration::from_millis(50));
            }
        });
        soak.server.is_back_at(&empty);
        resident.push(resident_kib(&soak.server));
        heap.extend(heap_kib(&soak.server));
    }
    let Soak { mut server, rooms, visits, faults, .. } = soak;
    server.signal(Signal::TERM);
    server.ends_well();
    let log = server.whole_log();
    let visits = visits.into_inner();
    let seen = rooms.iter().map(Room::line_count).sum();
    let (sums, more_faults) = visit::compare(&visits, &log, seen);
    let faults = [faults.into_inner(), more_faults].concat();
    let mut endings = BTreeMap::new();
    visits.iter().for_each(|visit| *endings.entry(visit.ending).or_insert(0) += 1);
    tell(&format!(
        "rate limit {rate_limit}, {} s, {clients} clients at a time, at most {threads_max} threads of the server: \
         {} visits {endings:?}; {sums}; {} faults; \
         KiB of the heap in use after each round: {heap:?}, resident at the start and after each round: {resident:?}; threads and descriptors as at the start: {empty:?}",
        time.as_secs(),
        visits.len(),
        faults.len(),
    ));
    assert!(faults.is_empty(), "{faults:#?}");
    for ending in Ending::ALL {
        let happened = endings.contains_key(&ending);
        // On a busy machine, a short run may cut nobody.
        assert!(happened || ending == Ending::Cut && time < Duration::from_secs(60), "{ending:?}");
    }
    // The first round brings the memory to what such a crowd needs.
    for (kib, tolerance) in [(&heap[..], heap_tolerance), (&resident[1..], RESIDENT_TOLERANCE_KIB)]
    {
        if let [first, .., last] = kib {
            assert!(*last <= first + tolerance, "{kib:?}");
        }
    }
    let bad: Vec<&str> =
        log.lines().filter(|line| line.contains("panicked") || line.contains("ERROR")).collect();
    assert!(bad.is_empty(), "{bad:?}");
}

impl Soak {
    /// This many people at a time, one visit after the other, and a referee in each room. Returns when everybody has left.
    fn crowd(&self, clients: u64, time: Duration) {
        let end = Instant::now() + time;
        // Before any thread starts: the others would wait for the threads of the referees that are missing.
        let referees: Vec<_> =
            self.rooms.iter().map(|room| (room, room.enter(&self.server))).collect();
        thread::scope(|scope| {
            let referees = referees.into_iter();
            let referees: Vec<_> =
                referees.map(|(room, wire)| scope.spawn(|| self.note(room.watch(wire)))).collect();
            let people: Vec<_> = (0..clients)
                .map(|_| {
                    scope.spawn(move || {
                        while Instant::now() < end && self.faults.lock().len() < 10 {
                            let number = self.next_visit.fetch_add(1, Ordering::Relaxed);
                            let done = self.visit(number, end);
                            self.note(done.map_err(|fault| format!("p{number}: {fault}")));
                        }
                    })
                })
                .collect();
            people.into_iter().for_each(|person| person.join().unwrap());
            self.rooms.iter().for_each(Room::close);
            referees.into_iter().for_each(|referee| referee.join().unwrap());
        });
    }

    fn note(&self, done: Result<(), String>) {
        if let Err(fault) = done {
            tell(&format!("fault: {fault}"));
            self.faults.lock().push(fault);
        }
    }
}

/// How much of the heap is in use: a debugger has glibc's malloc print it to the server's standard error. `None` where that is not
/// possible.
fn heap_kib(server: &Server) -> Option<u64> {
    const END: &str = "</malloc>";
    find("gdb")?;
    let count = || server.log_so_far().matches(END).count();
    let before = count();
    let mut gdb = command("gdb");
    gdb.args([
        "-nx",
        "-batch",
        "-iex",
        "set debuginfod enabled off",
        "-p",
        &server.pid().to_string(),
    ]);
    gdb.args(["-ex", "call (int)malloc_info(0, *(void **)&stderr)"]);
    let ended = Program::start(&mut gdb).end();
    if !ended.stdout.contains("$1 = 0") {
        tell(&format!(
            "skipped: gdb may not attach, or malloc is not that of glibc: {}",
            ended.stderr
        ));
        return None;
    }
    until("malloc has told", || count() > before);
    let log = server.log_so_far();
    // The totals of all arenas come last.
    let (_, totals) = log.rsplit_once("</heap>").unwrap();
    let size = |start: &str| -> u64 {
        let line = totals.lines().find(|line| line.starts_with(start)).unwrap();
        line.split('"').rfind(|part| part.parse::<u64>().is_ok()).unwrap().parse().unwrap()
    };
    let free = size("<total type=\"fast\"") + size("<total type=\"rest\"");
    Some((size("<system type=\"current\"") - free + size("<total type=\"mmap\"")) / 1024)
}

fn resident_kib(server: &Server) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
