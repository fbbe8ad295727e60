//! The report of a run: a single HTML page that contains the plots and loads nothing from the network.

#[cfg(test)]
pub mod markup;

use std::fs;
use std::io;

use jiff::Zoned;

use crate::experiment::{Attempt, Size, cores};
use crate::figure::Figure;
use crate::source;

const STYLE: &str = include_str!("report/style.css");

pub fn page(attempts: &[Attempt<'_>], size: Size) -> io::Result<String> {
    let sections = attempts.iter().map(section).collect::<io::Result<String>>()?;
    let rows: String = attempts.iter().map(row).collect();
    let files = files(&sections);
    let size = match size {
        Size::Lesson => "in the short form for a lesson",
        Size::Full => "in full size (--full)",
    };
    let machine = escaped(&machine()?);
    Ok(format!(
        r##"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8" />
<meta name="viewport" content="width=device-width, initial-scale=1" />
<title>The lab: threads and non-blocking sockets</title>
<style>
{STYLE}</style>
</head>
<body>
<header>
<h1>The lab: threads and non-blocking sockets</h1>
<p>The same chat in several servers, {size}. All numbers on this page come from one run on {machine}</p>
<table>
<thead><tr><th>Experiment</th><th>Result of this run</th></tr></thead>
<tbody>
{rows}</tbody>
</table>
</header>
<main>
{sections}<section>
<h2>The files</h2>
{files}</section>
</main>
</body>
</html>
"##
    ))
}

fn row(attempt: &Attempt<'_>) -> String {
    let name = escaped(attempt.experiment.name);
    let result = match &attempt.outcome {
        Err(why) => format!("<strong>Failed:</strong> {}", marked(why)),
        Ok(outcome) => {
            let failing = outcome.claims.iter().filter(|claim| !claim.holds).count();
            let failing = match failing {
                0 => String::new(),
                1 => " <strong>One claim does not hold.</strong>".to_owned(),
                count => format!(" <strong>{count} claims do not hold.</strong>"),
            };
            marked(&outcome.finding) + &failing
        }
    };
    format!("<tr><td><a href=\"#{name}\">{name}</a></td><td>{result}</td></tr>\n")
}

fn section(attempt: &Attempt<'_>) -> io::Result<String> {
    let experiment = attempt.experiment;
    let finding;
    let mut measured = String::new();
    let (mut figures, mut claims) = (String::new(), String::new());
    let mut answer = "There is no answer, because the experiment failed.";
    match &attempt.outcome {
        Err(why) => finding = format!("<p><strong>Failed:</strong> {}</p>", marked(why)),
        Ok(outcome) => {
            finding = format!("<p class=\"finding\">{}</p>", marked(&outcome.finding));
            measured = format!("<dt>Measured</dt><dd>{}</dd>\n", marked(&outcome.measured));
            answer = &outcome.answer;
            figures = outcome.figures.iter().map(drawing).collect::<io::Result<_>>()?;
            for claim in &outcome.claims {
                let says = marked(&claim.says);
                let (class, verdict) = match claim.holds {
                    true => ("holds", "holds"),
                    false => ("fails", "does not hold in this run"),
                };
                claims +=
                    &format!("<p class=\"{class}\">{says} <strong>({verdict})</strong></p>\n");
            }
        }
    }
    let why = experiment.why.iter();
    let why: String = why.map(|sentence| format!("<li>{}</li>\n", marked(sentence))).collect();
    let guess = attempt
        .guess
        .as_deref()
        .map_or(String::new(), |guess| format!("<dt>Guessed</dt><dd>{}</dd>\n", escaped(guess)));
    let functions = experiment.functions.iter().map(|function| {
        let code = escaped(&function.text().unwrap_or_default());
        let link = link(&function.place());
        format!("<p><code>{}</code>, {link}</p>\n<pre><code>{code}</code></pre>\n", function.name())
    });
    let functions: String = functions.collect();
    Ok(format!(
        r#"<section id="{name}">
<h2>{title}</h2>
{finding}
<dl>
<dt>Asked</dt><dd>{asked}</dd>
{guess}{measured}</dl>
{figures}{claims}<h3>The reasons</h3>
<ol>
{why}</ol>
<h3>The code</h3>
{functions}<h3>One line to change</h3>
<p>{place}</p>
<pre><code>{line}</code></pre>
<p>{try_this}</p>
<h3>A question</h3>
<details>
<summary>{question}</summary>
<p>{answer}</p>
</details>
</section>
"#,
        name = escaped(experiment.name),
        title = marked(experiment.title),
        asked = marked(experiment.guess),
        place = link(&experiment.change.place()),
        line = escaped(experiment.change.line),
        try_this = marked(experiment.change.try_this),
        question = marked(experiment.question),
        answer = marked(answer),
    ))
}

/// A plot, with a label for screen readers.
fn drawing(figure: &Figure) -> io::Result<String> {
    let labelled = format!("<svg role=\"img\" aria-label=\"{}\" ", escaped(&figure.title));
    let svg = figure.svg()?.replacen("<svg ", &labelled, 1);
    let name = escaped(&figure.name);
    Ok(format!(
        "<figure>\n<div class=\"drawing\">{svg}</div>\n\
         <figcaption>The numbers are in <code>{name}.csv</code> next to this page.</figcaption>\n</figure>\n"
    ))
}

/// The files that the page links to. A line that a link leads to is an anchor.
fn files(page: &str) -> String {
    let is_linked = |place: &str| page.contains(&format!("href=\"#{place}\""));
    let mut files = String::new();
    for path in source::paths() {
        let text = source::text(path).unwrap_or_default();
        let mut linked = is_linked(path);
        let lines = text.lines().zip(1..).map(|(line, number)| {
            let place = format!("{path}:{number}");
            let line = format!("{number:4}  {}", escaped(line));
            if !is_linked(&place) {
                return line + "\n";
            }
            linked = true;
            format!("<mark id=\"{place}\">{line}</mark>\n")
        });
        let lines: String = lines.collect();
        if linked {
            files += &format!(
                "<h3 id=\"{path}\">{path}</h3>\n<pre class=\"file\"><code>{lines}</code></pre>\n"
            );
        }
    }
    files
}

/// A link to a file at the end of the page, or to a line of it.
fn link(place: &str) -> String {
    let place = escaped(place);
    format!("<a href=\"#{place}\"><code>{place}</code></a>")
}

/// A text with its code between back-ticks, in which a known file is a link.
fn marked(text: &str) -> String {
    let parts = text.split('`').enumerate().map(|(at, part)| match at % 2 {
        0 => escaped(part),
        _ if source::text(part).is_some() => link(part),
        _ => format!("<code>{}</code>", escaped(part)),
    });
    parts.collect()
}

/// The machine, the kernel, the date and the build, as the end of a sentence.
fn machine() -> io::Result<String> {
    let cores = match cores() {
        1 => "1 core".to_owned(),
        cores => format!("{cores} cores"),
    };
    let cpuinfo = fs::read_to_string("/proc/cpuinfo")?;
    let processor = processor(&cpuinfo);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease")?;
    let kernel = kernel.trim();
    let date = Zoned::now().strftime("%Y-%m-%d %H:%M %Z");
    let build = if cfg!(debug_assertions) {
        " This is an unoptimised build of the lab: a release build gives other numbers."
    } else {
        ""
    };
    Ok(format!(
        "{cores} of {processor} with Linux {kernel}, {date}; the servers and the clients share them.{build}"
    ))
}

/// The processor's name. Some processors have none in /proc/cpuinfo.
fn processor(cpuinfo: &str) -> &str {
    let line = cpuinfo.lines().find(|line| line.starts_with("model name"));
    let name = line.and_then(|line| line.split_once(':'));
    name.map_or("an unnamed processor", |(_, name)| name.trim())
}

/// Escapes a text for an element or a quoted attribute.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            '\'' => out += "&#39;",
            letter => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::course::testing::{EXPERIMENTS, SETTING};

    #[test]
    fn the_page_is_well_formed_and_complete_and_needs_no_network() {
        let attempts: Vec<Attempt<'_>> = EXPERIMENTS[..3]
            .iter()
            .zip([Some("</section><script src=http://example.org>".to_owned()), None, None])
            .map(|(experiment, guess)| Attempt {
                experiment,
                guess,
                outcome: (experiment.measure)(&SETTING).map_err(|error| error.to_string()),
            })
            .collect();
        let page = page(&attempts, SETTING.size).unwrap();
        let text = markup::text(&page).unwrap();
        let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let mut parts = vec!["does not hold in this run", "no descriptors are left"];
        for Attempt { experiment, guess, outcome } in &attempts {
            parts.extend([experiment.title, experiment.guess, experiment.question]);
            parts.extend(experiment.why);
            parts.push(experiment.change.line);
            parts.extend(guess.as_deref());
            if let Ok(outcome) = outcome {
                parts.extend([outcome.finding.as_str(), &outcome.measured, &outcome.answer]);
                parts.extend(outcome.claims.iter().map(|claim| claim.says.as_str()));
                parts.extend(outcome.figures.iter().map(|figure| figure.see.as_str()));
            }
        }
        for part in parts {
            assert!(words.contains(part), "{part}");
        }
        // Without its back-ticks.
        assert!(words.contains("Make PAUSE twice as long (src/server/dispatcher.rs has none)."));
        assert_eq!(words.matches("Guessed").count(), 1);
        assert_eq!(markup::dangling_links(&page), Vec::<&str>::new());
        assert!(page.contains("pub fn wait(&amp;self) -&gt; Permit {"));
        assert!(page.contains("aria-label=\"Latency &amp; time\""));
        assert_eq!(page.matches("<svg ").count(), 2);
        assert_eq!(markup::network_requests(&page), Vec::<String>::new());
    }

    #[test]
    fn code_has_no_back_ticks_and_a_file_is_a_link() {
        let text = marked("Read `a < b` in `src/server/turn.rs` (`src/nowhere.rs`).");
        let expected = "Read <code>a &lt; b</code> in <a href=\"#src/server/turn.rs\">\
                        <code>src/server/turn.rs</code></a> (<code>src/nowhere.rs</code>).";
        assert_eq!(text, expected);
    }

    #[test]
    fn the_machine_is_named() {
        let machine = machine().unwrap();
        assert!(machine.contains("core") && machine.contains("Linux "));
        assert_eq!(processor("processor\t: 0\nmodel name\t: A: B 9000\n"), "A: B 9000");
        assert_eq!(processor("processor: 0"), "an unnamed processor");
    }

    #[test]
    fn text_cannot_end_an_element_or_an_attribute() {
        let expected = "&lt;a b=&quot;c&quot;&gt;&#39;&amp;&#39;";
        assert_eq!(escaped("<a b=\"c\">'&'"), expected);
    }
}
