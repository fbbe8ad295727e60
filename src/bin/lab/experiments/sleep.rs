//! The busy loop with a pause: what a sleep buys, and what it costs.

use std::io;
use std::time::{Duration, Instant};

use chatserv::load::cost::exact_cpu;
use chatserv::load::latencies::Latencies;

use super::room::Room;
use crate::experiment::{Change, Claim, Experiment, Outcome, Setting};
use crate::figure::{Axis, Drawing, Figure, Series};
use crate::talk::Talk;

/// See the module.
pub const EXPERIMENT: Experiment = Experiment {
    name: "sleep",
    title: "A pause in the loop: latency against processor time",
    guess: "A server polls its clients, and sleeps 10 ms whenever nobody had anything to say. How many milliseconds does a line \
            take, at the median?",
    takes: Duration::from_secs(8),
    measure,
    why: [
        "While it sleeps the loop takes no core, and it hears nobody: bytes that arrive lie in the socket until the clock wakes \
         it, for a clock is all that it waits for.",
        "A line comes at any moment of the pause, so it waits half of it at the median and all of it at the worst, and the \
         waiting times draw a saw-tooth.",
        "A shorter pause makes lines faster and the rounds more frequent, and each round asks everybody, so that the price rises \
         with the number of clients.",
        "It cannot be as short as one likes either: the kernel lets a sleep last some 50 µs longer, to wake several sleepers at \
         once (prctl(2), PR_SET_TIMERSLACK), and then the thread has to get a core.",
        "One can have little processor time or little latency from a pause, and not both; who waits for the sockets instead of \
         the clock has both, since it is woken when there is something and only then.",
    ],
    change: Change {
        file: "src/bin/lab/variants/polling.rs",
        line: "thread::sleep(time);",
        try_this: "Make it `thread::yield_now();`: all pauses become one point on the right, at a whole core. To yield is to let \
                   others go first who want the core, and to be asked again at once where nobody does: it is no way to wait.",
    },
    question: "What does the shortest of these pauses cost, and is it then as fast as readiness?",
};

/// How long the loop sleeps: its argument, and the same in milliseconds. The first does not.
const PAUSES: [(&str, f64); 5] = [
    ("", 0.0),
    ("100us", 0.1),
    ("1ms", 1.0),
    ("10ms", 10.0),
    ("50ms", 50.0),
];

/// In the room.
const PEOPLE: usize = 20;

/// Between two lines. No pause is a multiple of it, so that lines come at all moments of a pause: in step with the loop, all
/// of them would wait equally long, and how long would be chance.
const EVERY: Duration = Duration::from_millis(7);

/// How long lines are said to each server.
const TALK: Duration = Duration::from_millis(1_000);
const TALK_FULL: Duration = Duration::from_millis(5_000);

/// So much of the saw-tooth is drawn, in milliseconds.
const DRAWN_MS: f64 = 400.0;

/// What came of one pause, or of readiness.
struct Tried {
    /// Milliseconds; none for readiness.
    pause: Option<f64>,
    /// Percent of a core.
    cpu: f64,
    /// Milliseconds.
    median: f64,
    /// Milliseconds.
    p99: f64,
    /// When a line was said, and how long it took to one of the hearers, in milliseconds.
    lines: Vec<(f64, f64)>,
}

fn measure(setting: &Setting) -> io::Result<Outcome> {
    let time = setting.pick(TALK, TALK_FULL);
    let mut tried = Vec::new();
    for (argument, pause) in PAUSES {
        let arguments: &[&str] = if argument.is_empty() {
            &["polling"]
        } else {
            &["polling", "--sleep", argument]
        };
        tried.push(talk(arguments, Some(pause), time)?);
    }
    let readiness = talk(&["readiness"], None, time)?;
    Ok(outcome(&tried, &readiness))
}

