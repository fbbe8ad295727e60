//! One thread that waits for all its sockets at once: poll(2) against epoll(7).

use std::io;
use std::time::Duration;

use super::room::Room;
use crate::experiment::{Change, Experiment, Outcome, Setting, claims, line_plot, series};
use crate::figure::{Axis, Figure};
use crate::source::Function;

pub const EXPERIMENT: Experiment = Experiment {
    name: "readiness",
    title: "Let the kernel wait: poll against epoll",
    guess: "Two people whisper, and 1,000 others are connected and silent. How many times as much processor time does \
            a message cost with poll as with epoll?",
    takes: Duration::from_secs(6),
    measure,
    why: [
        "Both calls put the one thread to sleep until a socket is ready. It asks no socket in vain, and waits for no \
         clock.",
        "Each call of poll(2) passes all sockets. The kernel looks at each of them and joins its wait queue.",
        "After the wake-up, the kernel leaves all these queues, and the program searches the answer: O(n) for each \
         message.",
        "With epoll, the program registers a socket once (epoll_ctl(2)). A socket that gets input adds itself to the \
         ready list, and epoll_wait returns that list.",
        "So with ten clients the two cost the same. With thousands, poll spends most of its time on silent clients.",
    ],
    functions: &[Function::new("src/bin/lab/variants/readiness_poll.rs", "fn wait(")],
    change: Change {
        file: "src/bin/lab/variants/readiness_poll.rs",
        line: "wanted.set(PollFlags::OUT, connection.is_full);",
        try_this: "Replace it with `wanted.set(PollFlags::OUT, true);`. Nearly every socket has room, so poll never \
                   sleeps again. A message costs more even with ten idle clients, and `top` shows a busy core while \
                   one client of `lab serve readiness-poll` is silent. The busy loop is back.",
    },
    question: "At how many idle clients does a message cost twice as much with poll as with epoll?",
};

/// The numbers of silent clients.
const IDLE: [usize; 5] = [10, 30, 100, 300, 1_000];
const IDLE_FULL: [usize; 6] = [10, 30, 100, 300, 1_000, 5_000];

/// The pairs that whisper.
const PAIRS: usize = 1;

/// The length of one measurement, and how many there are for each number of clients. The lowest counts, because
/// anything else on the machine can only make a message more expensive.
const TIME: Duration = Duration::from_millis(80);
const TIMES: usize = 5;

/// The lowest cost of a message.
#[derive(Debug, Clone, Copy)]
struct Cost {
    idle: usize,
    cpu_us: f64,
    median_ms: f64,
}

fn measure(setting: &Setting) -> io::Result<Outcome> {
    let mut rooms = [Room::start(&["readiness-poll"])?, Room::start(&["readiness"])?];
    let [mut poll, mut epoll] = [Vec::new(), Vec::new()];
    for &idle in setting.pick(IDLE.as_slice(), &IDLE_FULL) {
        for room in &mut rooms {
            room.grow_to(idle + 2 * PAIRS)?;
        }
        let [cpu_us, median_ms] = [f64::MAX; 2];
        let mut lowest = [Cost { idle, cpu_us, median_ms }; 2];
        // In turns, so both see the same state of the machine.
        for _ in 0..TIMES {
            for (room, lowest) in rooms.iter_mut().zip(&mut lowest) {
                let mut whispered = room.whisper(PAIRS, TIME)?;
                let median = whispered.latencies.per_mille_ms(500);
                let median = median.ok_or_else(|| io::Error::other("nobody whispered"))?;
                lowest.median_ms = lowest.median_ms.min(median);
                lowest.cpu_us = lowest.cpu_us.min(1e6 * whispered.cpu_each.as_secs_f64());
            }
        }
        poll.push(lowest[0]);
        epoll.push(lowest[1]);
    }
    Ok(outcome(&poll, &epoll))
}

