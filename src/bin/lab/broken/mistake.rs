//! What a mistake is, and how its check is run.

use std::io;
use std::thread;
use std::time::Duration;

use crossbeam_channel::{RecvTimeoutError, bounded};

/// How long a check may take. Each is over within about two seconds, unless something in it waits for ever.
const PATIENCE: Duration = Duration::from_secs(10);

/// Which of the two arms is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// The arm with the mistake, until it is mended.
    Broken,
    /// The answer, which the tests take.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "the student takes it by mending the other")
    )]
    Mended,
}

/// One mistake that nearly everybody has made.
pub struct Mistake {
    /// By what it is asked for: `short-write`.
    pub name: &'static str,
    /// What is done wrong: a few words.
    pub title: &'static str,
    /// What happens, and why: a few lines, each short enough for a terminal.
    pub about: &'static [&'static str],
    /// The file in which it lives, from the top of the project.
    pub file: &'static str,
    /// The function that has the arm.
    pub place: &'static str,
    /// What its check says as long as it is there.
    pub sign: &'static str,
    /// Does the real thing, and looks what comes of it.
    pub try_it: fn(Way) -> Result<(), Wrong>,
}

/// What a check has found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// What should have come.
    pub expected: String,
    /// What came.
    pub came: String,
}

impl Wrong {
    /// Something else came than was expected.
    pub fn new(expected: impl Into<String>, came: impl Into<String>) -> Self {
        Self {
            expected: expected.into(),
            came: came.into(),
        }
    }
}

/// An error that no check had expected.
impl From<io::Error> for Wrong {
    fn from(error: io::Error) -> Self {
        Self::new("no error", format!("{:?}: {error}", error.kind()))
    }
}

impl Mistake {
    /// Runs the check with one of the two arms.
    ///
    /// It runs in a thread of its own, which is left behind where it does not end: a repair that waits for ever is no
    /// repair, and `lab check` has to say so instead of waiting with it.
    ///
    /// # Errors
    /// The mistake is there.
    pub fn check(&self, way: Way) -> Result<(), Wrong> {
        let (sender, result) = bounded(1);
        let try_it = self.try_it;
        thread::spawn(move || sender.send(try_it(way)));
        result.recv_timeout(PATIENCE).unwrap_or_else(|error| {
            Err(match error {
                RecvTimeoutError::Timeout => Wrong::new(
                    "an end",
                    format!("none in {} s: something waits for ever", PATIENCE.as_secs()),
                ),
                RecvTimeoutError::Disconnected => Wrong::new("no panic", "a panic; see above"),
            })
        })
    }
}
