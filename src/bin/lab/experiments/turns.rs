//! Readers that wait for their turn, against readers that push on, while more and more people flood the chat.

mod mode;

use std::io;
use std::time::Duration;

use crate::experiment::{Change, Claim, Experiment, Outcome, Setting, cores};
use crate::figure::{Axis, Drawing, Figure, Series};
use mode::{Mode, Point};

/// See the module.
pub const EXPERIMENT: Experiment = Experiment {
    name: "turns",
    title: "Waiting for one's turn",
    guess: "32 people flood the chat, and each reader hands on what it has read at once. How often is a thread woken for \
            100 lines?",
    takes: Duration::from_secs(9),
    measure,
    why: [
        "A reader that pushes on reads a line as soon as it comes, hands it on and sleeps in its next read, so that in a \
         flood nearly every line wakes it: a switch of threads each time.",
        "A reader that waits for its turn leaves what comes in the socket meanwhile, and the kernel gathers it: the next \
         read brings many lines for one wake-up.",
        "What comes while the dispatcher writes is its next batch in any case: from readers that push on in a piece for \
         every line, from readers that wait in one piece for each person, which costs less to hand over.",
        "A turn is no gift: giving it wakes a reader, and whoever says the next line just when the last one is heard makes \
         their reader sleep twice for it, once in the read and once for the turn.",
        "What turns are for, no curve here shows: each connection has one event under way at the most, so that the inbox \
         cannot grow beyond the number of people, and nobody's line stands behind all that somebody else has to say.",
    ],
    change: Change {
        file: "src/bin/lab/experiments/turns/mode.rs",
        line: "under_way: 32,",
        try_this: "Make it 1: nobody floods now, and the curves of the wake-ups change places. One more for each line is \
                   the price of a turn where it came too late to be of use.",
    },
    question: "How many wake-ups does a line cost with one talker, and with 32?",
};

/// How many talk at once.
const TALKERS: [usize; 6] = [1, 2, 4, 8, 16, 32];

/// What the two ways are called in the picture, in the order of the outcomes.
const MODES: [&str; 2] = ["wait for the turn", "push on"];

fn measure(setting: &Setting) -> io::Result<Outcome> {
    let time = setting.pick(Duration::from_millis(500), Duration::from_secs(5));
    let of_mode = |mode: Mode| {
        let points = TALKERS.iter().map(|&talkers| mode.measure(talkers, time));
        points.collect::<io::Result<Vec<Point>>>()
    };
    let (waiting, pushing) = (of_mode(Mode::Wait)?, of_mode(Mode::PushOn)?);
    let last = TALKERS.len() - 1;
    let many = TALKERS[last];
    let woken = |points: &[Point]| {
        points
            .iter()
            .map(|point| point.talked.wakeups())
            .sum::<f64>()
    };
    let (few, often) = (woken(&waiting), woken(&pushing));
    let runs = TALKERS.len() as f64;
    Ok(Outcome {
        found: format!(
            "With {many} who flood, readers that wait are woken {:.2} times for a line and readers that push on {:.2} times; \
             the dispatcher takes {:.0} and {:.0} lines at once, and a delivery costs {:.2} µs and {:.2} µs of processor time.",
            waiting[last].talked.wakeups(),
            pushing[last].talked.wakeups(),
            waiting[last].batch_lines,
            pushing[last].batch_lines,
            waiting[last].talked.cpu_us(),
            pushing[last].talked.cpu_us(),
        ),
        guessed: format!("{:.0} times", 100.0 * pushing[last].talked.wakeups()),
        answer: format!(
            "{:.2} and {:.2} where readers wait for their turn; {:.2} and {:.2} where they push on.",
            waiting[0].talked.wakeups(),
            waiting[last].talked.wakeups(),
            pushing[0].talked.wakeups(),
            pushing[last].talked.wakeups(),
        ),
        claims: vec![claim(few / runs, often / runs, cores())],
        figures: figures(&[waiting, pushing]),
    })
}

/// With one core nothing comes while the dispatcher writes: readers that push on find as many lines at once as the others.
fn claim(waiting: f64, pushing: f64, cores: usize) -> Claim {
    let says = format!(
        "In a flood, readers that wait for their turn cause at most half the wake-ups of those that push on ({waiting:.2} and \
         {pushing:.2} for a line, over all numbers of talkers)."
    );
    Claim::needs_cores(2, cores, says, 2.0 * waiting <= pushing)
}

fn figures(outcomes: &[Vec<Point>; 2]) -> Vec<Figure> {
    let figure = |name: &str, title: &str, see: &str, label: &str, value: fn(&Point) -> f64| {
        let series = MODES.iter().zip(outcomes).map(|(&mode, points)| Series {
            name: mode.to_owned(),
            points: points
                .iter()
                .map(|point| (point.talkers as f64, value(point)))
                .collect(),
        });
        Figure {
            name: name.to_owned(),
            title: title.to_owned(),
            see: see.to_owned(),
            drawing: Drawing::Lines {
                x: Axis::linear("people who flood at once"),
                y: Axis::linear(label),
                series: series.collect(),
            },
        }
    };
    vec![
        figure(
            "turns-wakeups",
            "How often a thread is woken for a line",
            "Readers that push on are woken by nearly every line; those that wait find many lines at once.",
            "wake-ups for a line",
            |point| point.talked.wakeups(),
        ),
        figure(
            "turns-batch",
            "How many lines the dispatcher takes together",
            "What has come while the last batch was written is the next one: in a piece for each line, or in one for each person.",
            "lines in a batch",
            |point| point.batch_lines,
        ),
        figure(
            "turns-cost",
            "What a delivery costs",
            "A wake-up that was saved is only a part of what a delivery costs: the writes to everybody are the same.",
            "processor time for a delivery (µs)",
            |point| point.talked.cpu_us(),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_core_is_not_judged() {
        assert!(claim(0.2, 0.5, 2).holds && !claim(0.4, 0.5, 2).holds);
        let one = claim(0.4, 0.5, 1);
        assert!(one.holds && one.says.ends_with("this machine has 1.)"));
    }
}
