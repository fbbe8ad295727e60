//! Non-blocking sockets in a loop: what it costs to ask, over and over, people who say nothing.

use std::io::{self, ErrorKind, Read};
use std::net::{TcpListener, TcpStream};
use std::process;
use std::thread;
use std::time::{Duration, Instant};

use chatserv::load::cost::{Cost, exact_cpu};

use super::room::Room;
use crate::experiment::{Change, Claim, Experiment, Outcome, Setting};
use crate::figure::{Axis, Drawing, Figure, Series};

/// See the module.
pub const EXPERIMENT: Experiment = Experiment {
    name: "busy-loop",
    title: "The busy loop: a core for nothing",
    guess: "500 people are connected to a server that polls, and nobody says a word. How busy is it, in percent of a core?",
    takes: Duration::from_secs(7),
    measure,
    why: [
        "A non-blocking `read` of a socket that has nothing returns at once with EAGAIN, which says \"ask again\" and not when.",
        "So the loop asks everybody again, and since no call of it ever sleeps, the kernel has no reason to take the core away \
         from it before its time slice is over.",
        "The core is busy with one client as with 500, because the loop takes all that it is given: more clients only make each \
         round longer, so that each of them is asked less often.",
        "A blocking `read` and `epoll_wait` say to the kernel what they wait for, and leave the core until the network card's \
         interrupt, or here the loopback, has put bytes into a socket and wakes them.",
        "Hence both are at zero while nobody talks: it is not threads against non-blocking that makes the difference, but \
         whether somebody sleeps.",
    ],
    change: Change {
        file: "src/bin/lab/experiments/busy_loop.rs",
        line: "(\"polling\", &[\"polling\"]),",
        try_this: "Make it `(\"polling\", &[\"polling\", \"--sleep\", \"1ms\"]),` and see the core become nearly free, and what is left \
                   of it grow with the number of clients; the experiment `sleep` says what it is paid with.",
    },
    question: "How often a second does the loop ask somebody in vain?",
};

/// The servers, by name and as they are started. The first is the one that the experiment is about.
const SERVERS: [(&str, &[&str]); 3] = [
    ("polling", &["polling"]),
    ("threads", &["threads"]),
    ("readiness", &["readiness"]),
];

/// How many are connected and say nothing.
const IDLE: [usize; 4] = [1, 10, 100, 500];
const IDLE_FULL: [usize; 5] = [1, 10, 100, 500, 2_000];

/// For so long nobody says anything, and the time that the servers take is counted.
const SILENCE: Duration = Duration::from_millis(800);

/// Calls are tried until the kernel has worked so long for them: fifteen ticks of the clock by which it counts.
const TRIED: Duration = Duration::from_millis(150);

/// A kernel that has not counted so much by then counts otherwise, or gives this process no core.
const TRIED_MAX: Duration = Duration::from_secs(10);

/// So many calls are tried between two looks at that clock.
const CALLS: u32 = 10_000;

/// What one server did while so many people were idle.
struct Idle {
    people: usize,
    /// Percent of a core.
    cpu: f64,
    /// Time in the kernel, as a part of one core.
    system: f64,
}

fn measure(setting: &Setting) -> io::Result<Outcome> {
    let steps = setting.pick(IDLE.as_slice(), &IDLE_FULL);
    // First, while no server is there that takes a core.
    let rounds = steps
        .iter()
        .map(|&people| round_in_vain(people))
        .collect::<io::Result<Vec<Duration>>>()?;
    let mut rooms = SERVERS
        .iter()
        .map(|(_, arguments)| Room::start(arguments))
        .collect::<io::Result<Vec<Room>>>()?;
    let mut idle: [Vec<Idle>; SERVERS.len()] = Default::default();
    for &people in steps {
        for room in &mut rooms {
            room.grow_to(people)?;
        }
        // All of them at once: two of them are to take nothing, and the third cannot take more than a core.
        for (idle, silence) in idle.iter_mut().zip(silence(&rooms, people)?) {
            idle.push(silence);
        }
    }
    Ok(outcome(&idle, &rounds))
}

