//! The way through the experiments: a guess, a measurement, a picture, and the guess again; at the end one page.
//!
//! | file | what it does |
//! |---|---|
//! | `console` | asks and tells |
//! | `progress` | measures in one thread, and draws how far it is in another |
//! | `told` | what is said of an experiment when it is over, and of all of them at the end |

mod console;
mod progress;
#[cfg(test)]
pub mod testing;
mod told;

use std::fs;
use std::io;
use std::path::Path;

use crate::experiment::{Experiment, Outcome, Setting};
use crate::figure::Figure;
use crate::report;

pub use console::Console;

/// The name of the page, where it is about several experiments. One alone has a page by its own name, so that whoever
/// runs it once more keeps the page with all of them.
const REPORT: &str = "report.html";

/// One experiment, and what came of it.
pub struct Attempt<'a> {
    /// Which one.
    pub experiment: &'a Experiment,
    /// What somebody has guessed before.
    pub guess: Option<String>,
    /// What was measured, or why it could not be.
    pub outcome: Result<Outcome, String>,
}

/// Goes through these experiments, in this order. Each one's plots and tables are in the setting's folder as soon as it is over, and
/// a report of all of them at the end.
///
/// # Errors
/// The folder cannot be written, nobody listens, or an experiment has failed: the others have been made nevertheless.
pub fn go(
    experiments: &[&Experiment],
    setting: &Setting,
    console: &mut Console<'_>,
) -> io::Result<()> {
    let folder = setting.folder.as_path();
    // Before anything is measured: else it would be known after two minutes.
    fs::create_dir_all(folder).map_err(|error| about(folder, &error))?;
    let mut attempts = Vec::new();
    for (at, experiment) in experiments.iter().enumerate() {
        let place = format!("{} of {}", at + 1, experiments.len());
        let attempt = attempt(experiment, setting, &place, console)?;
        if let Ok(outcome) = &attempt.outcome {
            for figure in &outcome.figures {
                keep(folder, figure)?;
            }
        }
        attempts.push(attempt);
    }
    let page = report::page(&attempts, setting.size)?;
    let path = match experiments {
        [one] => folder.join(format!("{}.html", one.name)),
        _ => folder.join(REPORT),
    };
    fs::write(&path, page).map_err(|error| about(&path, &error))?;
    console.tell(&told::summary(&attempts, &path))?;

    let failed: Vec<&str> = attempts
        .iter()
        .filter(|attempt| attempt.outcome.is_err())
        .map(|attempt| attempt.experiment.name)
        .collect();
    if failed.is_empty() {
        return Ok(());
    }
    let failed = format!(
        "{} of {} failed: {}",
        failed.len(),
        attempts.len(),
        failed.join(", ")
    );
    Err(io::Error::other(failed))
}

fn attempt<'a>(
    experiment: &'a Experiment,
    setting: &Setting,
    place: &str,
    console: &mut Console<'_>,
) -> io::Result<Attempt<'a>> {
    console.tell(&told::head(experiment, place))?;
    let guess = console.ask(experiment.guess)?;
    let outcome = progress::measured(experiment, setting, place, console)?;
    let attempt = Attempt {
        experiment,
        guess,
        outcome,
    };
    console.tell(&told::outcome(&attempt))?;
    Ok(attempt)
}

/// Writes a figure's drawing and its table.
fn keep(folder: &Path, figure: &Figure) -> io::Result<()> {
    for (ending, text) in [("svg", figure.svg()?), ("csv", figure.csv())] {
        let path = folder.join(format!("{}.{ending}", figure.name));
        fs::write(&path, text).map_err(|error| about(&path, &error))?;
    }
    Ok(())
}

/// The error, with the path that it is about.
fn about(path: &Path, error: &io::Error) -> io::Error {
    let why = format!(
        "cannot write {}: {error}. Name another folder by --folder",
        path.display()
    );
    io::Error::new(error.kind(), why)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]
mod tests {
    use super::testing::{EXPERIMENTS, Folder, SETTING};
    use super::*;

    struct Said {
        result: io::Result<()>,
        output: String,
        progress: String,
    }

