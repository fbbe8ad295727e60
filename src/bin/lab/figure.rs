//! What an experiment has measured, as one picture: the same value becomes a plot in the terminal, an SVG, a CSV and
//! a part of the report.
//!
//! | file | what it makes of it |
//! |---|---|
//! | `terminal` | lines of text |
//! | `svg` | a drawing |
//! | `csv` | a table for machines |

mod csv;
mod svg;
mod terminal;

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

impl Axis {
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
