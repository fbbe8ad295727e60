//! Non-blocking sockets in a loop: the cost of asking silent clients again and again.

use std::io::{self, ErrorKind, Read};
use std::net::{TcpListener, TcpStream};
use std::process;
use std::thread;
use std::time::{Duration, Instant};

use chatserv::load::cost::{Cost, exact_cpu};

use super::room::Room;
use crate::experiment::{Change, Experiment, Outcome, Setting, claims, line_plot, series};
use crate::figure::Axis;
use crate::source::Function;

pub const EXPERIMENT: Experiment = Experiment {
    name: "busy-loop",
    title: "The busy loop: a core for nothing",
    guess: "500 people are connected to a polling server, and nobody says a word. How busy is it, in percent of a \
            core?",
    takes: Duration::from_secs(7),
    measure,
    why: [
        "A non-blocking `read` of a socket without input returns EAGAIN at once. It says \"ask again\", but not when.",
        "So the loop asks all sockets again. None of its calls sleeps, so the kernel has no reason to take the core \
         away.",
        "The loop uses all the time that it gets, with one client as with 500. More clients only make a round longer.",
        "A blocking `read` and `epoll_wait` tell the kernel what they wait for, and free the core until there is \
         input.",
        "So both cost nothing while nobody talks. Sleeping or asking makes the difference, not threads or non-blocking \
         sockets.",
    ],
    functions: &[Function::new("src/bin/lab/variants/polling.rs", "fn serve(")],
    change: Change {
        file: "src/bin/lab/experiments/busy_loop.rs",
        line: "(\"polling\", &[\"polling\"]),",
        try_this: "Replace `&[\"polling\"]` with `&[\"polling\", \"--sleep\", \"1ms\"]`. The core becomes nearly free, \
                   and the remaining cost grows with the number of clients. The experiment `sleep` shows the price.",
    },
    question: "How many times a second does the loop ask in vain?",
};

/// The servers and their arguments.
#[rustfmt::skip]
const SERVERS: [(&str, &[&str]); 3] = [
    ("polling", &["polling"]),
    ("threads", &["threads"]),
    ("readiness", &["readiness"]),
];

/// The numbers of silent clients.
const IDLE: [usize; 4] = [1, 10, 100, 500];
const IDLE_FULL: [usize; 5] = [1, 10, 100, 500, 2_000];

/// How long each measurement of the servers takes.
const SILENCE: Duration = Duration::from_millis(800);

/// How much kernel time to spend on calls in vain: fifteen ticks of the kernel's accounting.
const KERNEL_TIME: Duration = Duration::from_millis(150);

/// How long to wait for that kernel time.
const PATIENCE: Duration = Duration::from_secs(10);

/// The number of calls between two looks at the kernel time.
const CALLS: u32 = 10_000;

/// The work of a server while its clients were silent.
struct Idle {
    clients: usize,
    /// In percent of a core.
    cpu: f64,
    /// Time in the kernel, as a share of one core.
    system: f64,
}

fn measure(setting: &Setting) -> io::Result<Outcome> {
    let steps = setting.pick(IDLE.as_slice(), &IDLE_FULL);
    // Before the servers start, because polling takes a core.
    let rounds = steps.iter().map(|&clients| round_in_vain(clients));
    let rounds = rounds.collect::<io::Result<Vec<Duration>>>()?;
    let rooms = SERVERS.iter().map(|(_, arguments)| Room::start(arguments));
    let mut rooms = rooms.collect::<io::Result<Vec<Room>>>()?;
    let mut idle: [Vec<Idle>; SERVERS.len()] = Default::default();
    for &clients in steps {
        for room in &mut rooms {
            room.grow_to(clients)?;
        }
        // All servers at once: two of them should take nothing, and polling takes one core at most.
        for (idle, silence) in idle.iter_mut().zip(measure_silence(&rooms, clients)?) {
            idle.push(silence);
        }
    }
    Ok(outcome(&idle, &rounds))
}

fn measure_silence(rooms: &[Room], clients: usize) -> io::Result<Vec<Idle>> {
    let costs = || -> io::Result<Vec<(Duration, Duration)>> {
        let pids = rooms.iter().map(|room| room.server.pid());
        pids.map(|pid| Ok((exact_cpu(pid)?, Cost::of(pid)?.system))).collect()
    };
    let (began, before) = (Instant::now(), costs()?);
    thread::sleep(SILENCE);
    let (took, after) = (began.elapsed().as_secs_f64(), costs()?);
    let share = |after: Duration, before| after.saturating_sub(before).as_secs_f64() / took;
    let spent = before.iter().zip(after);
    let idle = spent.map(|(before, after)| Idle {
        clients,
        cpu: 100.0 * share(after.0, before.0),
        system: share(after.1, before.1),
    });
    Ok(idle.collect())
}

