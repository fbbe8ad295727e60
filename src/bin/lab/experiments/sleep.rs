//! The busy loop with a sleep: what it gains, and what it costs.

use std::io;
use std::time::{Duration, Instant};

use chatserv::load::cost::exact_cpu;
use chatserv::load::latencies::Latencies;

use super::room::Room;
use super::talk::Talk;
use crate::experiment::{Change, Experiment, Outcome, Setting, claims, line_plot, series};
use crate::figure::{Axis, Figure, Series};
use crate::source::Function;

pub const EXPERIMENT: Experiment = Experiment {
    name: "sleep",
    title: "A sleep in the loop: latency against processor time",
    guess: "A server polls its clients, and sleeps 10 ms whenever there was no input. What is the median latency of a \
            line, in milliseconds?",
    takes: Duration::from_secs(8),
    measure,
    why: [
        "While it sleeps, the loop uses no core and hears nobody. Input stays in the socket until the clock wakes the \
         loop.",
        "A line arrives at any moment of the sleep. It waits half of it at the median and all of it at worst: a \
         saw-tooth.",
        "A shorter sleep reduces the latency, but each round asks all clients, so the cost grows with their number.",
        "A sleep cannot be arbitrarily short: the kernel adds some 50 µs to wake several sleepers at once (prctl(2), \
         PR_SET_TIMERSLACK), and then the thread has to get a core.",
        "So a sleep trades processor time for latency. A server that waits for its sockets is woken exactly when there \
         is input.",
    ],
    functions: &[Function::new("src/bin/lab/variants/polling.rs", "fn serve(")],
    change: Change {
        file: "src/bin/lab/variants/polling.rs",
        line: "thread::sleep(time);",
        try_this: "Replace it with `thread::yield_now();`. All sleeps become one point on the right, at a whole core. \
                   Yielding lets other threads go first, and returns at once if there are none. It is no way to wait.",
    },
    question: "What does the shortest of these sleeps cost, and is it as fast as readiness?",
};

/// The sleeps: the argument, and the same in milliseconds.
const SLEEPS: [(&str, f64); 5] =
    [("", 0.0), ("100us", 0.1), ("1ms", 1.0), ("10ms", 10.0), ("50ms", 50.0)];

const PEOPLE: usize = 20;

/// The time between two lines. No sleep is a multiple of it, so the lines arrive at all moments of a sleep. In step
/// with the loop, all would have the same latency, by chance.
const EVERY: Duration = Duration::from_millis(7);

/// How long the talk at each server lasts.
const TALK: Duration = Duration::from_millis(1_000);
const TALK_FULL: Duration = Duration::from_millis(5_000);

/// How much of the saw-tooth the plot shows, in milliseconds.
const DRAWN_MS: f64 = 400.0;

struct Measured {
    /// In milliseconds; nothing for readiness.
    sleep: Option<f64>,
    /// In percent of a core.
    cpu: f64,
    median_ms: f64,
    p99_ms: f64,
    /// When each line was sent, and its latency to one of the hearers, in milliseconds.
    lines: Vec<(f64, f64)>,
}

fn measure(setting: &Setting) -> io::Result<Outcome> {
    let time = setting.pick(TALK, TALK_FULL);
    let mut polling = Vec::new();
    for (argument, sleep) in SLEEPS {
        let arguments = ["polling", "--sleep", argument];
        let count = if argument.is_empty() { 1 } else { 3 };
        polling.push(talk(&arguments[..count], Some(sleep), time)?);
    }
    let readiness = talk(&["readiness"], None, time)?;
    Ok(outcome(&polling, &readiness))
}

fn talk(arguments: &[&str], sleep: Option<f64>, time: Duration) -> io::Result<Measured> {
    let mut room = Room::start(arguments)?;
    room.grow_to(PEOPLE)?;
    let talk =
        Talk { speaker: 0, every: EVERY, time, line_bytes: 40, patience: Duration::from_secs(5) };
    let mut latencies = Latencies::default();
    let mut lines = Vec::new();
    let ms = |time: Duration| 1e3 * time.as_secs_f64();
    let pid = room.server.pid();
    let (began, before) = (Instant::now(), exact_cpu(pid)?);
    let totals = talk.run(&mut room.crowd, PEOPLE - 1, |heard| {
        latencies.add(heard.latency);
        if heard.member == PEOPLE - 1 {
            lines.push((ms(heard.sent), ms(heard.latency)));
        }
    })?;
    let (took, cpu) = (began.elapsed(), exact_cpu(pid)?.saturating_sub(before));
    let (Some(median_ms), Some(p99_ms), true) = (
        latencies.per_mille_ms(500),
        latencies.per_mille_ms(990),
        totals.deliveries == totals.lines * (PEOPLE - 1),
    ) else {
        return Err(io::Error::other("a line did not reach everybody"));
    };
    let cpu = 100.0 * cpu.as_secs_f64() / took.as_secs_f64();
    Ok(Measured { sleep, cpu, median_ms, p99_ms, lines })
}

