//! The parts of an experiment: a guess, a measurement, plots, reasons, a change to try and a question.

use std::io;
use std::num::NonZero;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use crate::figure::{Axis, Drawing, Figure, Series};
use crate::source::{self, Function};

/// How large the experiments are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// All experiments together take less than two minutes on two cores.
    Lesson,
    /// Up to 5,000 connections, for an afternoon.
    Full,
}

#[derive(Debug, Clone)]
pub struct Setting {
    pub size: Size,
    /// The existing folder for the results.
    pub folder: PathBuf,
}

impl Setting {
    pub fn pick<T>(&self, lesson: T, full: T) -> T {
        match self.size {
            Size::Lesson => lesson,
            Size::Full => full,
        }
    }
}

pub struct Experiment {
    pub name: &'static str,
    pub title: &'static str,
    /// A question to guess the answer to before the measurement. Its answer is a number with a unit.
    pub guess: &'static str,
    /// The approximate duration with [`Size::Lesson`].
    pub takes: Duration,
    pub measure: fn(&Setting) -> io::Result<Outcome>,
    /// The explanation of the result, in five sentences or so.
    pub why: [&'static str; 5],
    /// The functions to read, for the report.
    pub functions: &'static [Function],
    pub change: Change,
    /// A question to think about. The measurement answers it.
    pub question: &'static str,
}

/// One line of the lab to change.
pub struct Change {
    /// The path from the top of the project.
    pub file: &'static str,
    /// The beginning of the line. A test checks that exactly one line of the file begins like this.
    pub line: &'static str,
    /// The new line, and what it shows.
    pub try_this: &'static str,
}

impl Change {
    /// The file and the number of the line.
    pub fn place(&self) -> String {
        source::place(self.file, self.line)
    }
}

/// The result of one run.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    pub figures: Vec<Figure>,
    /// The result in one sentence, with numbers.
    pub finding: String,
    /// The answer to the guess: a number with its unit.
    pub measured: String,
    /// The answer to the question.
    pub answer: String,
    pub claims: Vec<Claim>,
}

/// One run of an experiment.
pub struct Attempt<'a> {
    pub experiment: &'a Experiment,
    pub guess: Option<String>,
    /// The outcome, or the reason why the experiment failed.
    pub outcome: Result<Outcome, String>,
}

/// A statement that holds on any machine. Claims compare ratios with a wide margin; they never state times.
#[derive(Debug, Clone, PartialEq)]
pub struct Claim {
    pub says: String,
    pub holds: bool,
}

/// A list of claims. Each is `condition => "sentence with numbers", arguments;`.
macro_rules! claims {
    ($($holds:expr => $says:literal $(, $argument:expr)*;)*) => {
        vec![$($crate::experiment::Claim { holds: $holds, says: format!($says $(, $argument)*) }),*]
    };
}
pub(crate) use claims;

impl Claim {
    /// Marks a claim about threads that run at the same time. It counts as true, and says so, on a machine with too few
    /// cores to judge it.
    pub fn require_cores(&mut self, required: usize, cores: usize) {
        if cores < required {
            self.holds = true;
            self.says +=
                &format!(" (Not judged: it needs {required} cores, and this machine has {cores}.)");
        }
    }
}

/// The number of cores that this process may use, or 1 if the system does not say.
pub fn cores() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}

/// A figure with its file name, title and caption.
pub fn figure(name: &str, title: &str, see: &str, drawing: Drawing) -> Figure {
    let [name, title, see] = [name, title, see].map(str::to_owned);
    Figure { name, title, see, drawing }
}

/// A line plot with its file name, title and caption.
pub fn line_plot(
    name: &str,
    title: &str,
    see: &str,
    x: Axis,
    y: Axis,
    series: Vec<Series>,
) -> Figure {
    figure(name, title, see, Drawing::Lines { x, y, series })
}

/// The line of a plot that has one point for each value.
pub fn series<T>(name: &str, values: &[T], point: impl Fn(&T) -> (f64, f64)) -> Series {
    Series { name: name.to_owned(), points: values.iter().map(point).collect() }
}

/// Whether each claim holds, in order.
#[cfg(test)]
pub fn holding(outcome: &Outcome) -> Vec<bool> {
    outcome.claims.iter().map(|claim| claim.holds).collect()
}
