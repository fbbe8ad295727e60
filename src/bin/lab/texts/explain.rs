//! `lab explain`: what is known without measuring.

use std::fs;

use super::hanging;
use crate::experiment::{Change, Experiment};

/// What is asked, why it comes out as it does, what to change, and the question, whose answer is measured.
pub fn explained(experiment: &Experiment) -> String {
    let Experiment {
        name,
        title,
        guess,
        why,
        change,
        question,
        ..
    } = experiment;
    let mut text = hanging("", title);
    text.push('\n');
    text.push_str(&hanging("Guess first: ", guess));
    text.push_str("\nWhy it comes out as it does:\n");
    for (at, sentence) in why.iter().enumerate() {
        text.push_str(&hanging(&format!("  {}. ", at + 1), sentence));
    }
    text.push_str(&format!("\nOne line to change, {}:\n", place(change)));
    text.push_str(&format!("  {}\n", change.line));
    text.push_str(&hanging("  ", change.try_this));
    text.push('\n');
    text.push_str(&hanging("A question: ", question));
    text.push_str(&format!(
        "Its answer is measured by `lab run {name}`, and stands in the report.\n"
    ));
    text
}

/// Where the line to change is. Its number is that of the file as it is now, if the lab runs at the top of the project;
/// elsewhere the file has to do.
pub fn place(change: &Change) -> String {
    let text = fs::read_to_string(change.file).unwrap_or_default();
    match text.lines().position(|line| line.contains(change.line)) {
        Some(at) => format!("{}:{}", change.file, at + 1),
        None => change.file.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::course::testing::EXPERIMENTS;

    #[test]
    fn an_explanation_has_all_that_is_not_measured() {
        let experiment = &EXPERIMENTS[0];
        let text = explained(experiment);
        let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        for part in [
            experiment.title,
            experiment.guess,
            experiment.change.line,
            experiment.change.try_this,
            experiment.question,
        ] {
            assert!(words.contains(part), "{part}: {text}");
        }
        assert!(
            experiment
                .why
                .iter()
                .all(|sentence| words.contains(sentence))
        );
        assert!(text.contains("lab run stalled-reader"));
    }

    #[test]
    fn a_line_has_its_number_where_the_file_is_there() {
        let mut change = Change {
            file: "Cargo.toml",
            line: "name = \"chatserv\"",
            try_this: "",
        };
        assert_eq!(place(&change), "Cargo.toml:2");
        change.line = "a line that is nowhere";
        assert_eq!(place(&change), "Cargo.toml");
        change.file = "nowhere.rs";
        assert_eq!(place(&change), "nowhere.rs");
    }
}