/// What each of the servers does while nobody says anything.
fn silence(rooms: &[Room], people: usize) -> io::Result<Vec<Idle>> {
    let costs = || -> io::Result<Vec<(Duration, Duration)>> {
        let cost = |room: &Room| {
            let pid = room.serving.pid();
            Ok((exact_cpu(pid)?, Cost::of(pid)?.system))
        };
        rooms.iter().map(cost).collect()
    };
    let (began, before) = (Instant::now(), costs()?);
    // Nothing is waited for here: this is the stretch of time that is measured.
    thread::sleep(SILENCE);
    let (took, after) = (began.elapsed().as_secs_f64(), costs()?);
    let part = |after: Duration, before| after.saturating_sub(before).as_secs_f64() / took;
    let spent = before.iter().zip(after);
    Ok(spent
        .map(|(before, after)| Idle {
            people,
            cpu: 100.0 * part(after.0, before.0),
            system: part(after.1, before.1),
        })
        .collect())
}

/// How long the kernel works on one round that brings nothing: a read for each of so many people, and an accept. It is measured
/// in this process, with as many sockets, since the kernel counts no calls of others and says only how long it has worked for
/// them.
fn round_in_vain(people: usize) -> io::Result<Duration> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let mut sockets = Vec::new();
    let mut peers = Vec::new();
    for _ in 0..people {
        let socket = TcpStream::connect(listener.local_addr()?)?;
        socket.set_nonblocking(true)?;
        sockets.push(socket);
        peers.push(listener.accept()?);
    }
    listener.set_nonblocking(true)?;
    let system = || Ok::<_, io::Error>(Cost::of(process::id())?.system);
    let (began, before, mut rounds) = (Instant::now(), system()?, 0);
    loop {
        for _ in 0..CALLS.div_ceil(people as u32) {
            for socket in &mut sockets {
                brings_nothing(socket.read(&mut [0; 4096]))?;
            }
            brings_nothing(listener.accept())?;
            rounds += 1;
        }
        let spent = system()?.saturating_sub(before);
        if spent >= TRIED {
            return Ok(spent / rounds);
        }
        if began.elapsed() > TRIED_MAX {
            let error = "calls in vain take the kernel too little time to be counted";
            return Err(io::Error::other(error));
        }
    }
}

fn brings_nothing<T>(called: io::Result<T>) -> io::Result<()> {
    match called {
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(()),
        Err(error) => Err(error),
        Ok(_) => Err(io::Error::other("something came that nobody sent")),
    }
}

/// Of so many people the loop asks each, and the listener, so many times a second all together, if the kernel works on it for
/// this part of the time.
fn calls(people: usize, system: f64, round: Duration) -> f64 {
    (people + 1) as f64 * system / round.as_secs_f64()
}

