//! The main picture of this project: one client stops reading, and four servers react in four ways.
//!
//! All four run at the same time, each with its own clients and the same load, so anything else on the machine affects
//! all of them.

mod deliveries;
mod stalled;

use std::io;
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use chatserv::load::dialect::Role;

use super::room::Room;
use super::talk::Talk;
use crate::experiment::{Change, Claim, Experiment, Outcome, Setting, claims, line_plot};
use crate::figure::{Axis, Figure, Series};
use crate::source::Function;
use deliveries::Deliveries;
use stalled::{Fate, Stalled};

pub const EXPERIMENT: Experiment = Experiment {
    name: "stalled-reader",
    title: "One person stops reading",
    guess: "One of 24 people stops reading. By what factor does the 99th percentile of the others' latency differ \
            between a server that writes to each in turn and ours?",
    takes: Duration::from_secs(15),
    measure,
    why: [
        "A write blocks when the buffers of both ends are full, until the client reads. TCP slows a sender down to its \
         receiver (RFC 9293, section 3.8.6), and cannot know that this sender has other receivers.",
        "The first server writes to each client under the lock, so one full socket holds the lock, and with it \
         everybody.",
        "The second gives each client a channel and a writer thread. But a channel is bounded, and a sender that waits \
         for room in it makes everybody wait again, here for 5 seconds.",
        "The third drops what does not fit, so nobody waits. But it cannot tell a stopped reader from one that is only \
         slower than a burst, and it tells neither of them.",
        "Ours never blocks in a send. It keeps what did not fit for that one client, up to a limit. Beyond the limit \
         it disconnects the client and says why.",
    ],
    functions: &[Function::new("src/bin/lab/variants/threads.rs", "fn deliver(")],
    change: Change {
        file: "src/bin/lab/experiments/stalled_reader/stalled.rs",
        line: "const RECEIVE_BUFFER_BYTES: usize",
        try_this: "Set it to 512 * 1024. The four curves look the same, but the two that rise do so seconds later. A \
                   larger buffer only delays the question of what to do when it is full.",
    },
    question: "Which of the four lost lines of people who read all the time, and what happened to the one who did not?",
};

/// The four servers, with their names in the plot and their arguments.
const SERVERS: [(&str, &[&str]); 4] = [
    ("a blocking write to each", &["threads"]),
    ("channels, wait 5 s when full", &["threads-channels", "--when-full", "wait"]),
    ("channels, drop when full", &["threads-channels", "--when-full", "drop"]),
    ("ours: never waits, cuts off", &["threads-dispatcher"]),
];

/// When the client stops reading.
const STALLS_AT: Duration = Duration::from_secs(1);

const LINE_BYTES: usize = 800;

/// Bursts show what a server loses although everybody reads: this many lines, sent by all people at once, up to so many
/// times. Whether a queue overflows depends on the scheduler.
const BURST_LINES: usize = 3000;
const BURSTS: usize = 5;

/// Short enough that all lines together stay below our server's limit for one client.
const BURST_LINE: &[u8] = b"#...........................................................\r\n";

/// After this much silence in a burst, no more deliveries come, even on a busy machine.
const SILENCE: Duration = Duration::from_secs(2);

/// A server's treatment of the stalled reader.
struct Measured {
    others: Deliveries,
    lines: usize,
    fate: Fate,
}

fn measure(setting: &Setting) -> io::Result<Outcome> {
    let people = setting.pick(24, 50);
    // One more person stalls, and the speaker hears nothing.
    let hearers = people - 2;
    let talk = Talk {
        speaker: hearers,
        every: Duration::from_millis(3),
        time: setting.pick(Duration::from_millis(9500), Duration::from_secs(20)),
        line_bytes: LINE_BYTES,
        patience: Duration::from_secs(2),
    };
    let mut losses = Vec::new();
    let mut rooms = Vec::new();
    for (_, arguments) in SERVERS {
        losses.push(burst(start(arguments, hearers)?)?);
        rooms.push(start(arguments, hearers)?);
    }
    let measured = thread::scope(|scope| {
        let running = rooms.into_iter().map(|room| scope.spawn(|| stall(room, hearers, &talk)));
        let running: Vec<_> = running.collect();
        let measured = running
            .into_iter()
            .map(|running| running.join().expect("the load ends with an error, not with a panic"));
        measured.collect::<io::Result<Vec<Measured>>>()
    })?;
    Ok(outcome(&talk, &measured, &losses))
}

fn start(arguments: &[&str], hearers: usize) -> io::Result<Room> {
    let mut room = Room::start(arguments)?;
    room.add(Role::Listener, hearers, hearers)?;
    room.add(Role::Speaker, 1, 1)?;
    Ok(room)
}

