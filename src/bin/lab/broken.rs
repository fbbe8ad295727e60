//! Eight classic mistakes of a chat server, each with a check that fails until the mistake is fixed.
//!
//! Each mistake lives in a file of its own, in one arm of one `match`: `Way::Broken`. Fix that arm, and `lab check`
//! says whether the fix works. The arm `Way::Fixed` calls the answer at the end of the file: look there last.
//!
//! | file | what it holds |
//! |---|---|
//! | `one_read_one_line`, `cr_nul`, `endless_line` | mistakes in reading |
//! | `short_write`, `unbounded_queue` | mistakes in writing |
//! | `nonblocking_clone`, `write_under_lock`, `both_clean_up` | mistakes with threads that share something |
//! | `connection` | the connections of the checks, and the codec, which is the answer to the mistakes in reading |

mod both_clean_up;
mod connection;
mod cr_nul;
mod endless_line;
mod nonblocking_clone;
mod one_read_one_line;
mod short_write;
#[cfg(test)]
mod tests;
mod unbounded_queue;
mod write_under_lock;

use std::io::{self, Write};
use std::thread;
use std::time::Duration;

use crossbeam_channel::{RecvTimeoutError, bounded};

use crate::texts::{self, hanging};

/// All mistakes, in the order of the lesson.
pub const ALL: &[Mistake] = &[
    one_read_one_line::MISTAKE,
    short_write::MISTAKE,
    cr_nul::MISTAKE,
    nonblocking_clone::MISTAKE,
    unbounded_queue::MISTAKE,
    write_under_lock::MISTAKE,
    both_clean_up::MISTAKE,
    endless_line::MISTAKE,
];

/// How long a check may take. Each takes about two seconds unless it blocks for ever.
const PATIENCE: Duration = Duration::from_secs(10);

/// The arm of the `match` that a check runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// The arm with the mistake.
    Broken,
    /// The answer. Only the tests run it.
    #[cfg_attr(not(test), expect(dead_code, reason = "the student fixes the other arm"))]
    Fixed,
}

pub struct Mistake {
    pub name: &'static str,
    pub title: &'static str,
    /// The explanation that the student reads.
    about: &'static str,
    /// The function with the arm.
    place: &'static str,
    /// A phrase in the failure of the check that identifies this mistake.
    sign: &'static str,
    try_it: fn(Way) -> Result<(), Failure>,
}

/// The result of a check that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Failure {
    expected: String,
    actual: String,
}

impl Failure {
    fn new(expected: impl Into<String>, actual: impl Into<String>) -> Self {
        Self { expected: expected.into(), actual: actual.into() }
    }
}

/// An I/O error that no check expects.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::new("no error", format!("{:?}: {error}", error.kind()))
    }
}

impl Mistake {
    /// The path from the top of the project.
    fn file(&self) -> String {
        format!("src/bin/lab/broken/{}.rs", self.name.replace('-', "_"))
    }

    /// Runs the check in a thread of its own, and abandons the thread if it does not end: a fix that blocks for ever is
    /// no fix, and `lab check` must say so.
    fn check(&self, way: Way) -> Result<(), Failure> {
        let (sender, result) = bounded(1);
        let try_it = self.try_it;
        thread::spawn(move || sender.send(try_it(way)));
        result.recv_timeout(PATIENCE).unwrap_or_else(|error| {
            Err(match error {
                RecvTimeoutError::Timeout => {
                    let seconds = PATIENCE.as_secs();
                    Failure::new("an end", format!("none after {seconds} s: something blocks"))
                }
                RecvTimeoutError::Disconnected => Failure::new("no panic", "a panic; see above"),
            })
        })
    }

    /// Compares the lines that a reader has found with those that were sent. `is_sign` recognises a line that the
    /// mistake produces.
    fn compare(
        &self,
        expected: &[&str],
        actual: &[String],
        is_sign: impl Fn(&str) -> bool,
    ) -> Result<(), Failure> {
        if actual == expected {
            return Ok(());
        }
        let has_sign = actual.iter().any(|line| is_sign(line));
        let what = if has_sign { self.sign } else { "other lines than were sent" };
        Err(Failure::new(format!("the lines {expected:?}"), format!("{actual:?}: {what}")))
    }
}

/// `lab broken`: explains these mistakes and runs their checks. Without names it lists all mistakes.
pub fn show(names: &[String]) -> io::Result<()> {
    let stdout = &mut io::stdout().lock();
    if names.is_empty() {
        return stdout.write_all(list().as_bytes());
    }
    // First of all, so a wrong name is reported before a check runs.
    let mistakes = names.iter().map(|name| find(name));
    let mistakes: Vec<&Mistake> = mistakes.collect::<Result<_, _>>()?;
    mistakes.into_iter().try_for_each(|mistake| explain(mistake, stdout))
}

/// `lab check`: says which mistakes are fixed. It fails unless all are.
pub fn check() -> io::Result<()> {
    let stdout = &mut io::stdout().lock();
    let mut left = 0;
    for mistake in ALL {
        match mistake.check(Way::Broken) {
            Ok(()) => writeln!(stdout, "fixed      {}", mistake.name)?,
            Err(failure) => {
                left += 1;
                writeln!(stdout, "not fixed  {}: {}", mistake.name, failure.actual)?;
            }
        }
    }
    let all = ALL.len();
    match left {
        0 => writeln!(stdout, "\nAll {all} mistakes are fixed."),
        _ => Err(io::Error::other(format!("{left} of {all} mistakes are not fixed yet"))),
    }
}

fn find(name: &str) -> io::Result<&'static Mistake> {
    let found = ALL.iter().find(|mistake| mistake.name == name);
    found.ok_or_else(|| {
        let known: Vec<&str> = ALL.iter().map(|mistake| mistake.name).collect();
        texts::unknown("a mistake", name, &known)
    })
}

fn list() -> String {
    let entries = ALL.iter().map(|mistake| (mistake.name, mistake.title.to_owned()));
    texts::listed("The classic mistakes:\n", entries)
        + "\n`lab broken NAME` explains a mistake and runs the check that fails.\n\
           `lab check` says which mistakes you have fixed.\n"
}

fn explain(mistake: &Mistake, out: &mut impl Write) -> io::Result<()> {
    let Mistake { name, title, place, sign, .. } = mistake;
    writeln!(
        out,
        "{name}: {title}\n\n{about}\n  \
         File:  {file}, which says how to see it by hand\n  \
         Place: {place}, the arm `Way::Broken`\n  \
         Sign:  {sign}\n",
        about = hanging("  ", mistake.about),
        file = mistake.file(),
    )?;
    // The check may take a second, and there is something to read meanwhile.
    out.flush()?;
    match mistake.check(Way::Broken) {
        Ok(()) => writeln!(out, "  Its check passes: you have fixed it.\n"),
        Err(Failure { expected, actual }) => writeln!(
            out,
            "  Its check FAILS.\n    expected: {expected}\n    actual:   {actual}\n\n  \
             Fix that arm, then check again:\n    \
             cargo run --profile lesson --bin lab -- check\n"
        ),
    }
}
