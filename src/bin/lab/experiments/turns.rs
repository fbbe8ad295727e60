//! Readers that wait for their turn against readers that push on, while more and more people flood the chat.

use std::io;
use std::time::Duration;

use super::room::Room;
use super::talkers::{Talked, Talkers};
use crate::experiment::{
    Change, Claim, Experiment, Outcome, Setting, claims, cores, line_plot, series,
};
use crate::figure::{Axis, Figure};
use crate::source::Function;

pub const EXPERIMENT: Experiment = Experiment {
    name: "turns",
    title: "Waiting for a turn",
    guess: "32 people flood the chat, and each reader passes on its input at once. How often is a thread woken for 100 \
            lines?",
    takes: Duration::from_secs(9),
    measure,
    why: [
        "A reader that pushes on passes on each line as it arrives, and sleeps in its next read. In a flood, nearly \
         every line wakes it.",
        "A reader that waits for its turn leaves new input in the socket. The next read returns many lines for one \
         wake-up.",
        "What arrives while the dispatcher writes becomes its next batch in both cases. Readers that push on send one \
         event for each line, and readers that wait send one for each person, which costs less.",
        "A turn has a cost: giving it wakes a reader. If each line is sent just when the previous one has arrived, the \
         reader sleeps twice for a line, once in the read and once for the turn.",
        "The purpose of turns is in none of the plots. Each connection has at most one event under way, so the inbox \
         cannot grow beyond the number of people, and no line waits behind all the lines of somebody else.",
    ],
    functions: &[
        Function::new("src/server/turn.rs", "pub fn wait("),
        Function::new("src/server/turn.rs", "pub fn give("),
    ],
    change: Change {
        file: "src/bin/lab/experiments/turns.rs",
        line: "let load = Talkers { talkers, listeners: 20, under_way: 32, time };",
        try_this: "Set `under_way` to 1, so nobody floods the chat. The two curves of the wake-ups change places: a turn that \
                   comes too late to help costs one more wake-up for each line.",
    },
    question: "How many wake-ups does a line cost with one talker, and with 32?",
};

/// How many people talk at once.
const TALKERS: [usize; 6] = [1, 2, 4, 8, 16, 32];

/// The two kinds of readers, with their names in the plot and the arguments of their server.
const MODES: [(&str, &[&str]); 2] =
    [("wait for the turn", &["turns"]), ("push on", &["turns", "--push-on"])];

struct Point {
    talkers: usize,
    /// The average number of lines in a batch of the dispatcher.
    batch_lines: f64,
    talked: Talked,
}

fn measure(setting: &Setting) -> io::Result<Outcome> {
    let time = setting.pick(Duration::from_millis(500), Duration::from_secs(5));
    let mut modes = Vec::new();
    for (_, arguments) in MODES {
        let points = TALKERS.map(|talkers| point(arguments, talkers, time));
        modes.push(points.into_iter().collect::<io::Result<Vec<Point>>>()?);
    }
    Ok(outcome(&modes))
}

fn point(arguments: &[&str], talkers: usize, time: Duration) -> io::Result<Point> {
    let load = Talkers { talkers, listeners: 20, under_way: 32, time };
    let mut room = Room::start(arguments)?;
    let talked = load.talk(&mut room)?;
    // This includes the few batches in which people joined.
    let [batches, lines] = room.server.finish("batches: ")?;
    Ok(Point { talkers, batch_lines: lines / batches, talked })
}

fn outcome(modes: &[Vec<Point>]) -> Outcome {
    let (waiting, pushing) = (&modes[0], &modes[1]);
    let last = TALKERS.len() - 1;
    let many = TALKERS[last];
    let ends = |points: &[Point]| [0, last].map(|at| points[at].talked.wakeups());
    let ([wait_one, wait_many], [push_one, push_many]) = (ends(waiting), ends(pushing));
    let (wait, push) = (&waiting[last], &pushing[last]);
    let [wait_us, push_us] = [wait, push].map(|point| point.talked.cpu_us());
    let average = |points: &[Point]| {
        points.iter().map(|point| point.talked.wakeups()).sum::<f64>() / TALKERS.len() as f64
    };
    Outcome {
        finding: format!(
            "With {many} people who flood, readers that wait are woken {wait_many:.2} times for each line, and readers \
             that push on {push_many:.2} times. The dispatcher takes {:.0} and {:.0} lines at once, and a delivery \
             costs {wait_us:.2} and {push_us:.2} µs of processor time.",
            wait.batch_lines, push.batch_lines
        ),
        measured: format!("{:.0} times", 100.0 * push_many),
        answer: format!(
            "{wait_one:.2} and {wait_many:.2} if readers wait for their turn, and {push_one:.2} and {push_many:.2} if \
             they push on."
        ),
        claims: claims(average(waiting), average(pushing), cores()),
        figures: figures(modes),
    }
}

fn claims(waiting: f64, pushing: f64, cores: usize) -> Vec<Claim> {
    let mut claims = claims! {
        2.0 * waiting <= pushing =>
            "In a flood, readers that wait for their turn cause at most half the wake-ups of readers that push on \
             ({waiting:.2} and {pushing:.2} for each line, on average).";
    };
    // With one core, no input arrives while the dispatcher writes, so both kinds of readers find as many lines at once.
    claims[0].require_cores(2, cores);
    claims
}

fn figures(modes: &[Vec<Point>]) -> Vec<Figure> {
    let plot = |name, title, see, y: &str, value: fn(&Point) -> f64| {
        let lines = MODES.iter().zip(modes).map(|((name, _), points)| {
            series(name, points, |point| (point.talkers as f64, value(point)))
        });
        let x = Axis::linear("people who flood at once");
        line_plot(name, title, see, x, Axis::linear(y), lines.collect())
    };
    vec![
        plot(
            "turns-wakeups",
            "How often a thread is woken for a line",
            "The more people flood, the nearer a reader that pushes on comes to one wake-up for each line. A reader that \
             waits finds many lines at once.",
            "wake-ups for a line",
            |point| point.talked.wakeups(),
        ),
        plot(
            "turns-batch",
            "How many lines the dispatcher takes together",
            "A batch is what has arrived while the last one was written: one event for each line, or one for each \
             person.",
            "lines in a batch",
            |point| point.batch_lines,
        ),
        plot(
            "turns-cost",
            "The cost of a delivery",
            "A batch is one write to each person, so a larger batch makes a delivery cheaper. With one talker, both \
             kinds of readers cause batches of the same size, and cost the same.",
            "processor time of a delivery (µs)",
            |point| point.talked.cpu_us(),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_core_is_not_judged() {
        assert!(claims(0.2, 0.5, 2)[0].holds && !claims(0.4, 0.5, 2)[0].holds);
        let one = claims(0.4, 0.5, 1).remove(0);
        assert!(one.holds && one.says.ends_with("this machine has 1.)"));
    }
}
