//! SIGTERM in the middle of a flood: who gets the last lines, and who does not.

use std::io;
use std::time::{Duration, Instant};

use chatserv::load::dialect::Role;
use rustix::process::{Pid, Signal, kill_process};

use super::room::Room;
use super::talk::take_lines;
use crate::experiment::{Change, Experiment, Outcome, Setting, claims, figure};
use crate::figure::{Axis, Drawing, Figure};
use crate::source::Function;

pub const EXPERIMENT: Experiment = Experiment {
    name: "shutdown",
    title: "Shutdown: SIGTERM in the middle of a flood",
    guess: "A server with a channel for each of 100 listeners is ended in a flood. How many lines does a listener miss \
            that others have got, on average?",
    takes: Duration::from_secs(4),
    measure,
    why: [
        "SIGTERM ends a process at once unless the process handles it (signal(7)), whatever its threads are doing.",
        "The kernel still delivers what it has taken, unless unread input of that client is left: then Linux sends a \
         reset and drops the rest. What is in the memory of the process, in a channel or a buffer, is lost in any \
         case.",
        "So the listeners stop at different lines. The textbook server has written a batch to some of them and not yet \
         to the others. With channels, each listener loses the content of its own queue.",
        "`chatserv` turns the signal into an event. It puts the farewell behind all lines, sends what is left for at \
         most `--shutdown-grace`, and only then closes (`src/server/delivery/closing.rs`). Everybody stops at the same line.",
        "Lines that are unread in the speaker's socket are lost with any server that ends. Only an acknowledgement \
         tells the speaker which.",
    ],
    functions: &[Function::new("src/server/delivery/closing.rs", "pub(super) fn settle(")],
    change: Change {
        file: "src/bin/lab/variants/threads_channels.rs",
        line: "const CHANNEL_MESSAGES: usize = 64;",
        try_this: "Set it to 1. A listener misses about as many lines as before, and the server without channels loses \
                   lines too: a shorter queue does not help, only one that is drained.",
    },
    question: "How many lines had been sent before the signal and reached nobody, with each of the three servers?",
};

const LISTENERS: usize = 100;

/// How many of them connect at the same time.
const AT_ONCE: usize = 20;

/// How often each server is ended, because a signal may arrive between two batches.
const ENDS: usize = 3;

const FLOOD: Duration = Duration::from_millis(250);

/// The lines of one burst.
const BURST: usize = 1_000;

/// The most lines on their way to the slowest listener. More would only stay in the speaker's socket.
const UNDER_WAY: usize = 2_000;

/// How long the end may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Separates the name and the text of a line. The server's own lines do not have it.
const SAID: &[u8] = b" : ";

const FAREWELL: &[u8] = b"server: The chat has been shut down";

/// The end of a server, as the listeners see it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct End {
    /// The lines that a listener has missed and another has got, for all listeners together.
    missed: usize,
    /// The lines that were sent before the signal and that nobody got.
    unheard: usize,
    farewells: usize,
}

/// The average over all ends of a server, with the total of the farewells.
struct Average {
    variant: &'static str,
    missed_each: f64,
    unheard: f64,
    farewells: usize,
}

fn measure(_setting: &Setting) -> io::Result<Outcome> {
    let textbook = average("threads")?;
    let channels = average("threads-channels")?;
    let ours = average("threads-dispatcher")?;
    let all = ENDS * LISTENERS;
    let others_farewells = textbook.farewells + channels.farewells;
    Ok(Outcome {
        finding: format!(
            "On average, a listener missed {:.1} lines that others had got with `threads`, {:.1} with \
             `threads-channels` and {:.1} with `threads-dispatcher`, where {} of {all} got a farewell.",
            textbook.missed_each, channels.missed_each, ours.missed_each, ours.farewells,
        ),
        measured: format!("{:.1} lines", channels.missed_each),
        answer: format!(
            "{:.0} lines with `threads`, {:.0} with `threads-channels`, {:.0} with `threads-dispatcher`, on average of \
             {ENDS} ends.",
            textbook.unheard, channels.unheard, ours.unheard,
        ),
        claims: claims! {
            channels.missed_each >= 1.0 =>
                "With channels that are not drained, a listener misses at least one line on average ({:.1}).",
                channels.missed_each;
            ours.missed_each == 0.0 =>
                "With the server that drains, nobody misses a line that another has got ({:.1}).", ours.missed_each;
            ours.farewells == all && others_farewells == 0 =>
                "It sends a farewell to all listeners ({}), and the others send none ({others_farewells}).",
                ours.farewells;
        },
        figures: vec![plot(&[textbook, channels, ours])],
    })
}

fn plot(servers: &[Average]) -> Figure {
    let bars = servers.iter().flat_map(|server| {
        [
            (format!("{}: others got them", server.variant), server.missed_each),
            (format!("{}: nobody got them", server.variant), server.unheard),
        ]
    });
    let drawing = Drawing::Bars {
        y: Axis::linear("lines that a listener misses (lines)"),
        bars: bars.collect(),
    };
    let title = format!(
        "Lines that each of {LISTENERS} listeners misses after SIGTERM, on average of {ENDS} ends"
    );
    let see = "With the server that drains, all listeners stop at the same line. With the others, each listener stops \
               at a different line.";
    figure("shutdown", &title, see, drawing)
}

