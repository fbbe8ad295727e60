//! SIGTERM in the middle of a flood: who has heard the last lines, and who has not.

mod flood;

use std::io;
use std::time::Duration;

use crate::experiment::{Change, Claim, Experiment, Outcome, Setting};
use crate::figure::{Axis, Drawing, Figure};
use flood::{Ended, LISTENERS, end_in_a_flood};

/// See the module.
pub const EXPERIMENT: Experiment = Experiment {
    name: "shutdown",
    title: "Shutdown: SIGTERM in the middle of a flood",
    guess: "A server with a channel for each of 100 listeners is ended in a flood. How many lines that others have heard does \
            a listener miss, on average?",
    takes: Duration::from_secs(4),
    measure,
    why: [
        "SIGTERM ends a process at once unless it says otherwise (signal(7)), in the middle of whatever its threads are doing.",
        "What the kernel has taken it still delivers, also for a process that is no more, unless input of that client lies unread: \
         then Linux sends a reset and throws it away. What lies in the memory of the process, in a channel or a buffer, is gone \
         with it in any case.",
        "So the listeners stand at different places when it happens: the school form has written a batch to some and not yet \
         to the others, and with channels each has a queue of its own that is lost.",
        "`chatserv` makes an event of the signal, says farewell behind all that was said, takes nothing new, sends what it \
         owes for at most `--shutdown-grace`, and closes only then (`src/server/closing.rs`): everybody stands at the same line.",
        "What nobody has heard is another matter: lines that lay unread in the speaker's socket are lost with every server that \
         ends, and only an acknowledgement tells a speaker which those are.",
    ],
    change: Change {
        file: "src/bin/lab/variants/threads_channels.rs",
        line: "const CHANNEL_MESSAGES: usize = 64;",
        try_this: "Make it 1: less can be lost from a channel, and everybody waits for the slowest more often. No length loses \
                   nothing.",
    },
    question: "How many lines had been said when the signal came, and were heard by nobody, at each of the three?",
};

/// Each server is ended so often: now and then one is hit between two batches.
const ENDS: usize = 3;

/// One server, and all of its ends.
struct Fate {
    variant: &'static str,
    ends: Vec<Ended>,
}

impl Fate {
    fn of(variant: &'static str) -> io::Result<Self> {
        let ends = (0..ENDS)
            .map(|_| end_in_a_flood(variant))
            .collect::<io::Result<_>>()?;
        Ok(Self { variant, ends })
    }

    /// Lines that some listener has heard and another has not, on average of all.
    fn lost_each(&self) -> f64 {
        let lost: usize = self.ends.iter().flat_map(|end| &end.lost).sum();
        lost as f64 / (LISTENERS * self.ends.len()) as f64
    }

    /// Lines that were said and that nobody has heard, on average of all ends.
    fn unheard(&self) -> f64 {
        let unheard: usize = self.ends.iter().map(|end| end.unheard).sum();
        unheard as f64 / self.ends.len() as f64
    }

    /// How many listeners were told that the chat is over, of all.
    fn farewells(&self) -> usize {
        self.ends.iter().map(|end| end.farewells).sum()
    }
}

fn measure(_setting: &Setting) -> io::Result<Outcome> {
    let school = Fate::of("threads")?;
    let channels = Fate::of("threads-channels")?;
    let ours = Fate::of("threads-dispatcher")?;
    Ok(Outcome {
        found: format!(
            "A listener missed {:.1} lines on average that others had heard with `threads`, {:.1} with `threads-channels` and \
             {:.1} with `threads-dispatcher`, where {} of {} were told that the chat is over.",
            school.lost_each(),
            channels.lost_each(),
            ours.lost_each(),
            ours.farewells(),
            ENDS * LISTENERS,
        ),
        guessed: format!("{:.1} lines", channels.lost_each()),
        answer: format!(
            "{:.0} lines with `threads`, {:.0} with `threads-channels`, {:.0} with `threads-dispatcher`, on average of {ENDS} \
             ends",
            school.unheard(),
            channels.unheard(),
            ours.unheard(),
        ),
        claims: vec![
            Claim {
                says: format!(
                    "With channels that are not drained a listener misses at least one line on average ({:.1}).",
                    channels.lost_each()
                ),
                holds: channels.lost_each() >= 1.0,
            },
            Claim {
                says: format!(
                    "At the server that drains nobody misses a line that another has heard ({:.1}).",
                    ours.lost_each()
                ),
                holds: ours.lost_each() == 0.0,
            },
            Claim {
                says: format!(
                    "It says farewell to all of them ({}), and the others to nobody ({}).",
                    ours.farewells(),
                    school.farewells() + channels.farewells()
                ),
                holds: ours.farewells() == ENDS * LISTENERS
                    && school.farewells() + channels.farewells() == 0,
            },
        ],
        figures: vec![figure(&[school, channels, ours])],
    })
}

fn figure(fates: &[Fate]) -> Figure {
    let bars = fates.iter().flat_map(|fate| {
        [
            (
                format!("{}: heard by others", fate.variant),
                fate.lost_each(),
            ),
            (format!("{}: heard by nobody", fate.variant), fate.unheard()),
        ]
    });
    Figure {
        name: "shutdown".to_owned(),
        title: format!(
            "Lines that each of {LISTENERS} listeners misses after SIGTERM, on average of {ENDS} ends"
        ),
        see: "Who drains leaves all at the same line; who just ends leaves each where they happened to be.".to_owned(),
        drawing: Drawing::Bars {
            y: Axis::linear("lines missed by a listener (lines)"),
            bars: bars.collect(),
        },
    }
}
