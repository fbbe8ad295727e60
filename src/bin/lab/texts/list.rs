//! `lab list`.

use std::time::Duration;

use super::hanging;
use crate::experiment::Experiment;
use crate::variants::Variant;

/// The experiments, the variants and the mistakes; these by their names and what is wrong.
pub fn listed(
    experiments: &[Experiment],
    variants: &[Variant],
    mistakes: &[(&str, &str)],
) -> String {
    let mut text = String::new();
    section(
        &mut text,
        "Experiments, with the time that each takes (lab run NAME, lab explain NAME):",
        experiments.iter().map(|experiment| {
            let takes = about(experiment.takes);
            (experiment.name, format!("{} ({takes})", experiment.title))
        }),
    );
    section(
        &mut text,
        "Variants of the server (lab serve NAME):",
        variants
            .iter()
            .map(|variant| (variant.name, variant.about.to_owned())),
    );
    section(
        &mut text,
        "Mistakes to mend (lab broken NAME, lab check):",
        mistakes
            .iter()
            .map(|&(name, about)| (name, about.to_owned())),
    );
    text
}

/// In whole seconds.
pub fn about(takes: Duration) -> String {
    format!("about {} s", takes.as_secs_f64().ceil())
}

/// Nothing at all where there is nothing to list.
fn section<'a>(text: &mut String, head: &str, entries: impl Iterator<Item = (&'a str, String)>) {
    let entries: Vec<(&str, String)> = entries.collect();
    let Some(widest) = entries.iter().map(|(name, _)| name.len()).max() else {
        return;
    };
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(head);
    text.push('\n');
    for (name, about) in entries {
        text.push_str(&hanging(&format!("  {name:widest$}  "), &about));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::course::testing::EXPERIMENTS;
    use crate::variants;

    #[test]
    fn all_are_listed_with_what_they_are() {
        let text = listed(
            &EXPERIMENTS,
            &variants::ALL,
            &[("cr-nul", "CR NUL is a line")],
        );
        for experiment in &EXPERIMENTS {
            assert!(text.contains(experiment.name) && text.contains(experiment.title));
        }
        for variant in &variants::ALL {
            assert!(text.contains(&format!("\n  {} ", variant.name)));
        }
        assert!(text.contains("\n  cr-nul  CR NUL is a line\n"));
        assert!(text.contains("(about 2 s)"));
        assert!(
            text.lines()
                .all(|line| line.chars().count() <= super::super::COLUMNS)
        );
        assert!(!listed(&EXPERIMENTS, &variants::ALL, &[]).contains("Mistakes"));
    }
}
