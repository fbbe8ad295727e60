//! Runs experiments one after the other: a guess, the measurement, the plots. At the end it writes a report.

mod console;
#[cfg(test)]
pub mod testing;

use std::fs;
use std::io;
use std::path::Path;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use crate::experiment::{Attempt, Experiment, Outcome, Setting, Size};
use crate::figure::COLUMNS;
use crate::report;
use crate::texts::{about, hanging};

pub use console::Console;

/// The name of the report about several experiments. A single experiment gets a report under its own name, so running
/// it again does not overwrite this one.
const REPORT: &str = "report.html";

/// Rare enough to cost nothing compared with the measurement.
const REDRAW_INTERVAL: Duration = Duration::from_millis(250);

/// The width of the progress bar, in characters.
const BAR: usize = 24;

/// Runs the experiments in order. The plots and tables of each are written as soon as it ends.
///
/// # Errors
/// An I/O error ends the run at once. An experiment that fails does not stop the others, but makes the whole run fail.
pub fn run(
    experiments: &[&Experiment],
    setting: &Setting,
    console: &mut Console<'_>,
) -> io::Result<()> {
    let folder = setting.folder.as_path();
    // First of all: a bad folder should not be discovered after two minutes.
    fs::create_dir_all(folder).map_err(|error| cannot_write(folder, &error))?;
    let mut attempts = Vec::new();
    for (experiment, number) in experiments.iter().zip(1..) {
        let place = format!("{number} of {}", experiments.len());
        let attempt = attempt(experiment, setting, &place, console)?;
        for figure in attempt.outcome.iter().flat_map(|outcome| &outcome.figures) {
            write(&folder.join(format!("{}.svg", figure.name)), &figure.svg()?)?;
            write(&folder.join(format!("{}.csv", figure.name)), &figure.csv())?;
        }
        attempts.push(attempt);
    }
    let path = match experiments {
        [one] => folder.join(format!("{}.html", one.name)),
        _ => folder.join(REPORT),
    };
    write(&path, &report::page(&attempts, setting.size)?)?;
    console.print(&summary(&attempts, &path))?;

    let failed = attempts.iter().filter(|attempt| attempt.outcome.is_err());
    let failed: Vec<&str> = failed.map(|attempt| attempt.experiment.name).collect();
    if failed.is_empty() {
        return Ok(());
    }
    let (count, all) = (failed.len(), attempts.len());
    let failed = failed.join(", ");
    Err(io::Error::other(format!("{count} of {all} failed: {failed}")))
}

fn attempt<'a>(
    experiment: &'a Experiment,
    setting: &Setting,
    place: &str,
    console: &mut Console<'_>,
) -> io::Result<Attempt<'a>> {
    let rule = "-".repeat(COLUMNS);
    let title = hanging(&format!("{place}: "), experiment.title);
    console.print(&format!("\n{rule}\n{title}\n"))?;
    let attempt = Attempt {
        experiment,
        guess: console.ask(experiment.guess)?,
        outcome: measure(experiment, setting, place, console)?,
    };
    console.print(&results(&attempt))?;
    Ok(attempt)
}

/// Runs the measurement in a thread of its own, so that this thread can show the progress and a panic does not end the
/// lab.
fn measure(
    experiment: &Experiment,
    setting: &Setting,
    place: &str,
    console: &mut Console<'_>,
) -> io::Result<Result<Outcome, String>> {
    // The duration of a full run is unknown.
    let takes = (setting.size == Size::Lesson).then_some(experiment.takes);
    if !console.redraws {
        let about = takes.map_or(String::new(), |takes| format!(", {}", about(takes)));
        writeln!(console.progress, "{place}: {}{about}", experiment.name)?;
    }
    let began = Instant::now();
    let (measure, setting) = (experiment.measure, setting.clone());
    let (send, results) = mpsc::sync_channel(1);
    thread::Builder::new().name("experiment".to_owned()).spawn(move || {
        // This fails only after an error on the console has ended the run.
        let _ = send.send(measure(&setting));
    })?;
    let outcome = loop {
        console.redraw(&progress(place, experiment.name, began.elapsed(), takes))?;
        match results.recv_timeout(REDRAW_INTERVAL) {
            Ok(outcome) => break outcome.map_err(|error| error.to_string()),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                break Err("it panicked; stderr says where".to_owned());
            }
        }
    };
    console.redraw("")?;
    Ok(outcome)
}

fn progress(place: &str, name: &str, elapsed: Duration, takes: Option<Duration>) -> String {
    let seconds = elapsed.as_secs();
    let Some(takes) = takes else {
        return format!("{place}: {name}, {seconds} s");
    };
    let share = elapsed.as_secs_f64() / takes.as_secs_f64().max(0.1);
    let done = ((share * BAR as f64) as usize).min(BAR);
    let bar = format!("{}{}", "#".repeat(done), "-".repeat(BAR - done));
    format!("{place} [{bar}] {seconds} s, {}: {name}", about(takes))
}

/// The output of an experiment in the terminal.
fn results(attempt: &Attempt<'_>) -> String {
    let experiment = attempt.experiment;
    let outcome = match &attempt.outcome {
        Ok(outcome) => outcome,
        Err(why) => return hanging("FAILED: ", why),
    };
    let mut text = String::new();
    for figure in &outcome.figures {
        text += &figure.terminal();
        text += "\n";
    }
    text += &hanging("Result: ", &outcome.finding);
    text += &hanging("Asked: ", experiment.guess);
    if let Some(guess) = &attempt.guess {
        text += &hanging("  Guessed:  ", guess);
    }
    text += &hanging("  Measured: ", &outcome.measured);
    for claim in &outcome.claims {
        let verdict = if claim.holds { "Holds: " } else { "DOES NOT HOLD in this run: " };
        text += &hanging(verdict, &claim.says);
    }
    text += &hanging("A question: ", experiment.question);
    text + &format!(
        "The report has the answer. For the reasons, and a line to change:\nlab explain {}\n",
        experiment.name
    )
}

