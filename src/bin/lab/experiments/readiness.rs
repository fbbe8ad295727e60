//! One thread that waits for all its sockets at once: poll(2) against epoll(7).

use std::io;
use std::time::Duration;

use super::room::Room;
use crate::experiment::{Change, Claim, Experiment, Outcome, Setting};
use crate::figure::{Axis, Drawing, Figure, Series};

/// See the module.
pub const EXPERIMENT: Experiment = Experiment {
    name: "readiness",
    title: "Let the kernel wait: poll against epoll",
    guess: "Two people whisper, and 1,000 others are connected and say nothing. How many times the processor time of epoll does \
            a message cost with poll?",
    takes: Duration::from_secs(6),
    measure,
    why: [
        "Both calls put the one thread to sleep until any of its sockets has something, so that nobody is asked in vain and nobody \
         waits for a clock.",
        "poll(2) is told all sockets anew with each call: the program writes the list, the kernel copies it, looks at each \
         socket and puts itself on the list of those whom it is to wake.",
        "When one of them wakes it, it takes itself off all these lists again, and the program has to look through the \
         answer for the one socket that has something: O(n), for each message.",
        "epoll is told of a socket once (epoll_ctl(2)): the kernel keeps the set, a socket that gets something puts itself on \
         the ready list, and epoll_wait returns that list, whoever else may be connected.",
        "So with ten clients there is nothing between the two, and with thousands most of what poll does is to go through \
         people who have not said anything.",
    ],
    change: Change {
        file: "src/bin/lab/variants/readiness_poll.rs",
        line: "wanted.set(PollFlags::OUT, connection.is_full);",
        try_this: "Ask for room always: `wanted.set(PollFlags::OUT, true);`. Nearly every socket has room nearly always, so poll \
                   never sleeps again: a message costs more beside ten idle clients than it did, and `top` shows a whole core while \
                   one client of `lab serve readiness-poll` says nothing. The busy loop has come back.",
    },
    question: "At how many idle clients does a message cost twice as much with poll as with epoll?",
};

/// How many are connected and say nothing.
const IDLE: [usize; 5] = [10, 30, 100, 300, 1_000];
const IDLE_FULL: [usize; 6] = [10, 30, 100, 300, 1_000, 5_000];

/// How many pairs whisper meanwhile.
const PAIRS: usize = 1;

/// For how long at a time.
const TIME: Duration = Duration::from_millis(80);

/// How often, with each number of idle clients. The least counts: whatever else happens on the machine, and on which core the
/// kernel lets a server run, can only make a message dearer.
const TIMES: usize = 5;

/// What a message cost, at the least.
#[derive(Debug, Clone, Copy)]
struct Cost {
    idle: usize,
    /// Processor time for each message, in microseconds.
    cpu: f64,
    /// From when it was said until it was heard, in milliseconds.
    median: f64,
}

fn measure(setting: &Setting) -> io::Result<Outcome> {
    let (mut poll, mut epoll) = (
        Room::start(&["readiness-poll"])?,
        Room::start(&["readiness"])?,
    );
    let (mut of_poll, mut of_epoll) = (Vec::new(), Vec::new());
    for &idle in setting.pick(IDLE.as_slice(), &IDLE_FULL) {
        poll.grow_to(idle + 2 * PAIRS)?;
        epoll.grow_to(idle + 2 * PAIRS)?;
        let none = Cost {
            idle,
            cpu: f64::MAX,
            median: f64::MAX,
        };
        let mut least = (none, none);
        // In turns, so that both have the same machine.
        for _ in 0..TIMES {
            whisper(&mut poll, &mut least.0)?;
            whisper(&mut epoll, &mut least.1)?;
        }
        of_poll.push(least.0);
        of_epoll.push(least.1);
    }
    Ok(outcome(&of_poll, &of_epoll))
}

/// Lets them whisper for a while, and keeps what is less than before.
fn whisper(room: &mut Room, least: &mut Cost) -> io::Result<()> {
    let mut whispered = room.whisper(PAIRS, TIME)?;
    let median = whispered.whispers.latencies.per_mille_ms(500);
    let median = median.ok_or_else(|| io::Error::other("nothing was whispered"))?;
    least.median = least.median.min(median);
    least.cpu = least.cpu.min(1e6 * whispered.cpu_each.as_secs_f64());
    Ok(())
}

/// At how many idle clients poll costs twice as much as epoll: between two numbers that were measured, on the straight line.
fn twice(poll: &[Cost], epoll: &[Cost]) -> Option<f64> {
    let excess = |at: usize| poll[at].cpu - 2.0 * epoll[at].cpu;
    let at = (0..poll.len()).find(|&at| excess(at) >= 0.0)?;
    let idle = |at: usize| poll[at].idle as f64;
    if at == 0 {
        return Some(idle(0));
    }
    let part = excess(at - 1) / (excess(at - 1) - excess(at));
    Some(idle(at - 1) + part * (idle(at) - idle(at - 1)))
}