/// The number of idle clients at which poll costs twice as much as epoll, by linear interpolation.
fn twice(poll: &[Cost], epoll: &[Cost]) -> Option<f64> {
    let excess = |at: usize| poll[at].cpu_us - 2.0 * epoll[at].cpu_us;
    let at = (0..poll.len()).find(|&at| excess(at) >= 0.0)?;
    let idle = |at: usize| poll[at].idle as f64;
    if at == 0 {
        return Some(idle(0));
    }
    let part = excess(at - 1) / (excess(at - 1) - excess(at));
    Some(idle(at - 1) + part * (idle(at) - idle(at - 1)))
}

fn outcome(poll: &[Cost], epoll: &[Cost]) -> Outcome {
    let ends = |costs: &[Cost]| (costs[0].cpu_us, costs[costs.len() - 1].cpu_us);
    let ((poll_few, poll_many), (epoll_few, epoll_many)) = (ends(poll), ends(epoll));
    let measured = poll.iter().zip(epoll).find(|(poll, _)| poll.idle == 1_000);
    let measured = measured.map_or(f64::NAN, |(poll, epoll)| poll.cpu_us / epoll.cpu_us);
    let (few, many) = (poll[0].idle, poll[poll.len() - 1].idle);
    Outcome {
        finding: format!(
            "From {few} to {many} idle clients, the cost of a message goes from {poll_few:.0} to {poll_many:.0} µs \
             with poll, and from {epoll_few:.0} to {epoll_many:.0} µs with epoll."
        ),
        measured: format!("{measured:.1} times"),
        answer: twice(poll, epoll).map_or_else(
            || format!("At none of these numbers, up to {many}."),
            |idle| format!("At about {idle:.0} idle clients."),
        ),
        claims: claims! {
            poll_many > 3.0 * poll_few =>
                "With poll, a message costs at least 3 times as much with {many} idle clients as with {few} ({:.1} \
                 times).", poll_many / poll_few;
            epoll_many < 3.0 * epoll_few =>
                "With epoll it costs at most 3 times as much ({:.1} times).", epoll_many / epoll_few;
            poll_many > 3.0 * epoll_many =>
                "With {many} idle clients, poll costs at least 3 times as much as epoll ({:.1} times).",
                poll_many / epoll_many;
        },
        figures: figures(poll, epoll),
    }
}

fn figures(poll: &[Cost], epoll: &[Cost]) -> Vec<Figure> {
    let plot = |name, title, see, y: &str, value: fn(&Cost) -> f64| {
        let point = |one: &Cost| (one.idle as f64, value(one));
        let (x, y) = (Axis::logarithmic("idle clients"), Axis::logarithmic(y));
        let lines = vec![series("poll", poll, point), series("epoll", epoll, point)];
        line_plot(name, title, see, x, y, lines)
    };
    vec![
        plot(
            "readiness",
            "The cost of a message while others are idle",
            "poll goes through all clients for each message, and epoll does not.",
            "processor time of a message (µs)",
            |cost| cost.cpu_us,
        ),
        plot(
            "readiness-latency",
            "The latency of a message while others are idle",
            "The clients that talk wait while poll goes through the idle ones.",
            "latency, median (ms)",
            |cost| cost.median_ms,
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::holding;

    fn costs(cpu: [f64; 3]) -> Vec<Cost> {
        let cost = |(idle, cpu_us)| Cost { idle, cpu_us, median_ms: cpu_us / 1e3 };
        [10, 100, 1_000].into_iter().zip(cpu).map(cost).collect()
    }

    #[test]
    fn twice_is_interpolated() {
        let flat = costs([10.0; 3]);
        assert_eq!(twice(&costs([10.0, 15.0, 25.0]), &flat), Some(550.0));
        assert_eq!(twice(&costs([20.0, 30.0, 40.0]), &flat), Some(10.0));
        assert_eq!(twice(&flat, &flat), None);
    }

    #[test]
    fn the_claims_need_one_cost_that_grows_and_one_that_does_not() {
        let (flat, growing) = (costs([10.0; 3]), costs([10.0, 20.0, 80.0]));
        assert_eq!(holding(&outcome(&growing, &flat)), [true; 3]);
        assert_eq!(holding(&outcome(&flat, &growing)), [false; 3]);
    }
}
