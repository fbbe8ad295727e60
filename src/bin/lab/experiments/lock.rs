//! One owner or one lock: the dispatcher against a mutex around the chat, with more and more people who talk at once.

use std::io;
use std::time::Duration;

use super::room::Room;
use super::talkers::{Talked, Talkers};
use crate::experiment::{Change, Experiment, Outcome, Setting, claims, cores, line_plot, series};
use crate::figure::{Axis, Figure};
use crate::source::Function;

pub const EXPERIMENT: Experiment = Experiment {
    name: "lock",
    title: "One owner, or one lock",
    guess: "16 people talk at once in a room with 100 more, and each line is written under one lock. How many \
            microseconds does a thread wait for the lock, on average?",
    takes: Duration::from_secs(9),
    measure,
    why: [
        "Taking a free lock is one atomic instruction, without a system call (futex(7)). One talker has next to no \
         wait.",
        "But here a thread writes to all others while it holds the lock. Each write is a system call of some \
         microseconds, so one line holds the lock for some hundred microseconds.",
        "With 16 talkers, up to 15 threads sleep in futex(2), and each waits for all writes of those before it.",
        "The dispatcher owns the chat alone, so nobody waits for it. A reader puts its input into a channel, which \
         takes a few atomic instructions.",
        "The dispatcher takes everything that has arrived as one batch, and sends each client its part with one system \
         call. With one talker, a delivery costs as much as under the lock; the more people talk at once, the less it \
         costs.",
    ],
    functions: &[
        Function::new("src/bin/lab/variants/locked.rs", "pub fn act<"),
        Function::new("src/server/dispatcher.rs", "pub fn run("),
    ],
    change: Change {
        file: "src/bin/lab/experiments/lock.rs",
        line: "let load = Talkers { talkers, listeners: LISTENERS, under_way: 1, time };",
        try_this: "Set `under_way` to 8, so a read returns several lines. A delivery under the lock now costs a quarter or \
                   less, and with one talker it costs less than with the dispatcher. With 16 talkers a thread still waits \
                   for milliseconds: batches save processor time under a lock too, and the wait is the price of the lock.",
    },
    question: "How long did a thread wait for the lock on average, with one talker and with 16?",
};

/// The people who only listen.
const LISTENERS: usize = 100;

/// How many people talk at once.
const TALKERS: [usize; 5] = [1, 2, 4, 8, 16];

struct Point {
    talkers: usize,
    threads: Talked,
    /// The average wait for the lock.
    wait_us: f64,
    dispatcher: Talked,
}

fn measure(setting: &Setting) -> io::Result<Outcome> {
    let time = setting.pick(Duration::from_millis(600), Duration::from_secs(5));
    let points = TALKERS.map(|talkers| point(talkers, time));
    let points = points.into_iter().collect::<io::Result<Vec<Point>>>()?;
    Ok(outcome(&points))
}

fn point(talkers: usize, time: Duration) -> io::Result<Point> {
    let load = Talkers { talkers, listeners: LISTENERS, under_way: 1, time };
    let mut room = Room::start(&["threads"])?;
    let threads = load.talk(&mut room)?;
    // This includes a few hundred times without a wait, when people joined one after the other.
    let [times, nanoseconds] = room.server.finish("lock: ")?;
    let dispatcher = load.talk(&mut Room::start(&["threads-dispatcher"])?)?;
    Ok(Point { talkers, threads, wait_us: nanoseconds / times / 1000.0, dispatcher })
}

fn outcome(points: &[Point]) -> Outcome {
    let (one, most) = (&points[0], &points[points.len() - 1]);
    let many = most.talkers;
    let (wait_one, wait_most) = (one.wait_us, most.wait_us);
    let [locked_one, owned_one] = [one.threads, one.dispatcher].map(Talked::cpu_us);
    let [locked_most, owned_most] = [most.threads, most.dispatcher].map(Talked::cpu_us);
    let mut claims = claims! {
        wait_most >= 4.0 * wait_one =>
            "With {many} talkers a thread waits at least 4 times as long for the lock as with one ({wait_most:.0} and \
             {wait_one:.0} µs).";
        owned_most * 1.5 <= locked_most =>
            "With {many} talkers a delivery costs the dispatcher at most two thirds of the cost under the lock \
             ({owned_most:.2} and {locked_most:.2} µs).";
    };
    // With one core, a thread mostly wants the lock when no other thread is running.
    claims[0].require_cores(2, cores());
    Outcome {
        finding: format!(
            "With one talker a delivery takes {locked_one:.1} µs of processor time under the lock and {owned_one:.1} \
             µs with the dispatcher. With {many} talkers it takes {locked_most:.1} and {owned_most:.1} µs, and \
             everybody gets {:.0} and {:.0} lines a second.",
            most.threads.lines_per_s(),
            most.dispatcher.lines_per_s(),
        ),
        measured: format!("{wait_most:.0} µs"),
        answer: format!("{wait_one:.0} µs with one talker, and {wait_most:.0} µs with {many}."),
        claims,
        figures: figures(points),
    }
}

fn figures(points: &[Point]) -> Vec<Figure> {
    let title = format!("The cost of a delivery when some people talk and {LISTENERS} more listen");
    let x = || Axis::linear("people who talk at once");
    let line = |name, value: fn(&Point) -> f64| {
        series(name, points, |point| (point.talkers as f64, value(point)))
    };
    vec![
        line_plot(
            "lock-cost",
            &title,
            "The more people talk at once, the cheaper the dispatcher gets, because a batch is one send for each \
             client. Under the lock, each line is one.",
            x(),
            Axis::linear("processor time of a delivery (µs)"),
            vec![
                line("threads, one lock", |point| point.threads.cpu_us()),
                line("threads, one dispatcher", |point| point.dispatcher.cpu_us()),
            ],
        ),
        line_plot(
            "lock-wait",
            "How long a thread waits for the lock",
            "A thread waits for all writes of the threads before it. The average includes the joining of the people, \
             which needed no wait.",
            x(),
            Axis::logarithmic("average wait for the lock (µs)"),
            vec![line("threads, one lock", |point| point.wait_us)],
        ),
    ]
}
