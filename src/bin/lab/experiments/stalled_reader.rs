//! The picture of this project: one of the people in a chat stops reading, and four servers do four different things.
//!
//! All four run at the same time, each with a crowd of its own that talks in the same way: whatever else the machine does
//! meanwhile, it does to all of them.
//!
//! | file | what it does |
//! |---|---|
//! | `server` | one of the four, and the people in it |
//! | `stalled` | the one who stops reading |
//! | `others` | what the others have heard, and how late |

mod others;
mod server;
mod stalled;

use std::io;
use std::thread;
use std::time::Duration;

use crate::experiment::{Change, Claim, Experiment, Outcome, Setting};
use crate::figure::{Axis, Drawing, Figure, Series};
use crate::talk::Talk;
use server::{BURST_LINES, Measured, STALLS_AT, Server};
use stalled::Fate;

/// See the module.
pub const EXPERIMENT: Experiment = Experiment {
    name: "stalled-reader",
    title: "One person stops reading",
    guess: "One of 24 people stops reading. By what factor does the 99th percentile of the others' latency differ, between \
            a server that writes to each in turn and ours?",
    takes: Duration::from_secs(15),
    measure,
    why: [
        "A write blocks when the client's receive buffer and the server's send buffer are full, until the client reads: \
         TCP slows a sender down to its receiver (RFC 9293, section 3.8.6), and cannot know that this sender has others to serve.",
        "The first server writes to each person under the lock, so that one full socket holds the lock, and with it \
         everybody, for as long as one person likes.",
        "The second gives each person a channel and a thread that writes; but a channel ends somewhere, and whoever then \
         waits for room in it waits with everybody again, here for 5 seconds.",
        "The third throws away what does not fit, so nobody waits; but it cannot tell a reader who has stopped from one \
         who was only slower than a burst, and neither is told.",
        "Ours sends without ever waiting, keeps what did not fit for that one person, up to a limit, and lets them go \
         beyond it, with a reason: the others' lines never stand behind theirs.",
    ],
    change: Change {
        file: "src/bin/lab/experiments/stalled_reader/stalled.rs",
        line: "const RECEIVE_BUFFER_BYTES: usize",
        try_this: "Let it be 512 * 1024. The same four curves come, and the two that rise do so seconds later: a larger buffer \
                   only puts off the question of what to do when it is full.",
    },
    question: "Which of the four lost lines of people who read all the time, and what became of the one who did not?",
};

/// The four, with what they are called in the picture.
const SERVERS: [(&str, &[&str]); 4] = [
    ("a blocking write to each", &["threads"]),
    (
        "channels, wait 5 s when full",
        &["threads-channels", "--when-full", "wait"],
    ),
    (
        "channels, drop when full",
        &["threads-channels", "--when-full", "drop"],
    ),
    ("ours: never waits, cuts off", &["threads-dispatcher"]),
];

/// How long each line is.
const LINE_BYTES: usize = 800;

fn measure(setting: &Setting) -> io::Result<Outcome> {
    let talk = Talk {
        speaker: 0,
        every: Duration::from_millis(3),
        time: setting.pick(Duration::from_millis(9500), Duration::from_secs(20)),
        line_bytes: LINE_BYTES,
        patience: Duration::from_secs(2),
    };
    let people = setting.pick(24, 50);
    let mut bursts = Vec::new();
    let mut servers = Vec::new();
    for (_, arguments) in SERVERS {
        bursts.push(Server::start(arguments, people)?.burst()?);
        servers.push(Server::start(arguments, people)?);
    }
    let measured = thread::scope(|scope| {
        let running: Vec<_> = servers
            .into_iter()
            .map(|server| scope.spawn(|| server.stall(&talk)))
            .collect();
        running
            .into_iter()
            .map(|server| {
                server
                    .join()
                    .expect("a load ends with an error, not with a panic")
            })
            .collect::<io::Result<Vec<Measured>>>()
    })?;
    Ok(outcome(&talk, &measured, &bursts))
}