/// Everybody reads, and all talk at once, until something is lost. Returns how many deliveries were expected, and how many
/// were lost.
fn burst(mut room: Room) -> io::Result<(usize, usize)> {
    let people = room.crowd.len();
    let each = BURST_LINES / people;
    let (mut expected, mut heard) = (0, 0);
    for _ in 0..BURSTS {
        // Line by line, because the lines of one read are one message for a channel.
        for _ in 0..each {
            (0..people).for_each(|member| room.crowd.send(member, BURST_LINE));
        }
        expected += each * people * (people - 1);
        let mut last = Instant::now();
        while heard < expected {
            // Before the turn, because after a pause of this process there may be input to read.
            let is_silent = last.elapsed() >= SILENCE;
            let before = heard;
            room.turn(|_, bytes| {
                heard += bytes.iter().filter(|&&byte| byte == b'#').count();
                last = Instant::now();
            })?;
            if is_silent && heard == before {
                return Ok((expected, expected - heard));
            }
        }
    }
    Ok((expected, 0))
}

/// Adds the client that stops reading, and runs the talk.
fn stall(mut room: Room, hearers: usize, talk: &Talk) -> io::Result<Measured> {
    let stalled = Stalled::join(room.server.address())?;
    let mut others = Deliveries::new(hearers);
    let (resume, resumed) = channel();
    thread::scope(|scope| {
        let stalled = scope.spawn(move || stalled.live(STALLS_AT, &resumed));
        let totals = talk.run(&mut room.crowd, hearers, |heard| others.add(heard));
        // This lets the stalled client go on, also after an error.
        drop(resume);
        let lines = totals?.lines;
        others.finish(lines);
        while !stalled.is_finished() {
            room.turn(|_, _| {})?;
        }
        let fate = stalled.join().expect("reading from a socket never panics")?;
        Ok(Measured { others, lines, fate })
    })
}

fn outcome(talk: &Talk, measured: &[Measured], losses: &[(usize, usize)]) -> Outcome {
    let since_the_stall = |rank| -> Vec<f64> {
        let latencies = measured.iter().map(|server| {
            let latency = server.others.per_mille_ms(talk, rank, STALLS_AT, talk.time);
            latency.expect("the talk is longer than the time until the stall")
        });
        latencies.collect()
    };
    let (median, p99) = (since_the_stall(500), since_the_stall(990));
    let each = |text: &dyn Fn(usize) -> String| {
        let servers = SERVERS.iter().enumerate();
        let servers: Vec<String> =
            servers.map(|(at, (name, _))| format!("{name}: {}", text(at))).collect();
        servers.join("; ")
    };
    Outcome {
        figures: vec![plot(talk, measured)],
        finding: format!(
            "After one client has stopped, 99 of 100 deliveries to the others take up to {:.0} ms with a blocking \
             write to each, {:.0} ms with channels and waiting, {:.1} ms with channels that drop, and {:.1} ms with \
             ours.",
            p99[0], p99[1], p99[2], p99[3],
        ),
        measured: format!("{:.0} times", p99[0] / p99[3]),
        answer: format!(
            "All who read sent {BURST_LINES} lines at once, up to {BURSTS} times. This many deliveries were lost: {}. \
             (The server that drops loses none if its writers get a core in time.) The client that had stopped found \
             this when it read again: {}.",
            each(&|at| format!("{} of {}", losses[at].1, losses[at].0)),
            each(&|at| describe(&measured[at].fate, measured[at].lines)),
        ),
        claims: claims(&median, &p99, losses[3].1 + measured[3].others.missed()),
    }
}

fn claims(median: &[f64], p99: &[f64], lost: usize) -> Vec<Claim> {
    let (wait, drop, ours) = (SERVERS[1].0, median[2], median[3]);
    claims! {
        p99[0] >= 10.0 * p99[3] =>
            "{}: the others' 99th percentile is at least 10 times that of ours ({:.1} and {:.1} ms).",
            SERVERS[0].0, p99[0], p99[3];
        p99[1] >= 10.0 * p99[3] =>
            "{wait}: the same ({:.1} and {:.1} ms).", p99[1], p99[3];
        ours <= 10.0 * drop && drop <= 10.0 * ours =>
            "Ours delivers as fast as the server that drops: their medians differ by a factor of 10 at most ({ours:.2} \
             and {drop:.2} ms).";
        lost == 0 =>
            "Ours loses no line for a client that reads ({lost} lost).";
    }
}

fn describe(fate: &Fate, lines: usize) -> String {
    let got = format!("{} of {lines} lines", fate.lines);
    match (&fate.last_words, fate.is_cut) {
        (Some(words), true) => format!("{got}, then \"{words}\" and the end of the connection"),
        (None, true) => format!("{got}, then the end of the connection, without a reason"),
        (_, false) => format!("{got}, and no word about it"),
    }
}

fn plot(talk: &Talk, measured: &[Measured]) -> Figure {
    let series = SERVERS.iter().zip(measured).map(|((name, _), server)| Series {
        name: (*name).to_owned(),
        points: server.others.p99_over_time(talk),
    });
    line_plot(
        "stalled-reader",
        "One client stops reading after a second: the latency of all others",
        "When the buffers are full, the others wait with any server that waits for one client. Ours stays flat. A line \
             that never arrives counts until the end.",
        Axis::linear("when it was sent (s)")
            .with_event(STALLS_AT.as_secs_f64(), "one client stops reading"),
        Axis::logarithmic("99th percentile of latency (ms)"),
        series.collect(),
    )
}
