//! Made-up experiments for the tests: nothing is measured here.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::experiment::{Change, Claim, Experiment, Outcome, Setting, Size};
use crate::figure::{Figure, testing};

/// What they are given. They write nothing.
pub const SETTING: Setting = Setting {
    size: Size::Lesson,
    folder: PathBuf::new(),
};

/// One that finds what it claims, one that does not, one that fails, and one that panics.
pub static EXPERIMENTS: [Experiment; 4] = [
    experiment("stalled-reader", |_| {
        Ok(outcome(testing::lines(2, 3_000, false), true))
    }),
    experiment("costs", |_| Ok(outcome(testing::bars(3, false), false))),
    experiment("broken", |_| {
        Err(io::Error::other("no descriptors are left"))
    }),
    experiment("panics", |_| panic!("as it should in this test")),
];

const fn experiment(
    name: &'static str,
    measure: fn(&Setting) -> io::Result<Outcome>,
) -> Experiment {
    Experiment {
        name,
        title: "A reader who has stopped & the others",
        guess: "After how many ms do the others hear a line, while one of a hundred has stopped to read?",
        takes: Duration::from_millis(1_500),
        measure,
        why: [
            "A blocking write waits until the kernel has space for it.",
            "The kernel has space as long as the other side reads.",
            "So whoever writes to all in a loop waits for the slowest.",
            "A queue for each reader ends the waiting, until it is full.",
            "What is to happen then, somebody has to decide: <wait>, <drop>, or <cut>.",
        ],
        change: Change {
            file: "Cargo.toml",
            line: "rust-version = \"1.91\"",
            try_this: "Make the queue twice as long, and look when the line begins to rise.",
        },
        question: "How many bytes does a socket take before it blocks?",
    }
}

fn outcome(figure: Figure, holds: bool) -> Outcome {
    Outcome {
        figures: vec![figure],
        found: "The others waited 5,000 ms with the naive server & 0.4 ms with ours.".to_owned(),
        guessed: "5,000 ms".to_owned(),
        answer: "2.5 MiB, of which half lies with the reader".to_owned(),
        claims: vec![Claim {
            says: "The naive server is at least 10 times as slow: 12,500 times.".to_owned(),
            holds,
        }],
    }
}

/// A folder that is gone with the test.
pub struct Folder(PathBuf);

impl Folder {
    /// It is made by whoever writes into it first. No other test has the same name.
    pub fn new(name: &str) -> Self {
        let name = format!("lab-{}-{name}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A test that fails early has made none.
        let _ = fs::remove_dir_all(&self.0);
    }
}