/// The kernel time of one round in vain: a read for each client, and an accept. It is measured in this process, because
/// the kernel counts time for other processes, but not calls.
fn round_in_vain(clients: usize) -> io::Result<Duration> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let mut sockets = Vec::new();
    let mut peers = Vec::new();
    for _ in 0..clients {
        let socket = TcpStream::connect(listener.local_addr()?)?;
        socket.set_nonblocking(true)?;
        sockets.push(socket);
        peers.push(listener.accept()?);
    }
    listener.set_nonblocking(true)?;
    let system = || Ok::<_, io::Error>(Cost::of(process::id())?.system);
    let (began, before, mut rounds) = (Instant::now(), system()?, 0);
    loop {
        for _ in 0..CALLS.div_ceil(clients as u32) {
            for socket in &mut sockets {
                expect_nothing(socket.read(&mut [0; 4096]))?;
            }
            expect_nothing(listener.accept())?;
            rounds += 1;
        }
        let spent = system()?.saturating_sub(before);
        if spent >= KERNEL_TIME {
            return Ok(spent / rounds);
        }
        if began.elapsed() > PATIENCE {
            return Err(io::Error::other("the calls take too little time"));
        }
    }
}

fn expect_nothing<T>(result: io::Result<T>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(()),
        Err(error) => Err(error),
        Ok(_) => Err(io::Error::other("there was input that nobody sent")),
    }
}

/// The calls per second of a loop that spends this share of the time in the kernel.
fn calls(clients: usize, system: f64, round: Duration) -> f64 {
    (clients + 1) as f64 * system / round.as_secs_f64()
}

fn outcome(idle: &[Vec<Idle>; SERVERS.len()], rounds: &[Duration]) -> Outcome {
    let polled = idle[0].iter().zip(rounds);
    let calls: Vec<(f64, f64)> = polled
        .map(|(idle, &round)| (idle.clients as f64, calls(idle.clients, idle.system, round)))
        .collect();
    let each: Vec<(f64, f64)> = calls.iter().map(|&(x, calls)| (x, calls / (x + 1.0))).collect();
    let polling = idle[0].iter().map(|idle| idle.cpu);
    let least = polling.clone().fold(f64::MAX, f64::min);
    let most = polling.fold(0.0, f64::max);
    let others = idle[1..].iter().flatten().map(|idle| idle.cpu);
    let others = others.fold(0.0, f64::max);
    let (clients, last) = (idle[0].last()).map_or((0, 0.0), |idle| (idle.clients, idle.cpu));
    let value = |point: Option<&(f64, f64)>| point.map_or(0.0, |&(_, value)| value);
    let lines = SERVERS.iter().zip(idle);
    let lines =
        lines.map(|((name, _), idle)| series(name, idle, |one| (one.clients as f64, one.cpu)));
    Outcome {
        finding: format!(
            "With no message at all, polling takes {least:.0} to {most:.0} % of a core, and threads and readiness take \
             {others:.1} % at most."
        ),
        measured: format!("{last:.0} % of a core, with {clients} clients"),
        answer: format!(
            "About {:.1} million times with one client and {:.1} million times with {clients}, which is {:.0} times \
             for each of them. The numbers follow from the kernel time of the server and of the same calls in the lab.",
            value(calls.first()) / 1e6,
            value(calls.last()) / 1e6,
            value(each.last()),
        ),
        claims: claims! {
            least > 20.0 * others =>
                "Polling takes at least 20 times the processor time of threads or readiness ({least:.0} % and \
                 {others:.1} %).";
            most < 4.0 * least =>
                "The number of clients changes the cost of polling by less than a factor of 4 ({least:.0} to \
                 {most:.0} %).";
        },
        figures: vec![
            line_plot(
                "busy-loop",
                "The cost of waiting for silent clients",
                "The loop takes a core for any number of clients. The servers that sleep in the kernel take nothing.",
                Axis::logarithmic("idle clients"),
                Axis::linear("processor time (% of a core)"),
                lines.collect(),
            ),
            line_plot(
                "busy-loop-calls",
                "How often the busy loop asks in vain",
                "The loop makes as many calls as a core can. With more clients, each of them is asked less often.",
                Axis::logarithmic("idle clients"),
                Axis::logarithmic("calls in vain (1/s)"),
                vec![
                    series("all clients", &calls, |&point| point),
                    series("each client", &each, |&point| point),
                ],
            ),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::holding;

    #[test]
    fn a_round_with_more_clients_takes_the_kernel_longer() {
        let (one, many) = (round_in_vain(1).unwrap(), round_in_vain(50).unwrap());
        assert!(one > Duration::ZERO && many > one);
        assert!(expect_nothing(Ok(())).is_err());
    }

    #[test]
    fn a_round_has_a_call_for_each_client_and_one_for_the_listener() {
        // Half a second of kernel time, in rounds of a microsecond.
        let calls = calls(7, 0.5, Duration::from_micros(1));
        assert!((calls / 4e6 - 1.0).abs() < 1e-6);
    }

    #[test]
    fn the_claims_tell_a_busy_server_from_a_sleeping_one() {
        let idle = |cpu: [f64; 2]| -> Vec<Idle> {
            let idle = |(clients, cpu)| Idle { clients, cpu, system: cpu / 200.0 };
            [1, 500].into_iter().zip(cpu).map(idle).collect()
        };
        let rounds = [Duration::from_micros(1), Duration::from_micros(50)];
        for (polling, readiness, holds) in
            [([99.0, 98.0], [0.0, 0.2], true), ([99.0, 20.0], [0.0, 30.0], false)]
        {
            let outcome = outcome(&[idle(polling), idle([0.0, 0.1]), idle(readiness)], &rounds);
            assert_eq!(holding(&outcome), [holds; 2]);
        }
    }
}
