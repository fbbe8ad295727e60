//! Measures in one thread, and draws how far it is in another.

use std::io;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use super::console::Console;
use crate::experiment::{Experiment, Outcome, Setting, Size};
use crate::texts::about;

/// Between two drawings: seldom enough to cost nothing beside what is measured.
const REDRAWN_EVERY: Duration = Duration::from_millis(250);

/// Characters of the bar.
const BAR: usize = 24;

/// Goes back to the beginning of the line, and makes it empty (ECMA-48: EL).
const AFRESH: &str = "\r\x1b[K";

/// Runs the experiment, and says on the way how far it is. It is measured in a thread of its own, so that this one can draw,
/// and so that one that panics does not take the others with it.
///
/// # Errors
/// Nobody listens, or there can be no thread; what becomes of the experiment itself is in the result.
pub fn measured(
    experiment: &Experiment,
    setting: &Setting,
    place: &str,
    console: &mut Console<'_>,
) -> io::Result<Result<Outcome, String>> {
    // For an afternoon, it is not known how long it takes.
    let takes = (setting.size == Size::Lesson).then_some(experiment.takes);
    if !console.redraws {
        let about = takes.map_or(String::new(), |takes| format!(", {}", about(takes)));
        writeln!(console.progress, "{place}: {}{about}", experiment.name)?;
    }
    let began = Instant::now();
    let (measure, setting) = (experiment.measure, setting.clone());
    let (send, results) = mpsc::sync_channel(1);
    thread::Builder::new()
        .name("experiment".to_owned())
        .spawn(move || {
            // The other end is gone only where drawing has failed, and then nobody wants to know.
            let _ = send.send(measure(&setting));
        })?;
    let outcome = loop {
        if console.redraws {
            let line = line(place, experiment.name, began.elapsed(), takes);
            write!(console.progress, "{AFRESH}{line}")?;
            console.progress.flush()?;
        }
        match results.recv_timeout(REDRAWN_EVERY) {
            Ok(outcome) => break outcome.map_err(|error| error.to_string()),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                break Err("it panicked: stderr says where".to_owned());
            }
        }
    };
    if console.redraws {
        write!(console.progress, "{AFRESH}")?;
        console.progress.flush()?;
    }
    Ok(outcome)
}

/// One line: which experiment of how many, a bar, the time.
fn line(place: &str, name: &str, elapsed: Duration, takes: Option<Duration>) -> String {
    let seconds = elapsed.as_secs();
    let Some(takes) = takes else {
        return format!("{place}: {name}, {seconds} s");
    };
    let share = elapsed.as_secs_f64() / takes.as_secs_f64().max(0.1);
    let done = ((share * BAR as f64) as usize).min(BAR);
    let bar = format!("{}{}", "#".repeat(done), "-".repeat(BAR - done));
    format!("{place} [{bar}] {seconds} s, {}: {name}", about(takes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_grows_and_does_not_grow_out_of_itself() {
        let takes = Duration::from_secs(8);
        let done = |seconds| {
            let line = line(
                "3 of 12",
                "costs",
                Duration::from_secs(seconds),
                Some(takes),
            );
            assert!(
                line.len() < 79 && line.ends_with("about 8 s: costs"),
                "{line}"
            );
            line.matches('#').count()
        };
        assert_eq!(
            [done(0), done(4), done(8), done(80)],
            [0, BAR / 2, BAR, BAR]
        );
        let full = line("3 of 12", "costs", Duration::from_secs(9), None);
        assert_eq!(full, "3 of 12: costs, 9 s");
    }
}
