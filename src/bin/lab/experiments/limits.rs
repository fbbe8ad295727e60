//! No descriptor left: what the client sees for whom there is none, at a server that has not thought of it and at one that
//! has.

mod newcomers;

use std::io;
use std::time::Duration;

use crate::experiment::{Change, Claim, Experiment, Outcome, Setting};
use crate::figure::{Axis, Drawing, Figure, Series};
use newcomers::{CLIENTS, DESCRIPTORS, LEAVING, Newcomers, Saw};

/// See the module.
pub const EXPERIMENT: Experiment = Experiment {
    name: "limits",
    title: "Limits: no descriptor is left for whoever comes",
    guess: "200 clients come to a server that may have 160 descriptors. How many of them does it leave without a word?",
    takes: Duration::from_secs(4),
    measure,
    why: [
        "Each connection is a descriptor, and a process may have only so many (`ulimit -n`; RLIMIT_NOFILE in getrlimit(2)).",
        "When none is left, `accept` fails with EMFILE and the connection stays where it was: in the queue of those whom the \
         kernel has answered already.",
        "So the client is connected and hears nothing, which looks like a server that thinks, and no error tells it to go \
         elsewhere; when somebody leaves, the next of the queue is let in.",
        "`chatserv` counts at its start what its limits can bear (`src/server/capacity.rs`), keeps 128 descriptors back, and \
         so always has one to accept whoever comes and say that the chat is full: with this limit it lets fewer in.",
        "To call `accept` again at once would fail again at once, since the same connection is still waiting: whoever does \
         not pause there burns a core for nothing.",
    ],
    change: Change {
        file: "src/bin/lab/variants/locked.rs",
        line: "const PAUSE: Duration = Duration::from_millis(100);",
        try_this: "Make it Duration::ZERO and look at the processor time that is told: nobody is let in sooner, and the server \
                   takes a whole core.",
    },
    question: "When 20 of those who were let in have left, how many of those who were waiting in silence are spoken to?",
};

fn measure(_setting: &Setting) -> io::Result<Outcome> {
    let naive = Newcomers::come("threads")?;
    let ours = Newcomers::come("threads-dispatcher")?;
    let (silent, told) = (naive.count(Saw::Silence), ours.count(Saw::Full));
    Ok(Outcome {
        found: format!(
            "With {DESCRIPTORS} descriptors `threads` let {} of {CLIENTS} in and left {silent} without a word, taking {:.0} % of \
             a core meanwhile; `threads-dispatcher` let {} in, told {told} that it is full, and left {} without a word.",
            naive.count(Saw::Welcome),
            naive.core_percent,
            ours.count(Saw::Welcome),
            ours.count(Saw::Silence),
        ),
        guessed: format!("{silent} clients"),
        answer: format!(
            "{} clients, for {LEAVING} who have left: the others still wait in the kernel's queue",
            naive.let_in_later
        ),
        claims: vec![
            Claim {
                says: format!(
                    "The naive server leaves at least one of ten without a word ({silent} of {CLIENTS})."
                ),
                holds: 10 * silent >= CLIENTS,
            },
            Claim {
                says: format!(
                    "Ours leaves none, and tells at least half of them that it is full ({told} of {CLIENTS})."
                ),
                holds: ours.count(Saw::Silence) == 0 && 2 * told >= CLIENTS,
            },
        ],
        figures: vec![figure(&naive, &ours)],
    })
}

fn figure(naive: &Newcomers, ours: &Newcomers) -> Figure {
    let of = |name: &str, newcomers: &Newcomers, saw: Saw| Series {
        name: name.to_owned(),
        points: newcomers.points(saw),
    };
    let series = vec![
        of("threads: let in", naive, Saw::Welcome),
        of("threads: no word so far", naive, Saw::Silence),
        of("threads-dispatcher: let in", ours, Saw::Welcome),
        of("threads-dispatcher: told that it is full", ours, Saw::Full),
    ];
    Figure {
        name: "limits".to_owned(),
        title: format!("What each of {CLIENTS} clients hears, with {DESCRIPTORS} descriptors"),
        see: "Where descriptors run out, one server falls silent and the other says so as fast as it greets.".to_owned(),
        drawing: Drawing::Lines {
            x: Axis::linear("client, in the order in which they come"),
            y: Axis::logarithmic("time without a word (ms)"),
            series: series
                .into_iter()
                .filter(|series| !series.points.is_empty())
                .collect(),
        },
    }
}
