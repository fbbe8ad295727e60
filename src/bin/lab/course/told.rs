//! What is said of an experiment when it is over, and of all of them at the end.

use std::path::Path;

use super::Attempt;
use crate::experiment::Experiment;
use crate::texts::{COLUMNS, hanging};

/// Before an experiment.
pub fn head(experiment: &Experiment, place: &str) -> String {
    let line = "-".repeat(COLUMNS);
    let title = hanging(&format!("{place}: "), experiment.title);
    format!("\n{line}\n{title}\n")
}

/// The plots, what was found, the guess beside what was measured, and what holds.
pub fn outcome(attempt: &Attempt<'_>) -> String {
    let experiment = attempt.experiment;
    let outcome = match &attempt.outcome {
        Ok(outcome) => outcome,
        Err(why) => return hanging("FAILED: ", why),
    };
    let mut text = String::new();
    for figure in &outcome.figures {
        text.push_str(&figure.terminal());
        text.push('\n');
    }
    text.push_str(&hanging("Found: ", &outcome.found));
    text.push_str(&hanging("Asked: ", experiment.guess));
    if let Some(guess) = &attempt.guess {
        text.push_str(&hanging("  Guessed:  ", guess));
    }
    text.push_str(&hanging("  Measured: ", &outcome.guessed));
    for claim in &outcome.claims {
        let holds = if claim.holds {
            "Holds: "
        } else {
            "DOES NOT HOLD in this run: "
        };
        text.push_str(&hanging(holds, &claim.says));
    }
    text.push_str(&hanging("A question: ", experiment.question));
    text.push_str(&format!(
        "Its answer is in the report. Why, and one line to change: lab explain {}\n",
        experiment.name
    ));
    text
}

/// One page: a line for each, and where the rest is.
pub fn summary(attempts: &[Attempt<'_>], report: &Path) -> String {
    let line = "-".repeat(COLUMNS);
    let mut text = format!("\n{line}\nWhat was found\n\n");
    for attempt in attempts {
        let name = format!("{}: ", attempt.experiment.name);
        match &attempt.outcome {
            Err(why) => text.push_str(&hanging(&name, &format!("FAILED: {why}"))),
            Ok(outcome) => {
                text.push_str(&hanging(&name, &outcome.found));
                for claim in outcome.claims.iter().filter(|claim| !claim.holds) {
                    text.push_str(&hanging("  DOES NOT HOLD in this run: ", &claim.says));
                }
            }
        }
    }
    text.push_str(&format!(
        "\nThe plots, the reasons and the answers: {}\n",
        report.display()
    ));
    text
}
