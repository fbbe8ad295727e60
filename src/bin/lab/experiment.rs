//! What an experiment is: a guess, a measurement, a picture, a reason, a change to try, and a question.

use std::io;
use std::num::NonZero;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use crate::figure::Figure;

/// How large the experiments are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// For a lesson: all of them together take less than two minutes on two cores.
    Lesson,
    /// For an afternoon: up to 5,000 connections and more.
    Full,
}

/// What an experiment is given.
#[derive(Debug, Clone)]
pub struct Setting {
    /// How large it is to be.
    pub size: Size,
    /// Where the results are written. It is there.
    pub folder: PathBuf,
}

impl Setting {
    /// One of two values, by the size.
    pub fn pick<T>(&self, lesson: T, full: T) -> T {
        match self.size {
            Size::Lesson => lesson,
            Size::Full => full,
        }
    }
}

/// One experiment.
pub struct Experiment {
    /// By what it is asked for: `stalled-reader`.
    pub name: &'static str,
    /// What stands above it: a few words.
    pub title: &'static str,
    /// What is asked before it runs, and answered by a guess: a question whose answer is a number, with its unit.
    pub guess: &'static str,
    /// About how long it takes in a lesson.
    pub takes: Duration,
    /// Measures.
    pub measure: fn(&Setting) -> io::Result<Outcome>,
    /// Why it comes out as it does: five sentences.
    pub why: [&'static str; 5],
    /// One line to change, and what to see then.
    pub change: Change,
    /// A question to think about, whose answer is a number that was measured.
    pub question: &'static str,
}

/// One line of the lab to change.
pub struct Change {
    /// The file, from the top of the project.
    pub file: &'static str,
    /// A part of the line as it is now: a test sees to it that it is there, in one place only.
    pub line: &'static str,
    /// What to make of it, and what to look at then.
    pub try_this: &'static str,
}

/// What came of an experiment. All numbers in it are of this run.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The picture, mostly one.
    pub figures: Vec<Figure>,
    /// What was found, in one sentence with numbers.
    pub found: String,
    /// The number that the guess was about, with its unit.
    pub guessed: String,
    /// The answer to the question: a number with its unit, and a few words.
    pub answer: String,
    /// What the experiment claims, and whether it holds in this run, with a wide margin: ratios, no times.
    pub claims: Vec<Claim>,
}

/// Something that has to be so wherever the lab runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Claim {
    /// What: one sentence with the numbers.
    pub says: String,
    /// Whether it is so.
    pub holds: bool,
}

impl Claim {
    /// A claim about threads that run at the same time. Where there are fewer cores than that needs it is not judged, and
    /// says so.
    pub fn needs_cores(needed: usize, there_are: usize, mut says: String, holds: bool) -> Self {
        let is_judged = there_are >= needed;
        if !is_judged {
            says.push_str(&format!(
                " (Not judged: it needs {needed} cores, and this machine has {there_are}.)"
            ));
        }
        Self {
            says,
            holds: holds || !is_judged,
        }
    }
}

/// On how many cores threads of this process may run at the same time; 1 where the system does not say.
pub fn cores() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}