fn outcome(talk: &Talk, measured: &[Measured], bursts: &[(usize, usize)]) -> Outcome {
    // In the order of SERVERS.
    let after_the_stall = |rank| -> Vec<f64> {
        measured
            .iter()
            .map(|server| ms_after_the_stall(server, talk, rank))
            .collect()
    };
    let (median, p99) = (after_the_stall(500), after_the_stall(990));
    let (naive, waiting, ours) = (p99[0], p99[1], p99[3]);
    let fates: Vec<String> = SERVERS
        .iter()
        .zip(measured)
        .map(|((name, _), server)| format!("{name}: {}", told(&server.fate, server.lines)))
        .collect();
    let losses: Vec<String> = SERVERS
        .iter()
        .zip(bursts)
        .map(|((name, _), (_, lost))| format!("{name}: {lost}"))
        .collect();
    Outcome {
        figures: vec![figure(talk, measured)],
        found: format!(
            "Since one has stopped, 99 of 100 deliveries to the others take up to {naive:.0} ms with a blocking write to \
             each, {waiting:.0} ms with channels that are waited for, {:.1} ms with channels that drop, and {ours:.1} ms \
             with ours.",
            p99[2],
        ),
        guessed: format!("{:.0} times", naive / ours),
        answer: format!(
            "When all who read said {BURST_LINES} lines together, at once, so many of {} deliveries were lost: {}. \
             And this is what the one who stopped finds when they read again: {}.",
            bursts[0].0,
            losses.join("; "),
            fates.join("; "),
        ),
        claims: claims(&measured[3], &median, &p99, bursts[3].1),
    }
}

fn claims(ours: &Measured, median: &[f64], p99: &[f64], lost_in_burst: usize) -> Vec<Claim> {
    let behind = |which: usize| Claim {
        says: format!(
            "{}: the others' 99th percentile is at least 10 times that of ours ({:.1} ms, {:.1} ms).",
            SERVERS[which].0, p99[which], p99[3],
        ),
        holds: p99[which] >= 10.0 * p99[3],
    };
    let lost = lost_in_burst + ours.others.missed();
    vec![
        behind(0),
        behind(1),
        Claim {
            says: format!(
                "Ours delivers as fast as the one that never waits because it drops: their medians differ by a factor of 10 at \
                 the most ({:.2} ms, {:.2} ms).",
                median[3], median[2],
            ),
            holds: median[3] <= 10.0 * median[2] && median[2] <= 10.0 * median[3],
        },
        Claim {
            says: format!("Ours loses no line of anybody who reads ({lost} were lost)."),
            holds: lost == 0,
        },
    ]
}

/// So many of a thousand deliveries, of what was said since the one has stopped, did not take longer; in ms.
fn ms_after_the_stall(server: &Measured, talk: &Talk, rank: usize) -> f64 {
    let latency = server.others.per_mille_ms(talk, rank, STALLS_AT, talk.time);
    latency.expect("the talk goes on for longer than until the stall")
}

fn told(fate: &Fate, lines: usize) -> String {
    let got = format!("{} of {lines} lines", fate.lines);
    match (&fate.last_words, fate.is_cut) {
        (Some(words), true) => format!("{got}, then \"{words}\" and the end of the connection"),
        (None, true) => format!("{got}, then the end of the connection without a word"),
        (_, false) => format!("{got}, and not a word about it"),
    }
}

fn figure(talk: &Talk, measured: &[Measured]) -> Figure {
    let series = SERVERS
        .iter()
        .zip(measured)
        .map(|((name, _), server)| Series {
            name: (*name).to_owned(),
            points: server.others.picture(talk),
        });
    Figure {
        name: "stalled-reader".to_owned(),
        title: "One of the people stops reading after a second: latency of all the others".to_owned(),
        see: "After the buffers are full, the others wait with whoever waits for one; ours stays flat. A line that never \
              came counts as lasting until the end."
            .to_owned(),
        drawing: Drawing::Lines {
            x: Axis::linear("when it was said (s)"),
            y: Axis::logarithmic("99th percentile of latency (ms)"),
            series: series.collect(),
        },
    }
}
