//! One owner or one lock: the dispatcher against a mutex over the map, under more and more people who talk at once.

mod point;

use std::io;
use std::time::Duration;

use crate::experiment::{Change, Claim, Experiment, Outcome, Setting, cores};
use crate::figure::{Axis, Drawing, Figure, Series};
use point::{LISTENERS, Point};

/// See the module.
pub const EXPERIMENT: Experiment = Experiment {
    name: "lock",
    title: "One owner, or one lock",
    guess: "16 people talk at once in a room of 100 more, and each line is written under one lock. How many microseconds does \
            a thread wait for the lock, on average?",
    takes: Duration::from_secs(9),
    measure,
    why: [
        "Taking a lock that nobody holds is one atomic instruction, and the kernel hears nothing of it (futex(7)): with one \
         talker there is next to nothing to wait for.",
        "But here whoever holds it writes to all the others, and each write is a system call that takes microseconds, so \
         that one line holds the lock for more than a hundred of them.",
        "With 16 talkers, up to 15 threads sleep in futex(2) behind the one that writes, and each has waited for all the \
         writes of those before it.",
        "The dispatcher alone has the map, so nobody waits for it: a reader puts what it has read into a channel, which \
         takes a few atomic instructions, and goes back to its read.",
        "What has come in the meantime the dispatcher takes as one batch, and sends everybody all of it by one system call: \
         the more people talk at once, the less a delivery costs.",
    ],
    change: Change {
        file: "src/bin/lab/experiments/lock/point.rs",
        line: "under_way: 1,",
        try_this: "Make it 8, so that one read brings several lines. A delivery by the thread with the lock costs about half \
                   then, though it has waited longer for the lock: it was the batch that saved, not the missing lock.",
    },
    question: "How long did a thread wait for the lock on average, with one talker and with 16?",
};

/// How many talk at once.
const TALKERS: [usize; 5] = [1, 2, 4, 8, 16];

fn measure(setting: &Setting) -> io::Result<Outcome> {
    let time = setting.pick(Duration::from_millis(600), Duration::from_secs(5));
    let points = TALKERS
        .iter()
        .map(|&talkers| Point::measure(talkers, time))
        .collect::<io::Result<Vec<Point>>>()?;
    let (one, most) = (&points[0], &points[points.len() - 1]);
    let many = most.talkers;
    Ok(Outcome {
        figures: vec![cost(&points), wait(&points)],
        found: format!(
            "With one talker a delivery takes {:.1} µs of processor time under the lock and {:.1} µs by the dispatcher; with \
             {many} it takes {:.1} µs and {:.1} µs, and {:.0} and {:.0} lines a second are heard by everybody.",
            one.threads.cpu_us(),
            one.dispatcher.cpu_us(),
            most.threads.cpu_us(),
            most.dispatcher.cpu_us(),
            most.threads.lines_per_s(),
            most.dispatcher.lines_per_s(),
        ),
        guessed: format!("{:.0} µs", most.wait_us),
        answer: format!(
            "{:.0} µs with one talker, and {:.0} µs with {many}.",
            one.wait_us, most.wait_us
        ),
        claims: vec![
            // With one core, whoever wants the lock runs mostly when nobody else does.
            Claim::needs_cores(
                2,
                cores(),
                format!(
                    "With {many} talkers a thread waits at least 4 times as long for the lock as with one ({:.0} µs, {:.0} µs).",
                    most.wait_us, one.wait_us
                ),
                most.wait_us >= 4.0 * one.wait_us,
            ),
            Claim {
                says: format!(
                    "With {many} talkers a delivery costs the dispatcher at most two thirds of what it costs under the lock \
                     ({:.2} µs, {:.2} µs).",
                    most.dispatcher.cpu_us(),
                    most.threads.cpu_us(),
                ),
                holds: most.dispatcher.cpu_us() * 1.5 <= most.threads.cpu_us(),
            },
        ],
    })
}

fn cost(points: &[Point]) -> Figure {
    let series = |name: &str, value: fn(&Point) -> f64| Series {
        name: name.to_owned(),
        points: over_talkers(points, value),
    };
    Figure {
        name: "lock-cost".to_owned(),
        title: format!("What a delivery costs when some talk and {LISTENERS} more listen"),
        see: "The dispatcher gets cheaper the more people talk at once, since a batch is one send for each person; under the \
              lock each line is one."
            .to_owned(),
        drawing: Drawing::Lines {
            x: Axis::linear("people who talk at once"),
            y: Axis::linear("processor time for a delivery (µs)"),
            series: vec![
                series("threads, one lock", |point| point.threads.cpu_us()),
                series("threads, one dispatcher", |point| point.dispatcher.cpu_us()),
            ],
        },
    }
}

fn wait(points: &[Point]) -> Figure {
    Figure {
        name: "lock-wait".to_owned(),
        title: "How long a thread waits for the lock".to_owned(),
        see: "The wait is that of all the writes which those before it make while they hold the lock. The average is over all times that \
              it was taken, also when people came in, one after the other and without a wait."
            .to_owned(),
        drawing: Drawing::Lines {
            x: Axis::linear("people who talk at once"),
            y: Axis::logarithmic("average wait for the lock (µs)"),
            series: vec![Series {
                name: "threads, one lock".to_owned(),
                points: over_talkers(points, |point| point.wait_us),
            }],
        },
    }
}

fn over_talkers(points: &[Point], value: fn(&Point) -> f64) -> Vec<(f64, f64)> {
    points
        .iter()
        .map(|point| (point.talkers as f64, value(point)))
        .collect()
}
