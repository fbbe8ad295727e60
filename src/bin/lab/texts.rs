//! Texts for a terminal: indentation, `lab list`, `lab explain`, and the error for an unknown name.

use std::io;
use std::time::Duration;

use crate::experiment::Experiment;
use crate::figure::{COLUMNS, wrapped};

/// Names less similar than this are not suggested.
const SIMILARITY_MIN: f64 = 0.7;

/// Wraps a text behind `first`, and indents its other lines to the same column.
pub fn hanging(first: &str, text: &str) -> String {
    let indent = first.chars().count();
    let lines = wrapped(text, COLUMNS.saturating_sub(indent));
    let mut out = String::new();
    for (at, line) in lines.iter().enumerate() {
        let start = if at == 0 { first } else { &" ".repeat(indent) };
        out += &format!("{start}{line}\n");
    }
    out
}

/// One block of `lab list`: a heading, then names with descriptions.
pub fn listed<'a>(heading: &str, entries: impl Iterator<Item = (&'a str, String)>) -> String {
    let entries: Vec<(&str, String)> = entries.collect();
    let widest = entries.iter().map(|(name, _)| name.len()).max();
    let widest = widest.unwrap_or(0);
    let mut text = format!("{heading}\n");
    for (name, about) in entries {
        text += &hanging(&format!("  {name:widest$}  "), &about);
    }
    text
}

/// A duration in whole seconds.
pub fn about(takes: Duration) -> String {
    format!("about {} s", takes.as_secs_f64().ceil())
}

/// The text of `lab explain`: everything about an experiment that needs no measurement.
pub fn explained(experiment: &Experiment) -> String {
    let Experiment { name, change, functions, .. } = experiment;
    let mut text = hanging("", experiment.title);
    text += "\n";
    text += &hanging("Guess first: ", experiment.guess);
    text += "\nThe reasons:\n";
    for (sentence, number) in experiment.why.iter().zip(1..) {
        text += &hanging(&format!("  {number}. "), sentence);
    }
    text += "\nTo read:\n";
    for function in *functions {
        text += &format!("  `{}`, {}\n", function.name(), function.place());
    }
    text += &format!("\nOne line to change, {}:\n  {}\n", change.place(), change.line);
    text += &hanging("  ", change.try_this);
    text += "\n";
    text += &hanging("A question: ", experiment.question);
    text + &format!("`lab run {name}` measures the answer and writes it into the report.\n")
}

/// The error for an unknown name. It lists the known names and suggests the most similar one.
pub fn unknown(kind: &str, name: &str, known: &[&str]) -> io::Error {
    let suggestion = known
        .iter()
        .map(|known| (strsim::jaro_winkler(&name.to_lowercase(), known), known))
        .filter(|(similarity, _)| *similarity >= SIMILARITY_MIN)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map_or(String::new(), |(_, known)| format!(" Did you mean {known}?"));
    io::Error::other(format!(
        "{name:?} is not {kind}.{suggestion} Known names: {}",
        known.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::course::testing::EXPERIMENTS;

    #[test]
    fn lines_hang_below_the_first_text() {
        let text = hanging("why: ", &"word ".repeat(30));
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines.len() > 1 && lines.iter().all(|line| line.chars().count() <= COLUMNS));
        assert!(lines[0].starts_with("why: word") && lines[1].starts_with("     word"));
    }

    #[test]
    fn a_list_is_aligned() {
        let entries = [("cr-nul", "one".to_owned()), ("a", "two".to_owned())];
        let text = listed("Mistakes:", entries.into_iter());
        assert_eq!(text, "Mistakes:\n  cr-nul  one\n  a       two\n");
        assert_eq!(about(Duration::from_millis(1_500)), "about 2 s");
    }

    #[test]
    fn an_explanation_has_everything_that_needs_no_measurement() {
        let experiment = &EXPERIMENTS[0];
        let text = explained(experiment);
        let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let change = &experiment.change;
        let mut parts = vec![experiment.title, experiment.guess, experiment.question];
        parts.extend(experiment.why);
        parts.extend([change.line, change.try_this, "lab run stalled-reader"]);
        for part in parts {
            assert!(words.contains(part), "{part}: {text}");
        }
    }

    #[test]
    fn a_similar_name_is_suggested() {
        let known = ["stalled-reader", "turns", "costs"];
        let error = |name| unknown("an experiment", name, &known).to_string();
        assert_eq!(
            error("Stalled"),
            "\"Stalled\" is not an experiment. Did you mean stalled-reader? \
             Known names: stalled-reader, turns, costs"
        );
        assert!(!error("xyz").contains("mean"));
        assert!(error("\u{1b}[2J").starts_with("\"\\u{1b}"));
    }
}
