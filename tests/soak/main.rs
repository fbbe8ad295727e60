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
use support::{Server, chatserv};

use referee::Room;
use visit::{Ending, Pace, Visit};

/// How much more resident memory the server may have after the last round than after the first. Its own bytes in use are then the
/// same to 1 %: after the first crowd of 500, the buffers that it keeps for full sockets have reached their limit, and everything else
/// goes with the clients. The rest is what the allocator has not found a use for. A soak of ten minutes has some 9,000 visits in each
/// half after its first rounds, so a leak of half a kibibyte a visit is too much.
const MEMORY_TOLERANCE_KIB: u64 = 4 * 1024;

/// The same for a short run, which goes on to fill those buffers.
const SHORT_TOLERANCE_KIB: u64 = BUFFERS_KEPT_BYTES_MAX as u64 / 1024;

/// Settings of glibc's malloc under which the resident memory is close to the bytes in use: one arena instead of eight for each core,
/// each of which keeps what it once needed at its peak, and limits that do not grow with the buffers that are freed.
const MALLOC: [(&str, &str); 3] = [
    ("MALLOC_ARENA_MAX", "1"),
    ("MALLOC_MMAP_THRESHOLD_", "131072"),
    ("MALLOC_TRIM_THRESHOLD_", "131072"),
];

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
    let (pace, rounds, tolerance) = match time < Duration::from_secs(60) {
        true => (Pace::SHORT, 2, SHORT_TOLERANCE_KIB),
        false => (Pace::LONG, 5, MEMORY_TOLERANCE_KIB),
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
    let server = Server::start_by(command.envs(MALLOC));
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
    let mut memory = vec![memory_kib(&soak.server)];
    for _ in 0..rounds {
        thread::scope(|scope| {
            let crowd = scope.spawn(|| soak.crowd(clients, time / rounds));
            while !crowd.is_finished() {
                threads_max = threads_max.max(soak.server.thread_count());
                thread::sleep(Duration::from_millis(50));
            }
        });
        soak.server.is_back_at(&empty);
        memory.push(memory_kib(&soak.server));
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
         resident memory at the start and after each round, in KiB: {memory:?}; threads and descriptors as at the start: {empty:?}",
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
    let (first, last) = (memory[1], memory[memory.len() - 1]);
    assert!(last <= first + tolerance, "{memory:?}");
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

fn memory_kib(server: &Server) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
