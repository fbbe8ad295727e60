//! What an experiment has measured, as one picture: the same value becomes a plot in the terminal, an SVG, a CSV and
//! a part of the report.
//!
//! | file | what it makes of it |
//! |---|---|
//! | `terminal` | lines of text |
//! | `svg` | a drawing |
//! | `csv` | a table for machines |
//! | `scale`, `number` | where a value lies on an axis, and how it is written |

mod csv;
mod number;
mod scale;
mod svg;
mod terminal;
pub mod testing;

use std::io;

/// No line of a text is longer: it fits on a projector in large letters.
pub const COLUMNS: usize = 76;

/// One picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// The name of its files: letters, digits and hyphens.
    pub name: String,
    /// What stands above it.
    pub title: String,
    /// One sentence: what to see.
    pub see: String,
    /// What is drawn.
    pub drawing: Drawing,
}

/// What is drawn.
#[derive(Debug, Clone, PartialEq)]
pub enum Drawing {
    /// A value over another.
    Lines {
        /// To the right.
        x: Axis,
        /// Upwards.
        y: Axis,
        /// One line each.
        series: Vec<Series>,
    },
    /// Values of a few things side by side.
    Bars {
        /// What the values are.
        y: Axis,
        /// A bar each, in this order: its label and its value.
        bars: Vec<(String, f64)>,
    },
    /// What happened when, one row for each who did it.
    Spans {
        /// The time.
        x: Axis,
        /// From above to below.
        rows: Vec<Row>,
    },
}

/// An axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// What is measured, with its unit in brackets: `latency (ms)`.
    pub label: String,
    /// Each step is ten times the one before. Values of 0 and less are then drawn at the lower edge.
    pub logarithmic: bool,
}

/// One line.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// What it is, for the legend.
    pub name: String,
    /// In the order in which they are joined.
    pub points: Vec<(f64, f64)>,
}

/// What one did, and when.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Who.
    pub name: String,
    /// From when until when, and what.
    pub spans: Vec<Span>,
}

/// One stretch of time.
#[derive(Debug, Clone, PartialEq)]
pub struct Span {
    /// When it began.
    pub from: f64,
    /// When it ended.
    pub to: f64,
    /// What was done, for the legend: `waiting`, `served`.
    pub what: String,
}

impl Figure {
    /// As lines of text, of at most 76 columns, for a terminal.
    pub fn terminal(&self) -> String {
        terminal::plot(self)
    }

    /// As a document of its own, on white.
    ///
    /// # Errors
    /// The drawing library could not draw something.
    pub fn svg(&self) -> io::Result<String> {
        svg::document(self)
    }

    /// As a table: one line of headers, and one for each point, bar or span.
    pub fn csv(&self) -> String {
        csv::table(&self.drawing)
    }
}

/// The lines of a text, none longer than so many characters: broken between words, and within a word only where it is
/// longer than a line.
pub fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(1);
    let mut lines = Vec::new();
    let (mut line, mut length) = (String::new(), 0);
    for word in text.split_whitespace() {
        let letters: Vec<char> = word.chars().collect();
        if length > 0 && length + 1 + letters.len() > columns {
            lines.push(std::mem::take(&mut line));
            length = 0;
        }
        if length > 0 {
            line.push(' ');
            length += 1;
        }
        for &letter in &letters {
            if length == columns {
                lines.push(std::mem::take(&mut line));
                length = 0;
            }
            line.push(letter);
            length += 1;
        }
    }
    if length > 0 {
        lines.push(line);
    }
    lines
}

impl Drawing {
    /// What of a row of spans is done, each once, in the order in which it is done first.
    fn doings(rows: &[Row]) -> Vec<&str> {
        let mut doings = Vec::new();
        for span in rows.iter().flat_map(|row| &row.spans) {
            if !doings.contains(&span.what.as_str()) {
                doings.push(&span.what);
            }
        }
        doings
    }
}

impl Axis {
    /// What stands beside it: whoever looks at a distance on it has to know what a step is.
    fn title(&self) -> String {
        let kind = if self.logarithmic {
            ", logarithmic"
        } else {
            ""
        };
        format!("{}{kind}", self.label)
    }

    /// An axis with even steps.
    pub fn linear(label: &str) -> Self {
        Self {
            label: label.to_owned(),
            logarithmic: false,
        }
    }

    /// An axis on which each step is ten times the one before.
    pub fn logarithmic(label: &str) -> Self {
        Self {
            label: label.to_owned(),
            logarithmic: true,
        }
    }
}