    fn gone_through(names: &[&str], typed: Option<&str>, folder: &Path) -> Said {
        gone_through_on(names, typed, folder, false)
    }

    fn gone_through_on(names: &[&str], typed: Option<&str>, folder: &Path, redraws: bool) -> Said {
        let experiments: Vec<&Experiment> = names
            .iter()
            .map(|name| EXPERIMENTS.iter().find(|one| one.name == *name).unwrap())
            .collect();
        let (mut output, mut progress) = (Vec::new(), Vec::new());
        let mut input = typed.map(str::as_bytes);
        let mut console = Console {
            input: input.as_mut().map(|input| input as &mut dyn io::BufRead),
            output: &mut output,
            progress: &mut progress,
            redraws,
        };
        let setting = Setting {
            folder: folder.to_owned(),
            ..SETTING
        };
        let result = go(&experiments, &setting, &mut console);
        Said {
            result,
            output: String::from_utf8(output).unwrap(),
            progress: String::from_utf8(progress).unwrap(),
        }
    }

    #[test]
    fn plots_tables_and_the_report_are_written() {
        let folder = Folder::new("plots");
        let said = gone_through(&["stalled-reader", "costs"], None, folder.path());
        said.result.unwrap();
        for name in ["lines-2-3000-false", "bars-3-false"] {
            for ending in ["svg", "csv"] {
                let path = folder.path().join(format!("{name}.{ending}"));
                assert!(fs::read_to_string(path).unwrap().len() > 50);
            }
        }
        let report = fs::read_to_string(folder.path().join(REPORT)).unwrap();
        assert_eq!(report.matches("<svg ").count(), 2);
        assert!(said.output.contains("report.html"));
        assert!(
            said.progress
                .contains("1 of 2: stalled-reader, about 2 s\n")
        );
    }

    #[test]
    fn an_experiment_that_fails_says_why_and_the_others_go_on() {
        let folder = Folder::new("fails");
        let names = ["broken", "panics", "costs"];
        let said = gone_through(&names, None, folder.path());
        let error = said.result.unwrap_err().to_string();
        assert_eq!(error, "2 of 3 failed: broken, panics");
        assert!(
            said.output.contains("no descriptors are left"),
            "{}",
            said.output
        );
        assert!(folder.path().join("bars-3-false.svg").exists());
        let report = fs::read_to_string(folder.path().join(REPORT)).unwrap();
        assert!(report.contains("no descriptors are left"));
    }

    #[test]
    fn a_guess_is_asked_for_and_stands_beside_what_was_measured() {
        let folder = Folder::new("guess");
        let names = ["stalled-reader", "costs", "costs"];
        let said = gone_through(&names, Some("  40 ms\n\n"), folder.path());
        said.result.unwrap();
        let words = said.output.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            words.contains("Guessed: 40 ms Measured: 5,000 ms"),
            "{words}"
        );
        assert_eq!(words.matches("Guessed:").count(), 1, "{words}");
        let report = fs::read_to_string(folder.path().join(REPORT)).unwrap();
        assert!(report.contains("40 ms"));
    }

    #[test]
    fn on_a_terminal_one_line_is_drawn_over_and_is_gone_at_the_end() {
        let folder = Folder::new("redrawn");
        let said = gone_through_on(&["stalled-reader"], None, folder.path(), true);
        assert!(said.progress.starts_with("\r\u{1b}[K1 of 1 [----"));
        assert!(said.progress.ends_with("\r\u{1b}[K"));
        assert!(!said.progress.contains('\n'));
    }

    #[test]
    fn a_claim_that_does_not_hold_is_said_so_and_is_no_failure() {
        let folder = Folder::new("claims");
        let said = gone_through(&["costs"], None, folder.path());
        said.result.unwrap();
        assert!(said.output.contains("DOES NOT HOLD"), "{}", said.output);
    }

    #[test]
    fn a_folder_that_cannot_be_is_known_before_anything_is_measured() {
        let said = gone_through(&["panics"], None, Path::new("/proc/lab-results"));
        assert!(
            said.result
                .unwrap_err()
                .to_string()
                .contains("/proc/lab-results")
        );
        assert!(said.progress.is_empty());
    }
}