fn summary(attempts: &[Attempt<'_>], report: &Path) -> String {
    let rule = "-".repeat(COLUMNS);
    let mut text = format!("\n{rule}\nSummary\n\n");
    for attempt in attempts {
        let name = format!("{}: ", attempt.experiment.name);
        match &attempt.outcome {
            Err(why) => text += &hanging(&name, &format!("FAILED: {why}")),
            Ok(outcome) => {
                text += &hanging(&name, &outcome.finding);
                for claim in outcome.claims.iter().filter(|claim| !claim.holds) {
                    text += &hanging("  DOES NOT HOLD in this run: ", &claim.says);
                }
            }
        }
    }
    let report = report.display();
    text + &format!("\nThe report, with plots, reasons and answers: {report}\n")
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    fs::write(path, text).map_err(|error| cannot_write(path, &error))
}

fn cannot_write(path: &Path, error: &io::Error) -> io::Error {
    let path = path.display();
    io::Error::other(format!("cannot write {path}: {error}. Choose another folder with --folder"))
}

#[cfg(test)]
mod tests {
    use super::testing::{EXPERIMENTS, Folder, SETTING};
    use super::*;

    struct Run {
        result: io::Result<()>,
        output: String,
        progress: String,
    }

    fn run_named(names: &[&str], typed: Option<&str>, folder: &Path, redraws: bool) -> Run {
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
        let folder = folder.to_owned();
        let result = run(&experiments, &Setting { folder, ..SETTING }, &mut console);
        Run {
            result,
            output: String::from_utf8(output).unwrap(),
            progress: String::from_utf8(progress).unwrap(),
        }
    }

    #[test]
    fn plots_tables_and_the_report_are_written() {
        let folder = Folder::new("plots");
        let run = run_named(&["stalled-reader", "costs"], None, folder.path(), false);
        run.result.unwrap();
        for file in ["a-line.svg", "a-line.csv", "a-bar.svg", "a-bar.csv"] {
            assert!(fs::read_to_string(folder.path().join(file)).unwrap().len() > 20);
        }
        let report = fs::read_to_string(folder.path().join(REPORT)).unwrap();
        assert_eq!(report.matches("<svg ").count(), 2);
        assert!(run.output.contains("report.html"));
        // A claim that does not hold is no failure.
        assert!(run.output.contains("DOES NOT HOLD"), "{}", run.output);
        assert!(run.progress.contains("1 of 2: stalled-reader, about 2 s\n"));
    }

    #[test]
    fn a_failed_experiment_does_not_stop_the_others() {
        let folder = Folder::new("fails");
        let run = run_named(&["broken", "panics", "costs"], None, folder.path(), false);
        let error = run.result.unwrap_err().to_string();
        assert_eq!(error, "2 of 3 failed: broken, panics");
        let report = fs::read_to_string(folder.path().join(REPORT)).unwrap();
        for text in [&run.output, &report] {
            assert!(text.contains("no descriptors are left"), "{text}");
        }
        assert!(folder.path().join("a-bar.svg").exists());
    }

    #[test]
    fn a_guess_is_shown_next_to_the_measured_value() {
        let folder = Folder::new("guess");
        let names = ["stalled-reader", "costs", "costs"];
        let run = run_named(&names, Some("  40 ms\n\n"), folder.path(), false);
        run.result.unwrap();
        let words = run.output.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains("Guessed: 40 ms Measured: 5,000 ms"), "{words}");
        assert_eq!(words.matches("Guessed:").count(), 1, "{words}");
        let report = fs::read_to_string(folder.path().join(REPORT)).unwrap();
        assert!(report.contains("40 ms"));
    }

    #[test]
    fn a_terminal_shows_one_line_that_is_redrawn_and_cleared() {
        let folder = Folder::new("redrawn");
        let progress = run_named(&["stalled-reader"], None, folder.path(), true).progress;
        assert!(progress.starts_with("\r\u{1b}[K1 of 1 [----") && !progress.contains('\n'));
        assert!(progress.ends_with("\r\u{1b}[K"));
    }

    #[test]
    fn a_bad_folder_is_noticed_before_the_measurement() {
        let run = run_named(&["panics"], None, Path::new("/proc/lab-results"), false);
        let error = run.result.unwrap_err().to_string();
        assert!(error.contains("/proc/lab-results"), "{error}");
        assert!(run.progress.is_empty());
    }

    #[test]
    fn the_bar_fills_and_stops_when_it_is_full() {
        let takes = Some(Duration::from_secs(8));
        for (seconds, bars) in [(0, 0), (4, BAR / 2), (8, BAR), (80, BAR)] {
            let line = progress("3 of 12", "costs", Duration::from_secs(seconds), takes);
            assert!(line.len() < 79 && line.ends_with("about 8 s: costs"), "{line}");
            assert_eq!(line.matches('#').count(), bars);
        }
        let full = progress("3 of 12", "costs", Duration::from_secs(9), None);
        assert_eq!(full, "3 of 12: costs, 9 s");
    }
}