fn outcome(idle: &[Vec<Idle>; SERVERS.len()], rounds: &[Duration]) -> Outcome {
    let polled = idle[0].iter().zip(rounds);
    let calls: Vec<(f64, f64)> = polled
        .map(|(idle, &round)| (idle.people as f64, calls(idle.people, idle.system, round)))
        .collect();
    let polling: Vec<f64> = idle[0].iter().map(|idle| idle.cpu).collect();
    let least = polling.iter().copied().fold(f64::MAX, f64::min);
    let most = polling.iter().copied().fold(0.0, f64::max);
    let others = idle[1..].iter().flatten().map(|idle| idle.cpu);
    let others = others.fold(0.0, f64::max);
    let (people, last) = (idle[0].last()).map_or((0, 0.0), |idle| (idle.people, idle.cpu));
    let each = |&(people, calls): &(f64, f64)| (people, calls / (people + 1.0));
    let millions = |calls: Option<&(f64, f64)>| calls.map_or(0.0, |(_, calls)| calls / 1e6);
    Outcome {
        found: format!(
            "At no message at all, polling takes {least:.0} to {most:.0} % of a core, and threads and readiness at the most \
             {others:.1} %."
        ),
        guessed: format!("{last:.0} % of a core, with {people} people"),
        answer: format!(
            "about {:.1} million times with one client and {:.1} million with {people}, which is each of them {:.0} times a second: \
             so often as the kernel was as long at work for it as for the same calls in the lab",
            millions(calls.first()),
            millions(calls.last()),
            calls.last().map_or(0.0, |point| each(point).1),
        ),
        claims: vec![
            Claim {
                says: format!(
                    "Polling takes at least 20 times the processor time of threads or readiness ({least:.0} % against \
                     {others:.1} %)."
                ),
                holds: least > 20.0 * others,
            },
            Claim {
                says: format!(
                    "It makes less than a factor of 4 how many there are to be polled ({least:.0} to {most:.0} %)."
                ),
                holds: most < 4.0 * least,
            },
        ],
        figures: vec![
            Figure {
                name: "busy-loop".to_owned(),
                title: "What it costs to wait for people who say nothing".to_owned(),
                see: "The loop takes a core however few there are; whoever sleeps in the kernel takes nothing, however many."
                    .to_owned(),
                drawing: Drawing::Lines {
                    x: Axis::logarithmic("idle clients"),
                    y: Axis::linear("processor time (% of a core)"),
                    series: SERVERS
                        .iter()
                        .zip(idle)
                        .map(|((name, _), idle)| Series {
                            name: (*name).to_owned(),
                            points: idle
                                .iter()
                                .map(|idle| (idle.people as f64, idle.cpu))
                                .collect(),
                        })
                        .collect(),
                },
            },
            Figure {
                name: "busy-loop-calls".to_owned(),
                title: "How often the busy loop asks in vain".to_owned(),
                see: "All together are as many as a core can make; the more there are to ask, the longer each of them waits \
                      to be asked."
                    .to_owned(),
                drawing: Drawing::Lines {
                    x: Axis::logarithmic("idle clients"),
                    y: Axis::logarithmic("calls in vain (1/s)"),
                    series: vec![
                        Series {
                            name: "all together".to_owned(),
                            points: calls.clone(),
                        },
                        Series {
                            name: "each client".to_owned(),
                            points: calls.iter().map(each).collect(),
                        },
                    ],
                },
            },
        ],
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]
mod tests {
    use super::*;

    #[test]
    fn a_round_in_vain_takes_the_kernel_longer_the_more_it_asks() {
        let (one, many) = (round_in_vain(1).unwrap(), round_in_vain(50).unwrap());
        assert!(one > Duration::ZERO && many > one);
        assert!(brings_nothing(Ok(())).is_err());
    }

    #[test]
    fn a_round_is_a_call_for_each_and_one_for_the_listener() {
        // Half a second of kernel time, in rounds of a microsecond.
        let calls = calls(7, 0.5, Duration::from_micros(1));
        assert!((calls / 4e6 - 1.0).abs() < 1e-6);
    }

    #[test]
    fn the_claims_tell_who_sleeps_from_who_does_not() {
        let idle = |cpu: [f64; 2]| -> Vec<Idle> {
            let people = [1, 500].into_iter().zip(cpu);
            people
                .map(|(people, cpu)| Idle {
                    people,
                    cpu,
                    system: cpu / 200.0,
                })
                .collect()
        };
        let rounds = [Duration::from_micros(1), Duration::from_micros(50)];
        let holding = |polling, readiness| -> Vec<bool> {
            let outcome = outcome(&[idle(polling), idle([0.0, 0.1]), idle(readiness)], &rounds);
            outcome.claims.iter().map(|claim| claim.holds).collect()
        };
        assert_eq!(holding([99.0, 98.0], [0.0, 0.2]), [true, true]);
        assert_eq!(holding([99.0, 20.0], [0.0, 30.0]), [false, false]);
    }
}
