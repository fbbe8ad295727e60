//! Made-up experiments for the tests.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::experiment::{
    Change, Experiment, Outcome, Setting, Size, claims, figure, line_plot, series,
};
use crate::figure::{Axis, Drawing, Figure};
use crate::source::Function;

pub const SETTING: Setting = Setting { size: Size::Lesson, folder: PathBuf::new() };

/// Four experiments: the claim of the first holds, that of the second does not, the third fails, the fourth panics.
pub static EXPERIMENTS: [Experiment; 4] = [
    experiment("stalled-reader", |_| Ok(outcome(a_line(), true))),
    experiment("costs", |_| Ok(outcome(a_bar(), false))),
    experiment("broken", |_| Err(io::Error::other("no descriptors are left"))),
    experiment("panics", |_| panic!("as it should in this test")),
];

const fn experiment(
    name: &'static str,
    measure: fn(&Setting) -> io::Result<Outcome>,
) -> Experiment {
    Experiment {
        name,
        title: "A reader has stopped & the others",
        guess: "How many ms does a line take to the others?",
        takes: Duration::from_millis(1_500),
        measure,
        why: [
            "A blocking write waits for space.",
            "Space appears as long as the other side reads.",
            "So a loop of writes waits for the slowest reader.",
            "A queue for each reader helps until it is full.",
            "Then a policy decides: <wait>, <drop>, or <cut>.",
        ],
        functions: const { &[Function::new("src/server/turn.rs", "pub fn wait(")] },
        change: Change {
            file: "src/bin/lab/variants/locked.rs",
            line: "const PAUSE: Duration",
            try_this: "Make `PAUSE` twice as long (`src/server/dispatcher.rs` has none).",
        },
        question: "How many bytes does a socket take before it blocks?",
    }
}

fn outcome(figure: Figure, holds: bool) -> Outcome {
    Outcome {
        figures: vec![figure],
        finding: "The others waited 5,000 ms for the naive server & 0.4 ms for ours.".to_owned(),
        measured: "5,000 ms".to_owned(),
        answer: "2.5 MiB, half of it at the reader".to_owned(),
        claims: claims! { holds => "The naive server is 10 times as slow."; },
    }
}

fn a_line() -> Figure {
    let line = series("threads <naive>", &[1.0, 2.0, 3.0], |&x| (x, x * x));
    let (x, y) = (Axis::linear("time (s)"), Axis::linear("latency (ms)"));
    line_plot("a-line", "Latency & time", "The line \"rises\".", x, y, vec![line])
}

fn a_bar() -> Figure {
    let drawing =
        Drawing::Bars { y: Axis::linear("memory (KiB)"), bars: vec![("threads".to_owned(), 12.0)] };
    figure("a-bar", "Memory", "One bar.", drawing)
}

/// A folder that is removed at the end of the test. Each test needs a name of its own.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new(name: &str) -> Self {
        let name = format!("lab-{}-{name}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A test that fails early has not created it.
        let _ = fs::remove_dir_all(&self.0);
    }
}