fn average(variant: &'static str) -> io::Result<Average> {
    let ends = (0..ENDS).map(|_| end_in_flood(variant));
    let ends = ends.collect::<io::Result<Vec<End>>>()?;
    let sum = |value: fn(&End) -> usize| ends.iter().map(value).sum::<usize>();
    Ok(Average {
        variant,
        missed_each: sum(|end| end.missed) as f64 / (LISTENERS * ENDS) as f64,
        unheard: sum(|end| end.unheard) as f64 / ENDS as f64,
        farewells: sum(|end| end.farewells),
    })
}

#[derive(Debug, Default, Clone)]
struct Listener {
    /// An incomplete line.
    begun: Vec<u8>,
    lines: usize,
    has_farewell: bool,
    is_closed: bool,
}

impl Listener {
    /// Takes the bytes of one read; none at the end of the connection.
    fn read(&mut self, bytes: &[u8]) {
        self.is_closed |= bytes.is_empty();
        take_lines(&mut self.begun, bytes, |line| {
            let is_said = line.windows(SAID.len()).any(|part| part == SAID);
            self.lines += usize::from(is_said);
            self.has_farewell |= line.starts_with(FAREWELL);
        });
    }
}

/// Floods a server, ends it with SIGTERM, and reads everything that still arrives.
fn end_in_flood(variant: &str) -> io::Result<End> {
    let mut room = Room::start(&[variant])?;
    room.add(Role::Listener, LISTENERS, AT_ONCE)?;
    room.add(Role::Speaker, 1, 1)?;
    let mut listeners = vec![Listener::default(); LISTENERS];
    let sent = flood(&mut room, &mut listeners)?;
    end_after_line(&mut room, sent - BURST, &mut listeners)?;
    let deadline = Instant::now() + PATIENCE;
    while !listeners.iter().all(|listener| listener.is_closed) {
        if Instant::now() > deadline {
            return Err(io::Error::other(format!("SIGTERM does not end {variant}")));
        }
        turn(&mut room, &mut listeners)?;
    }
    Ok(end(sent, &listeners))
}

/// Sends lines for some time, as fast as the listeners get them, and returns their number. The last burst has just
/// begun.
fn flood(room: &mut Room, listeners: &mut [Listener]) -> io::Result<usize> {
    let speaker = listeners.len();
    let began = Instant::now();
    let mut sent = 0;
    loop {
        let slowest = listeners.iter().map(|listener| listener.lines).min();
        if sent - slowest.unwrap_or(sent) < UNDER_WAY {
            let numbers = sent..sent + BURST;
            let lines: String = numbers.map(|number| format!("line {number:07}\r\n")).collect();
            room.crowd.send(speaker, lines.as_bytes());
            sent += BURST;
            if began.elapsed() > FLOOD {
                return Ok(sent);
            }
        }
        turn(room, listeners)?;
    }
}

/// Ends the server as soon as a listener has more lines than this.
fn end_after_line(room: &mut Room, lines: usize, listeners: &mut [Listener]) -> io::Result<()> {
    let pid = i32::try_from(room.server.pid()).ok().and_then(Pid::from_raw);
    let pid = pid.ok_or(io::ErrorKind::NotFound)?;
    let mut sent = None;
    while sent.is_none() {
        // Inside the turn, because after it all listeners may have all lines.
        room.turn(|member, bytes| {
            if let Some(listener) = listeners.get_mut(member) {
                listener.read(bytes);
                if listener.lines > lines {
                    sent.get_or_insert_with(|| kill_process(pid, Signal::TERM));
                }
            }
        })?;
        if listeners.iter().any(|listener| listener.is_closed) && sent.is_none() {
            return Err(io::Error::other("a connection has broken"));
        }
    }
    sent.transpose()?;
    Ok(())
}

fn turn(room: &mut Room, listeners: &mut [Listener]) -> io::Result<()> {
    room.turn(|member, bytes| {
        // The member behind the listeners is the speaker.
        if let Some(listener) = listeners.get_mut(member) {
            listener.read(bytes);
        }
    })
}

fn end(sent: usize, listeners: &[Listener]) -> End {
    let lines = listeners.iter().map(|listener| listener.lines);
    let most = lines.clone().max().unwrap_or(0);
    End {
        missed: lines.map(|lines| most - lines).sum(),
        unheard: sent - most,
        farewells: listeners.iter().filter(|listener| listener.has_farewell).count(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_missed_if_another_listener_has_it() {
        let mut listeners = vec![Listener::default(); 3];
        listeners[0].read(b"s00100 : line 0000000\r\ns00100 : line 0000001\r\n");
        listeners[0].read(b"server: The chat has been shut down\r\n");
        listeners[1].read(b"s00100 : line 0000000\r\ns00100 : line 00");
        listeners[2].read(b"s00100 : li");
        listeners[2]
            .read(b"ne 0000000\r\nserver: A new client has connected to the chat: id = x\r\n");
        for listener in &mut listeners {
            assert!(!listener.is_closed);
            listener.read(b"");
            assert!(listener.is_closed);
        }
        let expected = End { missed: 2, unheard: 48, farewells: 1 };
        assert_eq!(end(50, &listeners), expected);
    }
}