fn outcome(poll: &[Cost], epoll: &[Cost]) -> Outcome {
    let ends = |costs: &[Cost]| (costs[0], costs[costs.len() - 1]);
    let ((poll_few, poll_many), (epoll_few, epoll_many)) = (ends(poll), ends(epoll));
    let guessed = poll.iter().zip(epoll).find(|(poll, _)| poll.idle == 1_000);
    let guessed = guessed.map_or(f64::NAN, |(poll, epoll)| poll.cpu / epoll.cpu);
    let (few, many) = (poll_few.idle, poll_many.idle);
    Outcome {
        found: format!(
            "From {few} to {many} idle clients the cost of a message grows from {:.0} to {:.0} µs with poll, and goes from {:.0} \
             to {:.0} µs with epoll.",
            poll_few.cpu, poll_many.cpu, epoll_few.cpu, epoll_many.cpu
        ),
        guessed: format!("{guessed:.1} times"),
        answer: twice(poll, epoll).map_or_else(
            || format!("at none of these numbers, up to {many}"),
            |idle| format!("at about {idle:.0} idle clients"),
        ),
        claims: vec![
            Claim {
                says: format!(
                    "With poll a message costs at least 4 times as much beside {many} idle clients as beside {few} ({:.1} times).",
                    poll_many.cpu / poll_few.cpu
                ),
                holds: poll_many.cpu > 4.0 * poll_few.cpu,
            },
            Claim {
                says: format!(
                    "With epoll it costs at the most 3 times as much ({:.1} times).",
                    epoll_many.cpu / epoll_few.cpu
                ),
                holds: epoll_many.cpu < 3.0 * epoll_few.cpu,
            },
            Claim {
                says: format!(
                    "Beside {many} idle clients poll costs at least 3 times as much as epoll ({:.1} times).",
                    poll_many.cpu / epoll_many.cpu
                ),
                holds: poll_many.cpu > 3.0 * epoll_many.cpu,
            },
        ],
        figures: vec![
            figure(
                "readiness",
                "What a message costs while others are idle",
                "poll goes through everybody for each message and epoll does not.",
                Axis::logarithmic("processor time for each message (µs)"),
                [poll, epoll],
                |cost| cost.cpu,
            ),
            figure(
                "readiness-latency",
                "How long a message takes while others are idle",
                "What poll does for the idle ones, those who talk wait for.",
                Axis::logarithmic("latency, median (ms)"),
                [poll, epoll],
                |cost| cost.median,
            ),
        ],
    }
}

fn figure(
    name: &str,
    title: &str,
    see: &str,
    y: Axis,
    costs: [&[Cost]; 2],
    value: fn(&Cost) -> f64,
) -> Figure {
    let series = |(name, costs): (&str, &[Cost])| Series {
        name: name.to_owned(),
        points: costs
            .iter()
            .map(|cost| (cost.idle as f64, value(cost)))
            .collect(),
    };
    let [poll, epoll] = costs;
    Figure {
        name: name.to_owned(),
        title: title.to_owned(),
        see: see.to_owned(),
        drawing: Drawing::Lines {
            x: Axis::logarithmic("idle clients"),
            y,
            series: [("poll", poll), ("epoll", epoll)].map(series).into(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn costs(cpu: [f64; 3]) -> Vec<Cost> {
        let steps = [10, 100, 1_000].iter().zip(cpu);
        steps
            .map(|(&idle, cpu)| Cost {
                idle,
                cpu,
                median: cpu / 1e3,
            })
            .collect()
    }

    #[test]
    fn twice_lies_between_the_numbers_that_were_measured() {
        let flat = costs([10.0; 3]);
        assert_eq!(twice(&costs([10.0, 15.0, 25.0]), &flat), Some(550.0));
        assert_eq!(twice(&costs([20.0, 30.0, 40.0]), &flat), Some(10.0));
        assert_eq!(twice(&flat, &flat), None);
    }

    #[test]
    fn the_claims_need_one_that_grows_and_one_that_does_not() {
        let holding = |poll, epoll| -> Vec<bool> {
            let outcome = outcome(&costs(poll), &costs(epoll));
            outcome.claims.iter().map(|claim| claim.holds).collect()
        };
        let (flat, growing) = ([10.0; 3], [10.0, 20.0, 80.0]);
        assert_eq!(holding(growing, flat), [true; 3]);
        assert_eq!(holding(flat, growing), [false; 3]);
    }
}
