//! All of a run on one page, that opens by itself: the drawings are in it, and nothing is fetched from anywhere.
//!
//! | file | what it holds |
//! |---|---|
//! | `section` | one experiment |
//! | `html` | escaping |
//! | `machine` | what all numbers depend upon |
//! | `markup` | for the tests: whether a page is well-formed |

mod html;
mod machine;
#[cfg(test)]
pub mod markup;
mod section;

use std::io;

use crate::course::Attempt;
use crate::experiment::Size;
use html::escaped;

const STYLE: &str = include_str!("report/style.css");

/// The page of these experiments, measured on this machine now.
///
/// # Errors
/// There is no /proc, or something could not be drawn.
pub fn page(attempts: &[Attempt<'_>], size: Size) -> io::Result<String> {
    let mut sections = String::new();
    for attempt in attempts {
        sections.push_str(&section::of(attempt)?);
    }
    let rows: String = attempts.iter().map(row).collect();
    let size = match size {
        Size::Lesson => "as large as a lesson has time for",
        Size::Full => "in full size (--full)",
    };
    Ok(format!(
        r##"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8" />
<meta name="viewport" content="width=device-width, initial-scale=1" />
<title>The lab: threading against non-blocking</title>
<style>
{STYLE}</style>
</head>
<body>
<header>
<h1>The lab: threading against non-blocking</h1>
<p>The same chat in several servers, {size}. All numbers on this page were measured in one run, on {machine}</p>
<table>
<thead><tr><th>Experiment</th><th>Found in this run</th></tr></thead>
<tbody>
{rows}</tbody>
</table>
</header>
<main>
{sections}</main>
</body>
</html>
"##,
        machine = escaped(&machine::described()?),
    ))
}

fn row(attempt: &Attempt<'_>) -> String {
    let name = escaped(attempt.experiment.name);
    let found = match &attempt.outcome {
        Err(why) => format!("<strong>Failed:</strong> {}", escaped(why)),
        Ok(outcome) => {
            let fails = outcome.claims.iter().filter(|claim| !claim.holds).count();
            let fails = match fails {
                0 => String::new(),
                1 => " <strong>One claim does not hold.</strong>".to_owned(),
                fails => format!(" <strong>{fails} claims do not hold.</strong>"),
            };
            format!("{}{fails}", escaped(&outcome.found))
        }
    };
    format!("<tr><td><a href=\"#{name}\">{name}</a></td><td>{found}</td></tr>\n")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]
mod tests {
    use super::*;
    use crate::course::testing::{EXPERIMENTS, SETTING};
    use crate::figure::testing;

    /// All made-up experiments that do not panic, the first of them with all kinds of figures.
    fn attempts() -> Vec<Attempt<'static>> {
        let mut attempts: Vec<Attempt<'_>> = EXPERIMENTS[..3]
            .iter()
            .map(|experiment| Attempt {
                experiment,
                guess: Some("</section><script src=http://example.org>".to_owned()),
                outcome: (experiment.measure)(&SETTING).map_err(|error| error.to_string()),
            })
            .collect();
        attempts[0].outcome.as_mut().unwrap().figures = testing::all();
        attempts
    }

    #[test]
    fn the_page_is_well_formed_and_has_all_that_was_found() {
        let attempts = attempts();
        let page = page(&attempts, SETTING.size).unwrap();
        let text = markup::text(&page).unwrap();
        let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        for attempt in &attempts {
            let experiment = attempt.experiment;
            let mut parts = vec![experiment.title, experiment.guess, experiment.question];
            parts.extend(experiment.why);
            parts.extend([experiment.change.line, experiment.change.try_this]);
            parts.extend(attempt.guess.as_deref());
            match &attempt.outcome {
                Ok(outcome) => {
                    parts.extend([outcome.found.as_str(), &outcome.guessed, &outcome.answer]);
                    parts.extend(outcome.claims.iter().map(|claim| claim.says.as_str()));
                    parts.extend(outcome.figures.iter().map(|figure| figure.see.as_str()));
                }
                Err(why) => parts.push(why),
            }
            for part in parts {
                assert!(words.contains(part), "{part}");
            }
        }
        assert!(words.contains("does not hold in this run"));
        assert!(page.contains("Cargo.toml:5"));
    }

    #[test]
    fn every_plot_is_in_it() {
        let page = page(&attempts(), SETTING.size).unwrap();
        assert_eq!(page.matches("<svg ").count(), testing::all().len() + 1);
        for title in ["Who is served when", "What a connection costs"] {
            assert!(page.contains(&format!("aria-label=\"{title}\"")));
        }
    }

    #[test]
    fn nothing_is_asked_of_the_network() {
        let page = page(&attempts(), SETTING.size).unwrap();
        assert_eq!(markup::asked_of_the_network(&page), Vec::<String>::new());
    }
}