fn talk(arguments: &[&str], pause: Option<f64>, time: Duration) -> io::Result<Tried> {
    let mut room = Room::start(arguments)?;
    room.grow_to(PEOPLE)?;
    let talk = Talk {
        speaker: 0,
        every: EVERY,
        time,
        line_bytes: 40,
        patience: Duration::from_secs(5),
    };
    let mut latencies = Latencies::default();
    let mut lines = Vec::new();
    let ms = |time: Duration| 1e3 * time.as_secs_f64();
    let pid = room.serving.pid();
    let (began, before) = (Instant::now(), exact_cpu(pid)?);
    let told = talk.run(&mut room.crowd, PEOPLE - 1, |heard| {
        latencies.add(heard.after);
        if heard.member == PEOPLE - 1 {
            lines.push((ms(heard.said), ms(heard.after)));
        }
    })?;
    let (took, cpu) = (began.elapsed(), exact_cpu(pid)?.saturating_sub(before));
    let (Some(median), Some(p99), true) = (
        latencies.per_mille_ms(500),
        latencies.per_mille_ms(990),
        told.deliveries == told.lines * (PEOPLE - 1),
    ) else {
        return Err(io::Error::other("not every line was heard by everybody"));
    };
    Ok(Tried {
        pause,
        cpu: 100.0 * cpu.as_secs_f64() / took.as_secs_f64(),
        median,
        p99,
        lines,
    })
}

fn outcome(tried: &[Tried], readiness: &Tried) -> Outcome {
    let of = |pause: f64| tried.iter().find(|one| one.pause == Some(pause));
    let median = |pause| of(pause).map_or(f64::NAN, |one| one.median);
    let cpu = |pause| of(pause).map_or(f64::NAN, |one| one.cpu);
    let (shortest, longest) = (PAUSES[1].1, PAUSES[PAUSES.len() - 1].1);
    let has_both =
        |one: &&Tried| one.cpu < 1.2 * readiness.cpu && one.median < 1.2 * readiness.median;
    // Between the two ends: a short pause may come close to readiness where a round costs little.
    let is_end = |one: &&Tried| one.pause.is_some_and(|pause| pause == 0.0 || pause >= 10.0);
    let with_both = tried.iter().filter(is_end).filter(has_both).count();
    Outcome {
        found: format!(
            "Without a pause the loop takes {:.0} % of a core, with one of {longest} ms it takes {:.1} % and a line {:.0} ms at \
             the median; readiness takes {:.1} % and {:.2} ms.",
            cpu(0.0),
            cpu(longest),
            median(longest),
            readiness.cpu,
            readiness.median
        ),
        guessed: format!("{:.1} ms", median(10.0)),
        answer: format!(
            "with {shortest} ms a line takes {:.2} ms at the median, beside {:.2} ms with readiness, and the server {:.1} % of a \
             core beside {:.1} %: {:.1} times as much",
            median(shortest),
            readiness.median,
            cpu(shortest),
            readiness.cpu,
            cpu(shortest) / readiness.cpu
        ),
        claims: vec![
            Claim {
                says: format!(
                    "A line waits about half of a long pause: a quarter of it at the least and all of it at the most (10 ms: \
                     {:.1} ms, {longest} ms: {:.1} ms).",
                    median(10.0),
                    median(longest)
                ),
                holds: [10.0, longest]
                    .iter()
                    .all(|&pause| (0.25 * pause..pause).contains(&median(pause))),
            },
            Claim {
                says: format!(
                    "A pause of 10 ms takes at the most a fifth of the busy loop's processor time ({:.1} against {:.0} % of a \
                     core).",
                    cpu(10.0),
                    cpu(0.0)
                ),
                holds: 5.0 * cpu(10.0) < cpu(0.0),
            },
            Claim {
                says: format!(
                    "With the longest pause a line takes at least 10 times as long as with readiness ({:.1} against {:.2} ms).",
                    median(longest),
                    readiness.median
                ),
                holds: median(longest) > 10.0 * readiness.median,
            },
            Claim {
                says: format!(
                    "Neither the busy loop nor a pause of 10 or 50 ms comes within a fifth of readiness in both, processor time and \
                     latency ({with_both} of 3 do)."
                ),
                holds: with_both == 0,
            },
        ],
        figures: vec![corner(tried, readiness), saw_tooth(tried, readiness)],
    }
}

