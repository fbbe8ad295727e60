//! TCP is a stream: the same lines, cut into writes in four ways, and counted by two readers.

mod reading;

use std::io;
use std::time::Duration;

use crate::experiment::{Change, Claim, Experiment, Outcome, Setting};
use crate::figure::{Axis, Drawing, Figure};
use reading::{Counted, LINE_BYTES, LINES, Pace, send_and_count};

/// See the module.
pub const EXPERIMENT: Experiment = Experiment {
    name: "stream",
    title: "TCP is a stream: who takes one read for one line",
    guess: "1,000 lines come ten at a time. How many lines does a reader count that takes each read for one line?",
    takes: Duration::from_secs(1),
    measure,
    why: [
        "TCP carries bytes in their order and nothing else: where one write ended and the next began is not in the segments \
         (RFC 9293, section 3.8).",
        "The kernel puts what arrives into one buffer, and a read takes whatever lies there, up to the length that it was \
         given.",
        "So a read holds one line only as long as each line comes alone and is read before the next: when one person types, \
         and in most tests.",
        "In a hurry several lines lie in the buffer together, and over a network a line may arrive in two segments, so the \
         reader that counts reads is wrong in both directions.",
        "A codec keeps what belongs to no whole line yet until the next read (`src/protocol/line.rs`): it counts the ends of \
         lines, and those are in the stream.",
    ],
    change: Change {
        file: "src/bin/lab/experiments/stream/reading.rs",
        line: "const READ_BYTES: usize = 4096;",
        try_this: "Make it 64: a read now ends in the middle of the fourth line, so the wrong counts change, although the \
                   sender does what it did before. The codec's counts stay.",
    },
    question: "Of the 1,000 lines that come ten at a time, how many does that reader get right?",
};

/// One way to cut the stream into writes.
struct Way {
    label: &'static str,
    /// Bytes in each write.
    piece: usize,
    pace: Pace,
}

const WAYS: [Way; 4] = [
    Way {
        label: "one line a write",
        piece: LINE_BYTES,
        pace: Pace::EachIsReadFirst,
    },
    Way {
        label: "ten lines a write",
        piece: 10 * LINE_BYTES,
        pace: Pace::EachIsReadFirst,
    },
    Way {
        label: "half a line a write",
        piece: LINE_BYTES / 2,
        pace: Pace::EachIsReadFirst,
    },
    Way {
        label: "a byte a write, in a hurry",
        piece: 1,
        pace: Pace::WithoutWaiting,
    },
];

fn measure(_setting: &Setting) -> io::Result<Outcome> {
    let counted = WAYS
        .iter()
        .map(|way| send_and_count(way.piece, way.pace))
        .collect::<io::Result<Vec<Counted>>>()?;
    let [alone, ten, half, bytes] = &counted[..] else {
        return Err(io::Error::other("each way is counted once"));
    };
    let is_right = counted.iter().all(|counted| counted.lines == LINES);
    Ok(Outcome {
        found: format!(
            "Of {LINES} lines the reader that takes one read for one line counted {} when each came alone, {} when they came \
             ten at a time, {} in halves, and {} byte by byte, of \
             which {} were one; the codec counted {LINES} each time.",
            alone.reads, ten.reads, half.reads, bytes.reads, bytes.right
        ),
        guessed: format!("{} lines", ten.reads),
        answer: format!(
            "{} of {LINES} lines: each of its reads held ten; of those that came alone it got {} right",
            ten.right, alone.right
        ),
        claims: vec![
            Claim {
                says: format!(
                    "Ten at a time, it counts less than half of {LINES} lines ({}).",
                    ten.reads
                ),
                holds: 2 * ten.reads < LINES,
            },
            Claim {
                says: format!(
                    "In halves, it counts more than one and a half times as many as there are ({}).",
                    half.reads
                ),
                holds: 2 * half.reads > 3 * LINES,
            },
            Claim {
                says: format!("The codec counts {LINES} lines, however they come."),
                holds: is_right,
            },
        ],
        figures: vec![figure(&counted)],
    })
}

fn figure(counted: &[Counted]) -> Figure {
    let bars = WAYS.iter().zip(counted).flat_map(|(way, counted)| {
        [
            (format!("{}: reads", way.label), counted.reads as f64),
            (format!("{}: codec", way.label), counted.lines as f64),
        ]
    });
    Figure {
        name: "stream".to_owned(),
        title: format!("The same {LINES} lines, counted by reads and by the codec"),
        see: "Whoever takes one read for one line is right only while each line comes alone; the codec always is."
            .to_owned(),
        drawing: Drawing::Bars {
            y: Axis::logarithmic("lines counted"),
            bars: bars.collect(),
        },
    }
}
