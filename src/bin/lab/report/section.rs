//! One experiment on the page.

use std::io;

use super::html::escaped;
use crate::course::Attempt;
use crate::experiment::{Experiment, Outcome};
use crate::figure::Figure;
use crate::texts::place;

/// What was asked, what was found, why, what to change, and a question with its answer folded in.
pub fn of(attempt: &Attempt<'_>) -> io::Result<String> {
    let experiment = attempt.experiment;
    let mut html = format!(
        "<section id=\"{}\">\n<h2>{}</h2>\n",
        escaped(experiment.name),
        escaped(experiment.title)
    );
    match &attempt.outcome {
        Err(why) => {
            html.push_str(&format!(
                "<p><strong>It failed:</strong> {}</p>\n",
                escaped(why)
            ));
            html.push_str(&asked(attempt, None));
        }
        Ok(outcome) => {
            html.push_str(&format!(
                "<p class=\"found\">{}</p>\n",
                escaped(&outcome.found)
            ));
            html.push_str(&asked(attempt, Some(outcome)));
            for figure in &outcome.figures {
                html.push_str(&drawn(figure)?);
            }
            html.push_str(&claims(outcome));
        }
    }
    html.push_str("<h3>Why</h3>\n<ol>\n");
    for sentence in experiment.why {
        html.push_str(&format!("<li>{}</li>\n", escaped(sentence)));
    }
    html.push_str("</ol>\n");
    html.push_str(&change(experiment));
    html.push_str(&question(experiment, attempt.outcome.as_ref().ok()));
    html.push_str("</section>\n");
    Ok(html)
}

/// The guess beside what was measured.
fn asked(attempt: &Attempt<'_>, outcome: Option<&Outcome>) -> String {
    let entry = |name: &str, value: &str| format!("<dt>{name}</dt><dd>{}</dd>\n", escaped(value));
    let mut html = "<dl>\n".to_owned();
    html.push_str(&entry("Asked before", attempt.experiment.guess));
    let guess = attempt.guess.as_deref();
    html.push_str(&entry("Guessed", guess.unwrap_or("nothing")));
    if let Some(outcome) = outcome {
        html.push_str(&entry("Measured", &outcome.guessed));
    }
    html.push_str("</dl>\n");
    html
}

/// The drawing itself, with a name for those who do not see it.
fn drawn(figure: &Figure) -> io::Result<String> {
    let named = format!(
        "<svg role=\"img\" aria-label=\"{}\" ",
        escaped(&figure.title)
    );
    let svg = figure.svg()?.replacen("<svg ", &named, 1);
    let name = escaped(&figure.name);
    Ok(format!(
        "<figure>\n<div class=\"drawing\">{svg}</div>\n\
         <figcaption>The numbers are in <code>{name}.csv</code> beside this page.</figcaption>\n</figure>\n"
    ))
}

fn claims(outcome: &Outcome) -> String {
    let mut html = String::new();
    for claim in &outcome.claims {
        let (class, holds) = match claim.holds {
            true => ("holds", "holds"),
            false => ("fails", "does not hold in this run"),
        };
        let says = escaped(&claim.says);
        html.push_str(&format!(
            "<p class=\"{class}\">{says} <strong>({holds})</strong></p>\n"
        ));
    }
    html
}

fn change(experiment: &Experiment) -> String {
    let change = &experiment.change;
    format!(
        "<h3>One line to change</h3>\n<p><code>{}</code></p>\n<pre><code>{}</code></pre>\n<p>{}</p>\n",
        escaped(&place(change)),
        escaped(change.line),
        escaped(change.try_this)
    )
}

fn question(experiment: &Experiment, outcome: Option<&Outcome>) -> String {
    let answer = outcome.map_or("It was not measured: the experiment failed.", |outcome| {
        &outcome.answer
    });
    format!(
        "<h3>A question</h3>\n<details>\n<summary>{}</summary>\n<p>{}</p>\n</details>\n",
        escaped(experiment.question),
        escaped(answer)
    )
}