/// Latency against processor time.
fn corner(tried: &[Tried], readiness: &Tried) -> Figure {
    let series = |name: &str, of: &[Tried], latency: fn(&Tried) -> f64| Series {
        name: name.to_owned(),
        points: of.iter().map(|one| (one.cpu, latency(one))).collect(),
    };
    let readiness = std::slice::from_ref(readiness);
    Figure {
        name: "sleep".to_owned(),
        title: "Pauses of 0, 0.1, 1, 10 and 50 ms, from right to left".to_owned(),
        see: "Who polls walks along the line, from a busy core to late lines; who waits for the sockets stands in the corner."
            .to_owned(),
        drawing: Drawing::Lines {
            x: Axis::logarithmic("processor time (% of a core)"),
            y: Axis::logarithmic("latency (ms)"),
            series: vec![
                series("polling, median", tried, |one| one.median),
                series("polling, p99", tried, |one| one.p99),
                series("readiness, median", readiness, |one| one.median),
                series("readiness, p99", readiness, |one| one.p99),
            ],
        },
    }
}

/// The latency of each line, as they were said.
fn saw_tooth(tried: &[Tried], readiness: &Tried) -> Figure {
    let drawn = |name: &str, of: &Tried| Series {
        name: name.to_owned(),
        points: (of.lines.iter().copied())
            .filter(|(said, _)| *said < DRAWN_MS)
            .collect(),
    };
    let mut series: Vec<Series> = tried
        .iter()
        .filter_map(|one| Some((one, one.pause.filter(|pause| *pause >= 10.0)?)))
        .map(|(one, pause)| drawn(&format!("a pause of {pause} ms"), one))
        .collect();
    series.push(drawn("readiness", readiness));
    Figure {
        name: "sleep-saw-tooth".to_owned(),
        title: "How long each line took that was said in a pause".to_owned(),
        see: "A line that is said just after the loop has fallen asleep waits for the whole pause, the next ones for less and less."
            .to_owned(),
        drawing: Drawing::Lines {
            x: Axis::linear("when it was said (ms)"),
            y: Axis::linear("latency (ms)"),
            series,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(pause: Option<f64>, cpu: f64, median: f64) -> Tried {
        Tried {
            pause,
            cpu,
            median,
            p99: 2.0 * median,
            lines: vec![(0.0, median), (DRAWN_MS, median)],
        }
    }

    fn pauses(median: [f64; 5], cpu: [f64; 5]) -> Vec<Tried> {
        (0..5)
            .map(|at| one(Some(PAUSES[at].1), cpu[at], median[at]))
            .collect()
    }

    #[test]
    fn the_claims_tell_a_trade_from_a_gift() {
        let holding = |tried: &[Tried]| -> Vec<bool> {
            let outcome = outcome(tried, &one(None, 1.5, 0.1));
            outcome.claims.iter().map(|claim| claim.holds).collect()
        };
        let cpu = [99.0, 9.0, 3.0, 1.0, 0.8];
        let traded = pauses([0.1, 0.2, 0.7, 5.0, 25.0], cpu);
        assert_eq!(holding(&traded), [true; 4]);
        let given = pauses([0.1; 5], [1.5; 5]);
        assert_eq!(holding(&given), [false; 4]);
    }

    #[test]
    fn the_saw_tooth_shows_the_long_pauses_beside_readiness() {
        let figure = saw_tooth(&pauses([1.0; 5], [1.0; 5]), &one(None, 1.0, 1.0));
        let Drawing::Lines { series, .. } = figure.drawing else {
            unreachable!("it draws lines");
        };
        let names: Vec<&str> = series.iter().map(|series| series.name.as_str()).collect();
        assert_eq!(names, ["a pause of 10 ms", "a pause of 50 ms", "readiness"]);
        assert!(series.iter().all(|series| series.points.len() == 1));
    }
}
