//! A look at the threads: a server under a small load writes a trace, which becomes a timeline.

mod timeline;

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use chatserv::config::Config;
use chatserv::load::Names;
use chatserv::load::crowd::Crowd;
use chatserv::load::dialect::Role;

use crate::experiment::{Change, Experiment, Outcome, Setting, claims, figure};
use crate::figure::{Axis, Drawing, Figure};
use crate::process::with_chatserv;
use crate::source::Function;
use timeline::Timeline;

pub const EXPERIMENT: Experiment = Experiment {
    name: "trace",
    title: "Trace: what each thread does, and when",
    guess: "Five people send 1,000 lines a second together. For what share of its time is the thread of each person \
            busy, in percent?",
    takes: Duration::from_secs(2),
    measure,
    why: [
        "A thread that blocks in `read` is in no queue of the scheduler. It costs memory and no time until there is \
         input.",
        "So the row of a reader is one long wait, with a short block for each line. Most of a block is the time to wake \
         the dispatcher.",
        "The dispatcher's row is the busy one. It takes what has arrived, lets the Hub decide, and calls `send` for \
         each receiver.",
        "With so few people, a reader rarely waits for its turn: its turn is back before it needs it \
         (`src/server/turn.rs`).",
        "No row overlaps with itself, because a thread does one thing at a time. The rows run side by side, which a \
         picture of threads can show and a log cannot.",
    ],
    functions: &[Function::new("src/server/dispatcher.rs", "pub fn run(")],
    change: Change {
        file: "src/bin/lab/experiments/trace.rs",
        line: "const INTERVAL: Duration = Duration::from_millis(1);",
        try_this: "Set it to `Duration::from_micros(50)`. The dispatcher now works for a quarter of its time instead of a \
                   few percent, in groups of blocks, and readers sometimes wait for their turn.",
    },
    question: "Where does the dispatcher spend more of its time: in the Hub and the codec, or in `send`?",
};

/// The file name of the trace, in the folder of the results.
const TRACE: &str = "trace.json";

/// How much of the trace the timeline shows, from its middle.
const DRAWN_MS: f64 = 5.0;

/// Activities below this share are not worth a bar; starting a thread is one.
const SHOWN_PERCENT_MIN: f64 = 0.05;

/// The people who talk, in turn.
const PEOPLE: usize = 5;

/// The time between two lines.
const INTERVAL: Duration = Duration::from_millis(1);

/// The length of the talk.
const TIME: Duration = Duration::from_secs(1);

fn measure(setting: &Setting) -> io::Result<Outcome> {
    let path = setting.folder.join(TRACE);
    let config = Config { trace: Some(path.clone()), ..Config::default() };
    let lines = with_chatserv(config, |address, _| talk(address))?;
    let timeline = Timeline::read(&path)?;
    let share = |role, activity| timeline.share(role, activity);
    let (reader, dispatcher) = (timeline.busy("reader"), timeline.busy("dispatcher"));
    let thinking = share("dispatcher", "dispatching");
    let sending = share("dispatcher", "sending to sockets");
    let read = share("reader", "in read");
    Ok(Outcome {
        finding: format!(
            "During {lines} lines, a reader was in `read` for {read:.1} % of its time, and the dispatcher worked for \
             {dispatcher:.1} %. Open {} in ui.perfetto.dev.",
            path.display()
        ),
        measured: format!("{reader:.2} %"),
        answer: format!(
            "{thinking:.1} % of its time in the Hub and the codec, {sending:.1} % in `send`."
        ),
        claims: claims! {
            read >= 80.0 =>
                "A reader spends at least four fifths of its time in `read` ({read:.1} %).";
            dispatcher >= 2.0 * reader =>
                "The dispatcher works at least twice as much as a reader ({dispatcher:.2} and {reader:.2} %).";
        },
        figures: figures(&timeline),
    })
}

/// Sends lines, and returns how many.
fn talk(address: SocketAddr) -> io::Result<usize> {
    let mut crowd = Crowd::new()?;
    crowd.log_in_all(address, &Names, Role::Speaker, PEOPLE, 1)?;
    let began = Instant::now();
    let mut sent = 0;
    while began.elapsed() < TIME {
        // The last turn may have taken longer than planned, so this sends all lines that are due.
        while INTERVAL * (sent as u32) < began.elapsed() {
            crowd.send(sent % PEOPLE, b"How are you?\r\n");
            sent += 1;
        }
        let due = INTERVAL * (sent as u32);
        crowd.discard_input(due.saturating_sub(began.elapsed()))?;
    }
    Ok(sent)
}

fn figures(timeline: &Timeline) -> Vec<Figure> {
    let shares = timeline.shares().into_iter();
    let shown = shares.filter(|&(_, _, share)| share >= SHOWN_PERCENT_MIN);
    let bars = shown.map(|(role, activity, share)| (format!("{role}: {activity}"), share));
    let title = format!("What the threads of a server do in {DRAWN_MS} ms");
    vec![
        figure(
            "trace",
            &title,
            "A thin line is a wait, and a block is work. The row of a reader is one wait, but for each line that it \
             passes on. The work is in the dispatcher's row.",
            Drawing::Spans { x: Axis::linear("time (ms)"), rows: timeline.rows(DRAWN_MS) },
        ),
        figure(
            "trace-shares",
            "What each kind of thread does with its time",
            "All threads wait most of the time, the dispatcher the least.",
            Drawing::Bars { y: Axis::logarithmic("share of its time (%)"), bars: bars.collect() },
        ),
    ]
}