fn outcome(polling: &[Measured], readiness: &Measured) -> Outcome {
    let of = |sleep: f64| polling.iter().find(|one| one.sleep == Some(sleep));
    let median = |sleep| of(sleep).map_or(f64::NAN, |one| one.median_ms);
    let cpu = |sleep| of(sleep).map_or(f64::NAN, |one| one.cpu);
    let (shortest, longest) = (SLEEPS[1].1, SLEEPS[SLEEPS.len() - 1].1);
    let (busy_cpu, short_cpu, long_cpu) = (cpu(0.0), cpu(shortest), cpu(longest));
    let (short_ms, long_ms) = (median(shortest), median(longest));
    let (ready_cpu, ready_ms) = (readiness.cpu, readiness.median_ms);
    let ratio = short_cpu / ready_cpu;
    let has_both = |one: &&Measured| one.cpu < 1.2 * ready_cpu && one.median_ms < 1.2 * ready_ms;
    // Only the extremes: a short sleep may come close to readiness if a round costs little.
    let is_extreme = |one: &&Measured| one.sleep.is_some_and(|sleep| sleep == 0.0 || sleep >= 10.0);
    let with_both = polling.iter().filter(is_extreme).filter(has_both).count();
    Outcome {
        finding: format!(
            "Without a sleep the loop takes {busy_cpu:.0} % of a core. With a sleep of {longest} ms it takes \
             {long_cpu:.1} %, and the median latency is {long_ms:.0} ms. Readiness takes {ready_cpu:.1} % and \
             {ready_ms:.2} ms."
        ),
        measured: format!("{:.1} ms", median(10.0)),
        answer: format!(
            "With {shortest} ms the median latency is {short_ms:.2} ms, and {ready_ms:.2} ms with readiness. The \
             server takes {short_cpu:.1} % of a core, and {ready_cpu:.1} % with readiness: {ratio:.1} times as much."
        ),
        claims: claims! {
            [10.0, longest].iter().all(|&sleep| (0.25 * sleep..sleep).contains(&median(sleep))) =>
                "A line waits about half of a long sleep: between a quarter of it and all of it (10 ms: {:.1} ms, \
                 {longest} ms: {long_ms:.1} ms).", median(10.0);
            5.0 * cpu(10.0) < busy_cpu =>
                "With a sleep of 10 ms the loop takes at most a fifth of the processor time ({:.1} and {busy_cpu:.0} % \
                 of a core).", cpu(10.0);
            long_ms > 10.0 * ready_ms =>
                "With the longest sleep the latency is at least 10 times that of readiness ({long_ms:.1} and \
                 {ready_ms:.2} ms).";
            with_both == 0 =>
                "Neither the busy loop nor a sleep of 10 or 50 ms comes within a fifth of readiness in both processor \
                 time and latency ({with_both} of 3 do).";
        },
        figures: vec![trade(polling, readiness), saw_tooth(polling, readiness)],
    }
}

/// Latency against processor time.
fn trade(polling: &[Measured], readiness: &Measured) -> Figure {
    let readiness = std::slice::from_ref(readiness);
    line_plot(
        "sleep",
        "Sleeps of 0, 0.1, 1, 10 and 50 ms, from right to left",
        "Polling moves along the line, from a busy core to late lines. Waiting for the sockets is in the corner.",
        Axis::logarithmic("processor time (% of a core)"),
        Axis::logarithmic("latency (ms)"),
        vec![
            series("polling, median", polling, |one| (one.cpu, one.median_ms)),
            series("polling, p99", polling, |one| (one.cpu, one.p99_ms)),
            series("readiness, median", readiness, |one| (one.cpu, one.median_ms)),
            series("readiness, p99", readiness, |one| (one.cpu, one.p99_ms)),
        ],
    )
}

/// The latency of each line, by the time when it was sent.
fn saw_tooth(polling: &[Measured], readiness: &Measured) -> Figure {
    let drawn = |name: &str, of: &Measured| Series {
        name: name.to_owned(),
        points: (of.lines.iter().copied()).filter(|(sent, _)| *sent < DRAWN_MS).collect(),
    };
    let long = polling.iter().filter_map(|one| Some((one, one.sleep.filter(|ms| *ms >= 10.0)?)));
    let mut series: Vec<Series> =
        long.map(|(one, sleep)| drawn(&format!("a sleep of {sleep} ms"), one)).collect();
    series.push(drawn("readiness", readiness));
    line_plot(
        "sleep-saw-tooth",
        "The latency of each line",
        "A line sent just after the loop falls asleep waits for the whole sleep; the next ones wait less and less.",
        Axis::linear("when it was sent (ms)"),
        Axis::linear("latency (ms)"),
        series,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::holding;
    use crate::figure::Drawing;

    fn one(sleep: Option<f64>, cpu: f64, median_ms: f64) -> Measured {
        Measured {
            sleep,
            cpu,
            median_ms,
            p99_ms: 2.0 * median_ms,
            lines: vec![(0.0, median_ms), (DRAWN_MS, median_ms)],
        }
    }

    fn all(median: [f64; 5], cpu: [f64; 5]) -> Vec<Measured> {
        (0..5).map(|at| one(Some(SLEEPS[at].1), cpu[at], median[at])).collect()
    }

    #[test]
    fn the_claims_hold_only_if_a_sleep_trades_latency_for_time() {
        let readiness = one(None, 1.5, 0.1);
        let traded = all([0.1, 0.2, 0.7, 5.0, 25.0], [99.0, 9.0, 3.0, 1.0, 0.8]);
        assert_eq!(holding(&outcome(&traded, &readiness)), [true; 4]);
        let given = all([0.1; 5], [1.5; 5]);
        assert_eq!(holding(&outcome(&given, &readiness)), [false; 4]);
    }

    #[test]
    fn the_saw_tooth_shows_the_long_sleeps_and_readiness() {
        let figure = saw_tooth(&all([1.0; 5], [1.0; 5]), &one(None, 1.0, 1.0));
        let Drawing::Lines { series, .. } = figure.drawing else {
            unreachable!("it draws lines");
        };
        let names: Vec<&str> = series.iter().map(|series| series.name.as_str()).collect();
        assert_eq!(names, ["a sleep of 10 ms", "a sleep of 50 ms", "readiness"]);
        assert!(series.iter().all(|series| series.points.len() == 1));
    }
}
