//! A look at the threads: a server under a small load writes a trace, and the trace becomes a time line.

mod load;
mod timeline;

use std::io;
use std::time::Duration;

use crate::experiment::{Change, Claim, Experiment, Outcome, Setting};
use crate::figure::{Axis, Drawing, Figure};
use load::record;
use timeline::Timeline;

/// See the module.
pub const EXPERIMENT: Experiment = Experiment {
    name: "trace",
    title: "Trace: what each thread does, and when",
    guess: "Five people say 1,000 lines a second together. What share of its time does each one's thread not spend waiting, \
            in percent?",
    takes: Duration::from_secs(2),
    measure,
    why: [
        "A thread that waits in `read` is in no queue of the scheduler: it costs memory and no time, and is woken when its \
         socket has something.",
        "So the rows of the readers are one long wait with needles in it, and most of a needle is the wake-up of the \
         dispatcher, by the inbox.",
        "The dispatcher's row is the busy one: it takes what has gathered, lets the Hub say what is to be done, and then calls \
         `send` once for each who is to hear of it.",
        "Waiting for a turn is seldom seen with so few: a reader reads on while the dispatcher works, and its turn is back \
         before it needs it (`src/server/turn.rs`).",
        "None of the rows overlaps with itself, as each thread does one thing at a time, and what runs side by side are rows: \
         that is what a picture of threads can show and a log cannot.",
    ],
    change: Change {
        file: "src/bin/lab/experiments/trace/load.rs",
        line: "const SAYS_EVERY: Duration = Duration::from_millis(1);",
        try_this: "Make it from_micros(50): the dispatcher's row fills, its spans become longer since more has gathered each \
                   time, and now readers are seen to wait for their turn.",
    },
    question: "Where does the dispatcher spend more of its time: in the Hub and the codec, or in `send`?",
};

/// The name of the trace, beside the plots.
const TRACE: &str = "trace.json";

/// How much of the trace is drawn, in milliseconds. It is taken from the middle.
const DRAWN_MS: f64 = 8.0;

/// Less of its time than this, in percent, is not worth a bar: starting, mostly.
const SHOWN_PERCENT_MIN: f64 = 0.05;

/// What a thread is doing that waits for somebody else. (What the codec makes of the bytes counts as `in read`: nothing is
/// noted between the two.)
const WAITS: [&str; 4] = [
    "in read",
    "waiting for its turn",
    "waiting for events",
    "in accept",
];

fn measure(setting: &Setting) -> io::Result<Outcome> {
    let path = setting.folder.join(TRACE);
    let lines = record(&path)?;
    let timeline = Timeline::read(&path)?;
    let share = |role, activity| timeline.share(role, activity);
    let busy = |role| 100.0 - WAITS.iter().map(|wait| share(role, wait)).sum::<f64>();
    let (reader, dispatcher) = (busy("reader"), busy("dispatcher"));
    let (thinking, sending) = (
        share("dispatcher", "dispatching"),
        share("dispatcher", "sending to sockets"),
    );
    let read = share("reader", "in read");
    Ok(Outcome {
        found: format!(
            "While {lines} lines were said, a reader was in `read` for {read:.1} % of its time and the dispatcher worked for \
             {dispatcher:.1} %. Open {} in ui.perfetto.dev.",
            path.display()
        ),
        guessed: format!("{reader:.2} %"),
        answer: format!(
            "{thinking:.1} % of its time in the Hub and the codec, {sending:.1} % in `send`"
        ),
        claims: vec![
            Claim {
                says: format!(
                    "A reader spends at least four fifths of its time in `read` ({read:.1} %)."
                ),
                holds: read >= 80.0,
            },
            Claim {
                says: format!(
                    "The dispatcher works at least twice as much as a reader ({dispatcher:.2} % against {reader:.2} %)."
                ),
                holds: dispatcher >= 2.0 * reader,
            },
        ],
        figures: figures(&timeline),
    })
}

fn figures(timeline: &Timeline) -> Vec<Figure> {
    let shares = timeline.shares();
    vec![
        Figure {
            name: "trace".to_owned(),
            title: format!("What the threads of a server do in {DRAWN_MS} ms"),
            see: "The rows of readers are one wait with needles in it; the dispatcher's is where the work is.".to_owned(),
            drawing: Drawing::Spans {
                x: Axis::linear("time (ms)"),
                rows: timeline.rows(DRAWN_MS),
            },
        },
        Figure {
            name: "trace-shares".to_owned(),
            title: "What each kind of thread does with its time".to_owned(),
            see: "All wait for most of the time; the dispatcher for the least.".to_owned(),
            drawing: Drawing::Bars {
                y: Axis::logarithmic("share of its time (%)"),
                bars: shares
                    .into_iter()
                    .filter(|&(_, _, share)| share >= SHOWN_PERCENT_MIN)
                    .map(|(role, activity, share)| (format!("{role}: {activity}"), share))
                    .collect(),
            },
        },
    ]
}
